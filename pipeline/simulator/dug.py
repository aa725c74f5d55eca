"""What is dug or burnt into the land: trenches, craters, burns."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import Float32, octaves
from pipeline.simulator.old_thing import Axis, Look, local, reflectance


@dataclass(frozen=True, slots=True)
class Trench:
    """A ditch along a line with its spoil thrown to the left."""

    points_m: tuple[tuple[float, float], ...]
    width_m: float
    depth_m: float
    seed: int
    kind: str = "linear_earthwork"
    stands: bool = False
    side_rgb: tuple[float, float, float] | None = None

    @property
    def x_m(self) -> float:
        """Middle of its bounds."""
        xs = [p[0] for p in self.points_m]
        return (min(xs) + max(xs)) / 2

    @property
    def y_m(self) -> float:
        """Middle of its bounds."""
        ys = [p[1] for p in self.points_m]
        return (min(ys) + max(ys)) / 2

    @property
    def reach_m(self) -> float:
        """To its ends and past the spoil."""
        return max(float(np.hypot(x - self.x_m, y - self.y_m)) for x, y in self.points_m) + 4.5

    @property
    def outline_m(self) -> Axis:
        """Ditch and spoil."""
        line = np.array(self.points_m)
        step = np.gradient(line, axis=0)
        left = np.column_stack([-step[:, 1], step[:, 0]]) / np.linalg.norm(step, axis=1, keepdims=True)
        near, far = line - left * self.width_m * 0.75, line + left * (self.width_m + 2.3)
        return np.vstack([near, far[::-1]])

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Steep walls, an uneven heap, damp soil in the ditch and dry clods on the heap."""
        aside = self._left_of(x_m, y_m)
        rough = octaves(self.seed, x_m, y_m, ((2.3, 0.16), (0.7, 0.12), (0.25, 0.10), (0.1, 0.06)))
        ditch = np.clip((self.width_m / 2 - np.abs(aside) + 0.25 * rough) / 0.22, 0, 1)
        middle = self.width_m / 2 + 1.15
        heap = np.clip(1 - np.abs(aside - middle + 0.6 * rough) / 1.25, 0, 1)
        thrown = np.clip(1.2 - np.abs(aside - middle) / 2.1 + 1.3 * rough, 0, 1)
        rise = -self.depth_m * ditch + 0.95 * np.sqrt(heap) * (0.85 + rough) * (1 - ditch)
        soil = np.array([0.27, 0.205, 0.135], np.float32) * (1 + 0.9 * rough)[..., None]
        damp = np.array([0.12, 0.085, 0.055], np.float32) * (1 + 0.8 * rough)[..., None]
        colour = soil * (1 - ditch[..., None]) + damp * ditch[..., None]
        return Look(rise.astype(np.float32), reflectance(colour), np.maximum(ditch, thrown).astype(np.float32))

    def _left_of(self, x_m: Axis, y_m: Axis) -> Float32:
        """Signed distance to the nearest leg, positive on the left; far away beyond the ends."""
        x, y = np.meshgrid(x_m.astype(np.float32), y_m.astype(np.float32))
        best = np.full(x.shape, 99.0, np.float32)
        for (ax, ay), (bx, by) in zip(self.points_m[:-1], self.points_m[1:], strict=True):
            length = float(np.hypot(bx - ax, by - ay))
            c, s = (bx - ax) / length, (by - ay) / length
            along = np.clip((x - ax) * c + (y - ay) * s, 0, length)
            far = np.hypot(x - ax - along * c, y - ay - along * s)
            sign = np.where((y - ay) * c - (x - ax) * s >= 0, 1.0, -1.0)
            best = np.where(far < np.abs(best), sign * far, best)
        return np.asarray(best, np.float32)


@dataclass(frozen=True, slots=True)
class Crater:
    """A bowl with a rim and thrown earth."""

    x_m: float
    y_m: float
    radius_m: float
    seed: int
    kind: str = "crater"
    stands: bool = False
    side_rgb: tuple[float, float, float] | None = None

    @property
    def reach_m(self) -> float:
        """Where the ejecta end."""
        return 3.6 * self.radius_m

    @property
    def outline_m(self) -> Axis:
        """Rim and the dense part of the ejecta."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        return np.column_stack(
            [self.x_m + 1.5 * self.radius_m * np.cos(turn), self.y_m + 1.5 * self.radius_m * np.sin(turn)]
        )

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Depth a third of the radius; ejecta in rays."""
        u, v = local(x_m, y_m, self.x_m, self.y_m, 0.0)
        rough = octaves(self.seed, x_m, y_m, ((1.6, 0.10), (0.5, 0.09), (0.2, 0.07), (0.09, 0.05)))
        far = np.hypot(u, v) / self.radius_m * (1 + 0.5 * rough)
        turn = np.arctan2(v, u)
        rays = 0.28 * np.cos(5 * turn + self.seed) + 0.22 * np.cos(9 * turn + 2.1 * self.seed)
        bowl = -0.42 * self.radius_m * np.clip(1 - far**2, 0, 1)
        rim = 0.16 * self.radius_m * np.exp(-(((far - 1.12) / 0.2) ** 2)) * (1 + 1.5 * rough)
        thrown = np.clip((1.85 + rays + 2.0 * rough - far) / 0.9, 0, 1)
        scattered = np.clip((rough * 9 - 1.0 - 0.5 * (far - 2)), 0, 1) * (far < 3.2)
        inner = np.clip(1.1 - far, 0, 1)
        soil = np.array([0.24, 0.18, 0.12], np.float32) * (1 + 1.1 * rough)[..., None]
        burnt = np.array([0.075, 0.06, 0.045], np.float32) * (1 + 1.1 * rough)[..., None]
        share = np.clip(1.4 * inner, 0, 1)[..., None]
        cover = np.maximum(thrown, scattered)
        return Look(
            (bowl + rim).astype(np.float32), reflectance(soil * (1 - share) + burnt * share), cover.astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class Burn:
    """Ground blackened by fire: no height."""

    x_m: float
    y_m: float
    radius_m: float
    seed: int
    kind: str = "burn"
    stands: bool = False
    side_rgb: tuple[float, float, float] | None = None

    @property
    def reach_m(self) -> float:
        """Longest tongue."""
        return 1.7 * self.radius_m

    @property
    def outline_m(self) -> Axis:
        """Where half the ground is black."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        r = 0.92 * self.radius_m
        return np.column_stack([self.x_m + r * np.cos(turn), self.y_m + r * np.sin(turn)])

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Tongues at the edge, unburnt tufts, ash where it was hottest."""
        u, v = local(x_m, y_m, self.x_m, self.y_m, 0.0)
        tongues = octaves(self.seed, x_m, y_m, ((4.1, 0.16), (1.6, 0.11), (0.5, 0.09)))
        tufts = octaves(self.seed + 3, x_m, y_m, ((0.6, 0.5), (0.22, 0.4), (0.1, 0.3)))
        far = np.hypot(u, v) / self.radius_m
        cover = np.clip((1 - far + tongues) / 0.16, 0, 1) * np.clip(1.05 + 0.3 * tufts, 0, 1)
        ash = np.clip(0.9 * tufts - 0.6 - far, 0, 1)[..., None]
        black = np.array([0.030, 0.027, 0.025], np.float32) * (1 + 0.4 * tufts)[..., None]
        colour = black * (1 - ash) + np.array([0.26, 0.255, 0.25], np.float32) * ash
        return Look(np.zeros(u.shape, np.float32), reflectance(colour), (0.95 * cover).astype(np.float32))
