"""Ways that movers take, and how far along they are."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.simulator.scene.ground import Land, Road

STEP_S = 0.02  # for derivatives
FARTHEST_M, NEAR_M = 400.0, 40.0


class Way(Protocol):
    """A place and heading for every length along; ends are prolonged."""

    @property
    def length_m(self) -> float:
        """Beyond it nothing moves."""
        ...

    @property
    def width_m(self) -> float:
        """Of the whole road."""
        ...

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading where one drives."""
        ...

    def middle(self, along_m: float) -> tuple[float, float, float]:
        """Site x, y and heading of the road's middle."""
        ...


@dataclass(frozen=True, slots=True)
class Straight:
    """Where there is no road: straight over the land, through a place at its middle."""

    x_m: float
    y_m: float
    azimuth_rad: float
    length_m: float = 1200.0
    width_m: float = 6.0

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading."""
        c, s = float(np.cos(self.azimuth_rad)), float(np.sin(self.azimuth_rad))
        u = along_m - self.length_m / 2
        return self.x_m + u * c - left_m * s, self.y_m + u * s + left_m * c, self.azimuth_rad

    def middle(self, along_m: float) -> tuple[float, float, float]:
        """Site x, y and heading; one drives in the middle."""
        return self.at(along_m)


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """A road, taken forwards or backwards, on its right side."""

    road: Road
    backwards: bool
    width_m: float

    @property
    def length_m(self) -> float:
        """Of the road."""
        return self.road.length_m

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading; `left_m` counts from the lane's middle."""
        return self._at(along_m, left_m - min(self.width_m / 4, 1.9))

    def middle(self, along_m: float) -> tuple[float, float, float]:
        """Site x, y and heading of the road's middle."""
        return self._at(along_m, 0.0)

    def _at(self, along_m: float, side: float) -> tuple[float, float, float]:
        if not self.backwards:
            return self.road.at(along_m, side)
        x, y, heading = self.road.at(self.road.length_m - along_m, -side)
        return x, y, heading + float(np.pi)


def way_near(land: Land, x_m: float, y_m: float, azimuth_rad: float) -> tuple[Way, float]:
    """A road near a place, taken as the azimuth points, and how far along it the place is.

    Of roads about as near as the nearest the longest, so that a lane's end does not cut a convoy short. Where the land
    has no road within 400 m, straight over the land.
    """
    found = [(*_nearest(road, x_m, y_m), road) for road in land.roads]
    closest = min((far for far, _, _ in found), default=np.inf)
    if closest > FARTHEST_M:
        straight = Straight(x_m, y_m, azimuth_rad)
        return straight, straight.length_m / 2
    within = [item for item in found if item[0] <= closest + NEAR_M]
    _, at, road = max(within, key=lambda item: (item[2].length_m, item[2].road_id))
    backwards = float(np.cos(road.at(at)[2] - azimuth_rad)) < 0
    return Lane(road, backwards, road.width_m), road.length_m - at if backwards else at


def _nearest(road: Road, x_m: float, y_m: float) -> tuple[float, float]:
    """Distance of a road from a place, and where along it: first in coarse steps, then to a metre."""
    low, high, step = 0.0, road.length_m, 25.0
    while True:
        along = np.linspace(low, high, max(3, round((high - low) / step) + 1))
        places = [road.at(float(s)) for s in along]
        far = [float(np.hypot(x - x_m, y - y_m)) for x, y, _ in places]
        k = int(np.argmin(far))
        if step <= 1.0:
            return far[k], float(along[k])
        low, high, step = max(0.0, along[k] - step), min(road.length_m, along[k] + step), 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How far something has gone: steady, or with stops; smooth in speed.

    Attributes:
        speed_mps: While it goes.
        go_s: Between stops; 0: it never stops.
        stop_s: Length of a stop.
        ramp_s: Of braking and of setting off.
    """

    speed_mps: float
    go_s: float = 0.0
    stop_s: float = 0.0
    ramp_s: float = 6.0

    def gone_m(self, t_s: float) -> float:
        """Since time 0, at which it is under way."""
        if self.go_s <= 0 or self.stop_s <= 0:
            return self.speed_mps * t_s
        cycle = self.go_s + self.stop_s + 2 * self.ramp_s
        turns, within = divmod(t_s, cycle)
        each = self.speed_mps * (self.go_s + self.ramp_s)
        return turns * each + self._within(within)

    def _within(self, t_s: float) -> float:
        """Going, braking, standing, setting off."""
        v, ramp = self.speed_mps, self.ramp_s
        if t_s < self.go_s:
            return v * t_s
        if t_s < self.go_s + ramp:
            u = (t_s - self.go_s) / ramp
            return v * self.go_s + v * ramp * (u - u**3 + u**4 / 2)
        if t_s < self.go_s + ramp + self.stop_s:
            return v * (self.go_s + ramp / 2)
        u = (t_s - self.go_s - ramp - self.stop_s) / ramp
        return v * (self.go_s + ramp / 2) + v * ramp * (u**3 - u**4 / 2)


@dataclass(frozen=True, slots=True)
class Meander:
    """A smooth random path over open land.

    Attributes:
        x_m, y_m: Where it is at time 0.
        azimuth_rad: Mean direction.
        speed_mps: Mean speed.
        swing_m: How far it strays to the sides.
        seed: Which.
    """

    x_m: float
    y_m: float
    azimuth_rad: float
    speed_mps: float
    swing_m: float
    seed: int

    def at(self, t_s: float) -> tuple[float, float, float, float]:
        """Site x, y and their derivatives in m/s."""
        rng = np.random.default_rng([self.seed, 929])
        phase, stretch = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.8, 1.25, 4)
        # swings about 40 m long at walking pace, so that sideways speed stays below that ahead
        w = stretch * max(self.speed_mps, 0.05) * np.array([0.07, 0.16, 0.11, 0.23])
        size = self.swing_m * np.array([1.0, 0.3, 0.4, 0.15])
        wave, slope = size * (np.sin(w * t_s + phase) - np.sin(phase)), size * w * np.cos(w * t_s + phase)
        u, du = self.speed_mps * t_s + wave[2:].sum(), self.speed_mps + slope[2:].sum()
        v, dv = wave[:2].sum(), slope[:2].sum()
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        return (
            float(self.x_m + u * c - v * s),
            float(self.y_m + u * s + v * c),
            float(du * c - dv * s),
            float(du * s + dv * c),
        )
