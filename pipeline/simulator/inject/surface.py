"""Real ground as a land: the heights of a user's surface model, and nothing else that is known of it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from pipeline.errors import InputError
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Bool, Float
from pipeline.simulator.scene.ground import Axis, Float32, Ground, Road
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Extent, Placed

ALBEDO = (0.13, 0.14, 0.10)
"""Of ground that nobody looked at: between grass and dry soil."""


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceLand:
    """A land over a surface model; satisfies `pipeline.simulator.scene.ground.Land`.

    Attributes:
        grid: Ellipsoidal heights in the flight's site frame, unknown nodes filled.
        known: ``(rows, columns)`` whether a node's height was known.
    """

    grid: HeightGrid
    known: Bool

    @classmethod
    def over(cls, grid: HeightGrid) -> "SurfaceLand":
        """Unknown nodes take the height of the nearest known one.

        Raises:
            InputError: No height is known.
        """
        known = np.isfinite(grid.heights_m)
        if not known.any():
            raise InputError(f"surface model {grid.source}: no heights here; is it the model of another place?")
        heights = grid.heights_m
        if not known.all():
            nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
            heights = heights[tuple(nearest)]
        whole = HeightGrid(heights, grid.x0_m, grid.y0_m, grid.cell_m, grid.sigma_m, grid.source)
        return cls(whole, known)

    def known_at(self, xy_m: Float) -> Bool:
        """``(N,)`` whether the heights of ``(N, 2)`` places are known."""
        at = np.rint((xy_m - [self.grid.x0_m, self.grid.y0_m]) / self.grid.cell_m).astype(np.int64)
        rows, columns = self.known.shape
        inside = (at >= 0).all(axis=1) & (at[:, 0] < columns) & (at[:, 1] < rows)
        at = np.where(inside[:, None], at, 0)
        return np.asarray(inside & self.known[at[:, 1], at[:, 0]], np.bool_)

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` heights; beyond the model those of its edge."""
        rows, columns = self.grid.heights_m.shape
        east, north = self.grid.x0_m + (columns - 1) * self.grid.cell_m, self.grid.y0_m + (rows - 1) * self.grid.cell_m
        inner = 1e-6 * self.grid.cell_m  # a node outside by a rounding error has no height
        x = np.clip(x_m, self.grid.x0_m + inner, east - inner)
        x, y = np.meshgrid(x, np.clip(y_m, self.grid.y0_m + inner, north - inner))
        return self.grid.height_at(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape).astype(np.float32)

    def ground(self, x_m: Axis, y_m: Axis) -> Ground:
        """The same plain ground everywhere: the look of the real one is in the frames."""
        shape = (len(y_m), len(x_m))
        albedo = np.broadcast_to(np.array(ALBEDO, np.float32), (*shape, 3)).copy()
        return Ground(albedo, np.zeros(shape, np.float32), np.full(shape, Material.GRASS, np.uint8))

    def things(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        """None: what stands there is in the surface model and in the frames."""
        del extent, detail_m
        return ()

    @property
    def roads(self) -> tuple[Road, ...]:
        """None are known."""
        return ()
