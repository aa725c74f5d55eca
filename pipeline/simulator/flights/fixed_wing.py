"""Strips or ovals of an aircraft that can't stop, with banked turns."""

from dataclasses import dataclass, field
from typing import Literal

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
    straight,
)
from pipeline.simulator.flights.dubins import dubins_way

GRAVITY_MPS2 = 9.81
_SETTLE_S = 3.0


@dataclass(frozen=True, slots=True)
class FixedWingPlan:
    """A lawnmower of strips, or laps of a racetrack.

    Attributes:
        pattern: ``lawnmower``: parallel strips, to and fro; ``racetrack``: two straights, round and round.
        azimuth_deg: Direction of the first straight, clockwise from grid north.
        length_m: Of a straight.
        strips: Straights in all.
        spacing_m: Between strips; the width of a racetrack, which is never narrower than two turns.
        height_m: Above take-off, or above the ground where `heights` is ``terrain``.
        heights: What heights count from.
        speed_mps: Over the ground.
        bank_deg: In turns; with the speed it makes their radius.
        wind_mps: East, north: the nose points into it, the way over the ground stays.
        camera: Pointing, zoom and steadiness.
    """

    pattern: Literal["lawnmower", "racetrack"] = "lawnmower"
    azimuth_deg: float = 90.0
    length_m: float = 600.0
    strips: int = 3
    spacing_m: float = 120.0
    height_m: float = 250.0
    heights: HeightMode = "take_off"
    speed_mps: float = 18.0
    bank_deg: float = 30.0
    wind_mps: tuple[float, float] = (0.0, 0.0)
    camera: CameraWork = field(
        default_factory=lambda: CameraWork(gimbal="fixed", sway_m=0.3, shake_deg=0.1, wobble_deg=1.2)
    )

    def __post_init__(self) -> None:
        check_flight("fixed wing", self.height_m, self.speed_mps)
        if self.speed_mps < 8.0:
            raise ConfigError(f"fixed wing: at {self.speed_mps} m/s it would stall; set speed_mps to 8 or more")
        if not 5.0 <= self.bank_deg <= 60.0:
            raise ConfigError(f"fixed wing: bank_deg {self.bank_deg} is not within 5 to 60")
        check_strips("fixed wing", self.strips, self.length_m, self.spacing_m)
        if np.hypot(*self.wind_mps) >= 0.8 * self.speed_mps:
            raise ConfigError("fixed wing: wind_mps is as fast as the aircraft; is it in km/h?")

    @property
    def radius_m(self) -> float:
        """Of its turns: what the bank holds at the speed."""
        return float(self.speed_mps**2 / (GRAVITY_MPS2 * np.tan(np.radians(self.bank_deg))))

    def course(self, centre_m: Float, ground: GroundHeight) -> Course:
        """The way over a place: ``(3,)`` site metres, height of the take-off."""
        direction = np.pi / 2 - np.radians(self.azimuth_deg)
        along = np.array([np.cos(direction), np.sin(direction)])
        aside = np.array([along[1], -along[0]])
        settle = along * self.speed_mps * _SETTLE_S
        pieces: list[Piece] = []
        for strip in range(self.strips):
            back = strip % 2 == 1
            forth = -1.0 if back else 1.0
            middle = centre_m[:2] + self._aside_m(strip) * aside
            begin, end = middle - forth * along * self.length_m / 2, middle + forth * along * self.length_m / 2
            level = begin - forth * settle  # wings level before the first picture
            if strip > 0:
                turned = direction + (np.pi if back else 0.0)
                pieces += self._turn(pieces[-1].xy_m[-1], turned + np.pi, level, turned)
                pieces.append(straight(level, begin, self.speed_mps, line=False))
            pieces.append(straight(begin, end, self.speed_mps, line=True))
            pieces.append(straight(end, end + forth * settle / 3, self.speed_mps, line=False))
        return lay(pieces, self.height_m, self.heights, float(centre_m[2]), ground)

    def _aside_m(self, strip: int) -> float:
        if self.pattern == "lawnmower":
            return (strip - (self.strips - 1) / 2) * self.spacing_m
        return (strip % 2 - 0.5) * max(self.spacing_m, 2 * self.radius_m)

    def _turn(self, a_m: Float, from_rad: float, b_m: Float, to_rad: float) -> list[Piece]:
        way = dubins_way(
            (float(a_m[0]), float(a_m[1]), from_rad),
            (float(b_m[0]), float(b_m[1]), to_rad),
            self.radius_m,
            0.2 * self.speed_mps,
        )
        lengths = np.hypot(*np.diff(way, axis=0).T)
        kept = np.concatenate([[True], lengths > 1e-9])
        t = np.concatenate([[0.0], np.cumsum(lengths)])[kept] / self.speed_mps
        return [Piece(t, way[kept], line=False)] if len(t) > 1 else []
