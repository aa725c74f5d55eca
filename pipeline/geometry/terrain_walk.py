"""The walk of many rays over a grid of heights, all of them one block of cells further at each step.

Positions along x and y are counted in cells from node ``[0, 0]``; heights and lengths along a ray are metres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.intp]

_REACH_M = 1e6  # longer than any line of sight; keeps level and vertical rays finite
_GRAZE_M = 1e-6  # rounding of a height where two cells meet
_FIRST_LEVEL = 3


@dataclass(frozen=True, slots=True, eq=False)
class Maxima:
    """Highest known height of blocks of ``2**level`` cells on a side.

    Attributes:
        blocks: Levels from single cells to the whole grid, one after the other; -inf where no cell is known. A cell
            with an unknown corner is unknown.
        offsets, widths: Where each level begins in `blocks`, and the length of its rows.
        bottom_m, top_m: Lowest and highest known node; inf and -inf when nothing is known.
    """

    blocks: Float
    offsets: Index
    widths: Index
    bottom_m: float
    top_m: float

    @classmethod
    def of(cls, heights_m: Float) -> "Maxima":
        """From ``(rows, columns)`` nodes."""
        h = heights_m
        cells = np.maximum(np.maximum(h[:-1, :-1], h[:-1, 1:]), np.maximum(h[1:, :-1], h[1:, 1:]))
        levels = [np.where(np.isnan(cells), -np.inf, cells)]
        while max(levels[-1].shape) > 1:
            fine = levels[-1]
            rows, columns = (fine.shape[0] + 1) // 2, (fine.shape[1] + 1) // 2
            even = np.full((2 * rows, 2 * columns), -np.inf)
            even[: fine.shape[0], : fine.shape[1]] = fine
            levels.append(even.reshape(rows, 2, columns, 2).max(axis=(1, 3)))
        known = np.isfinite(h)
        return cls(
            np.concatenate([level.ravel() for level in levels]),
            np.cumsum([0] + [level.size for level in levels[:-1]]).astype(np.intp),
            np.array([level.shape[1] for level in levels], np.intp),
            float(h.min(where=known, initial=np.inf)),
            float(h.max(where=known, initial=-np.inf)),
        )

    def leave_clear(self, points: Float, eye: Float, near: Float) -> Bool:
        """Points from which the way to the eye surely lies above all ground: most of them, at a fraction of a walk.

        The way is cut where it is 1, 2, 4, … cells from the point. Each piece lies over four blocks as large as it.

        Args:
            points: ``(N, 3)`` in cells, cells, metres.
            eye: ``(3,)``.
            near: ``(N,)`` the share of the way, at the point, in which ground does not count.

        Returns:
            ``(N,)``; False says nothing.
        """
        clear = np.zeros(len(points), np.bool_)
        away = eye - points
        cells = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)
        rising = np.flatnonzero(away[:, 2] > 0)
        step = away[rising] / cells[rising, None]
        x, y, z = points[rising].T
        sx, sy, sz = step.T
        begin = (near * cells)[rising]
        sizes = np.diff(np.append(self.offsets, len(self.blocks)))
        ends = [(0, 1.0), *((level, 2.0 ** (level + 1)) for level in range(len(self.offsets)))]
        for level, end in ends:
            offset, width = self.offsets[level], self.widths[level]
            left, right = _covering(x + begin * sx, x + end * sx, level, width - 1)
            bottom, top = _covering(y + begin * sy, y + end * sy, level, sizes[level] // width - 1)
            bottom, top = offset + bottom * width, offset + top * width
            blocks = self.blocks
            highest = np.maximum(
                np.maximum(blocks.take(bottom + left), blocks.take(bottom + right)),
                np.maximum(blocks.take(top + left), blocks.take(top + right)),
            )
            goes_on = (begin >= end) | (z + begin * sz >= highest)
            begin = np.maximum(begin, end)
            above_all = goes_on & (z + begin * sz >= self.top_m)
            clear[rising[above_all]] = True
            goes_on &= ~above_all
            rising, begin = rising[goes_on], begin[goes_on]
            x, y, z, sx, sy, sz = (one[goes_on] for one in (x, y, z, sx, sy, sz))
            if not len(rising):
                break
        clear[rising] = True  # beyond the grid
        return clear


def _covering(one: Float, other: Float, level: int, last: int) -> tuple[Index, Index]:
    """Numbers along one axis of the two blocks between which a piece lies that is no longer than a block."""
    lower = np.minimum(one, other).astype(np.intp) >> level
    return np.clip(lower, 0, last), np.clip(lower + 1, 0, last)


@dataclass(slots=True)
class TerrainWalk:
    """Rays that are still on their way.

    Attributes:
        heights_m: ``(rows, columns)`` nodes.
        maxima: Of the nodes.
        eye: ``(3,)`` in cells, cells, metres.
        directions: ``(N, 3)`` per metre of the ray, of all rays.
        reached_m: ``(N,)`` distance to the first meeting, NaN where there is none; the result.
        ray: ``(M,)`` numbers of the rays under way; the following arrays go with them.
        t, t_end: Distance walked, and where the walk ends.
        i, j: Cell that the ray is about to cross: column, row.
        level: Level of the block that is tried next.
    """

    heights_m: Float
    maxima: Maxima
    eye: Float
    directions: Float
    reached_m: Float
    ray: Index
    t: Float
    t_end: Float
    i: Index
    j: Index
    level: Index

    @classmethod
    def begin(cls, heights_m: Float, maxima: Maxima, eye: Float, directions: Float) -> "TerrainWalk":
        """Set rays out where they come over the grid and under its highest point."""
        cells = np.array([heights_m.shape[1] - 1, heights_m.shape[0] - 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            enter = (np.where(directions[:, :2] > 0, 0, cells) - eye[:2]) / directions[:, :2]
            leave = (np.where(directions[:, :2] > 0, cells, 0) - eye[:2]) / directions[:, :2]
            still = directions[:, :2] == 0
            over = (eye[:2] >= 0) & (eye[:2] <= cells)
            enter = np.where(still, np.where(over, 0.0, np.inf), enter)
            leave = np.where(still, _REACH_M, leave)
            falls = directions[:, 2] < 0
            to_top = (maxima.top_m - eye[2]) / directions[:, 2]
            to_bottom = (maxima.bottom_m - eye[2]) / directions[:, 2]
        start = np.maximum(enter.max(axis=1), np.where(falls, to_top, 0.0) - _GRAZE_M)
        start = np.maximum(start, 0.0)
        rising_end = np.where(directions[:, 2] > 0, to_top, np.where(eye[2] > maxima.top_m, -1.0, _REACH_M))
        end = np.minimum(leave.min(axis=1), np.where(falls, to_bottom + 1.0, rising_end))
        ray = np.flatnonzero(start <= np.minimum(end, _REACH_M))
        place = eye[:2] + start[ray, None] * directions[ray, :2]
        cell = np.clip(np.floor(place).astype(np.intp), 0, cells - 1)
        return cls(
            heights_m,
            maxima,
            eye,
            directions,
            np.full(len(directions), np.nan),
            ray,
            start[ray],
            np.minimum(end, _REACH_M)[ray],
            cell[:, 0],
            cell[:, 1],
            np.full(len(ray), min(_FIRST_LEVEL, len(maxima.offsets) - 1), np.intp),
        )

    def step(self) -> None:
        """Take each ray over its block, into a finer block, or to its end."""
        d = self.directions[self.ray]
        across_i, across_j = self.i >> self.level, self.j >> self.level
        edge_x = (across_i + (d[:, 0] > 0)) << self.level
        edge_y = (across_j + (d[:, 1] > 0)) << self.level
        with np.errstate(divide="ignore", invalid="ignore"):
            to_x = np.where(d[:, 0] != 0, (edge_x - self.eye[0]) / d[:, 0], np.inf)
            to_y = np.where(d[:, 1] != 0, (edge_y - self.eye[1]) / d[:, 1], np.inf)
        out = np.maximum(np.minimum(np.minimum(to_x, to_y), self.t_end), self.t)
        lowest = self.eye[2] + d[:, 2] * np.where(d[:, 2] < 0, out, self.t)
        highest = self.maxima.blocks[
            self.maxima.offsets[self.level] + across_j * self.maxima.widths[self.level] + across_i
        ]
        passes = lowest > highest
        tries = ~passes & (self.level == 0)
        landed = np.zeros(len(self.ray), np.bool_)
        landed[tries] = self._land(np.flatnonzero(tries), out)
        onward = passes | tries
        self._advance(onward, to_x, to_y, out, edge_x, edge_y)
        self.level = np.where(passes, np.minimum(self.level + 1, len(self.maxima.offsets) - 1), self.level - ~onward)
        rows, columns = self.heights_m.shape
        inside = (self.i >= 0) & (self.j >= 0) & (self.i < columns - 1) & (self.j < rows - 1)
        self._keep(~landed & inside & ~(onward & (out >= self.t_end)))

    def _advance(self, onward: Bool, to_x: Float, to_y: Float, out: Float, edge_x: Index, edge_y: Index) -> None:
        """Over the edge that comes first; the other index follows from the place, held within the block."""
        d = self.directions[self.ray]
        size = np.left_shift(1, self.level)
        by_x = to_x <= to_y
        place = self.eye[:2] + out[:, None] * d[:, :2]
        low_i, low_j = (self.i >> self.level) << self.level, (self.j >> self.level) << self.level
        along_i = np.clip(np.floor(place[:, 0]).astype(np.intp), low_i, low_i + size - 1)
        along_j = np.clip(np.floor(place[:, 1]).astype(np.intp), low_j, low_j + size - 1)
        next_i = np.where(by_x, edge_x - (d[:, 0] < 0), along_i)
        next_j = np.where(by_x, along_j, edge_y - (d[:, 1] < 0))
        self.i, self.j = np.where(onward, next_i, self.i), np.where(onward, next_j, self.j)
        self.t = np.where(onward, out, self.t)

    def _land(self, chosen: Index, out: Float) -> Bool:
        """Solve the rays that cross a single cell; True for those whose walk ends there.

        A ray that enters a cell below its surface has met the ground where nothing is known: it ends without a
        place.
        """
        i, j, t = self.i[chosen], self.j[chosen], self.t[chosen]
        d = self.directions[self.ray[chosen]]
        h = self.heights_m
        h00, h10, h01 = h[j, i], h[j, i + 1], h[j + 1, i]
        a, b, c = h10 - h00, h01 - h00, h[j + 1, i + 1] - h10 - h01 + h00
        u, v = self.eye[0] + t * d[:, 0] - i, self.eye[1] + t * d[:, 1] - j
        above = self.eye[2] + t * d[:, 2] - (h00 + a * u + b * v + c * u * v)
        slope = d[:, 2] - a * d[:, 0] - b * d[:, 1] - c * (u * d[:, 1] + v * d[:, 0])
        ahead = _first_root(-c * d[:, 0] * d[:, 1], slope, above)
        ahead = np.where(above <= 0, 0.0, ahead)
        meets = (above >= -_GRAZE_M) & (t + ahead <= out[chosen] + _GRAZE_M)
        self.reached_m[self.ray[chosen[meets]]] = (t + ahead)[meets]
        return np.asarray(meets | (above < -_GRAZE_M), np.bool_)

    def _keep(self, kept: Bool) -> None:
        self.ray, self.t, self.t_end = self.ray[kept], self.t[kept], self.t_end[kept]
        self.i, self.j, self.level = self.i[kept], self.j[kept], self.level[kept]


def _first_root(square: Float, linear: Float, constant: Float) -> Float:
    """Smallest positive root of ``square t² + linear t + constant``; inf where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        q = -0.5 * (linear + np.copysign(np.sqrt(linear**2 - 4 * square * constant), linear))
        roots = np.stack([q / square, constant / q])
    return np.asarray(np.where(roots > 0, roots, np.inf).min(axis=0), np.float64)
