"""Rubble, crates and boulders."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, circle, height_field, join, moved, rectangle, stretched, surface

CONCRETE_RGB = (0.34, 0.325, 0.30)


@dataclass(frozen=True, slots=True)
class Rubble:
    """A heap of broken masonry with beams and slabs.

    Attributes:
        length_m, width_m, height_m: Size.
        rgb: Mean colour of the masonry.
        seed: Which heap.
    """

    length_m: float = 4.0
    width_m: float = 3.0
    height_m: float = 0.9
    rgb: Rgb = CONCRETE_RGB
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "rubble"

    @property
    def outline_m(self) -> Float:
        """An ellipse."""
        return circle(0.5, 16) * [self.length_m, self.width_m]

    def mesh(self, detail_m: float) -> Mesh:
        """A lumpy heap strewn with blocks."""
        return stretched(heap(self.length_m, self.width_m, self.height_m, self.rgb, detail_m, self.seed), self.height_m)


@dataclass(frozen=True, slots=True)
class Boulder:
    """A rock."""

    height_m: float = 0.9
    width_m: float = 1.4
    rgb: Rgb = (0.25, 0.235, 0.21)
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "boulder"

    @property
    def outline_m(self) -> Float:
        """Circle around it."""
        return circle(0.5 * self.width_m, 12)

    def mesh(self, detail_m: float) -> Mesh:
        """A dome of uneven facets."""
        rng = np.random.default_rng([self.seed, 307])
        around, rings = (9, 3) if detail_m < 0.3 else (6, 2)
        turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
        points: list[tuple[float, float, float]] = []
        for ring in range(rings):
            tilt = 0.5 * np.pi * ring / rings
            reach = 0.5 * self.width_m * np.cos(tilt) * rng.uniform(0.78, 1.0, around)
            up = self.height_m * (np.sin(tilt) + (0.1 * rng.uniform(-1, 1, around) if ring else 0.0) * np.ones(around))
            points += list(zip(reach * np.cos(turn), reach * np.sin(turn), up, strict=True))
        points.append((0.0, 0.0, 1.05 * self.height_m))
        faces = []
        for ring in range(rings - 1):
            for k in range(around):
                a, b = ring * around + k, ring * around + (k + 1) % around
                faces += [(a, b, b + around), (a, b + around, a + around)]
        top = (rings - 1) * around
        faces += [(top + k, top + (k + 1) % around, len(points) - 1) for k in range(around)]
        colour = np.array(self.rgb) * rng.uniform(0.85, 1.15, (len(faces), 1))
        return stretched(surface(np.array(points), faces, colour, Material.ROCK), self.height_m)


@dataclass(frozen=True, slots=True)
class Crates:
    """A stack of wooden crates under nothing."""

    count: int = 6
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "crates"

    @property
    def height_m(self) -> float:
        """One or two layers."""
        return 0.5 if self.count <= 4 else 1.0

    @property
    def outline_m(self) -> Float:
        """The stack's foot."""
        return rectangle(2.2, 1.8)

    def mesh(self, detail_m: float) -> Mesh:
        """Boxes of 1.0 × 0.8 × 0.5 m, not quite in line."""
        rng = np.random.default_rng([self.seed, 311])
        parts = []
        for k in range(min(self.count, 8)):
            place = ((-0.53, 0.53)[k % 2], (-0.43, 0.43)[k // 2 % 2])
            wood = tuple(np.array((0.30, 0.23, 0.14)) * rng.uniform(0.75, 1.15))
            crate = box((0.0, 0.0), (1.0, 0.8), 0.0, 0.5, wood, Material.WOOD)
            turn = rng.uniform(-0.05, 0.05) if detail_m < 0.2 else 0.0
            parts.append(moved(crate, *place, 0.5 * (k // 4), turn))
        return join(parts)


def heap(length_m: float, width_m: float, height_m: float, rgb: Rgb, detail_m: float, seed: int) -> Mesh:
    """Broken masonry over an ellipse: a lumpy surface and blocks, slabs and beams on it."""
    rng = np.random.default_rng([seed, 313])
    step = float(np.clip(4 * detail_m, 0.45, 1.6))
    nx, ny = max(4, round(length_m / step)), max(4, round(width_m / step))
    x, y = np.linspace(-length_m / 2, length_m / 2, nx + 1), np.linspace(-width_m / 2, width_m / 2, ny + 1)
    far = np.hypot(*np.meshgrid(2 * x / length_m, 2 * y / width_m))
    z = height_m * np.clip(1.02 - far**1.6, 0.0, 1) * rng.uniform(0.45, 1.0, far.shape)
    z = np.where(far > 1.08, np.nan, z)
    shade = rng.uniform(0.55, 1.15, (ny, nx, 1)) * np.array(rgb)
    parts = [height_field(x, y, z, shade, Material.ROCK)]
    pieces = int(np.clip(length_m * width_m * 1.6, 6, 130)) if detail_m < 0.4 else 0
    for _ in range(pieces):
        turn, away = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random()) * 0.46
        at = (length_m * away * np.cos(turn), width_m * away * np.sin(turn))
        up = height_m * max(0.0, 1 - (2 * away) ** 1.6) * 0.8
        parts.append(_piece(at, up, rgb, rng))
    return join(parts)


def _piece(at: tuple[float, float], up_m: float, rgb: Rgb, rng: np.random.Generator) -> Mesh:
    """A block, a slab or a beam, tilted, its lower part hidden."""
    which = rng.random()
    size = (
        rng.uniform((0.15, 0.15, 0.1), (0.5, 0.4, 0.35))
        if which < 0.65
        else rng.uniform((0.6, 0.5, 0.08), (1.5, 1.0, 0.16))
        if which < 0.82
        else rng.uniform((1.2, 0.1, 0.1), (2.6, 0.18, 0.18))
    )
    wood = which >= 0.82
    colour = (0.16, 0.12, 0.085) if wood else tuple(np.array(rgb) * rng.uniform(0.6, 1.35))
    block = box((0.0, 0.0), (float(size[0]), float(size[1])), 0.0, float(size[2]), colour, Material.WOOD)
    tilt = rng.uniform(-0.5, 0.5)
    c, s = np.cos(tilt), np.sin(tilt)
    turned = (block.vertices_m @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])).astype(np.float32)
    stuff = np.full(len(block.triangles), int(Material.WOOD if wood else Material.CONCRETE), np.uint8)
    leaning = Mesh(turned, block.triangles, block.colour, stuff)
    return moved(leaning, at[0], at[1], up_m, rng.uniform(0, np.pi))
