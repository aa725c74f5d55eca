"""All events at one time, and the stage that they make of the real ground; stages are kept while nothing moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.inject.dug_patch import DugPatch, dug_patches
from pipeline.simulator.inject.stage import Stage, build_stage
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.scene.event import Event, Happening
from pipeline.simulator.scene.ground import Dug
from pipeline.simulator.scene.mesh import Extent, Placed, Puff

_AROUND_M = 60.0
"""Of surface beyond the events: it may hide them or throw shadow on them."""


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """Events at one time, together.

    Attributes:
        happenings: One an event.
        stage: The ground with them.
        puffs: Their smoke.
        thing_ids: Of patches, then of parts: what numbers of a traced window count.
    """

    happenings: tuple[Happening, ...]
    stage: Stage
    puffs: tuple[Puff, ...]
    thing_ids: tuple[str, ...]


@dataclass(slots=True)
class Stages:
    """Makes stages and keeps the last one.

    Attributes:
        land: The surface.
        events: What happens on it.
        detail_m: Spacing of dug ground, and size of details.
    """

    land: SurfaceLand
    events: Sequence[Event]
    detail_m: float
    _patches: tuple[object, tuple[DugPatch, ...]] | None = field(default=None, init=False)
    _stage: tuple[object, Stage] | None = field(default=None, init=False)

    def at(self, t_utc_ns: int) -> Happened:
        """The events at a time."""
        happenings = tuple(event.at(t_utc_ns) for event in self.events)
        dug = [item for happening in happenings for item in happening.dug]
        things = tuple(thing for h in happenings for thing in (*h.placed, *h.movers))
        puffs = tuple(puff for happening in happenings for puff in happening.puffs)
        dug_key = tuple((h.truth.event_id, h.truth.stage, h.truth.since_utc_ns, _ids(h.dug)) for h in happenings)
        if self._patches is None or self._patches[0] != dug_key:
            self._patches = (dug_key, dug_patches(dug, self.land, self.detail_m))
            self._stage = None
        thing_key = tuple(
            (t.thing_id, t.x_m, t.y_m, t.azimuth_rad, t.lift_m, t.scale, id(type(t.model))) for t in things
        )
        if self._stage is None or self._stage[0] != thing_key:
            around = _around(dug, things, puffs, self.land)
            self._stage = (thing_key, build_stage(self.land, self._patches[1], things, around, self.detail_m))
        stage = self._stage[1]
        names = tuple(name for patch in stage.patches for name in patch.thing_ids)
        return Happened(happenings, stage, puffs, names + tuple(part.placed.thing_id for part in stage.parts))


def _ids(dug: Sequence[Dug]) -> tuple[str, ...]:
    return tuple(item.thing_id for item in dug)


def _around(dug: Sequence[Dug], things: Sequence[Placed], puffs: Sequence[Puff], land: SurfaceLand) -> Extent:
    """The surface that matters; all of a small one, so that its light can be read from it."""
    grid = land.grid
    rows, columns = grid.heights_m.shape
    places: list[Float] = [np.array([[d.x_m - d.reach_m, d.y_m - d.reach_m], [d.x_m + d.reach_m, d.y_m + d.reach_m]])
                           for d in dug]  # fmt: skip
    places += [thing.outline_m for thing in things] + [puff.centre_m[None, :2] for puff in puffs]
    east, north = grid.x0_m + (columns - 1) * grid.cell_m, grid.y0_m + (rows - 1) * grid.cell_m
    if not places:
        return Extent(grid.x0_m, grid.y0_m, east, north)
    both = np.concatenate(places)
    low, high = both.min(axis=0) - _AROUND_M, both.max(axis=0) + _AROUND_M
    return Extent(
        max(float(low[0]), grid.x0_m),
        max(float(low[1]), grid.y0_m),
        min(float(high[0]), east),
        min(float(high[1]), north),
    )
