"""What stands still around a camera, as triangles: terrain and things, made once for many frames."""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.digging import Digging
from pipeline.simulator.render.embree import Tracer
from pipeline.simulator.render.solids import FormShelf, Solids, Stand
from pipeline.simulator.render.terrain_mesh import CELLS, FEW_CELLS, LARGEST_M, Relief, Square, soup_of
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.mesh import Extent, Placed

THINGS_TO_M = 3.0
"""Where a pixel covers more than this, things are no longer drawn."""

_CELL_PX = 12.0  # terrain cells, in pixels
_SMALLEST_CELL_M = 1.0  # a land is smooth at a metre
_SMALLEST_DUG_CELL_M = 0.05
_THING_SQUARE_M = 64.0
_MOST_TRIANGLES = 1_800_000
_COARSER_M = ((0.0, 0.25), (0.25, 0.45), (0.5, 0.30), (2.0, np.inf))
"""Details from the nearest things to the farthest, and the share of `_MOST_TRIANGLES` for each: crowns are leaves up to
0.45 m, then lumps, from 1.2 m on the coarsest lumps."""

_MOST_KEPT = 3_000_000


@dataclass(frozen=True, slots=True)
class Reach:
    """What part of the world a frame may see, rounded so that neighbouring frames agree.

    Attributes:
        eye_m: Rounded place of the camera.
        above_m: Rounded height above the ground.
        base_m: Rounded height of the ground below it: the stage's origin.
        box: Everything that is seen, and what throws shadows into it.
        pixel_rad: Rounded angle of a pixel.
    """

    eye_m: tuple[float, float]
    above_m: float
    base_m: float
    box: tuple[float, float, float, float]
    pixel_rad: float

    @property
    def origin_m(self) -> NDArray[np.float64]:
        """``(3,)`` site metres, near the camera."""
        return np.array([*self.eye_m, self.base_m])

    def pixel_m(self, square: Square) -> float:
        """What a pixel covers in the nearest part of a square; coarser where the frame does not look."""
        flat = square.distance_m(*self.eye_m)
        sharp = float(np.hypot(flat, self.above_m)) * self.pixel_rad
        return sharp if self.sees(square) else max(3 * sharp, flat / 64.0, 2.0)

    def near(self, thing: Placed, wide_m: float) -> bool:
        """Whether a thing that reaches so far from its place comes into the box."""
        wide = 1.5 * wide_m + 2.0  # its corners, and what leans over its outline
        return Extent(*self.box).touches(thing.x_m, thing.y_m, wide)

    def sees(self, square: Square) -> bool:
        """Whether a square touches the box."""
        west, south, east, north = self.box
        return (
            square.west_m < east
            and square.west_m + square.side_m > west
            and square.south_m < north
            and square.south_m + square.side_m > south
        )


class Stage:
    """Terrain and standing things around a camera.

    Attributes:
        origin_m: ``(3,)`` site metres of its float32 axes.
        tracer: Soup 0 is the terrain, the others are those of `solids`.
        solids: Standing things.
        wires: Their wires, drawn a pixel thick, in `wire_tracer`.
        stands: The things.
    """

    def __init__(
        self,
        reach: Reach,
        land: Land,
        digging: Digging,
        placed: tuple[Placed, ...],
        gone: frozenset[str],
        shelf: "Shelf",
    ) -> None:
        self.origin_m = reach.origin_m
        squares, things = _squares(reach, digging)
        self.stands = shelf.stands(land, things, placed, gone, reach)
        terrain = soup_of(squares, shelf.relief(land), digging, self.origin_m)
        self.solids = Solids(self.stands, shelf.forms, self.origin_m)
        self.wires = Solids(self.stands, shelf.forms, self.origin_m, wires=True)
        self.tracer = Tracer([terrain, *self.solids.soups])
        self.wire_tracer = Tracer(self.wires.soups) if self.wires.soups else None
        self.thing_ids = np.array([stand.placed.thing_id for stand in self.stands], dtype=object)
        self.sway = np.array([stand.placed.sway for stand in self.stands], np.float32)
        self.warm = np.array([stand.placed.warm for stand in self.stands], np.float32)
        self.triangles = len(terrain.triangles) + sum(len(soup.triangles) for soup in self.solids.soups)


class Shelf:
    """Stages and what they are made of, kept while they are in use."""

    def __init__(self, keep_stages: int = 2) -> None:
        self.forms = FormShelf()
        self._keep = keep_stages
        self._land: Land | None = None
        self._relief: Relief | None = None
        self._stages: list[tuple[tuple[object, ...], Stage]] = []
        self._things: OrderedDict[tuple[Square, float], tuple[tuple[Stand, float], ...]] = OrderedDict()

    def relief(self, land: Land) -> Relief:
        """Heights of a land; another land's are forgotten."""
        if self._land is not land or self._relief is None:
            self._land, self._relief = land, Relief(land)
            self._stages.clear()
            self._things.clear()
        return self._relief

    def stage(
        self, reach: Reach, land: Land, digging: Digging, placed: tuple[Placed, ...], gone: frozenset[str]
    ) -> Stage:
        """The stage for a frame: the same whatever was asked before."""
        self.relief(land)
        key = (reach, digging.print, placed, gone)
        for index, (known, stage) in enumerate(self._stages):
            if known == key:
                self._stages.append(self._stages.pop(index))
                return stage
        kept = [known.triangles for _, known in self._stages]
        while len(self._stages) >= self._keep or sum(kept) > _MOST_KEPT:
            self._stages.pop(0)
            kept.pop(0)
        stage = Stage(reach, land, digging, placed, gone, self)
        self._stages.append((key, stage))
        return stage

    def stands(
        self,
        land: Land,
        squares: list[tuple[Square, float]],
        placed: tuple[Placed, ...],
        gone: frozenset[str],
        reach: Reach,
    ) -> tuple[Stand, ...]:
        """Everything that stands in the squares, and what events have placed."""
        found: dict[str, Stand] = {}
        for square, detail in squares:
            for stand, wide in self._in_square(land, square, detail):
                thing = stand.placed
                if thing.thing_id not in gone and thing.thing_id not in found and reach.near(thing, wide):
                    found[thing.thing_id] = stand
        relief = self.relief(land)
        for thing in placed:
            spot = Square(1.0, int(np.floor(thing.x_m)), int(np.floor(thing.y_m)))
            detail = detail_of(reach.pixel_m(spot))
            if detail <= THINGS_TO_M and reach.sees(spot):
                z = relief.at(np.array([thing.x_m]), np.array([thing.y_m]), 1.0)
                found[thing.thing_id] = Stand(thing, detail, float(z[0]))
        return thinned([found[thing_id] for thing_id in sorted(found)], self.forms, reach)

    def _in_square(self, land: Land, square: Square, detail_m: float) -> tuple[tuple[Stand, float], ...]:
        """What stands in a square, each with how far it reaches from its place."""
        key = (square, detail_m)
        if key not in self._things:
            west, south, side = square.west_m, square.south_m, square.side_m
            things = land.things(Extent(west, south, west + side, south + side), detail_m)
            things = tuple(thing for thing in things if thing.scale * thing.model.height_m > 0.7 * detail_m)
            at = np.array([[thing.x_m, thing.y_m] for thing in things]).reshape(-1, 2)
            ground = self.relief(land).at(at[:, 0], at[:, 1], 1.0 if detail_m < 1 else 2.0)
            self._things[key] = tuple(
                (Stand(thing, detail_m, float(z)), thing.scale * float(np.abs(thing.model.outline_m).max()))
                for thing, z in zip(things, ground, strict=True)
            )
            while len(self._things) > 3_000:
                self._things.popitem(last=False)
        self._things.move_to_end(key)
        return self._things[key]


def thinned(stands: list[Stand], forms: FormShelf, reach: Reach) -> tuple[Stand, ...]:
    """The things, all but the nearest in coarser detail where need be: a forest has millions of leaves."""
    sizes = _sizes(stands, forms)
    if sizes.sum() <= _MOST_TRIANGLES:
        return tuple(stands)
    away = np.array([np.hypot(s.placed.x_m - reach.eye_m[0], s.placed.y_m - reach.eye_m[1]) for s in stands])
    waiting, out = np.argsort(away, kind="stable"), list(stands)
    for detail, share in _COARSER_M:
        coarser = [replace(s, detail_m=max(s.detail_m, detail)) for s in out]
        spent = np.cumsum(_sizes(coarser, forms)[waiting])
        count = int(np.searchsorted(spent, share * _MOST_TRIANGLES))
        for k in waiting[:count].tolist():
            out[k] = coarser[k]
        waiting = waiting[count:]
    return tuple(out)


def _sizes(stands: list[Stand], forms: FormShelf) -> NDArray[np.int64]:
    return np.array([len(forms.forms(s.placed.model, s.detail_m)[0].mesh.triangles) for s in stands], np.int64)


def detail_of(pixel_m: float) -> float:
    """Detail at which meshes are made: powers of two."""
    return float(2.0 ** np.round(np.log2(max(pixel_m, 0.01))))


def _squares(reach: Reach, digging: Digging) -> tuple[list[tuple[Square, int]], list[tuple[Square, float]]]:
    """Squares of terrain with their cells a side, and squares to look for things in with their detail."""
    terrain: list[tuple[Square, int]] = []
    things: list[tuple[Square, float]] = []
    c, r = round(reach.eye_m[0] / LARGEST_M), round(reach.eye_m[1] / LARGEST_M)
    waiting = [Square(LARGEST_M, c + i, r + j) for i in (-1, 0) for j in (-1, 0)]
    while waiting:
        square = waiting.pop()
        pixel = reach.pixel_m(square)
        sees = reach.sees(square)
        cells = CELLS if sees else FEW_CELLS
        cell = square.side_m / cells
        dug_cell = max(0.5 * pixel, _SMALLEST_DUG_CELL_M)
        digs = cell > dug_cell and sees and digging.rises_in(square.west_m, square.south_m, square.side_m)
        finer = cell > max(_CELL_PX * pixel, _SMALLEST_CELL_M) or digs
        whole = square.side_m <= max(_THING_SQUARE_M, square.distance_m(*reach.eye_m) / 2)
        above = square.side_m > _THING_SQUARE_M and square.side_m / 2 > 0
        if sees and whole and not _parent_whole(square, reach) and detail_of(pixel) <= THINGS_TO_M:
            things.append((square, detail_of(pixel)))
        if finer or (sees and not whole and above and detail_of(pixel) <= THINGS_TO_M):
            waiting.extend(square.quarters())
        else:
            terrain.append((square, cells))
    return terrain, sorted(things, key=lambda item: (item[0].side_m, item[0].column, item[0].row))


def _parent_whole(square: Square, reach: Reach) -> bool:
    """Whether the square around it was already looked through for things."""
    parent = Square(square.side_m * 2, square.column // 2, square.row // 2)
    return parent.side_m <= max(_THING_SQUARE_M, parent.distance_m(*reach.eye_m) / 2)
