"""Which part of a flight speaks of a finding: not the way from and to the launch place."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.records.frame import GroundFrame
from pipeline.records.samples import ReportedStream
from pipeline.records.telemetry import TelemetryTrack

SEEN_ON_THE_WAY = "finding_seen_on_the_way"
"""The finding's own frames were taken on the way; they stay, since the row names them."""
HEIGHTS_UNKNOWN = "heights_unknown"
"""Telemetry without heights: whether it begins or ends at the launch place cannot be told."""

_EVER = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class OnStationSettings:
    """What counts as on station.

    Attributes:
        reach_m: Frames that show ground this near to the finding's tiles, and what lies between the first and last of
            them.
        climb_m: A flight whose telemetry begins this much lower than on station was recorded from its launch on.
        keep_away_m: From there on nothing is shown until the aircraft was this far away; the same before landing.
    """

    reach_m: float = 300.0
    climb_m: float = 15.0
    keep_away_m: float = 300.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a flight, both ends included; `notes` are codes of what could not be told."""

    start_utc_ns: int
    end_utc_ns: int
    notes: tuple[str, ...]

    def holds(self, t_utc_ns: int) -> bool:
        """Whether a time lies in it."""
        return self.start_utc_ns <= t_utc_ns <= self.end_utc_ns


def on_station(
    own_utc_ns: tuple[int, int],
    place_m: BaseGeometry | None,
    frames: Sequence[GroundFrame],
    tracks: Sequence[TelemetryTrack],
    site: SiteFrame,
    settings: OnStationSettings,
    laid_utc_ns: Sequence[int] = (),
) -> Span:
    """The stretch of a flight that looks at the ground around a finding.

    Args:
        own_utc_ns: First and last time of the finding's own sightings: always within.
        place_m: Where it and the ground compared with it are, in site metres; None: nothing beside its own sightings is
            taken.
        frames: Placed frames of the flight.
        tracks: Its telemetry.
        site: Frame of the metres.
        settings: What counts.
        laid_utc_ns: Times of frames that the mosaic took. Which frames of a video it takes follows from the one taken
            before: from one of these on it takes the same again.
    """
    first, last = own_utc_ns
    start, end = first, last
    if place_m is not None:
        times = [frame.ref.t_utc_ns for frame in frames if _shows(frame, place_m, settings.reach_m)]
        start, end = min([start, *times]), max([end, *times])
    notes: set[str] = set()
    earliest = _EVER[0]
    for track in tracks:
        left, reached = _between_ways(track, (first, last), site, settings, notes)
        earliest, start, end = max(earliest, left), max(start, left), min(end, reached)
    if start > first or end < last:
        notes.add(SEEN_ON_THE_WAY)
    start = min(start, first)
    start = max((t for t in laid_utc_ns if earliest <= t <= start), default=start)
    return Span(start, max(end, last), tuple(sorted(notes)))


def clipped(track: TelemetryTrack, span: Span) -> TelemetryTrack:
    """The samples of a track within a stretch."""
    inside = (track.t_utc_ns >= span.start_utc_ns) & (track.t_utc_ns <= span.end_utc_ns)
    values: dict[str, Any] = {item.name: getattr(track, item.name) for item in fields(track)}
    values |= {name: value[inside] for name, value in values.items() if isinstance(value, np.ndarray)}
    return TelemetryTrack(**values)


def clipped_reports(stream: ReportedStream, span: Span) -> ReportedStream:
    """What a sensor reported within a stretch."""
    inside = np.flatnonzero((stream.t_utc_ns >= span.start_utc_ns) & (stream.t_utc_ns <= span.end_utc_ns))
    return replace(stream, t_utc_ns=stream.t_utc_ns[inside], targets=stream.targets.of_rows(inside.astype(np.int64)))


def _shows(frame: GroundFrame, place_m: BaseGeometry, reach_m: float) -> bool:
    if len(frame.footprint_m) < 3:
        return False
    return bool(shapely.distance(shapely.make_valid(shapely.polygons(frame.footprint_m)), place_m) <= reach_m)


def _between_ways(
    track: TelemetryTrack, own: tuple[int, int], site: SiteFrame, settings: OnStationSettings, notes: set[str]
) -> tuple[int, int]:
    """Times at which the way out ends and the way back begins, by one track."""
    heights = np.where(np.isfinite(track.relative_alt_m), track.relative_alt_m, track.alt_m)
    known = np.isfinite(heights) & np.isfinite(track.lon_deg) & np.isfinite(track.lat_deg)
    if not known.any():
        notes.update([HEIGHTS_UNKNOWN] * bool(len(track)))
        return _EVER
    t, up = track.t_utc_ns[known], heights[known]
    xy = site.from_lonlat(track.lon_deg[known], track.lat_deg[known])
    then = (t >= own[0]) & (t <= own[1])
    level = float(np.median(up[then] if then.any() else up))
    out = _way_out(xy, up, level, settings)
    back = _way_out(xy[::-1], up[::-1], level, settings)
    return int(t[out]) if out else _EVER[0], int(t[len(t) - 1 - back]) if back else _EVER[1]


def _way_out(xy: Float, up: Float, level: float, settings: OnStationSettings) -> int:
    """Index of the first sample that is not on the way from the launch place; 0 when the way was not recorded."""
    if up[0] >= level - settings.climb_m:
        return 0
    aloft = up >= level - settings.climb_m
    away = np.hypot(*(xy - xy[0]).T) >= settings.keep_away_m
    # a flight that never leaves the launch place shows it whatever is left out: then only the climb is
    beyond = np.flatnonzero(aloft & away) if (aloft & away).any() else np.flatnonzero(aloft)
    return int(beyond[0])
