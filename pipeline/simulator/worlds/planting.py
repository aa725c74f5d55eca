"""Trees, bushes, hedges, orchards, stones, bales: one candidate a cell of a world lattice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float
from pipeline.simulator.noise import Float32, hash_lattice, smooth_noise
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.scene.mesh import Extent, Model, Placed
from pipeline.simulator.things.rubble import Boulder
from pipeline.simulator.things.tree import Bush, Form, Tree
from pipeline.simulator.things.wall import HayBale
from pipeline.simulator.worlds.fields import STUBBLE
from pipeline.simulator.worlds.lots import Lot
from pipeline.simulator.worlds.orchards import EDGE_M, is_orchard, places
from pipeline.simulator.worlds.recipe import Recipe
from pipeline.simulator.worlds.season import Palette

Field = Callable[[Axis, Axis], Float32]

WOOD_M, OPEN_M, BUSH_M, HEDGE_M, STONE_M, BALE_M = 4.6, 31.0, 5.5, 2.6, 7.0, 27.0
DRY_M = 0.35
"""Nothing grows lower above water."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """``(N,)`` lattice cells, places in them and a draw from 0 to 1 each."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    x: Float
    y: Float
    draw: Float


@dataclass(frozen=True, slots=True, eq=False)
class Planting:
    """Plants a place.

    Attributes:
        seed: Which places.
        recipe: The place.
        lots: Yards, which are planted by themselves.
        palette: Season.
        summer: Whether bales lie in the stubble.
    """

    seed: int
    recipe: Recipe
    lots: tuple[Lot, ...]
    palette: Palette
    summer: bool

    def things(self, extent: Extent, detail_m: float) -> Iterator[Placed]:
        """All that stands in an extent and is not much smaller than a detail."""
        if detail_m < 16:
            yield from self._wood(extent)
            yield from self._singles(extent)
            if self.recipe.orchard:
                yield from self._orchard(extent)
        if detail_m < 5:
            yield from self._hedges(extent)
        if detail_m < 3:
            yield from self._bushes(extent)
            yield from self._bales(extent)
        if detail_m < 1.5:
            yield from self._stones(extent)

    def _wood(self, extent: Extent) -> Iterator[Placed]:
        woods = self.recipe.woods
        c = self._cells(extent, WOOD_M, 1)
        dense = self._field(c, WOOD_M, woods.density)
        kept = (c.draw < 0.92 * dense) & self._free(c, 1.6)
        pine = hash_lattice(self.seed + 31, c.i, c.j) * 0.5 + 0.5 < woods.conifers
        for k in np.flatnonzero(kept):
            yield self._tree("W", c, int(k), "conifer" if pine[k] else "broad", float(dense[k]))

    def _singles(self, extent: Extent) -> Iterator[Placed]:
        c = self._cells(extent, OPEN_M, 2)
        kept = (c.draw < self.recipe.singles * 3.0) & self._free(c, 3.0)
        form = hash_lattice(self.seed + 32, c.i, c.j)
        for k in np.flatnonzero(kept):
            yield self._tree("S", c, int(k), "poplar" if form[k] > 0.75 else "broad", 0.6)

    def _hedges(self, extent: Extent) -> Iterator[Placed]:
        if self.recipe.fields is None:
            return
        c = self._cells(extent, HEDGE_M, 3)
        there = self.recipe.fields.at(c.x, c.y, self.palette)
        grown = self._field(c, HEDGE_M, lambda x, y: smooth_noise(self.seed + 33, x, y, 95.0))
        kept = (there.edge_m < 1.5) & (grown > 1.3 - 2.6 * self.recipe.hedges) & (c.draw < 0.85) & self._free(c, 0.9)
        high = hash_lattice(self.seed + 34, c.i, c.j) > 0.72
        for k in np.flatnonzero(kept):
            yield self._tree("E", c, int(k), "broad", 0.2) if high[k] else self._bush("E", c, int(k))

    def _bushes(self, extent: Extent) -> Iterator[Placed]:
        c = self._cells(extent, BUSH_M, 4)
        clump = self._field(c, BUSH_M, lambda x, y: smooth_noise(self.seed + 35, x, y, 34.0))
        dense = self._field(c, BUSH_M, self.recipe.woods.density)
        wild = self.recipe.scrub * np.exp(1.3 * clump) * 0.5 + 0.5 * dense * (1 - dense)
        kept = (c.draw < wild) & self._free(c, 0.8) & ~self._tilled(c)
        for k in np.flatnonzero(kept):
            yield self._bush("B", c, int(k))

    def _stones(self, extent: Extent) -> Iterator[Placed]:
        if self.recipe.boulders <= 0:
            return
        c = self._cells(extent, STONE_M, 5)
        strewn = self._field(c, STONE_M, lambda x, y: smooth_noise(self.seed + 36, x, y, 48.0))
        kept = (c.draw < self.recipe.boulders * np.exp(1.4 * strewn) * 0.4) & self._free(c, 1.0) & ~self._tilled(c)
        for k in np.flatnonzero(kept):
            size, turn = float(hash_lattice(self.seed + 37, c.i[k : k + 1], c.j[k : k + 1])[0]), 7.0 * c.draw[k]
            scale = 0.45 + 0.5 * (size * 0.5 + 0.5) ** 3 * 3
            yield Placed(f"K{c.i[k]}_{c.j[k]}", Boulder(seed=int(c.i[k] % 4)), *_at(c, int(k)), 40 * turn, scale=scale)

    def _bales(self, extent: Extent) -> Iterator[Placed]:
        if self.recipe.fields is None or not self.summer or self.recipe.orchard:
            return
        c = self._cells(extent, BALE_M, 6)
        there = self.recipe.fields.at(c.x, c.y, self.palette)
        baled = hash_lattice(self.seed + 38, there.number, there.number >> 2) > 0.1
        kept = (there.kind == STUBBLE) & (there.edge_m > 6) & baled & (c.draw < 0.8) & self._free(c, 1.5)
        dense = self._field(c, BALE_M, self.recipe.woods.density)
        for k in np.flatnonzero(kept & (dense < 0.05)):
            yield Placed(
                f"Y{c.i[k]}_{c.j[k]}", HayBale(), *_at(c, int(k)), float(there.azimuth_rad[k]) + 0.3 * c.draw[k]
            )

    def _orchard(self, extent: Extent) -> Iterator[Placed]:
        fields = self.recipe.fields
        if fields is None:
            return
        i, j, x, y = places(fields, extent)
        c = Candidates(i, j, x, y, 0.5 + 0.5 * hash_lattice(self.seed + 39, i, j).astype(np.float64))
        there = fields.at(x, y, self.palette)
        kept = is_orchard(self.seed, there.number) & (there.edge_m > EDGE_M) & (c.draw < 0.965)
        kept = kept & self._free(c, 2.6) & _within(c, extent)
        tall = hash_lattice(self.seed + 40, there.number, there.number >> 4)
        for k in np.flatnonzero(kept):
            height = 3.6 if tall[k] < 0 else 4.6
            model = Tree("fruit", height, 0.85 * height, self.palette.foliage, int((i[k] * 7 + j[k] * 3) % 4))
            scale = 0.82 + 0.3 * float(c.draw[k])
            yield Placed(f"O{i[k]}_{j[k]}", model, *_at(c, int(k)), 6.28 * float(c.draw[k]), sway=0.4, scale=scale)

    def _tree(self, letter: str, c: Candidates, k: int, form: Form, dense: float) -> Placed:
        pick = float(hash_lattice(self.seed + 41, c.i[k : k + 1], c.j[k : k + 1])[0] * 0.5 + 0.5)
        height = {"broad": (7.0, 10.0, 13.0), "conifer": (9.0, 13.0, 16.0), "poplar": (12.0, 15.0, 18.0)}[form]
        tall = height[min(2, int(3 * (0.5 * pick + 0.5 * min(1.0, dense) * pick + 0.2 * pick)))]
        crown = tall * {"broad": 0.62, "conifer": 0.36, "poplar": 0.2}[form]
        model = Tree(form, tall, round(crown, 1), self.palette.foliage, int(pick * 997) % 4)
        name = f"{letter}{c.i[k]}_{c.j[k]}"
        return Placed(
            name, model, *_at(c, k), 40.0 * pick, sway=0.5 + 0.4 * (form == "poplar"), scale=0.8 + 0.35 * pick
        )

    def _bush(self, letter: str, c: Candidates, k: int) -> Placed:
        pick = float(hash_lattice(self.seed + 42, c.i[k : k + 1], c.j[k : k + 1])[0] * 0.5 + 0.5)
        model: Model = Bush(1.6, 2.0, self.palette.foliage, int(pick * 997) % 4)
        return Placed(
            f"{letter}b{c.i[k]}_{c.j[k]}", model, *_at(c, k), 40 * pick, sway=0.4, scale=0.5 + 0.9 * pick**1.5
        )

    def _cells(self, extent: Extent, spacing: float, number: int) -> Candidates:
        """Candidates of a lattice in an extent."""
        columns, rows = np.meshgrid(
            np.arange(int(np.floor(extent.west_m / spacing)), int(np.floor(extent.east_m / spacing)) + 1),
            np.arange(int(np.floor(extent.south_m / spacing)), int(np.floor(extent.north_m / spacing)) + 1),
        )
        i, j, seed = columns.ravel(), rows.ravel(), self.seed + 1000 * number
        x = (i + 0.5 + 0.42 * hash_lattice(seed + 1, i, j).astype(np.float64)) * spacing
        y = (j + 0.5 + 0.42 * hash_lattice(seed + 2, i, j).astype(np.float64)) * spacing
        draw = 0.5 + 0.5 * hash_lattice(seed + 3, i, j).astype(np.float64)
        inside = (x >= extent.west_m) & (x < extent.east_m) & (y >= extent.south_m) & (y < extent.north_m)
        return Candidates(i[inside], j[inside], x[inside], y[inside], draw[inside])

    def _field(self, c: Candidates, spacing: float, function: Field) -> Float:
        """A function of two axes at the middles of the candidates' cells."""
        if not len(c.i):
            return np.zeros(0)
        columns, rows = np.arange(c.i.min(), c.i.max() + 1), np.arange(c.j.min(), c.j.max() + 1)
        values = function((columns + 0.5) * spacing, (rows + 0.5) * spacing)
        return np.asarray(values[c.j - rows[0], c.i - columns[0]], np.float64)

    def _free(self, c: Candidates, margin_m: float) -> Bool:
        """Which candidates are clear of roads, yards and water."""
        free = np.ones(len(c.x), np.bool_)
        for road in self.recipe.roads:
            free &= road.clear(c.x, c.y) > margin_m
        for lot in self.lots:
            free &= lot.inside(c.x, c.y, margin_m) == 0
        if self.recipe.relief.level_m is not None and len(c.x):
            free &= self.depth(c.x, c.y) < -DRY_M
        return free

    def depth(self, x: Float, y: Float) -> Float:
        """``(N,)`` depth of water at places, from the nodes of a 1 m lattice about them."""
        i, j = np.round(x).astype(np.int64), np.round(y).astype(np.int64)
        columns, rows = np.arange(i.min(), i.max() + 1), np.arange(j.min(), j.max() + 1)
        _, depth = self.recipe.relief.surface(columns.astype(np.float64), rows.astype(np.float64))
        return np.asarray(depth[j - rows[0], i - columns[0]], np.float64)

    def _tilled(self, c: Candidates) -> Bool:
        """Which candidates lie in worked fields."""
        if self.recipe.fields is None:
            return np.zeros(len(c.x), np.bool_)
        there = self.recipe.fields.at(c.x, c.y, self.palette)
        wild = (there.kind >= 3) | (there.edge_m < 1.5)
        if self.recipe.orchard:
            wild &= ~is_orchard(self.seed, there.number) | (there.edge_m < 1.5)
        return np.asarray(~wild, np.bool_)


def _at(c: Candidates, k: int) -> tuple[float, float]:
    return float(c.x[k]), float(c.y[k])


def _within(c: Candidates, extent: Extent) -> Bool:
    east = (c.x >= extent.west_m) & (c.x < extent.east_m)
    return np.asarray(east & (c.y >= extent.south_m) & (c.y < extent.north_m), np.bool_)
