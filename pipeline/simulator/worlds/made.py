"""A place made from a seed."""

from functools import cached_property

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis, Ground, Road
from pipeline.simulator.scene.mesh import Extent, Placed
from pipeline.simulator.worlds.lit import Lit
from pipeline.simulator.worlds.lots import Lot, lots_along
from pipeline.simulator.worlds.painter import Painter
from pipeline.simulator.worlds.planting import Planting
from pipeline.simulator.worlds.recipe import recipe
from pipeline.simulator.worlds.roadside import roadside
from pipeline.simulator.worlds.season import PALETTES
from pipeline.simulator.worlds.settings import WorldSettings

VILLAGE_REACH_M = 300.0
SMALLEST = 0.6
"""Things lower than this share of a detail are left out."""


class MadeLand:
    """A `Land` that follows from its settings; what is worked out once and kept does not depend on who asked."""

    def __init__(self, settings: WorldSettings) -> None:
        self.settings = settings
        self._recipe = recipe(settings)
        self._palette = PALETTES[settings.season]

    def __repr__(self) -> str:
        return f"MadeLand({self.settings})"

    @property
    def roads(self) -> tuple[Road, ...]:
        """Ways that movers may follow, widest first."""
        return tuple(reversed(self._recipe.roads))

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` ellipsoidal heights of ground and of water's surface."""
        up, _ = self._recipe.relief.surface(x_m, y_m)
        return (up + np.float32(self.settings.base_m)).astype(np.float32)

    def ground(self, x_m: Axis, y_m: Axis) -> Ground:
        """Look of the ground at the centres of cells."""
        return self._painter.paint(x_m, y_m)

    def things(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        """What stands in an extent, sorted by id."""
        x, y, high = self._lasting_at
        inside = (x >= extent.west_m) & (x < extent.east_m) & (y >= extent.south_m) & (y < extent.north_m)
        out = [self._lasting[k] for k in np.flatnonzero(inside & (high >= SMALLEST * detail_m))]
        for thing in self._planting.things(extent, detail_m):
            if thing.model.height_m * thing.scale >= SMALLEST * detail_m:
                out.append(thing)
        return tuple(sorted(out, key=lambda thing: thing.thing_id))

    def lit(self, extent: Extent, sun: Float) -> tuple[Placed, ...]:
        """Houses with lit windows and masts with burning lamps, in the place of the unlit ones; none by day."""
        return self._lit.at(extent, sun)

    @cached_property
    def _lit(self) -> Lit:
        return Lit(self._lasting, self.settings.seed)

    @cached_property
    def _lots(self) -> tuple[Lot, ...]:
        s, streets = self.settings, tuple(r for r in self._recipe.roads if r.road_id in self._recipe.streets)
        return lots_along(s.seed, streets[::-1], self._recipe.roads, (s.x0_m, s.y0_m), VILLAGE_REACH_M)

    @cached_property
    def _painter(self) -> Painter:
        return Painter(self.settings.seed, self._recipe, self._lots, self._palette, self.settings.wetness)

    @cached_property
    def _planting(self) -> Planting:
        summer = self.settings.season == "summer"
        return Planting(self.settings.seed, self._recipe, self._lots, self._palette, summer)

    @cached_property
    def _lasting(self) -> tuple[Placed, ...]:
        """Houses, yards and roadsides: finitely many, made once."""
        foliage, snow = self._palette.foliage, self._palette.snow > 0
        homes = [thing for lot in self._lots for thing in lot.things(foliage, snow)]
        return (*homes, *roadside(self._recipe, self._free, self._height, foliage))

    @cached_property
    def _lasting_at(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        things = self._lasting
        return (
            np.array([t.x_m for t in things]),
            np.array([t.y_m for t in things]),
            np.array([t.model.height_m * t.scale for t in things]),
        )

    def _free(self, x: float, y: float) -> bool:
        """Whether a place is clear of roads, yards and water."""
        at_x, at_y = np.array([x]), np.array([y])
        if any(road.clear(at_x, at_y)[0] < 0.5 for road in self._recipe.roads):
            return False
        if any(lot.inside(at_x, at_y, 0.2)[0] for lot in self._lots):
            return False
        return self._recipe.relief.level_m is None or float(self._planting.depth(at_x, at_y)[0]) < 0

    def _height(self, x: float, y: float) -> float:
        return float(self.terrain(np.array([x]), np.array([y]))[0, 0])
