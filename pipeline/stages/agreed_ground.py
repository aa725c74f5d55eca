"""The agreement's lines and zones in the metres of one sortie, and where evidence lies on them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.errors import ConfigError, GeometryError
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.side import Region, SideModel, probability_inside, sides_of
from pipeline.records.agreement import Agreement, Interval, ReferenceLine, RuleSpec, Zone
from pipeline.records.arrays import Float, Int
from pipeline.records.evidence import Change, Track
from pipeline.records.judgement import Situation

MAX_SEGMENT_DEG = 0.02
"""Lines are straight in longitude and latitude; bent into metres in steps of this, they err by less than 0.1 m."""
OUTLINE_POINTS = 24
"""An area is asked at so many points of its outline, and at its middle."""


@dataclass(frozen=True, slots=True, eq=False)
class LineStanding:
    """How a track or change stands to one version of a line.

    Attributes:
        line: The version.
        p_a, p_b, p_between, distance_m: ``(N,)``; NaN outside the line's extent.
    """

    line: ReferenceLine
    p_a: Float
    p_b: Float
    p_between: Float
    distance_m: Float


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A track or change with everything that the agreement's geometry says about it.

    Attributes:
        situation: What rules see; `p_ground` is 1 everywhere.
        lines: The versions in force, the leading one first.
        unsettled: Ids of lines and zones of which two versions are in force at once, because a date without an hour
            left open which.
    """

    situation: Situation
    lines: tuple[LineStanding, ...]
    unsettled: frozenset[str]

    def under(self, spec: RuleSpec) -> Situation:
        """The situation with `p_ground` for one rule."""
        zones = dict(self.situation.p_zone)
        nowhere = np.zeros(len(self.situation.t_utc_ns))
        ground = np.ones_like(nowhere)
        if spec.zone_ids:
            ground = np.max([zones.get(zone_id, nowhere) for zone_id in spec.zone_ids], axis=0)
        for zone_id in spec.except_zone_ids:
            ground = ground * (1 - zones.get(zone_id, nowhere))
        return replace(self.situation, p_ground=ground)


def to_site(geometry: BaseGeometry, site: SiteFrame) -> BaseGeometry:
    """Longitude and latitude to site metres."""
    fine = shapely.segmentize(geometry, MAX_SEGMENT_DEG)
    return shapely.transform(fine, lambda lonlat: site.from_lonlat(lonlat[:, 0], lonlat[:, 1]))


def to_lonlat(geometry: BaseGeometry, site: SiteFrame) -> BaseGeometry:
    """Site metres to longitude and latitude, to 1e-8 degrees (1 mm)."""
    return shapely.transform(geometry, lambda xy_m: np.round(site.to_lonlat(xy_m), 8))


class AgreedGround:
    """What is known of an agreement's geometry, ready to be asked."""

    def __init__(self, agreement: Agreement, site: SiteFrame) -> None:
        """Bring all versions that are known into site metres.

        Raises:
            ConfigError: A version's polygons cannot be used.
        """
        self._lines = [
            (line, _model(line, site))
            for line in sorted(agreement.lines, key=_line_order)
            if agreement.is_known(line.recorded)
        ]
        self._zones = [
            (zone, _region(zone, site))
            for zone in sorted(agreement.zones, key=lambda zone: (zone.zone_id, _start(zone.valid)))
            if agreement.is_known(zone.recorded)
        ]

    def lines_at(self, t_utc_ns: int) -> list[tuple[ReferenceLine, SideModel]]:
        """Versions of lines in force, the common one first."""
        return [(line, model) for line, model in self._lines if line.valid.holds(t_utc_ns)]

    def place(self, evidence: Sequence[Track | Change]) -> list[Placed]:
        """Where tracks and changes lie: all positions by one line or zone are asked at once."""
        asked = [_asked(item) for item in evidence]
        counts = np.array([len(xy_m) for xy_m, _ in asked], np.intp)
        starts = np.concatenate([[0], np.cumsum(counts)])
        times = np.array([_first_seen(item) for item in evidence], np.int64)
        xy_m = np.concatenate([xy_m for xy_m, _ in asked]) if asked else np.empty((0, 2))
        covariance = np.concatenate([cov for _, cov in asked]) if asked else np.empty((0, 2, 2))
        standings: list[list[LineStanding]] = [[] for _ in evidence]
        zones: list[list[tuple[str, Float]]] = [[] for _ in evidence]
        for line, model in self._lines:
            chosen = _holding(line.valid, times)
            rows = np.repeat(chosen, counts)
            sides = sides_of(model, xy_m[rows], covariance[rows])
            columns = np.full((len(xy_m), 4), np.nan)
            columns[rows] = np.column_stack([sides.p_a, sides.p_b, sides.p_between, sides.distance_m])
            for index in np.flatnonzero(chosen).tolist():
                own = _own(evidence[index], columns[starts[index] : starts[index + 1]])
                standings[index].append(LineStanding(line, own[:, 0], own[:, 1], own[:, 2], own[:, 3]))
        for zone, region in self._zones:
            chosen = _holding(zone.valid, times)
            rows = np.repeat(chosen, counts)
            column = np.zeros((len(xy_m), 1))
            column[rows, 0] = np.nan_to_num(probability_inside(region, xy_m[rows], covariance[rows]))
            for index in np.flatnonzero(chosen).tolist():
                own = _own(evidence[index], column[starts[index] : starts[index + 1]])
                zones[index].append((zone.zone_id, own[:, 0]))
        return [_placed(item, standings[index], zones[index]) for index, item in enumerate(evidence)]


def _placed(item: Track | Change, lines: list[LineStanding], zones: list[tuple[str, Float]]) -> Placed:
    t_utc_ns, xy_m, covariance = _positions(item)
    nowhere = np.zeros(len(t_utc_ns))
    merged: dict[str, Float] = {}
    for zone_id, probability in zones:
        merged[zone_id] = np.maximum(merged.get(zone_id, nowhere), probability)
    ids = Counter([line.line.line_id for line in lines] + [zone_id for zone_id, _ in zones])
    lead = lines[0] if lines else None
    situation = Situation(
        evidence=item,
        t_utc_ns=t_utc_ns,
        xy_m=xy_m,
        covariance_m2=covariance,
        p_a=np.nan_to_num(lead.p_a) if lead else nowhere,
        p_b=np.nan_to_num(lead.p_b) if lead else nowhere,
        p_between=np.nan_to_num(lead.p_between) if lead else nowhere,
        p_zone=tuple(merged.items()),
        p_ground=np.ones_like(nowhere),
    )
    return Placed(situation, tuple(lines), frozenset(name for name, count in ids.items() if count > 1))


def _positions(item: Track | Change) -> tuple[Int, Float, Float]:
    """Times, places and covariances; a change has one of each, in its middle."""
    if isinstance(item, Track):
        return item.t_utc_ns, item.xy_m, item.covariance_m2
    return np.array([item.t_utc_ns], np.int64), _middle(item)[None], item.covariance_m2[None]


def _asked(item: Track | Change) -> tuple[Float, Float]:
    """Places at which the agreement's geometry is asked, with covariances."""
    if isinstance(item, Track):
        return item.xy_m, item.covariance_m2
    around = item.outline_m[:: max(1, len(item.outline_m) // OUTLINE_POINTS)]
    points = np.vstack([_middle(item)[None], around])
    return points, np.repeat(item.covariance_m2[None], len(points), axis=0)


def _own(item: Track | Change, columns: Float) -> Float:
    """Answers for the item's own positions: an area takes the mean of its points', and the distance of its middle."""
    if isinstance(item, Track):
        return columns
    mean: Float = columns.mean(axis=0, keepdims=True)
    mean[:, 3:] = columns[:1, 3:]
    return mean


def _middle(change: Change) -> Float:
    polygon = shapely.make_valid(shapely.polygons(change.outline_m)) if len(change.outline_m) >= 3 else None
    if polygon is None or polygon.is_empty:
        middle: Float = change.outline_m.mean(axis=0)
        return middle
    return np.array(polygon.centroid.coords[0])


def _first_seen(item: Track | Change) -> int:
    return int(item.t_utc_ns[0]) if isinstance(item, Track) else item.t_utc_ns


def _holding(valid: Interval, times: Int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([valid.holds(int(t)) for t in times], np.bool_)


def _start(valid: Interval) -> int:
    return -(2**63) if valid.start_utc_ns is None else valid.start_utc_ns


def _line_order(line: ReferenceLine) -> tuple[bool, str, str, int]:
    return line.cell is not None, line.line_id, line.cell or "", -_start(line.valid)


def _model(line: ReferenceLine, site: SiteFrame) -> SideModel:
    extent = None if line.extent is None else to_site(line.extent, site)
    try:
        return SideModel.of(
            to_site(line.geometry, site),
            to_site(line.side_a, site),
            to_site(line.side_b, site),
            line.accuracy_m,
            extent,
        )
    except GeometryError as error:
        raise ConfigError(f"line '{line.line_id}': {error}") from error


def _region(zone: Zone, site: SiteFrame) -> Region:
    try:
        return Region.of(to_site(zone.geometry, site), zone.accuracy_m)
    except GeometryError as error:
        raise ConfigError(f"zone '{zone.zone_id}': {error}") from error
