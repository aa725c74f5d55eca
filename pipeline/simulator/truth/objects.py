"""Things as rows of the truth."""

from typing import Any

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.ground import Dug
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.truth.geoparquet import polygon_wkb


def placed_row(thing: Placed, role: str, site: SiteFrame) -> dict[str, Any]:
    """A thing that stands or moves, but for how often it shows and whose part it is."""
    outline = thing.outline_m
    return {
        "thing_id": thing.thing_id,
        "kind": thing.model.kind,
        "role": role,
        "area_m2": round(area_m2(outline), 3),
        "height_m": round(float(thing.model.height_m * thing.scale), 3),
        "azimuth_deg": round(float(np.degrees(np.pi / 2 - thing.azimuth_rad + site.convergence_rad)) % 360, 3),
        "geometry": polygon_wkb(site, outline),
    }


def dug_row(dug: Dug, site: SiteFrame) -> dict[str, Any]:
    """Something dug or painted."""
    return {
        "thing_id": dug.thing_id,
        "kind": dug.kind,
        "role": "dug",
        "area_m2": round(area_m2(dug.outline_m), 3),
        "height_m": None,
        "azimuth_deg": None,
        "geometry": polygon_wkb(site, dug.outline_m),
    }


def part_rows(happening: Happening, site: SiteFrame, shown: frozenset[str]) -> list[dict[str, Any]]:
    """The parts of an event that show."""
    rows = [dug_row(dug, site) for dug in happening.dug if dug.thing_id in shown]
    rows += [placed_row(thing, "placed", site) for thing in happening.placed if thing.thing_id in shown]
    rows += [placed_row(thing, "mover", site) for thing in happening.movers if thing.thing_id in shown]
    of = {"event_id": happening.truth.event_id, "since_utc_ns": happening.truth.since_utc_ns}
    return [{**row, **of} for row in rows]


def area_m2(outline_m: Float) -> float:
    """Of a simple outline, ``(N, 2)``."""
    x, y = outline_m[:, 0], outline_m[:, 1]
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
