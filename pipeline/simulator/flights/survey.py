"""Parallel strips over a place, flown to and fro."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.course import (
    Course,
    GroundHeight,
    HeightMode,
    Piece,
    check_flight,
    check_strips,
    lay,
    pause,
    speed_change,
    stop_and_go,
    straight,
)

_ACCELERATION_MPS2 = 3.0
_SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """Strips of a multirotor, which stops at their ends.

    Attributes:
        azimuth_deg: Direction of the first strip, clockwise from grid north.
        length_m: Of a strip.
        strips: How many.
        spacing_m: Between strips; None: from `overlap` and `swath_m`.
        overlap: Share of the swath that neighbouring strips share.
        swath_m: Width of ground in the picture; needed where `spacing_m` is None.
        height_m: Above take-off, or above the ground where `heights` is ``terrain``.
        heights: What heights count from.
        speed_mps: Along the strips.
        camera: Pointing, zoom and steadiness.
    """

    azimuth_deg: float = 90.0
    length_m: float = 120.0
    strips: int = 2
    spacing_m: float | None = 42.0
    overlap: float = 0.6
    swath_m: float | None = None
    height_m: float = 70.0
    heights: HeightMode = "take_off"
    speed_mps: float = 12.0
    camera: CameraWork = field(default_factory=CameraWork)

    def __post_init__(self) -> None:
        check_flight("survey", self.height_m, self.speed_mps)
        if not 0.0 <= self.overlap < 1.0:
            raise ConfigError(f"survey: overlap {self.overlap} is not a share from 0 to below 1; 60 % is 0.6")
        if self.spacing_m is None and self.swath_m is None:
            raise ConfigError("survey: strips need spacing_m, or swath_m from which overlap makes it")
        check_strips("survey", self.strips, self.length_m, self.between_m)

    @property
    def between_m(self) -> float:
        """Distance between strips."""
        if self.spacing_m is not None:
            return self.spacing_m
        return (self.swath_m or 0.0) * (1.0 - self.overlap)

    def course(self, centre_m: Float, ground: GroundHeight) -> Course:
        """The way over a place: ``(3,)`` site metres, height of the take-off."""
        azimuth = np.radians(self.azimuth_deg)
        along = np.array([np.sin(azimuth), np.cos(azimuth)])
        aside = np.array([along[1], -along[0]])
        pieces: list[Piece] = []
        for strip in range(self.strips):
            forth = along if strip % 2 == 0 else -along
            middle = centre_m[:2] + (strip - (self.strips - 1) / 2) * self.between_m * aside
            begin, end = middle - forth * self.length_m / 2, middle + forth * self.length_m / 2
            if strip > 0:
                pieces += _turn(pieces[-1].xy_m[-1], begin, forth, self.speed_mps)
            pieces.append(straight(begin, end, self.speed_mps, line=True))
        return lay(pieces, self.height_m, self.heights, float(centre_m[2]), ground)


def _turn(end_m: Float, begin_m: Float, forth: Float, speed_mps: float) -> list[Piece]:
    """From the end of one strip to the begin of the next, which is flown along `forth`."""
    brake = speed_change(end_m, -forth, speed_mps, _ACCELERATION_MPS2, stop=True)
    gather = speed_change(begin_m, forth, speed_mps, _ACCELERATION_MPS2, stop=False)
    stand, start = brake.xy_m[-1], gather.xy_m[0]
    return [
        brake,
        pause(stand, _SETTLE_S),
        stop_and_go(stand, start, speed_mps, _ACCELERATION_MPS2),
        pause(start, _SETTLE_S),
        gather,
    ]
