"""What a land's own things are that a sortie has seen: found again by where they showed."""

from collections.abc import Mapping
from typing import Any

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.truth.objects import placed_row
from pipeline.simulator.truth.writer import Glimpse

_CELL_M = 100.0
_REACHES_M = (15.0, 120.0)
"""A thing's pixels lie within a few metres of its place; those of a power line, farther."""


def land_rows(land: Land, glimpses: Mapping[str, Glimpse], site: SiteFrame, detail_m: float) -> list[dict[str, Any]]:
    """Rows of the truth for things of the land; those that are not found again have no outline.

    Args:
        land: Whose things they are.
        glimpses: What was seen of them.
        site: Frame of the metres.
        detail_m: At which they were looked at.
    """
    wanted = dict(glimpses)
    rows: dict[str, dict[str, Any]] = {}
    for reach in _REACHES_M:
        cells = sorted({(int(g.x_m // _CELL_M), int(g.y_m // _CELL_M)) for g in wanted.values()})
        for column, row in cells:
            west, south = column * _CELL_M, row * _CELL_M
            extent = Extent(west - reach, south - reach, west + _CELL_M + reach, south + _CELL_M + reach)
            for thing in land.things(extent, detail_m):
                if wanted.pop(thing.thing_id, None) is not None:
                    rows[thing.thing_id] = placed_row(thing, "land", site)
    rows |= {thing_id: {"thing_id": thing_id, "kind": "unknown", "role": "land"} for thing_id in wanted}
    return [rows[thing_id] for thing_id in sorted(rows)]
