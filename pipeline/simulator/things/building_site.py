"""What stands on a plot before its house is finished."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, join, prism, rectangle, rod, tinted

BLOCK_RGB: Rgb = (0.37, 0.355, 0.33)


@dataclass(frozen=True, slots=True)
class Foundation:
    """A slab with starter bars and a kerb."""

    length_m: float = 11.0
    width_m: float = 8.0
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "foundation"

    @property
    def height_m(self) -> float:
        """To the tips of the starter bars."""
        return 1.1

    @property
    def outline_m(self) -> Float:
        """The slab."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """A slab, bars at the corners and along the sides."""
        x, y = self.length_m / 2, self.width_m / 2
        parts = [prism(self.outline_m, 0.0, 0.35, BLOCK_RGB, Material.CONCRETE)]
        count = 4 if detail_m < 0.1 else 2
        for u in np.linspace(-x + 0.3, x - 0.3, count):
            for v in (-y + 0.3, y - 0.3):
                parts.append(rod((u, v, 0.3), (u, v, 1.1), 0.05, (0.16, 0.085, 0.05), Material.SHEET_METAL))
        return join(parts)


@dataclass(frozen=True, slots=True)
class BareWalls:
    """Walls of blocks without a roof, with openings and cross walls."""

    length_m: float = 11.0
    width_m: float = 8.0
    height_m: float = 3.0
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "bare_walls"

    @property
    def outline_m(self) -> Float:
        """The walls' foot."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Four walls and two cross walls around dark floors; a scaffold from near."""
        rng = np.random.default_rng([self.seed, 811])
        x, y, h = self.length_m / 2, self.width_m / 2, self.height_m
        floor = prism(rectangle(self.length_m, self.width_m), 0.0, 0.35, (0.25, 0.24, 0.22), Material.CONCRETE)
        parts = [floor]
        for v in (-y + 0.12, y - 0.12):
            edges = np.linspace(-x, x, 9)
            for k in range(8):
                low_top = k in (2, 5)
                top = 1.2 if low_top else h * rng.uniform(0.94, 1.0)
                parts.append(_block((edges[k] + edges[k + 1]) / 2, v, edges[1] - edges[0], 0.24, top))
        for u in (-x + 0.12, -0.1 * x, x - 0.12):
            parts.append(_block(u, 0.0, 0.24, self.width_m, h))
        parts.append(_block(-0.55 * x, 0.0, 0.9 * x, 0.2, 0.95 * h))
        if detail_m < 0.15:
            for u in np.linspace(-x + 0.4, x - 0.4, 5):
                parts.append(rod((u, -y + 0.3, 0.3), (u, -y + 0.3, h), 0.08, (0.24, 0.19, 0.12), Material.WOOD))
        return tinted(join(parts), 0.1, rng)


def _block(x: float, y: float, long: float, wide: float, top: float) -> Mesh:
    return box((float(x), float(y)), (float(long), float(wide)), 0.0, float(top), BLOCK_RGB, Material.CONCRETE)
