"""Terrain as a regular grid of heights, and where viewing rays meet it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError

Float = NDArray[np.float64]


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
    """

    heights_m: Float
    x0_m: float
    y0_m: float
    cell_m: float
    sigma_m: float
    source: str

    def __post_init__(self) -> None:
        if self.heights_m.ndim != 2 or min(self.heights_m.shape) < 2:
            raise GeometryError(f"heights must be at least (2, 2), not {self.heights_m.shape}")
        if not self.cell_m > 0:
            raise GeometryError(f"cell_m must be positive, not {self.cell_m}")

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
        column, row = np.where(inside, column, 0.0), np.where(inside, row, 0.0)
        c = np.minimum(column.astype(np.intp), columns - 2)
        r = np.minimum(row.astype(np.intp), rows - 2)
        u, v = column - c, row - r
        h = self.heights_m
        height = (h[r, c] * (1 - u) + h[r, c + 1] * u) * (1 - v) + (h[r + 1, c] * (1 - u) + h[r + 1, c + 1] * u) * v
        return np.where(inside, height, np.nan)

    def range_m(self) -> tuple[float, float]:
        """Lowest and highest known height."""
        return float(np.nanmin(self.heights_m)), float(np.nanmax(self.heights_m))
