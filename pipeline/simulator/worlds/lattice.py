"""Slow functions of position, worked out on a coarse lattice of the world and spread over a tile."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis

Index = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Nodes that a tile lies between; the same nodes whichever tile asks.

    Attributes:
        x_m, y_m: Of the nodes.
        column, row: ``(W,)`` and ``(H,)`` node to the lower left of each cell.
        across, up: ``(W,)`` and ``(H,)`` place between the nodes, 0 to 1.
    """

    x_m: Axis
    y_m: Axis
    column: Index
    row: Index
    across: Float32
    up: Float32

    @classmethod
    def under(cls, x_m: Axis, y_m: Axis, spacing_m: float) -> "Lattice":
        """The nodes under the centres of cells, at least as far apart as these."""
        step = max(spacing_m, cell_of(x_m))
        nodes_x, column, across = _nodes(x_m, step)
        nodes_y, row, up = _nodes(y_m, step)
        return cls(nodes_x, nodes_y, column, row, across, up)

    def spread(self, values: Float32) -> Float32:
        """``(H, W)`` of the values at the nodes, bilinear."""
        v = values.astype(np.float32)
        rows = v[self.row] * (1 - self.up[:, None]) + v[self.row + 1] * self.up[:, None]
        out = rows[:, self.column] * (1 - self.across) + rows[:, self.column + 1] * self.across
        return out.astype(np.float32)

    def nearest(self, values: NDArray[T]) -> NDArray[T]:
        """``(H, W)`` of the values at the nearest nodes."""
        return values[np.ix_(self.row + (self.up >= 0.5), self.column + (self.across >= 0.5))]


def spread(function: Callable[[Axis, Axis], Float32], x_m: Axis, y_m: Axis, spacing_m: float) -> Float32:
    """``(H, W)`` of a function of two axes that changes little over `spacing_m`."""
    lattice = Lattice.under(x_m, y_m, spacing_m)
    return lattice.spread(function(lattice.x_m, lattice.y_m))


def cell_of(x_m: Axis) -> float:
    """Spacing of an axis; 1 m for a single place."""
    return float(x_m[1] - x_m[0]) if len(x_m) > 1 else 1.0


def _nodes(at_m: Axis, step: float) -> tuple[Axis, Index, Float32]:
    place = at_m / step
    low = np.floor(place).astype(np.int64)
    first = int(low.min())
    nodes = np.arange(first, int(low.max()) + 2).astype(np.float64) * step
    return nodes, low - first, (place - low).astype(np.float32)
