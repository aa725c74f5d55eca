"""Power lines: a mast and the wires to the next."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Point, box, join, quad, rod

STEEL = (0.30, 0.31, 0.32)
TARRED = (0.13, 0.105, 0.08)
ALUMINIUM = (0.22, 0.22, 0.23)
SAG = 0.028  # of the span
PIECES = 12
LAMP_GLOW = (0.30, 0.21, 0.11)
"""Of the lamp's glass: 5,000 lm of warm light, which give the road 15 to 20 lx below it."""


@dataclass(frozen=True, slots=True)
class PowerLine:
    """A mast at the origin and wires along its own x axis to where the next one stands.

    Attributes:
        form: ``pole`` (wood, three wires on a cross-arm) or ``pylon`` (lattice, six wires on three arms).
        span_m: To the next mast; 0 at the end of a line.
        rise_m: Of the next mast's ground above this one's.
        mast_m: Height of the mast.
        lamp: Whether a lamp burns at its left, over a road; poles only.
    """

    form: Literal["pole", "pylon"] = "pole"
    span_m: float = 45.0
    rise_m: float = 0.0
    mast_m: float = 9.0
    lamp: bool = False

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "power_line"

    @property
    def height_m(self) -> float:
        """Of the mast, or of the wires' far end where that is higher."""
        far = max(z for _, z in self._hangers()) + self.rise_m
        return max(self.mast_m, far) if self.span_m > 0 else self.mast_m

    @property
    def outline_m(self) -> Float:
        """The strip under arms and wires."""
        half = max(abs(y) for y, _ in self._hangers()) + 0.2
        back = -0.11 * self.mast_m if self.form == "pylon" else -0.2
        ahead = max(self.span_m, -back)
        return np.array([[back, -half], [ahead, -half], [ahead, half], [back, half]])

    def mesh(self, detail_m: float) -> Mesh:
        """Mast, arms and sagging wires; a coarse view keeps wires at the thickness of a real one."""
        sides = 4 if detail_m < 0.2 else 3
        mast = self._pole(sides) if self.form == "pole" else self._pylon(detail_m)
        wires = (
            [self._wire(y, z, PIECES if detail_m < 0.5 else PIECES // 2) for y, z in self._hangers()]
            if self.span_m > 0
            else []
        )
        return join([*mast, *wires])

    def _hangers(self) -> tuple[tuple[float, float], ...]:
        """Places across and up where wires hang."""
        if self.form == "pole":
            return tuple((y, self.mast_m - 0.25 + 0.2 * (y == 0)) for y in (-1.0, 0.0, 1.0))
        arms = ((0.16, 0.70), (0.22, 0.81), (0.14, 0.92))
        return tuple((side * w * self.mast_m, h * self.mast_m - 1.2) for w, h in arms for side in (-1, 1))

    def _pole(self, sides: int) -> list[Mesh]:
        top = self.mast_m
        arm = rod((0.0, -1.1, top - 0.45), (0.0, 1.1, top - 0.45), 0.12, TARRED, Material.WOOD, sides)
        pole = rod((0.0, 0.0, 0.0), (0.0, 0.0, top), 0.26, TARRED, Material.WOOD, max(sides, 4))
        caps = [
            rod((0.0, y, top - 0.42), (0.0, y, top - 0.22), 0.1, (0.35, 0.33, 0.30), Material.PLASTER, 3)
            for y in (-1.0, 1.0)
        ]
        return [pole, arm, *caps, *self._lamp()]

    def _lamp(self) -> list[Mesh]:
        """A bracket with a lamp that looks down."""
        if not self.lamp:
            return []
        up, near, far = self.mast_m - 1.4, 0.75, 1.25
        bracket = rod((0.0, 0.0, up - 0.3), (0.0, near, up + 0.05), 0.06, STEEL, Material.SHEET_METAL)
        shade = box((0.0, (near + far) / 2), (0.28, far - near), up, up + 0.1, STEEL, Material.SHEET_METAL)
        x, low = 0.14, up - 0.005
        corners = ((-x, near, low), (-x, far, low), (x, far, low), (x, near, low))
        return [bracket, shade, quad(*corners, (0.6, 0.6, 0.55), Material.LAMP, LAMP_GLOW)]

    def _pylon(self, detail_m: float) -> list[Mesh]:
        """Four legs that meet at the top, cross-bracing, three pairs of arms."""
        h = self.mast_m
        foot, thick = 0.1 * h, max(0.12, 0.006 * h)
        corners = [(1, 1), (-1, 1), (-1, -1), (1, -1)]

        def leg(corner: int, level: float) -> Point:
            wide = foot * (1 - 0.94 * level)
            return (corners[corner % 4][0] * wide, corners[corner % 4][1] * wide, level * h)

        parts = [rod(leg(k, 0.0), leg(k, 1.0), thick, STEEL, Material.SHEET_METAL) for k in range(4)]
        levels = np.linspace(0, 0.95, 9 if detail_m < 0.3 else 4)
        for low, high in pairwise(levels):
            for k in range(4):
                parts.append(rod(leg(k, low), leg(k + 1, high), 0.6 * thick, STEEL, Material.SHEET_METAL))
                if detail_m < 0.3:
                    parts.append(rod(leg(k + 1, low), leg(k, high), 0.6 * thick, STEEL, Material.SHEET_METAL))
        for y, z in self._hangers():
            root = (0.0, 0.0, z + 1.2)
            parts.append(rod(root, (0.0, y, z + 1.2), thick, STEEL, Material.SHEET_METAL))
            parts.append(rod((0.0, 0.0, z + 2.2), (0.0, y, z + 1.2), 0.7 * thick, STEEL, Material.SHEET_METAL))
            parts.append(rod((0.0, y, z + 1.2), (0.0, y, z), 0.15, (0.30, 0.22, 0.16), Material.PLASTER))
        return parts

    def _wire(self, y: float, z: float, pieces: int) -> Mesh:
        """A parabola in short prisms."""
        thick = 0.016 if self.form == "pole" else 0.03
        share = np.linspace(0, 1, pieces + 1)
        up = z + share * self.rise_m - 4 * SAG * self.span_m * share * (1 - share)
        at = [(float(s * self.span_m), y, float(u)) for s, u in zip(share, up, strict=True)]
        return join(rod(a, b, thick, ALUMINIUM, Material.WIRE) for a, b in pairwise(at))
