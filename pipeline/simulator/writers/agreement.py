"""The agreement that a simulated place is judged by: a line, the grounds beside it, and what was notified."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shapely.geometry import Polygon

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.writers.sample import utc

LINE_ACCURACY_M = 2.0
"""95 % half-width of the simulated survey of the line."""

_RULES = (
    ("R1-LINE", "crossing", "LINE_CROSSING", "simulated article 1: nobody crosses the line", ""),
    (
        *("R1-WORKS", "earthwork", "NEW_FORTIFICATION", "simulated article 1: no new positions"),
        "thresholds = { min_length_m = 3, min_area_m2 = 4 }",
    ),
    ("R1-DAMAGE", "damage", "SURFACE_DAMAGE", "simulated article 1: all fire ends", ""),
    ("R2-VEHICLES", "presence", "VEHICLES_IN_ZONE", "simulated article 2: no vehicles beside the line", ""),
)


@dataclass(frozen=True, slots=True, eq=False)
class Notified:
    """A movement or work that was notified.

    Attributes:
        notification_id: Unique in the agreement; names its area too.
        area_m: ``(N, 2)`` site metres, not closed.
        start_utc_ns, end_utc_ns: When it may be seen.
        max_count: How many, if that was said.
        event_classes: What it may look like, such as ``VEHICLES_IN_ZONE``.
        notified_by: Party ``a`` or ``b``.
    """

    notification_id: str
    area_m: Float
    start_utc_ns: int
    end_utc_ns: int
    max_count: int | None = None
    event_classes: tuple[str, ...] = ("VEHICLES_IN_ZONE",)
    notified_by: str = "a"


def write_line(path: Path, site: SiteFrame, line_m: Float, reach_m: float, notified: Sequence[Notified] = ()) -> None:
    """Features ``line``, ``side-a`` (right of the line's direction), ``side-b``, ``area``, and a notified area each.

    Args:
        path: GeoJSON file.
        site: Frame of the metres.
        line_m: ``(N, 2)`` the line; it may wind about its chord but not turn back.
        reach_m: How far the grounds reach to both sides.
        notified: What was notified.

    Raises:
        ConfigError: The line turns back, or a notified area is no polygon.
    """
    line = np.asarray(line_m, np.float64)
    if line.ndim != 2 or len(line) < 2 or not np.hypot(*(line[-1] - line[0])) > 0:
        raise ConfigError(f"{path.name}: the line needs two ends that differ")
    chord = (line[-1] - line[0]) / np.hypot(*(line[-1] - line[0]))
    right = reach_m * np.array([chord[1], -chord[0]])
    facts = {"accuracy_m": LINE_ACCURACY_M, "approximate": False, "source": "simulated survey", "line_id": "line"}
    features = [
        _feature("line", "LineString", _lonlat(site, line), facts),
        _feature("side-a", "Polygon", [_ring(path, site, _between(line, line + right))], {}),
        _feature("side-b", "Polygon", [_ring(path, site, _between(line - right, line))], {}),
        _feature("area", "Polygon", [_ring(path, site, _between(line - right, line + right))], {}),
        *(_feature(n.notification_id, "Polygon", [_ring(path, site, n.area_m)], {}) for n in notified),
    ]
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def write_agreement(
    path: Path, geometry: str, *, utc_offset_h: int = 4, notified: Sequence[Notified] = (), title: str = ""
) -> None:
    """The agreement's TOML beside the features of `write_line`.

    Args:
        path: TOML file.
        geometry: Name of the GeoJSON file beside it.
        utc_offset_h: Clock by which its dates are meant.
        notified: As given to `write_line`.
        title: For people.
    """
    blocks = [_top(geometry, utc_offset_h, title or "A simulated line over fields")]
    blocks += [_rule(*rule) for rule in _RULES]
    blocks += [_notification(n) for n in notified]
    path.write_text("\n".join(blocks), encoding="utf-8")


def _top(geometry: str, utc_offset_h: int, title: str) -> str:
    return f"""# The agreement of a simulated place: a line surveyed to {LINE_ACCURACY_M:g} m. Not a real one.

agreement_id = "simulated-line"
title = {json.dumps(title, ensure_ascii=False)}
geometry = {json.dumps(geometry)}
date_offsets_h = [{float(utc_offset_h)}]

[parties.a]
name = "Party A (right of the simulated line)"

[parties.b]
name = "Party B (left of the simulated line)"

[[lines]]
line_id = "line"
feature = "line"
area_of_interest = "area"
side_a = "side-a"
side_b = "side-b"
accuracy_m = {LINE_ACCURACY_M}
approximate = false
source = "simulated survey"
"""


def _rule(rule_id: str, kind: str, event_class: str, citation: str, more: str) -> str:
    lines = [
        "[[rules]]",
        f'rule_id = "{rule_id}"',
        f'kind = "{kind}"',
        f'event_classes = ["{event_class}"]',
        f'citation = "{citation}"',
        'text_version = "simulated"',
        *([more] if more else []),
    ]
    return "\n".join(lines) + "\n"


def _notification(n: Notified) -> str:
    lines = [
        "[[notifications]]",
        f"notification_id = {json.dumps(n.notification_id)}",
        f"feature = {json.dumps(n.notification_id)}",
        f"start = {utc(n.start_utc_ns):%Y-%m-%dT%H:%M:%SZ}",
        f"end = {utc(n.end_utc_ns):%Y-%m-%dT%H:%M:%SZ}",
        *([f"max_count = {n.max_count}"] if n.max_count is not None else []),
        f"event_classes = {json.dumps(list(n.event_classes))}",
        f"notified_by = {json.dumps(n.notified_by)}",
    ]
    return "\n".join(lines) + "\n"


def _between(left: Float, right: Float) -> Float:
    """Outline between two copies of the line."""
    return np.vstack([right, left[::-1]])


def _ring(path: Path, site: SiteFrame, outline_m: Float) -> list[list[float]]:
    """A closed, counter-clockwise ring.

    Raises:
        ConfigError: It crosses itself.
    """
    shape = Polygon(outline_m)
    if not shape.is_valid or shape.area == 0:
        raise ConfigError(f"{path.name}: an outline crosses itself; does the line turn back, or lack an area?")
    ring = np.asarray(outline_m if shape.exterior.is_ccw else np.asarray(outline_m)[::-1])
    return _lonlat(site, np.vstack([ring, ring[:1]]))


def _feature(name: str, kind: str, coordinates: object, properties: dict[str, object]) -> dict[str, object]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _lonlat(site: SiteFrame, xy_m: Float) -> list[list[float]]:
    return [[round(float(lon), 9), round(float(lat), 9)] for lon, lat in site.to_lonlat(np.asarray(xy_m))]
