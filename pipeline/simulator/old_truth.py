"""What is true, written beside a flight: poses, objects, tracks, changes and masks."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.old_thing import Axis, Thing
from pipeline.simulator.scenario import Event, Scenario

POSE_SCHEMA = pa.schema(
    [
        ("frame_id", pa.string()),
        ("t_utc_ns", pa.int64()),
        *((name, pa.float64()) for name in ("lon_deg", "lat_deg", "height_hae_m", "yaw_deg", "pitch_deg", "roll_deg")),
        *((name, pa.float64()) for name in ("site_x_m", "site_y_m", "fx", "fy", "cx", "cy")),
        ("distortion", pa.list_(pa.float64())),
        ("rotation", pa.list_(pa.float64())),
    ]
)
SIGHTING_SCHEMA = pa.schema(
    [
        ("track_id", pa.string()),
        ("frame_id", pa.string()),
        ("frame", pa.int64()),
        ("t_utc_ns", pa.int64()),
        *((name, pa.float64()) for name in ("left_px", "top_px", "width_px", "height_px")),
        ("visible_px", pa.int64()),
        *((name, pa.float64()) for name in ("lon_deg", "lat_deg", "height_hae_m", "speed_mps")),
    ]
)


def write_rows(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    """Rows as Parquet."""
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def write_geojson(path: Path, features: Iterable[dict[str, Any]]) -> None:
    """Features as GeoJSON."""
    collection = {"type": "FeatureCollection", "features": list(features)}
    path.write_text(json.dumps(collection, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def polygon_feature(site: SiteFrame, outline_m: Axis, properties: dict[str, Any]) -> dict[str, Any]:
    """A polygon in longitude and latitude."""
    ring = _lonlat(site, np.vstack([outline_m, outline_m[:1]]))
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}


def line_feature(site: SiteFrame, points_m: Axis, properties: dict[str, Any]) -> dict[str, Any]:
    """A line in longitude and latitude."""
    geometry = {"type": "LineString", "coordinates": _lonlat(site, points_m)}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def object_features(scenario: Scenario, things: tuple[Thing, ...]) -> Iterable[dict[str, Any]]:
    """Everything that stands there; ``number`` is its value in the masks."""
    known = {id(event.thing): event for event in scenario.events}
    for index, thing in enumerate(things):
        event: Event | None = known.get(id(thing))
        yield polygon_feature(
            scenario.site,
            thing.outline_m,
            {"number": index + 1, "kind": thing.kind, "event_id": event.event_id if event else None},
        )


def change_features(scenario: Scenario) -> Iterable[dict[str, Any]]:
    """What differs between the two dates."""
    for event in scenario.events:
        outline = event.thing.outline_m
        x, y = outline[:, 0], outline[:, 1]
        area = 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
        yield polygon_feature(
            scenario.site,
            outline,
            {
                "event_id": event.event_id,
                "direction": event.direction,
                "kind": event.kind,
                "area_m2": round(area, 2),
            },
        )


def mover_box(number: NDArray[np.uint16], wanted: int) -> tuple[float, float, float, float, int] | None:
    """Left, top, width, height and count of the pixels of one thing in a mask; None where it is not seen."""
    rows, columns = np.nonzero(number == wanted)
    if len(rows) == 0:
        return None
    left, top = int(columns.min()), int(rows.min())
    return float(left), float(top), float(columns.max() - left + 1), float(rows.max() - top + 1), len(rows)


def _lonlat(site: SiteFrame, xy_m: Axis) -> list[list[float]]:
    return [[round(float(lon), 9), round(float(lat), 9)] for lon, lat in site.to_lonlat(np.asarray(xy_m))]
