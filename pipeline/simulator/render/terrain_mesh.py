"""The terrain as triangles: squares of a fixed world grid, finer where the camera is near or something was dug."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.digging import Digging
from pipeline.simulator.render.embree import Soup
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.mesh import Float32

CELLS = 32
"""Cells along a square's side."""

FEW_CELLS = 8
"""The same of squares where a frame does not look: they throw shadows and close the horizon."""

BLOCK = 4
"""Squares along the side of a block whose heights are asked for at once."""

LARGEST_M = 32_768.0
"""Side of the squares to begin with; four of them surround the camera."""

_KEEP = 4_000
_LARGEST_IN_BLOCKS_M = 512.0
_HORIZON_M = 400_000.0
_BELOW_ALL_M = 60.0


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the world grid: its side, and its column and row among squares of that side."""

    side_m: float
    column: int
    row: int

    @property
    def west_m(self) -> float:
        """Site x of its edge."""
        return self.column * self.side_m

    @property
    def south_m(self) -> float:
        """Site y of its edge."""
        return self.row * self.side_m

    def quarters(self) -> "tuple[Square, ...]":
        """The four squares of half the side."""
        half, c, r = self.side_m / 2, 2 * self.column, 2 * self.row
        return Square(half, c, r), Square(half, c + 1, r), Square(half, c, r + 1), Square(half, c + 1, r + 1)

    def distance_m(self, x_m: float, y_m: float) -> float:
        """From a place to its nearest point."""
        dx = max(self.west_m - x_m, 0.0, x_m - self.west_m - self.side_m)
        dy = max(self.south_m - y_m, 0.0, y_m - self.south_m - self.side_m)
        return float(np.hypot(dx, dy))


class Relief:
    """Heights of squares of one land, kept for as long as they are in use."""

    def __init__(self, land: Land) -> None:
        self._land = land
        self._kept: OrderedDict[tuple[Square, bytes], Float32] = OrderedDict()
        self._blocks: OrderedDict[Square, Float32] = OrderedDict()

    def heights(self, square: Square, digging: Digging) -> Float32:
        """``(CELLS + 1, CELLS + 1)`` ellipsoidal heights at a square's nodes, with what is dug."""
        x, y = _axes(square)
        near = digging.near(square.west_m, square.south_m, square.side_m, square.side_m)
        key = (square, near.print)
        if key not in self._kept:
            bare = self._bare(square)
            self._kept[key] = bare if not near.print else np.asarray(bare + near.rise(x, y), np.float32)
            while len(self._kept) > _KEEP:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _bare(self, square: Square) -> Float32:
        """Heights without what is dug, cut from a block asked for at once: lands answer few large questions faster."""
        n = BLOCK if square.side_m <= _LARGEST_IN_BLOCKS_M else 1
        block = Square(square.side_m, square.column // n * n, square.row // n * n)
        if block not in self._blocks:
            steps: NDArray[np.float64] = np.arange(n * CELLS + 1, dtype=np.float64) * (square.side_m / CELLS)
            self._blocks[block] = np.asarray(
                self._land.terrain(block.west_m + steps, block.south_m + steps), np.float32
            )
            while len(self._blocks) > _KEEP // BLOCK**2:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(block)
        c, r = (square.column - block.column) * CELLS, (square.row - block.row) * CELLS
        return self._blocks[block][r : r + CELLS + 1, c : c + CELLS + 1].copy()

    def at(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], cell_m: float) -> NDArray[np.float64]:
        """``(N,)`` bare heights at ``(N,)`` places, bilinear on a world grid of `cell_m`."""
        out = np.zeros(len(x_m))
        side = CELLS * cell_m
        columns, rows = np.floor(x_m / side).astype(int), np.floor(y_m / side).astype(int)
        for column, row in sorted(set(zip(columns.tolist(), rows.tolist(), strict=True))):
            here = (columns == column) & (rows == row)
            square = Square(side, column, row)
            z = self.heights(square, Digging(())).astype(np.float64)
            u, v = (x_m[here] - square.west_m) / cell_m, (y_m[here] - square.south_m) / cell_m
            i = np.clip(u.astype(int), 0, CELLS - 1)
            j = np.clip(v.astype(int), 0, CELLS - 1)
            u, v = u - i, v - j
            low, high = z[j, i] * (1 - u) + z[j, i + 1] * u, z[j + 1, i] * (1 - u) + z[j + 1, i + 1] * u
            out[here] = low * (1 - v) + high * v
        return out


def soup_of(
    squares: Sequence[tuple[Square, int]], relief: Relief, digging: Digging, origin_m: NDArray[np.float64]
) -> Soup:
    """Squares in one soup relative to an origin, each cut into so many cells a side, `CELLS` or a part of it.

    Skirts close what opens between unequal neighbours; a plane below everything goes on to the horizon.
    """
    vertices, triangles, count = [], [], 0
    for cells in sorted({cells for _, cells in squares}):
        pattern = _topology(cells)
        for square, own in squares:
            if own == cells:
                nodes = _vertices(square, relief.heights(square, digging), CELLS // cells, origin_m)
                vertices.append(nodes)
                triangles.append(pattern + np.int32(count))
                count += len(nodes)
    low = min(float(nodes[:, 2].min()) for nodes in vertices) - _BELOW_ALL_M
    rim = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * np.float32(_HORIZON_M)
    vertices.append(np.column_stack([rim, np.full(4, low, np.float32)]).astype(np.float32))
    triangles.append(np.array([[0, 1, 2], [0, 2, 3]], np.int32) + np.int32(count))
    return Soup(np.concatenate(vertices), np.concatenate(triangles).astype(np.int32))


def _axes(square: Square) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps: NDArray[np.float64] = np.arange(CELLS + 1, dtype=np.float64) * (square.side_m / CELLS)
    return square.west_m + steps, square.south_m + steps


def _vertices(square: Square, z: Float32, stride: int, origin_m: NDArray[np.float64]) -> Float32:
    """Every so many-th node row by row, then the four edges again, lowered."""
    x, y = (axis[::stride] for axis in _axes(square))
    nodes = np.empty((len(y), len(x), 3), np.float32)
    nodes[..., 0], nodes[..., 1] = (x - origin_m[0])[None, :], (y - origin_m[1])[:, None]
    nodes[..., 2] = z[::stride, ::stride].astype(np.float64) - origin_m[2]
    edges = np.stack([nodes[0], nodes[-1], nodes[:, 0], nodes[:, -1]])
    step = float(np.abs(np.diff(edges[..., 2], axis=1)).max())
    edges[..., 2] -= np.float32(2 * step + 0.5 * (x[1] - x[0]))
    return np.concatenate([nodes.reshape(-1, 3), edges.reshape(-1, 3)])


def _topology(n: int) -> NDArray[np.int32]:
    """Triangles of a square of n by n cells, skirts included. Cells are cut along alternate diagonals."""
    wide = n + 1
    j, i = np.mgrid[0:n, 0:n]
    a = (j * wide + i).ravel()
    b, c, d = a + 1, a + wide, a + wide + 1
    turned = ((i + j) % 2 == 1).ravel()[:, None]
    one = np.where(turned, np.column_stack([a, b, c]), np.column_stack([a, b, d]))
    two = np.where(turned, np.column_stack([b, d, c]), np.column_stack([a, d, c]))
    rims = [np.arange(wide), n * wide + np.arange(wide), np.arange(wide) * wide, np.arange(wide) * wide + n]
    skirts = []
    for k, rim in enumerate(rims):
        foot = wide * wide + k * wide + np.arange(wide)
        skirts.append(np.column_stack([rim[:-1], rim[1:], foot[1:]]))
        skirts.append(np.column_stack([rim[:-1], foot[1:], foot[:-1]]))
    return np.concatenate([one, two, *skirts]).astype(np.int32)
