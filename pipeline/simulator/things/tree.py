"""Trees and bushes."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.lobes import (
    LARGEST_LEAF_M,
    SMALLEST_LEAF_M,
    Lobes,
    cores,
    leaves,
    lumps,
)
from pipeline.simulator.things.solid import circle, join, rod, stretched, surface

Form = Literal["broad", "poplar", "conifer", "fruit"]
Foliage = Literal["spring", "summer", "autumn", "bare", "snow"]

LEAF_RGB: dict[Foliage, tuple[float, float, float]] = {
    "spring": (0.115, 0.165, 0.040),
    "summer": (0.080, 0.124, 0.036),
    "autumn": (0.210, 0.115, 0.030),
    "bare": (0.10, 0.085, 0.068),
    "snow": (0.10, 0.085, 0.068),
}
CONIFER_RGB = (0.044, 0.070, 0.032)
BLOSSOM_RGB = (0.52, 0.44, 0.43)
BARK_RGB = (0.105, 0.085, 0.065)
LUMPS_FROM_M = 0.45  # details coarser than this see lumps instead of leaves
OCTAHEDRA_FROM_M = 1.2
HULLS_FROM_M = 2.0  # woods to the horizon hold tens of thousands of trees: a hull of a few lumps each
HULL_LUMPS = 3


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree with a trunk, branches and a crown of lobes.

    Attributes:
        form: Habit.
        height_m: To the highest leaf.
        crown_m: Width of the crown.
        foliage: By season; conifers keep their needles.
        seed: Which individual; keep few, so that meshes are shared.
    """

    form: Form = "broad"
    height_m: float = 9.0
    crown_m: float = 6.0
    foliage: Foliage = "summer"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.form not in get_args(Form) or self.foliage not in get_args(Foliage):
            raise ConfigError(f"tree: no {self.form!r} in {self.foliage!r}; know {get_args(Form)}, {get_args(Foliage)}")
        if self.height_m <= 0 or self.crown_m <= 0:
            raise ConfigError("tree: height_m and crown_m must be above 0")

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "tree"

    @property
    def outline_m(self) -> Float:
        """Circle under the crown."""
        return circle(self.crown_m / 2, 16)

    @property
    def leafless(self) -> bool:
        """Whether branches are bare."""
        return self.form != "conifer" and self.foliage in ("bare", "snow")

    def mesh(self, detail_m: float) -> Mesh:
        """Leaves and branches; lumps where details are coarse."""
        rng = np.random.default_rng([self.seed, 101, len(self.form)])
        lobes = _lobes(self, rng)
        snow = 0.8 if self.foliage == "snow" else 0.0
        if detail_m >= LUMPS_FROM_M:
            far = _hull(lobes) if detail_m >= HULLS_FROM_M else lobes
            crown = lumps(_thinned(far, self.leafless), detail_m < OCTAHEDRA_FROM_M, snow * (not self.leafless))
            whole = crown if detail_m >= HULLS_FROM_M else join([crown, _trunk(self, 3)])
        elif self.leafless:
            whole = join([_trunk(self, 6), _branches(self, lobes, 6, rng), _twigs(self, lobes, detail_m, rng)])
        else:
            leaf_m = float(np.clip(2.6 * detail_m, SMALLEST_LEAF_M, LARGEST_LEAF_M))
            density = 1.15 if self.form != "fruit" else 0.8
            foliage = leaves(lobes, leaf_m, density, snow, rng)
            whole = join([foliage, cores(lobes), _trunk(self, 5), _branches(self, lobes, 3, rng)])
        return stretched(whole, self.height_m)


@dataclass(frozen=True, slots=True)
class Bush:
    """A bush: lobes down to the ground."""

    height_m: float = 1.6
    crown_m: float = 2.0
    foliage: Foliage = "summer"
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "bush"

    @property
    def outline_m(self) -> Float:
        """Circle under it."""
        return circle(self.crown_m / 2, 12)

    def mesh(self, detail_m: float) -> Mesh:
        """A few low lobes."""
        rng = np.random.default_rng([self.seed, 103])
        n = 5
        turn = 2 * np.pi * (np.arange(n) + rng.uniform(-0.3, 0.3, n)) / n
        away = self.crown_m * rng.uniform(0.10, 0.24, n)
        size = self.crown_m * rng.uniform(0.18, 0.25, n)
        up = self.height_m * rng.uniform(0.35, 0.62, n)
        centre = np.column_stack([away * np.cos(turn), away * np.sin(turn), up])
        radius = np.column_stack([size, size, np.minimum(0.42 * self.height_m, up)])
        lobes = Lobes(centre, radius, _tints(LEAF_RGB[self.foliage], n, self.seed, rng))
        snow = 0.8 if self.foliage == "snow" else 0.0
        if detail_m >= LUMPS_FROM_M:
            return stretched(lumps(lobes, detail_m < OCTAHEDRA_FROM_M, snow), self.height_m)
        leaf_m = float(np.clip(2.5 * detail_m, 0.08, 0.35))
        bare = self.foliage in ("bare", "snow")
        foliage = leaves(lobes, leaf_m, 0.35 if bare else 0.8, snow, rng)
        return stretched(join([foliage] if bare else [foliage, cores(lobes)]), self.height_m)


def _lobes(tree: Tree, rng: np.random.Generator) -> Lobes:
    """Where the crown's foliage is."""
    height, half = tree.height_m, tree.crown_m / 2
    if tree.form == "conifer":
        n = 16
        level = (np.arange(n) + 0.5) / n
        turn = 2.4 * np.arange(n) + rng.uniform(-0.4, 0.4, n)
        wide = half * (1.02 - level) ** 0.85
        away, up = 0.45 * wide, height * (0.14 + 0.83 * level)
        size = np.column_stack([0.55 * wide + 0.08, 0.55 * wide + 0.08, np.full(n, 0.075 * height)])
    elif tree.form == "poplar":
        n = 12
        level = (np.arange(n) + 0.5) / n
        turn = 2.4 * np.arange(n) + rng.uniform(-0.4, 0.4, n)
        wide = half * np.clip(1.7 * np.sqrt(level + 0.12) * np.sqrt(1.06 - level), 0, 1)
        away, up = 0.35 * wide, height * (0.12 + 0.82 * level)
        size = np.column_stack([0.62 * wide, 0.62 * wide, np.full(n, 0.085 * height)])
    else:
        n = 19 if tree.form == "broad" else 8
        low = 0.30 if tree.form == "broad" else 0.34
        level = np.concatenate([[0.86], rng.permutation(np.linspace(0.10, 0.82, n - 1))])
        turn = 2.4 * np.arange(n) + rng.uniform(-0.5, 0.5, n)
        belly = np.sqrt(np.clip(1 - (1.9 * (level - 0.42)) ** 2, 0.03, 1))
        size1 = half * (rng.uniform(0.24, 0.47, n) if n > 8 else rng.uniform(0.36, 0.52, n))
        away = np.clip(half * belly - 0.85 * size1, 0, None) * rng.uniform(0.62, 1.0, n)
        up = height * (low + (1 - low) * (0.12 + 0.74 * level)) + 0.06 * height * rng.uniform(-1, 1, n)
        size = np.column_stack([size1, size1 * rng.uniform(0.75, 1.15, n), 0.66 * size1 + 0.03 * height])
    centre = np.column_stack([away * np.cos(turn), away * np.sin(turn), up])
    if tree.form == "conifer":
        rgb = CONIFER_RGB
    elif tree.form == "fruit" and tree.foliage == "spring":
        rgb = BLOSSOM_RGB
    else:
        rgb = LEAF_RGB[tree.foliage]
    tints = _tints(rgb, n, tree.seed, rng)
    if tree.foliage == "autumn" and tree.form != "conifer":
        green = rng.random((n, 1)) ** 2
        tints = tints * (1 - green) + np.array(LEAF_RGB["summer"]) * green
    return Lobes(centre, size, tints)


def _tints(rgb: tuple[float, float, float], n: int, seed: int, rng: np.random.Generator) -> Float:
    """``(N, 3)``: individuals differ, and so do lobes of one."""
    own = np.random.default_rng([seed, 107]).uniform(-1, 1, 2)
    base = np.array(rgb) * (1 + 0.18 * own[0]) * np.array([1 + 0.18 * own[1], 1.0, 1 - 0.1 * own[1]])
    tint: Float = base * (1 + 0.20 * rng.uniform(-1, 1, (n, 1))) * (1 + 0.06 * rng.uniform(-1, 1, (n, 3)))
    return tint


def _hull(lobes: Lobes) -> Lobes:
    """A few lumps, one above the other, that span what the lobes span."""
    order = np.argsort(lobes.centre_m[:, 2], kind="stable")
    groups = np.array_split(order, HULL_LUMPS)
    low = np.array([(lobes.centre_m[g] - lobes.radius_m[g]).min(axis=0) for g in groups])
    high = np.array([(lobes.centre_m[g] + lobes.radius_m[g]).max(axis=0) for g in groups])
    return Lobes((low + high) / 2, (high - low) / 2, np.array([lobes.rgb[g].mean(axis=0) for g in groups]))


def _thinned(lobes: Lobes, leafless: bool) -> Lobes:
    """Bare crowns seen from afar cover a third of what they span."""
    return Lobes(lobes.centre_m, lobes.radius_m * (0.55 if leafless else 1.0), lobes.rgb)


def _trunk(tree: Tree, sides: int) -> Mesh:
    """From the ground into the crown."""
    top = {"broad": 0.6, "poplar": 0.9, "conifer": 0.95, "fruit": 0.5}[tree.form]
    thick = {"broad": 0.035, "poplar": 0.018, "conifer": 0.022, "fruit": 0.05}[tree.form] * tree.height_m
    ring = circle(1.0, sides)
    low = np.column_stack([0.6 * thick * ring, np.zeros(sides)])
    high = np.column_stack([0.2 * thick * ring, np.full(sides, top * tree.height_m)])
    k = np.arange(sides)
    after = (k + 1) % sides
    faces = np.vstack([np.column_stack([k, after, after + sides]), np.column_stack([k, after + sides, k + sides])])
    return surface(np.vstack([low, high]), faces, BARK_RGB, Material.BARK)


def _branches(tree: Tree, lobes: Lobes, sides: int, rng: np.random.Generator) -> Mesh:
    """From the trunk to the middle of every lobe."""
    parts = []
    for x, y, z in lobes.centre_m:
        foot = max(0.12 * tree.height_m, z - (0.5 + 0.3 * rng.random()) * np.hypot(x, y) - 0.05 * tree.height_m)
        parts.append(
            rod((0.0, 0.0, float(foot)), (float(x), float(y), float(z)), 0.012 * tree.height_m, BARK_RGB,
                Material.BARK, min(sides, 4))
        )  # fmt: skip
    return join(parts)


def _twigs(tree: Tree, lobes: Lobes, detail_m: float, rng: np.random.Generator) -> Mesh:
    """Thin triangles that fan out from the lobes' middles; white where snow lies on them."""
    each = int(np.clip(3.0 / max(detail_m, 0.02), 20, 70))
    n = each * len(lobes.rgb)
    which = np.repeat(np.arange(len(lobes.rgb)), each)
    way = rng.normal(size=(n, 3)) + np.array([0, 0, 0.5])
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    start = lobes.centre_m[which] + lobes.radius_m[which] * way * rng.uniform(0, 0.5, (n, 1))
    end = lobes.centre_m[which] + lobes.radius_m[which] * way * rng.uniform(0.8, 1.15, (n, 1))
    end += 0.12 * rng.normal(size=(n, 3)) * lobes.radius_m[which]
    aside = np.cross(way, rng.normal(size=(n, 3)))
    aside *= max(0.03, 0.35 * detail_m) / np.linalg.norm(aside, axis=1, keepdims=True)
    corners = np.stack([start - aside / 2, start + aside / 2, end], axis=1).reshape(-1, 3)
    colour = lobes.rgb[which] * (1 + 0.25 * rng.uniform(-1, 1, (n, 1)))
    if tree.foliage == "snow":
        colour = np.where(rng.random((n, 1)) < 0.5, 0.7, colour)
    return surface(corners, np.arange(3 * n).reshape(-1, 3), colour, Material.BARK)
