"""What stands on the land or is dug into it: houses, trees, vehicles, trenches, posts, craters, burns.

Every thing gives, for any places near it, its height and its colour, so that one thing can be painted into rasters
of any cell. Local axes: u forward along the thing's azimuth, v to the left.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.noise import Float32, hash_lattice, octaves

Axis = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """A thing on a patch of ``(H, W)`` places.

    Attributes:
        rise_m: ``(H, W)`` height above `Thing.base` for things that stand, change of the ground's height for those
            that are dug; NaN (standing) or 0 (dug) outside.
        colour: ``(H, W, 3)`` linear reflectance.
        cover: ``(H, W)`` 0 to 1, how much of the ground the colour hides.
    """

    rise_m: Float32
    colour: Float32
    cover: Float32


class Thing(Protocol):
    """Something with a place."""

    @property
    def kind(self) -> str:
        """Class in the truth."""
        ...

    @property
    def x_m(self) -> float:
        """Site x."""
        ...

    @property
    def y_m(self) -> float:
        """Site y."""
        ...

    @property
    def reach_m(self) -> float:
        """Nothing of it lies farther from its place."""
        ...

    @property
    def stands(self) -> bool:
        """Whether it stands on the ground; otherwise it changes the ground."""
        ...

    @property
    def side_rgb(self) -> tuple[float, float, float] | None:
        """Reflectance of its walls; None: like its top."""
        ...

    @property
    def outline_m(self) -> Axis:
        """``(N, 2)`` outline in site metres, counter-clockwise, not closed."""
        ...

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Height and colour at places given by ``(W,)`` x and ``(H,)`` y."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """A box with a pitched roof."""

    kind: str
    x_m: float
    y_m: float
    azimuth_rad: float
    length_m: float
    width_m: float
    wall_m: float
    ridge_m: float
    roof_rgb: tuple[float, float, float]
    side_rgb: tuple[float, float, float] | None
    seed: int
    stands: bool = True

    @property
    def reach_m(self) -> float:
        """Half the diagonal."""
        return float(np.hypot(self.length_m, self.width_m) / 2 + 0.2)

    @property
    def outline_m(self) -> Axis:
        """The walls."""
        return rectangle(self.x_m, self.y_m, self.azimuth_rad, self.length_m, self.width_m)

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Ridge along the long side; tiles run down the slope; patches of newer roofing."""
        u, v = local(x_m, y_m, self.x_m, self.y_m, self.azimuth_rad)
        inside = (np.abs(u) <= self.length_m / 2) & (np.abs(v) <= self.width_m / 2)
        rise = self.wall_m + (self.ridge_m - self.wall_m) * (1 - np.abs(v) / (self.width_m / 2))
        chimney = (np.abs(u - 0.22 * self.length_m) < 0.35) & (np.abs(v - 0.7) < 0.35)
        rise = np.where(chimney & (self.length_m > 7), self.ridge_m + 0.7, rise)
        cell = float(x_m[1] - x_m[0])
        ribs = np.sin(2 * np.pi * u / 0.42) * np.clip(0.42 / cell / 4, 0, 1)
        sheets = hash_lattice(self.seed, np.floor(u / 1.1).astype(np.int64), np.floor(v / 1.9).astype(np.int64))
        dirt = octaves(self.seed, x_m, y_m, ((1.7, 0.12), (0.5, 0.08), (0.17, 0.06)))
        value = 1 + 0.08 * ribs + 0.13 * sheets + dirt - 0.2 * (np.abs(v) < 0.14)
        colour = np.array(self.roof_rgb, np.float32) * value[..., None]
        return Look(_or_nan(rise, inside), _clean(colour), inside.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Tree:
    """A crown with gaps and lumps."""

    x_m: float
    y_m: float
    radius_m: float
    height_m: float
    hue: float
    seed: int
    kind: str = "tree"
    stands: bool = True
    side_rgb: tuple[float, float, float] | None = (0.055, 0.085, 0.03)

    @property
    def reach_m(self) -> float:
        """Longest branch."""
        return 1.45 * self.radius_m

    @property
    def outline_m(self) -> Axis:
        """Circle of the mean radius."""
        turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        return np.column_stack([self.x_m + self.radius_m * np.cos(turn), self.y_m + self.radius_m * np.sin(turn)])

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Lobes around the stem, each of a few branches, each of leaves."""
        u, v = local(x_m, y_m, self.x_m, self.y_m, 0.0)
        lumps = octaves(self.seed, x_m, y_m, ((1.5, 0.20), (0.7, 0.15), (0.33, 0.10)))
        leaves = octaves(self.seed + 5, x_m, y_m, ((0.33, 0.6), (0.15, 0.6), (0.08, 0.5)))
        far = np.hypot(u, v) / self.radius_m - 0.55 * lumps
        inside = (far < 1) & ((leaves > -1.6 + 1.5 * np.clip(far - 0.55, 0, 1)) | (far < 0.3))
        dome = np.sqrt(np.clip(1 - far**2, 0, 1))
        rise = self.height_m * (0.42 + 0.58 * dome) + 0.9 * lumps * dome + 0.13 * leaves
        deep = np.clip(0.62 + 0.5 * dome + 0.9 * lumps, 0.35, 1.5)
        base = np.array([0.070 + 0.05 * self.hue, 0.112 + 0.03 * self.hue, 0.034 + 0.012 * self.hue], np.float32)
        colour = base * (deep * (1 + 0.30 * leaves))[..., None]
        return Look(_or_nan(rise, inside), _clean(colour), inside.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car or a lorry."""

    x_m: float
    y_m: float
    azimuth_rad: float
    length_m: float
    width_m: float
    rgb: tuple[float, float, float]
    cargo_rgb: tuple[float, float, float] | None
    kind: str = "vehicle"
    stands: bool = True

    @property
    def side_rgb(self) -> tuple[float, float, float] | None:
        """Body colour, a little dirty."""
        r, g, b = self.rgb
        return (0.8 * r, 0.8 * g, 0.8 * b)

    @property
    def reach_m(self) -> float:
        """Half the diagonal."""
        return float(np.hypot(self.length_m, self.width_m) / 2 + 0.1)

    @property
    def outline_m(self) -> Axis:
        """The body."""
        return rectangle(self.x_m, self.y_m, self.azimuth_rad, self.length_m, self.width_m)

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Bonnet, screens and roof of a car; cab and load of a lorry."""
        u, v = local(x_m, y_m, self.x_m, self.y_m, self.azimuth_rad)
        half, side = self.length_m / 2, self.width_m / 2
        corner = np.clip(np.abs(u) - half + 0.35, 0, None) ** 2 + np.clip(np.abs(v) - side + 0.35, 0, None) ** 2
        inside = (np.abs(u) <= half) & (np.abs(v) <= side) & (corner < 0.35**2)
        body = np.array(self.rgb, np.float32)
        dark = np.array([0.025, 0.028, 0.032], np.float32)
        colour = np.broadcast_to(body, (*u.shape, 3)).copy()
        s = u / self.length_m
        if self.cargo_rgb is None:
            rise = np.where((s > -0.34) & (s < 0.17), 1.48, np.where(s > 0.17, 0.92, 1.02))
            glass = (
                ((s > 0.08) & (s < 0.19))
                | ((s > -0.37) & (s < -0.29))
                | ((s > -0.3) & (s < 0.12) & (np.abs(v) > 0.8 * side))
            )
            rise = np.where((s > 0.08) & (s < 0.19), 1.2, rise)
        else:
            load = s < 0.17
            rise = np.where(load, 2.7, np.where(s < 0.22, 1.1, 2.3))
            ribs = 1 + 0.10 * np.sin(2 * np.pi * u / 0.9)
            colour = np.where(load[..., None], np.array(self.cargo_rgb, np.float32) * ribs[..., None], colour)
            glass = (s > 0.43) | ((s > 0.17) & (s < 0.22))
        colour = np.where(glass[..., None] & (np.abs(v) < 0.93 * side)[..., None], dark, colour)
        return Look(_or_nan(rise, inside), _clean(colour), inside.astype(np.float32))


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
        return Look(rise.astype(np.float32), _clean(colour), np.maximum(ditch, thrown).astype(np.float32))

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
            (bowl + rim).astype(np.float32), _clean(soil * (1 - share) + burnt * share), cover.astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class Post:
    """A ring of sandbags with a gap, half under a tarpaulin."""

    x_m: float
    y_m: float
    azimuth_rad: float
    size_m: float
    seed: int
    kind: str = "structure"
    stands: bool = True
    side_rgb: tuple[float, float, float] | None = (0.2, 0.17, 0.12)

    @property
    def reach_m(self) -> float:
        """Half the diagonal."""
        return 0.8 * self.size_m

    @property
    def outline_m(self) -> Axis:
        """The ring."""
        return rectangle(self.x_m, self.y_m, self.azimuth_rad, self.size_m, self.size_m)

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Bags of 0.6 m; the tarpaulin sags between its poles."""
        u, v = local(x_m, y_m, self.x_m, self.y_m, self.azimuth_rad)
        half = self.size_m / 2
        far = (np.abs(u) ** 4 + np.abs(v) ** 4) ** 0.25
        ring = (far <= half) & (far > half - 0.75) & ~((u > 0) & (np.abs(v) < 0.55))
        tarp = (far <= half - 0.3) & (u < 0.1)
        cells = hash_lattice(self.seed, np.floor(u / 0.55).astype(np.int64), np.floor(v / 0.38).astype(np.int64))
        weave = octaves(self.seed, x_m, y_m, ((0.9, 0.10), (0.3, 0.08), (0.1, 0.06)))
        rise = np.where(tarp, 1.75 + 0.9 * weave, 1.15 + 0.08 * cells)
        bags = np.array([0.32, 0.275, 0.19], np.float32) * (1 + 0.2 * cells + weave)[..., None]
        sheet = np.array([0.105, 0.115, 0.07], np.float32) * (1 + 1.2 * weave)[..., None]
        inside = ring | tarp
        return Look(_or_nan(rise, inside), _clean(np.where(tarp[..., None], sheet, bags)), inside.astype(np.float32))


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
        return Look(np.zeros(u.shape, np.float32), _clean(colour), (0.95 * cover).astype(np.float32))


def local(x_m: Axis, y_m: Axis, x0: float, y0: float, azimuth_rad: float) -> tuple[Float32, Float32]:
    """Local u, v on a mesh."""
    dx, dy = np.meshgrid((x_m - x0).astype(np.float32), (y_m - y0).astype(np.float32))
    c, s = np.float32(np.cos(azimuth_rad)), np.float32(np.sin(azimuth_rad))
    return dx * c + dy * s, dy * c - dx * s


def rectangle(x_m: float, y_m: float, azimuth_rad: float, length_m: float, width_m: float) -> Axis:
    """``(4, 2)`` corners, counter-clockwise."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [length_m / 2, width_m / 2]
    c, s = np.cos(azimuth_rad), np.sin(azimuth_rad)
    turned: Axis = corners @ np.array([[c, s], [-s, c]]) + [x_m, y_m]
    return turned


def _or_nan(rise: NDArray[np.floating], inside: NDArray[np.bool_]) -> Float32:
    return np.where(inside, rise, np.nan).astype(np.float32)


def _clean(colour: NDArray[np.floating]) -> Float32:
    cleaned: Float32 = np.clip(colour, 0.01, 0.95).astype(np.float32)
    return cleaned
