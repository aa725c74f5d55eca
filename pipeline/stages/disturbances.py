"""Stretches of a flight in which GNSS was disturbed or lost: by frames, and by telemetry where frames have no place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool
from pipeline.records.frame import GeorefStatus, GroundFrame
from pipeline.records.telemetry import Quality, TelemetryTrack

SHORTEST_S = 3.0
"""Shorter faults of telemetry are single lost samples."""

JOIN_S = 5.0
"""Sound samples for less than this do not end a disturbance: receivers come and go under interference."""

_LOST = Quality.POSITION_INVALID | Quality.GNSS_DEGRADED | Quality.POSITION_JUMP | Quality.POSITION_FROZEN


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One stretch.

    Attributes:
        status: What its telemetry is worth.
        start_utc_ns, end_utc_ns: First and last disturbed moment.
        places_m: Where the aircraft was, site metres, as far as can be believed: at least one.
        frames: Frames of that time that were placed all the same.
    """

    status: GeorefStatus
    start_utc_ns: int
    end_utc_ns: int
    places_m: tuple[tuple[float, float], ...]
    frames: tuple[GroundFrame, ...]


def disturbances(
    frames: Sequence[GroundFrame],
    telemetry: Sequence[TelemetryTrack],
    site: SiteFrame,
    statuses: frozenset[GeorefStatus],
) -> list[Disturbance]:
    """All stretches in order of time; what frames and telemetry say of one time is said once."""
    found = [*_of_frames(frames, statuses)]
    for track in telemetry:
        found += _of_track(track, site)
    found.sort(key=lambda item: (item.status.value, item.start_utc_ns, item.end_utc_ns))
    joined: list[Disturbance] = []
    for item in found:
        last = joined[-1] if joined else None
        if last and last.status is item.status and item.start_utc_ns <= last.end_utc_ns + JOIN_S * 1e9:
            joined[-1] = _together(last, item)
        else:
            joined.append(item)
    return sorted(joined, key=lambda item: (item.start_utc_ns, item.status.value))


def _of_frames(frames: Sequence[GroundFrame], statuses: frozenset[GeorefStatus]) -> Iterator[Disturbance]:
    """Unbroken stretches of disturbed frames, per sensor in order of time."""
    ordered = sorted(frames, key=lambda frame: (frame.ref.sensor, frame.ref.t_utc_ns, frame.ref.frame_id))
    for (_, status), members in groupby(ordered, key=lambda frame: (frame.ref.sensor, frame.status)):
        if status in statuses:
            stretch = tuple(members)
            places = tuple((float(frame.pose.eye_m[0]), float(frame.pose.eye_m[1])) for frame in stretch)
            yield Disturbance(status, stretch[0].ref.t_utc_ns, stretch[-1].ref.t_utc_ns, places, stretch)


def _of_track(track: TelemetryTrack, site: SiteFrame) -> Iterator[Disturbance]:
    """Stretches of samples between the first position and the last sample; before it a receiver only starts."""
    known = np.isfinite(track.lon_deg) & np.isfinite(track.lat_deg)
    if not known.any():
        return
    deceived = (track.quality & Quality.SPOOF_SUSPECTED) != 0
    lost = ((track.quality & _LOST) != 0) & ~deceived
    began = np.arange(len(track)) >= int(np.argmax(known))
    for status, rows in ((GeorefStatus.SPOOF_SUSPECTED, deceived & began), (GeorefStatus.DEGRADED_GNSS, lost & began)):
        for first, last in _runs(rows, track):
            if (track.t_utc_ns[last] - track.t_utc_ns[first]) / 1e9 < SHORTEST_S:
                continue
            inside = np.flatnonzero(known[first : last + 1]) + first
            if not len(inside):
                inside = np.flatnonzero(known[:first])[-1:]
            metres = site.from_lonlat(track.lon_deg[inside], track.lat_deg[inside])
            thinned = metres[:: max(1, len(metres) // 50)]
            places = tuple((float(east), float(north)) for east, north in thinned)
            yield Disturbance(status, int(track.t_utc_ns[first]), int(track.t_utc_ns[last]), places, ())


def _runs(rows: Bool, track: TelemetryTrack) -> Iterator[tuple[int, int]]:
    """First and last row of every stretch, short pauses bridged."""
    at = np.flatnonzero(rows)
    if not len(at):
        return
    cuts = np.flatnonzero(np.diff(track.t_utc_ns[at]) > JOIN_S * 1e9)
    for first, last in zip(np.r_[0, cuts + 1], np.r_[cuts, len(at) - 1], strict=True):
        yield int(at[first]), int(at[last])


def _together(one: Disturbance, other: Disturbance) -> Disturbance:
    frames = tuple(sorted({f.ref.frame_id: f for f in (*one.frames, *other.frames)}.values(), key=_when))
    places = (*one.places_m, *other.places_m)
    return Disturbance(one.status, one.start_utc_ns, max(one.end_utc_ns, other.end_utc_ns), places, frames)


def _when(frame: GroundFrame) -> tuple[int, str]:
    return frame.ref.t_utc_ns, frame.ref.frame_id
