"""Along a line: a road, a front, a power line."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.course import Course, GroundHeight, HeightMode, Piece, check_flight, lay, pause


@dataclass(frozen=True, slots=True)
class CorridorPlan:
    """A polyline, once or there and back.

    Attributes:
        points_m: East, north of its vertices from the centre.
        height_m: Above take-off, or above the ground where `heights` is ``terrain``.
        heights: What heights count from.
        speed_mps: Over the ground.
        there_and_back: Whether it is flown back too, after a turn on the spot.
        turn_s: Length of that turn; no stills are taken in it.
        camera: Pointing, zoom and steadiness.
    """

    points_m: tuple[tuple[float, float], ...] = ((-150.0, 0.0), (0.0, 20.0), (150.0, 0.0))
    height_m: float = 80.0
    heights: HeightMode = "terrain"
    speed_mps: float = 10.0
    there_and_back: bool = False
    turn_s: float = 8.0
    camera: CameraWork = field(default_factory=lambda: CameraWork(pitch_deg=-60.0))

    def __post_init__(self) -> None:
        check_flight("corridor", self.height_m, self.speed_mps)
        points = np.array(self.points_m, np.float64).reshape(-1, 2)
        if len(points) < 2 or not (np.hypot(*np.diff(points, axis=0).T) > 0.5).all():
            raise ConfigError("corridor: points_m needs two or more points, each more than 0.5 m from the one before")
        if self.turn_s < 2.0:
            raise ConfigError(f"corridor: turn_s {self.turn_s} is too short for a turn; set 2 or more")

    def course(self, centre_m: Float, ground: GroundHeight) -> Course:
        """The way through a place: ``(3,)`` site metres, height of the take-off."""
        xy = np.array(self.points_m, np.float64) + centre_m[:2]
        pieces = [self._run(xy)]
        if self.there_and_back:
            pieces += [pause(xy[-1], self.turn_s), self._run(xy[::-1])]
        return lay(pieces, self.height_m, self.heights, float(centre_m[2]), ground)

    def _run(self, xy_m: Float) -> Piece:
        lengths = np.hypot(*np.diff(xy_m, axis=0).T)
        return Piece(np.concatenate([[0.0], np.cumsum(lengths)]) / self.speed_mps, xy_m, line=True)
