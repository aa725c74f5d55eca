"""What stands on the land: houses, trees, vehicles, posts."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import hash_lattice, octaves
from pipeline.simulator.old_thing import Axis, Look, local, or_nan, rectangle, reflectance


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
        return Look(or_nan(rise, inside), reflectance(colour), inside.astype(np.float32))


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
        return Look(or_nan(rise, inside), reflectance(colour), inside.astype(np.float32))


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
        return Look(or_nan(rise, inside), reflectance(colour), inside.astype(np.float32))


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
        return Look(
            or_nan(rise, inside), reflectance(np.where(tarp[..., None], sheet, bags)), inside.astype(np.float32)
        )
