"""Terrain as a regular grid of heights, and where viewing rays meet it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.geometry.terrain_walk import Maxima, TerrainWalk

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HeightGrid:
    """Ellipsoidal heights on a grid in the site frame; bilinear between the nodes.

    Attributes:
        heights_m: ``(rows, columns)``; row 0 is the *southernmost*, so both indices grow with x and y. NaN where
            nothing is known.
        x0_m, y0_m: Site coordinates of node ``[0, 0]``.
        cell_m: Spacing of the nodes.
        sigma_m: Standard deviation of a height.
        source: Where the heights come from, in words.
        maxima: Highest heights of blocks of cells, made here for the walk along rays.
    """

    heights_m: Float
    x0_m: float
    y0_m: float
    cell_m: float
    sigma_m: float
    source: str
    maxima: Maxima = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.heights_m.ndim != 2 or min(self.heights_m.shape) < 2:
            raise GeometryError(f"heights must be at least (2, 2), not {self.heights_m.shape}")
        if not self.cell_m > 0:
            raise GeometryError(f"cell_m must be positive, not {self.cell_m}")
        object.__setattr__(self, "maxima", Maxima.of(self.heights_m))

    @classmethod
    def flat(cls, height_m: float, sigma_m: float, source: str) -> "HeightGrid":
        """A plane that reaches 50 km in every direction."""
        return cls(np.full((2, 2), float(height_m)), -50_000.0, -50_000.0, 100_000.0, sigma_m, source)

    def height_at(self, xy_m: Float) -> Float:
        """``(N,)`` heights at ``(N, 2)`` site positions; NaN outside the grid and beside unknown nodes."""
        column = (xy_m[:, 0] - self.x0_m) / self.cell_m
        row = (xy_m[:, 1] - self.y0_m) / self.cell_m
        rows, columns = self.heights_m.shape
        inside = (column >= 0) & (row >= 0) & (column <= columns - 1) & (row <= rows - 1)
        if not inside.all():
            column, row = np.where(inside, column, 0.0), np.where(inside, row, 0.0)
        c = np.minimum(column.astype(np.intp), columns - 2)
        r = np.minimum(row.astype(np.intp), rows - 2)
        u, v = column - c, row - r
        first = r * columns + c
        nodes = self.heights_m.reshape(-1)
        h00, h10, h01, h11 = (nodes.take(first + step) for step in (0, 1, columns, columns + 1))
        height = (h00 * (1 - u) + h10 * u) * (1 - v) + (h01 * (1 - u) + h11 * u) * v
        return height if inside.all() else np.where(inside, height, np.nan)

    def range_m(self) -> tuple[float, float]:
        """Lowest and highest known height; infinite, and the wrong way round, when nothing is known."""
        return self.maxima.bottom_m, self.maxima.top_m


def meet_terrain(eye_m: Float, rays: Float, grid: HeightGrid) -> Float:
    """Where viewing rays first meet the ground.

    Args:
        eye_m: ``(3,)`` camera centre, site metres.
        rays: ``(N, 3)`` directions of any length.
        grid: Terrain; between its nodes the surface is bilinear, and the meeting point is exact on that surface.

    Returns:
        ``(N, 3)`` site metres. NaN rows for rays that miss: above the horizon, beyond the grid, or below ground
        that is not known.

    Raises:
        GeometryError: The camera is below the terrain.

    Source: maximum mipmaps, Tevs, Ihrke and Seidel (2008): a ray skips each block of cells whose highest point it
    passes above, and is solved exactly (a quadratic) in the cells that remain.
    """
    _require_above(eye_m, grid)
    directions = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    per_cell = np.array([1 / grid.cell_m, 1 / grid.cell_m, 1.0])
    corner = np.array([grid.x0_m, grid.y0_m, 0.0])
    walk = TerrainWalk.begin(grid.heights_m, grid.maxima, (eye_m - corner) * per_cell, directions * per_cell)
    while len(walk.ray):
        walk.step()
    return np.asarray(eye_m + walk.reached_m[:, None] * directions, np.float64)


def visible(points_m: Float, eye_m: Float, grid: HeightGrid, tolerance_m: float = 0.5) -> Bool:
    """Whether the terrain leaves points in view.

    Args:
        points_m: ``(N, 3)`` site metres, on the terrain or above it.
        eye_m: ``(3,)`` camera centre.
        grid: Terrain; unknown ground hides nothing.
        tolerance_m: How far in front of a point, along the ray, the terrain may be met: the point's own roughness.

    Returns:
        ``(N,)``; False for NaN points.
    """
    _require_above(eye_m, grid)
    per_cell = np.array([1 / grid.cell_m, 1 / grid.cell_m, 1.0])
    corner = np.array([grid.x0_m, grid.y0_m, 0.0])
    rays = points_m - eye_m
    distance = np.linalg.norm(rays, axis=1)
    seen = np.isfinite(distance)
    doubtful = np.flatnonzero(seen)
    near = tolerance_m / np.maximum(distance[doubtful], 1e-9)
    clear = grid.maxima.leave_clear((points_m[doubtful] - corner) * per_cell, (eye_m - corner) * per_cell, near)
    doubtful = doubtful[~clear]
    met = meet_terrain(eye_m, rays[doubtful], grid)
    gap = distance[doubtful] - np.linalg.norm(met - eye_m, axis=1)
    seen[doubtful] = ~(gap > tolerance_m)
    return np.asarray(seen, np.bool_)


def _require_above(eye_m: Float, grid: HeightGrid) -> None:
    ground = float(grid.height_at(eye_m[None, :2])[0])
    lowest = grid.range_m()[0] if not np.isfinite(ground) else ground
    if not eye_m[2] > lowest:
        raise GeometryError(
            f"camera is {lowest - eye_m[2]:.1f} m below the terrain ({grid.source}); "
            "is the altitude above sea level rather than ellipsoidal? set vertical_datum in sortie.toml"
        )
