"""Walls, fences and hay bales: what lines and dots fields."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, circle, join, rectangle, rod, surface, tinted

WALLS: dict[str, tuple[Rgb, Material, float]] = {
    "stone": ((0.27, 0.25, 0.215), Material.ROCK, 0.5),
    "concrete": ((0.40, 0.39, 0.37), Material.CONCRETE, 0.22),
    "brick": ((0.27, 0.145, 0.10), Material.PLASTER, 0.28),
}


@dataclass(frozen=True, slots=True)
class Wall:
    """A straight piece of wall along its own x axis, its middle at the origin.

    Attributes:
        length_m, height_m: Size.
        form: ``stone`` (dry, uneven), ``concrete`` (slabs with posts) or ``brick``.
        seed: Which unevenness.
    """

    length_m: float = 10.0
    height_m: float = 1.2
    form: str = "stone"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.form not in WALLS:
            raise ConfigError(f"wall: no form {self.form!r}; know {', '.join(WALLS)}")

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "wall"

    @property
    def outline_m(self) -> Float:
        """Its foot."""
        return rectangle(self.length_m, WALLS[self.form][2])

    def mesh(self, detail_m: float) -> Mesh:
        """Courses of stones for dry walls from near; slabs between posts; one block from afar."""
        rgb, material, thick = WALLS[self.form]
        rng = np.random.default_rng([self.seed, 211])
        step = {"stone": 0.8, "concrete": 2.5, "brick": 4.0}[self.form]
        pieces = 1 if detail_m > 0.4 else max(1, round(self.length_m / step))
        edges = np.linspace(-self.length_m / 2, self.length_m / 2, pieces + 1)
        tops = self.height_m * (1 - (0.16 * rng.random(pieces) if self.form == "stone" else np.zeros(pieces)))
        tops[int(np.argmax(tops))] = self.height_m
        parts = []
        for west, east, top in zip(edges[:-1], edges[1:], tops, strict=True):
            wide = thick * (rng.uniform(0.8, 1.0) if self.form == "stone" else 0.7)
            parts.append(box(((west + east) / 2, 0.0), (east - west, wide), 0.0, top, rgb, material))
            if self.form == "concrete" and detail_m < 0.15:
                post = min(east, self.length_m / 2 - 0.1)
                parts.append(box((post, 0.0), (0.2, thick), 0.0, self.height_m, rgb, material))
        return tinted(join(parts), 0.14, rng)


@dataclass(frozen=True, slots=True)
class Fence:
    """Posts and wires or boards along its own x axis, its middle at the origin.

    Attributes:
        length_m, height_m: Size.
        form: ``wire`` or ``board``.
        seed: Which leaning of posts.
    """

    length_m: float = 12.0
    height_m: float = 1.3
    form: Literal["wire", "board"] = "wire"
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "fence"

    @property
    def outline_m(self) -> Float:
        """A strip."""
        return rectangle(self.length_m, 0.3)

    def mesh(self, detail_m: float) -> Mesh:
        """Posts every 3 m; wires only where they can be seen."""
        rng = np.random.default_rng([self.seed, 223])
        wood = (0.20, 0.165, 0.125)
        count = max(2, round(self.length_m / 3.0) + 1)
        parts = []
        for x in np.linspace(-self.length_m / 2 + 0.06, self.length_m / 2 - 0.06, count):
            lean = 0.04 * rng.uniform(-1, 1)
            parts.append(rod((x, 0.0, 0.0), (x, lean, self.height_m), 0.10, wood, Material.WOOD, 4))
        if self.form == "board":
            parts.append(box((0.0, 0.0), (self.length_m, 0.03), 0.1, 0.92 * self.height_m, wood, Material.WOOD))
        elif detail_m < 0.12:
            for z in (0.35, 0.65, 0.95):
                ends = (-self.length_m / 2, 0.0, z * self.height_m), (self.length_m / 2, 0.0, z * self.height_m)
                parts.append(rod(*ends, 0.006, (0.25, 0.25, 0.25), Material.WIRE))
        return tinted(join(parts), 0.15, rng)


@dataclass(frozen=True, slots=True)
class HayBale:
    """A bale of straw.

    Attributes:
        form: ``round``, lying, its axis along y, or ``square``.
        size_m: Diameter, or length of the longest edge.
        seed: Which tint.
    """

    form: Literal["round", "square"] = "round"
    size_m: float = 1.4
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "hay_bale"

    @property
    def height_m(self) -> float:
        """A round one is as high as it is wide."""
        return self.size_m if self.form == "round" else 0.42 * self.size_m

    @property
    def outline_m(self) -> Float:
        """A rectangle."""
        return rectangle(self.size_m, 0.9 * self.size_m if self.form == "round" else 0.5 * self.size_m)

    def mesh(self, detail_m: float) -> Mesh:
        """A cylinder that has sagged a little, or a block."""
        rng = np.random.default_rng([self.seed, 227])
        straw = tuple(np.array((0.44, 0.345, 0.17)) * rng.uniform(0.85, 1.1))
        if self.form == "square":
            block = box((0.0, 0.0), (self.size_m, 0.5 * self.size_m), 0.0, self.height_m, straw, Material.HAY)
            return tinted(block, 0.1, rng)
        sides = 16 if detail_m < 0.1 else 8
        ring, half = circle(self.size_m / 2, sides), 0.45 * self.size_m
        ring = np.column_stack([ring[:, 0], np.clip(ring[:, 1], -0.46 * self.size_m, None)])
        up = ring[:, 1] - ring[:, 1].min()
        up *= self.height_m / up.max()
        left = np.column_stack([ring[:, 0], np.full(sides, half), up])
        right = left * [1, -1, 1]
        k = np.arange(sides)
        after = (k + 1) % sides
        tread = np.vstack([np.column_stack([k, k + sides, after + sides]), np.column_stack([k, after + sides, after])])
        roll = surface(np.vstack([left, right]), tread, straw, Material.HAY)
        face = np.column_stack([np.zeros(sides - 2, int), k[2:], k[1:-1]])
        dark = tuple(0.75 * np.array(straw))
        near, far = surface(left, face, dark, Material.HAY), surface(right, face[:, ::-1], dark, Material.HAY)
        return tinted(join([roll, near, far]), 0.08, rng)
