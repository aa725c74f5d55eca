"""Houses, whole and damaged."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.house_roof import Roof, roof_mesh
from pipeline.simulator.things.rubble import heap
from pipeline.simulator.things.solid import Rgb, box, join, moved, prism, quad, rectangle, stretched, surface, tinted

RoofKind = Literal["gable", "hip", "flat", "shed"]
STOREY_M, PLINTH_M = 2.75, 0.4
GLASS_RGB, DOOR_RGB, PLINTH_RGB = (0.03, 0.035, 0.04), (0.12, 0.075, 0.045), (0.24, 0.23, 0.22)
CHIMNEY_M = 0.7
_LIT_WINDOWS = 0.4  # share of a house's windows while somebody is up
_ROOM_GLOW = (2.4e-3, 1.6e-3, 0.8e-3)  # a curtain or wall in 150 lx of warm light has 30 to 60 cd/m2; 1 is 32,000


def damage_class(damage: float) -> str:
    """UNOSAT's class of a share of damage from 0 to 1.

    Source: the classes of UNOSAT damage assessments; the limits between them are this project's.
    """
    for limit, name in ((0.02, "none"), (0.2, "possible"), (0.5, "moderate"), (0.85, "severe")):
        if damage < limit:
            return name
    return "destroyed"


@dataclass(frozen=True, slots=True)
class House:
    """A house, its ridge along its own x axis.

    Attributes:
        length_m, width_m: Of its walls.
        storeys: Of full height.
        roof: Kind.
        roof_rgb, wall_rgb: Linear reflectance.
        damage: 0 whole to 1 rubble: from 0.2 holes in the roof, from 0.5 the roof largely gone, from 0.85 a heap.
        seed: Where windows, holes and patches are.
        snow: Whether snow lies on the roof.
        lit: 0: dark; else which of its windows have light.
    """

    length_m: float = 11.0
    width_m: float = 8.0
    storeys: int = 1
    roof: RoofKind = "gable"
    roof_rgb: Rgb = (0.30, 0.13, 0.085)
    wall_rgb: Rgb = (0.50, 0.46, 0.39)
    damage: float = 0.0
    seed: int = 0
    snow: bool = False
    lit: int = 0

    def __post_init__(self) -> None:
        if self.roof not in get_args(RoofKind):
            raise ConfigError(f"house: no roof {self.roof!r}; know {', '.join(get_args(RoofKind))}")
        if not 0 <= self.damage <= 1 or min(self.length_m, self.width_m) < 2 or self.storeys < 1:
            raise ConfigError("house: damage goes from 0 to 1, sides from 2 m, storeys from 1")

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "house"

    @property
    def eaves_m(self) -> float:
        """Height of the walls."""
        return PLINTH_M + STOREY_M * self.storeys

    @property
    def height_m(self) -> float:
        """To the chimney's top, the ridge or the parapet; of the heap where it is destroyed."""
        if damage_class(self.damage) == "destroyed":
            return 0.34 * self.eaves_m + 0.3
        form = self._roof()
        return form.ridge_m + (CHIMNEY_M if self._has_chimney() else 0.0)

    @property
    def outline_m(self) -> Float:
        """The walls' foot."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Walls with windows and doors, gables, a roof with eaves; what damage has left of them."""
        rng = np.random.default_rng([self.seed, 401])
        state = damage_class(self.damage)
        if state == "destroyed":
            return stretched(self._remains(detail_m, rng), self.height_m)
        parts = [self._walls(state == "severe", rng), roof_mesh(self._roof(), detail_m)]
        if detail_m < (1.5 if self.lit else 0.35):
            parts.append(self._openings(state, rng))
        if self._has_chimney():
            parts.append(self._chimney())
        if state in ("moderate", "severe"):
            low_roof = self.roof in ("flat", "shed")
            floor = self.eaves_m - (1.7 if low_roof else 0.25) if state == "moderate" else PLINTH_M
            inside = rectangle(self.length_m - 0.5, self.width_m - 0.5)
            parts.append(prism(inside, floor - 0.1, floor, (0.13, 0.115, 0.10), Material.CONCRETE))
            fallen = heap(0.8 * self.length_m, 0.8 * self.width_m, 1.2, (0.22, 0.19, 0.16), detail_m, self.seed)
            parts.append(moved(fallen, 0.0, 0.0, floor))
        if state == "severe":
            thrown = heap(3.2, 2.6, 0.8, (0.27, 0.24, 0.20), detail_m, self.seed + 1)
            parts.append(moved(thrown, 0.2 * self.length_m, -self.width_m / 2 - 0.6))
        return join(parts)

    def _roof(self) -> Roof:
        return Roof(
            self.roof, self.length_m, self.width_m, self.eaves_m, self.roof_rgb, self.wall_rgb, self.damage, self.seed,
            self.snow,
        )  # fmt: skip

    def _has_chimney(self) -> bool:
        return self.roof in ("gable", "hip") and self.length_m >= 6 and self.damage < 0.5

    def _walls(self, broken: bool, rng: np.random.Generator) -> Mesh:
        """Four walls and a plinth; broken ones end unevenly, black above the openings."""
        if not broken:
            base = rectangle(self.length_m + 0.06, self.width_m + 0.06)
            foot = prism(base, 0.0, PLINTH_M, PLINTH_RGB, Material.CONCRETE)
            shell = prism(self.outline_m, 0.0, self.eaves_m, self.wall_rgb, Material.PLASTER, top=False)
            return join([foot, shell])
        parts = []
        corners = self.outline_m
        for k in range(4):
            start, end = corners[k], corners[(k + 1) % 4]
            count = max(3, round(float(np.linalg.norm(end - start)) / 1.1))
            share = np.linspace(0, 1, count + 1)
            tops = self.eaves_m * rng.uniform(0.55, 1.0, count + 1)
            line = start + share[:, None] * (end - start)
            at = np.vstack([np.column_stack([line, np.zeros(count + 1)]), np.column_stack([line, tops])])
            a = np.arange(count)
            faces = np.vstack(
                [np.column_stack([a, a + 1, a + count + 2]), np.column_stack([a, a + count + 2, a + count + 1])]
            )
            soot = rng.uniform(0.35, 1.0, (count, 1))
            parts.append(surface(at, faces, np.vstack([soot, soot]) * np.array(self.wall_rgb), Material.PLASTER))
        return join(parts)

    def _openings(self, state: str, rng: np.random.Generator) -> Mesh:
        """Windows on every storey and one door, a finger proud of the wall; soot above them after a fire."""
        parts = []
        soot = state in ("moderate", "severe")
        inside = np.random.default_rng([self.seed, self.lit, 409])
        for side in range(4):
            along, across = (self.length_m, self.width_m) if side % 2 == 0 else (self.width_m, self.length_m)
            count = int(max(1, (along - 1.0) // 2.6))
            door = count // 2 if side == 0 else -1
            for storey in range(self.storeys):
                for k in range(count):
                    x = along * ((k + 0.5) / count - 0.5)
                    low = PLINTH_M + storey * STOREY_M
                    if k == door and storey == 0:
                        opening = _pane(x, 1.0, low - 0.2, low + 1.95, across / 2, DOOR_RGB, Material.WOOD)
                    elif rng.random() < 0.88:
                        glow = self._room(inside)
                        opening = _pane(x, 1.05, low + 0.85, low + 2.1, across / 2, GLASS_RGB, Material.GLASS, glow)
                        if not soot:
                            parts.append(_turned(_sill(x, low + 0.8, across / 2), side))
                    else:
                        continue
                    parts.append(_turned(opening, side))
                    if soot and state != "severe" and rng.random() < 0.5:
                        black = _pane(x, 1.1, low + 2.1, low + 2.6, across / 2, (0.05, 0.045, 0.04), Material.PLASTER)
                        parts.append(_turned(black, side))
        return join(parts)

    def _room(self, inside: np.random.Generator) -> Rgb | None:
        """Light of a window: of a lamp behind a curtain, or none."""
        if not self.lit or inside.random() > _LIT_WINDOWS:
            return None
        red, green, blue = float(np.exp(inside.uniform(-2.0, 0.4))) * np.array(_ROOM_GLOW)
        return float(red), float(green), float(blue)

    def _chimney(self) -> Mesh:
        top = self._roof().ridge_m + CHIMNEY_M
        stack = box((0.24 * self.length_m, 0.5), (0.6, 0.5), self.eaves_m, top, (0.25, 0.14, 0.10), Material.PLASTER)
        pot = box((0.24 * self.length_m, 0.5), (0.34, 0.26), top - 0.02, top - 0.01, (0.02, 0.02, 0.02), Material.ASH)
        return join([stack, moved(pot, 0.0, 0.0, 0.005)])

    def _remains(self, detail_m: float, rng: np.random.Generator) -> Mesh:
        """A heap over the plan and stumps of walls at its corners."""
        mix = tuple(0.6 * np.array(self.wall_rgb) + 0.25 * np.array(self.roof_rgb))
        parts = [heap(1.12 * self.length_m, 1.15 * self.width_m, 0.3 * self.eaves_m, mix, detail_m, self.seed)]
        for k, (x, y) in enumerate(0.97 * self.outline_m):
            if rng.random() < 0.3:
                continue
            long, high = rng.uniform(0.8, 2.4), self.eaves_m * rng.uniform(0.15, 0.34)
            along = k % 2 == 0
            shift = long / 2 * (-np.sign(x) if along else -np.sign(y))
            at = (x + shift, y) if along else (x, y + shift)
            size = (long, 0.35) if along else (0.35, long)
            parts.append(box((float(at[0]), float(at[1])), size, 0.0, high, self.wall_rgb, Material.PLASTER))
        return tinted(join(parts), 0.08, rng)


def _pane(
    x: float, wide: float, low: float, high: float, half: float, rgb: Rgb, material: Material, glow: Rgb | None = None
) -> Mesh:
    y = -half - 0.02
    a, b = x - wide / 2, x + wide / 2
    return quad((a, y, low), (b, y, low), (b, y, high), (a, y, high), rgb, material, glow)


def _sill(x: float, up: float, half: float) -> Mesh:
    return box((x, -half - 0.06), (1.2, 0.14), up, up + 0.06, (0.5, 0.49, 0.47), Material.CONCRETE)


def _turned(mesh: Mesh, side: int) -> Mesh:
    return moved(mesh, 0.0, 0.0, 0.0, side * np.pi / 2)
