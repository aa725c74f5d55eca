"""Circles about a place, and standing still before it."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.course import (
    LEAD_S,
    STEP_S,
    Course,
    GroundHeight,
    HeightMode,
    Piece,
    check_duration,
    check_flight,
    lay,
    pause,
)


@dataclass(frozen=True, slots=True)
class OrbitPlan:
    """A circle with the camera on its centre.

    Attributes:
        radius_m: Of the circle.
        degrees: How far round; more than 360 goes round again.
        from_deg: Where it begins, as seen from the centre, clockwise from grid north.
        clockwise: Seen from above.
        height_m: Above take-off, or above the ground where `heights` is ``terrain``.
        heights: What heights count from.
        climb_m: Height gained from begin to end.
        speed_mps: Over the ground.
        camera: Pointing, zoom and steadiness.
    """

    radius_m: float = 80.0
    degrees: float = 360.0
    from_deg: float = 0.0
    clockwise: bool = True
    height_m: float = 60.0
    heights: HeightMode = "take_off"
    climb_m: float = 0.0
    speed_mps: float = 6.0
    camera: CameraWork = field(default_factory=lambda: CameraWork(look="centre", pitch_deg=-35.0))

    def __post_init__(self) -> None:
        check_flight("orbit", self.height_m, self.speed_mps)
        if self.radius_m < 1.0 or self.degrees <= 0:
            raise ConfigError("orbit: an orbit needs a radius_m of at least 1 and degrees above 0; see clockwise")
        check_duration("orbit", self._seconds)

    @property
    def _seconds(self) -> float:
        return float(np.radians(self.degrees)) * self.radius_m / self.speed_mps

    def course(self, centre_m: Float, ground: GroundHeight) -> Course:
        """The way about a place: ``(3,)`` site metres, height of the take-off."""
        seconds = self._seconds
        spans = (
            (-LEAD_S, 0.0, (0.0, 0.0)),
            (0.0, seconds, (0.0, self.climb_m)),
            (seconds, seconds + LEAD_S, (self.climb_m, self.climb_m)),
        )  # the circle goes on before and after, not along its tangent
        pieces = [self._arc(centre_m, begin, end, climb, line=begin == 0.0) for begin, end, climb in spans]
        return lay(pieces, self.height_m, self.heights, float(centre_m[2]), ground)

    def _arc(self, centre_m: Float, begin_s: float, end_s: float, climb_m: tuple[float, float], *, line: bool) -> Piece:
        t = np.linspace(begin_s, end_s, max(9, int((end_s - begin_s) / STEP_S) + 1))
        turn = self.speed_mps / self.radius_m * (1 if self.clockwise else -1)
        angle = np.radians(self.from_deg) + t * turn
        xy = centre_m[:2] + self.radius_m * np.column_stack([np.sin(angle), np.cos(angle)])
        return Piece(t - begin_s, xy, line, climb_m)


@dataclass(frozen=True, slots=True)
class HoverPlan:
    """Standing at a point.

    Attributes:
        east_m, north_m: Of the point, from the centre.
        height_m: Above take-off.
        seconds: How long.
        camera: Pointing, zoom and steadiness.
    """

    east_m: float = 0.0
    north_m: float = -60.0
    height_m: float = 60.0
    seconds: float = 60.0
    camera: CameraWork = field(default_factory=lambda: CameraWork(look="centre", pitch_deg=-45.0))

    def __post_init__(self) -> None:
        check_flight("hover", self.height_m, 0.0, may_hover=True)
        if self.seconds <= 0:
            raise ConfigError("hover: seconds must be above 0")

    def course(self, centre_m: Float, ground: GroundHeight) -> Course:
        """The place: ``(3,)`` site metres, height of the take-off."""
        at = centre_m[:2] + np.array([self.east_m, self.north_m])
        return lay([pause(at, self.seconds, line=True)], self.height_m, "take_off", float(centre_m[2]), ground)
