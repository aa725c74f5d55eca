"""Agreements: a TOML file and a GeoJSON file beside it."""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from pipeline.errors import ConfigError, TrucewatchError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.agreement import Agreement, Interval, Notification, ReferenceLine, RuleSpec, Zone
from pipeline.records.strict_toml import TomlTable, read_toml
from pipeline.sources.agreement_file import (
    AgreementTable,
    LineTable,
    NotificationTable,
    RuleTable,
    When,
    ZoneTable,
)
from pipeline.sources.agreement_times import end_of, moment, passed, start_of
from pipeline.sources.geojson import Features, read_features

Row = TypeVar("Row")
Made = TypeVar("Made")

SLIVER = 1e-6
"""Two sides that share no more than this of the smaller one meet along a rounded edge; more is an overlap."""


def load_agreement(path: Path, known_at_utc_ns: int | None = None) -> Agreement:
    """Read an agreement.

    Args:
        path: The TOML file; it names its GeoJSON.
        known_at_utc_ns: Judge with what was known then; None: with all that is known.

    Raises:
        ConfigError: Names file, line and key, or file, feature and what is wrong with its geometry.
    """
    toml = read_toml(path)
    table = toml.to(AgreementTable)
    features = read_features(table.geometry)
    reading = _Reading(toml, features, tuple(table.date_offsets_h))
    agreement = Agreement(
        agreement_id=table.agreement_id,
        lines=reading.each("lines", table.lines, reading.line),
        zones=reading.each("zones", table.zones, reading.zone),
        rules=reading.each("rules", table.rules, reading.rule),
        notifications=reading.each("notifications", table.notifications, reading.notification),
        known_at_utc_ns=known_at_utc_ns,
        sha256=agreement_sha256(toml.sha256, hashlib.sha256(features.raw).hexdigest(), known_at_utc_ns),
        title=table.title,
        party_names=tuple((label, table.parties[label].name) for label in ("a", "b")),
    )
    _check_zones(toml, agreement)
    _check_versions(toml, agreement)
    return agreement


def agreement_sha256(toml_sha256: str, geojson_sha256: str, known_at_utc_ns: int | None) -> str:
    """Hash of an agreement: over both files and what was known when."""
    parts = [toml_sha256, geojson_sha256]
    if known_at_utc_ns is not None:
        parts.append(str(known_at_utc_ns))
    return hashlib.sha256("\n".join(parts).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """From tables to records."""

    toml: TomlTable
    features: Features
    offsets_h: tuple[float, ...]

    def each(self, key: str, rows: Sequence[Row], make: Callable[[Row], Made]) -> tuple[Made, ...]:
        """One record a table; what is wrong is told with the table's place."""
        made = []
        for index, row in enumerate(rows):
            try:
                made.append(make(row))
            except TrucewatchError as error:
                raise self.toml.tables(key)[index].error(None, str(error)) from error
        return tuple(made)

    def line(self, row: LineTable) -> ReferenceLine:
        geometry = self.features.line(row.feature)
        extent = self.features.polygon(row.area_of_interest)
        if row.side_a is not None and row.side_b is not None:
            side_a, side_b = self.features.polygon(row.side_a), self.features.polygon(row.side_b)
        else:
            side_a, side_b = split_sides(geometry, extent, row.point_a or (0, 0), row.point_b or (0, 0))
        if side_a.intersection(side_b).area > SLIVER * min(side_a.area, side_b.area):
            raise ConfigError(f"the sides of line '{row.line_id}' overlap; the same ground cannot be both")
        return ReferenceLine(
            line_id=row.line_id,
            geometry=geometry,
            side_a=side_a,
            side_b=side_b,
            accuracy_m=row.accuracy_m,
            approximate=row.approximate,
            source=row.source,
            cell=row.cell,
            valid=self._interval(row.valid_from, row.valid_until),
            recorded=_recorded(row.recorded_from, row.recorded_until),
            extent=extent,
        )

    def zone(self, row: ZoneTable) -> Zone:
        geometry = self._ground(row)
        for feature_id in row.without:
            geometry = geometry.difference(self.features.polygon(feature_id))
        if geometry.is_empty:
            raise ConfigError(f"nothing is left of zone '{row.zone_id}'; is one of 'without' larger than it?")
        return Zone(
            zone_id=row.zone_id,
            geometry=geometry,
            accuracy_m=row.accuracy_m,
            approximate=row.approximate,
            source=row.source,
            names=tuple(sorted(row.names.items())),
            valid=self._interval(row.valid_from, row.valid_until),
            recorded=_recorded(row.recorded_from, row.recorded_until),
        )

    def _ground(self, row: ZoneTable) -> BaseGeometry:
        if row.width_m is None:
            return self.features.polygon(row.feature)
        centreline = self.features.line(row.feature)
        middle = centreline.centroid
        site = SiteFrame.at(middle.x, middle.y)
        metres = shapely.transform(centreline, lambda lonlat: site.from_lonlat(lonlat[:, 0], lonlat[:, 1]))
        return shapely.transform(metres.buffer(row.width_m / 2, cap_style="flat"), site.to_lonlat)

    def rule(self, row: RuleTable) -> RuleSpec:
        start, ambiguous_start = passed(row.after, self.offsets_h)
        end, ambiguous_end = passed(row.until, self.offsets_h)
        sure_end = end if ambiguous_end is None else ambiguous_end.start_utc_ns
        if start is not None and end is not None and end <= start:
            raise ConfigError(f"rule '{row.rule_id}' ends before it begins")
        return RuleSpec(
            rule_id=row.rule_id,
            kind=row.kind,
            event_classes=row.event_classes,
            zone_ids=row.zones,
            except_zone_ids=row.except_zones,
            party_scope=row.party_scope,
            window=Interval(start, sure_end),
            citation=row.citation,
            text_version=row.text_version,
            thresholds=tuple(sorted(row.thresholds.items())),
            valid=self._interval(row.valid_from, row.valid_until),
            recorded=_recorded(row.recorded_from, row.recorded_until),
            ambiguous=tuple(hours for hours in (ambiguous_start, ambiguous_end) if hours is not None),
        )

    def notification(self, row: NotificationTable) -> Notification:
        return Notification(
            notification_id=row.notification_id,
            area=self.features.polygon(row.feature),
            window=_ordered(Interval(moment(row.start), moment(row.end))),
            max_count=row.max_count,
            event_classes=row.event_classes,
            notified_by=row.notified_by,
            recorded=_recorded(row.recorded_from, row.recorded_until),
        )

    def _interval(self, start: When | None, end: When | None) -> Interval:
        return _ordered(Interval(start_of(start, self.offsets_h), end_of(end, self.offsets_h)))


def _recorded(start: dt.datetime | None, end: dt.datetime | None) -> Interval:
    return _ordered(Interval(None if start is None else moment(start), None if end is None else moment(end)))


def _ordered(interval: Interval) -> Interval:
    start, end = interval.start_utc_ns, interval.end_utc_ns
    if start is not None and end is not None and end <= start:
        raise ConfigError("an interval ends before it begins; are its two times exchanged?")
    return interval


def split_sides(
    line: BaseGeometry, extent: BaseGeometry, point_a: tuple[float, float], point_b: tuple[float, float]
) -> tuple[BaseGeometry, BaseGeometry]:
    """Ground of both parties: the pieces of an area of interest that a line leaves, by a point in each.

    Raises:
        ConfigError: The line does not divide the area, or not between the points.
    """
    pieces = [extent]
    for part in shapely.get_parts(line):
        pieces = [piece for old in pieces for piece in split(old, part).geoms]
    found = []
    for label, point in (("point_a", point_a), ("point_b", point_b)):
        holding = [index for index, piece in enumerate(pieces) if piece.contains(Point(point))]
        if not holding:
            raise ConfigError(f"{label} {point} lies on the line or outside the area of interest; move it well inside")
        found.append(holding[0])
    if found[0] == found[1]:
        raise ConfigError(
            "the line does not divide the area of interest between point_a and point_b; lengthen it beyond the area"
        )
    if len(pieces) > 2:
        raise ConfigError(
            f"the line cuts the area of interest into {len(pieces)} pieces; give both sides as polygons instead"
        )
    return pieces[found[0]], pieces[found[1]]


def _check_zones(toml: TomlTable, agreement: Agreement) -> None:
    """Rules must name zones that exist."""
    known = {zone.zone_id for zone in agreement.zones}
    for index, rule in enumerate(agreement.rules):
        for key, ids in (("zones", rule.zone_ids), ("except_zones", rule.except_zone_ids)):
            for zone_id in ids:
                if zone_id not in known:
                    words = ", ".join(sorted(known)) or "none"
                    raise toml.tables("rules")[index].error(key, f"there is no zone '{zone_id}'; zones: {words}")


def _check_versions(toml: TomlTable, agreement: Agreement) -> None:
    """Two versions of a thing may hold at once only where dates leave the hour open; two deadlines never."""
    groups: defaultdict[tuple[object, ...], list[tuple[int, RuleSpec]]] = defaultdict(list)
    for index, rule in enumerate(agreement.rules):
        groups[(rule.rule_id, rule.kind, rule.zone_ids, rule.event_classes, rule.party_scope)].append((index, rule))
    for group in groups.values():
        for (_, first), (index, second) in _pairs(group):
            if _overlap(first.valid, second.valid) and _overlap(first.recorded, second.recorded):
                raise toml.tables("rules")[index].error(
                    None,
                    f"rule '{second.rule_id}' of kind '{second.kind}' stands twice with the same zones, valid and known"
                    " at the same time; end the earlier version with valid_until or recorded_until",
                )


def _pairs(members: Sequence[Made]) -> Iterable[tuple[Made, Made]]:
    return ((first, second) for i, first in enumerate(members) for second in members[i + 1 :])


def _overlap(one: Interval, other: Interval) -> bool:
    def before(end: int | None, start: int | None) -> bool:
        return end is not None and start is not None and end <= start

    return not before(one.end_utc_ns, other.start_utc_ns) and not before(other.end_utc_ns, one.start_utc_ns)
