"""Cues of drones to samples: axes and units made ours, clips apart, repetitions told from fixes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Bool, Float
from pipeline.records.samples import (
    GnssSamples,
    ReadingFault,
    TelemetrySamples,
    TimeBase,
    ViewSamples,
    make_samples,
)
from pipeline.sources.telemetry.axis_order import MAX_SATELLITES, AxisOrder, Tuples, settle_order
from pipeline.sources.telemetry.cue_clips import CueClip, CueClips, split_clips
from pipeline.sources.telemetry.cue_table import MAX_CUES, CueTable, gather
from pipeline.sources.telemetry.srt_cues import CueBlock

GNSS_M = 2.0
"""Horizontal, one axis, of a consumer receiver under open sky; to which the rounding of positions is added."""
COARSE_DEG = 1e-5
"""Positions rounded to this or coarser say less than the receiver knew."""
M_PER_DEG = 111_320.0
FULL_FRAME_MM = 36.0
FOCAL_SIGMA = 0.06
"""Relative: a diagonal of 3:2, 4:3 and 16:9 pictures is 1.20, 1.25 and 1.15 widths, and millimetres are rounded."""

_Column = Callable[..., Float]


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Positions of all cues, and how they came about."""

    lon_deg: Float
    lat_deg: Float
    order: AxisOrder | None
    unsettled: Bool


@dataclass(frozen=True, slots=True)
class CueSource:
    """Where cues come from.

    Attributes:
        path: The file.
        reader: Name of the reader.
        stream: Which track of the file.
        shift_ns: Added to all times: what the track's times lack to count from the video's first frame.
    """

    path: Path
    reader: str
    stream: str = ""
    shift_ns: int = 0


def samples_of(blocks: Iterable[CueBlock], source: CueSource) -> tuple[TelemetrySamples, ...]:
    """Samples of one file or track: a member for each clip.

    Raises:
        InputError: No cue can be read.
    """
    table = gather(blocks)
    if not len(table.start_ns):
        raise InputError(
            f"{source.path.name}: no cue of these subtitles can be read; was the recording cut off at once?"
        )
    places = _places(table)
    clips = split_clips(
        table.start_ns, table.end_ns, table.number, table.column("frame_count"), table.clock_ns, table.clock_step_ns
    )
    faults, notes = _faults(table, places, clips), _notes(table, places)
    members = []
    for number, clip in enumerate(clips.clips):
        samples = _clip_samples(table.part(slice(clip.first, clip.end)), places, clip, source)
        first = number == 0  # what concerns the whole file is told once
        members.append(
            replace(
                samples,
                stream=source.stream if len(clips.clips) == 1 else f"{source.stream} clip {number + 1}".strip(),
                faults=(*faults, *samples.faults) if first else samples.faults,
                bad_rows=table.damaged if first else 0,
                notes=notes,
            )
        )
    return tuple(members)


def _clip_samples(table: CueTable, places: _Places, clip: CueClip, source: CueSource) -> TelemetrySamples:
    """One clip.

    Args:
        table: Its own cues.
        places: Of the whole file.
        clip: Which rows of the file it has, and its clock.
        source: Where it comes from.
    """
    rows = slice(clip.first, clip.end)
    t_ns = table.start_ns + clip.shift_ns + source.shift_ns
    lon, lat = places.lon_deg[rows].copy(), places.lat_deg[rows].copy()
    unnamed = _unnamed(table, places.unsettled[rows])
    nan = np.full(len(t_ns), np.nan)

    def column(*names: str) -> Float:
        found = [name for name in names if name in table.columns]
        return table.column(*found) if found else nan

    relative = column("rel_alt_m", "barometer_m", "altitude_m")
    columns = {
        "lon_deg": lon,
        "lat_deg": lat,
        "alt_m": column("abs_alt_m"),
        "relative_alt_m": relative,
        "yaw_deg": column("gimbal_yaw_deg"),
        "pitch_deg": column("gimbal_pitch_deg"),
        "roll_deg": column("gimbal_roll_deg"),
        "aircraft_yaw_deg": column("aircraft_yaw_deg"),
        "position_sigma_m": _sigma(table, nan),
        "alt_sigma_m": nan,
        "yaw_sigma_deg": nan,
        "tilt_sigma_deg": nan,
    }
    return make_samples(
        source.path,
        source.reader,
        TimeBase.VIDEO_START,
        t_ns,
        columns,
        video_start_local_ns=None if clip.local_start_ns is None else clip.local_start_ns - source.shift_ns,
        video_start_sigma_s=clip.sigma_s if clip.local_start_ns is not None else 0.1,
        gnss=_gnss(table, column, nan),
        view=_view(column, nan),
        datum_reason=_datum_reason(table),
        unnamed_deg=unnamed,
    )


def _places(table: CueTable) -> _Places:
    """Named coordinates as they are; tuples in the order that the file shows, NaN where it shows none."""
    lon, lat = table.column("longitude"), table.column("latitude")
    unnamed = np.isnan(lon) & np.isnan(lat) & np.isfinite(table.column("first"))
    if not unnamed.any():
        return _Places(lon, lat, None, unnamed)
    order = settle_order(
        Tuples(
            first=table.column("first"),
            second=table.column("second"),
            third=table.column("third"),
            third_metres=table.column("third_metres"),
            home_first=table.column("home_first"),
            home_second=table.column("home_second"),
            home_distance_m=table.column("home_distance_m"),
            speed_mps=table.column("speed_mps"),
            t_ns=table.start_ns,
            step_deg=table.place_step_deg,
        )
    )
    first, second = table.column("first"), table.column("second")
    if order.longitude_first is None:
        null = unnamed & (first == 0) & (second == 0)
        lon, lat = np.where(null, 0.0, lon), np.where(null, 0.0, lat)
        return _Places(lon, lat, order, unnamed & ~null)
    if not order.longitude_first:
        first, second = second, first
    return _Places(np.where(unnamed, first, lon), np.where(unnamed, second, lat), order, np.zeros(len(lon), np.bool_))


def _unnamed(table: CueTable, unsettled: Bool) -> Float | None:
    if not unsettled.any():
        return None
    both = np.column_stack([table.column("first"), table.column("second")])
    both[~unsettled] = np.nan
    return both


def _sigma(table: CueTable, nan: Float) -> Float:
    step = table.place_step_deg
    return np.full(len(nan), np.hypot(GNSS_M, step * M_PER_DEG / 12**0.5)) if step >= COARSE_DEG else nan


def _gnss(table: CueTable, column: _Column, nan: Float) -> GnssSamples | None:
    satellites = nan if np.any(table.column("third_metres") == 1) else column("third")
    told = satellites[np.isfinite(satellites)]
    if not len(told) or np.any((told != np.round(told)) | (told < 0) | (told > MAX_SATELLITES)):
        satellites = nan
    fix = np.where(column("no_fix") == 1, 0.0, np.nan) if "no_fix" in table.columns else nan
    speed = column("speed_mps")
    if satellites is nan and fix is nan and speed is nan:
        return None
    return GnssSamples(
        satellites=satellites, hdop=nan, fix=fix, jamming=nan, speed_mps=speed, climb_mps=nan, spoofed=nan
    )


def _view(column: _Column, nan: Float) -> ViewSamples | None:
    """The angle of view out of the focal length (35-mm equivalent) and the digital zoom.

    Some recorders write the zoom in ten-thousandths. The equivalent is of the picture's diagonal, whose ratio to its
    width they do not tell: see `FOCAL_SIGMA`.
    """
    focal = column("focal_len")
    if not np.any(focal > 0):
        return None
    zoom = column("zoom")
    zoom = np.where(zoom >= 1000, zoom / 10_000, zoom)
    zoom = np.where(zoom > 0, zoom, 1.0)
    hfov = np.degrees(2 * np.arctan(FULL_FRAME_MM / 2 / np.where(focal > 0, focal * zoom, np.nan)))
    corners = np.broadcast_to(np.nan, (len(nan), 4, 2))
    return ViewSamples(hfov, nan, nan, nan, nan, nan, corners, focal_sigma=FOCAL_SIGMA)


def _faults(table: CueTable, places: _Places, clips: CueClips) -> tuple[ReadingFault, ...]:
    """What concerns the whole file."""
    faults = []

    def add(code: str, count: int, reason: str) -> None:
        if count:
            faults.append(ReadingFault(code, count, reason))

    order = places.order
    if order is not None and order.longitude_first is None:
        add(
            "axis_order_unsettled",
            int(places.unsettled.sum()),
            f"cues whose two coordinates do not say which is the longitude: {order.reason}; no position is taken",
        )
    elif order is not None and order.contradicted:
        add(
            "axis_order_unusual",
            len(table.start_ns),
            f"cues whose coordinates stand in another order than their form says: {order.reason}",
        )
    add("no_fix", int(np.count_nonzero(table.column("no_fix") == 1)), "cues that say that there is no fix")
    placed = np.isfinite(places.lon_deg) & np.isfinite(places.lat_deg)
    if not placed.any() and not places.unsettled.any():
        add("no_position", len(placed), "cues without any position: this recorder writes exposures only")
    add(
        "cues_restart",
        clips.restarts,
        "cues at which times begin anew: recordings joined; the later ones follow the first",
    )
    leaps = ", ".join(f"{leap:+.0f} s" for leap in clips.leaps_s[:3])
    add(
        "clock_leaps",
        len(clips.leaps_s),
        f"cues at which the clock leaps against the times ({leaps}): split into clips",
    )
    add(
        "untimed_cues",
        len(placed) if table.untimed else 0,
        "cues that do not say when they are shown: the clock's times are taken",
    )
    add("too_many_cues", int(table.beyond), f"is the last that is read: the file has more than {MAX_CUES} cues")
    return tuple(faults)


def _notes(table: CueTable, places: _Places) -> tuple[str, ...]:
    notes = []
    if places.order is not None and places.order.longitude_first is not None:
        which = "longitude, latitude" if places.order.longitude_first else "latitude, longitude"
        notes.append(f"positions are {which}: {places.order.reason}")
    if "altitude_m" in table.columns and "rel_alt_m" not in table.columns:
        notes.append("'altitude' is taken for the height above take-off: these recorders name the other one abs_alt")
    return tuple(notes)


def _datum_reason(table: CueTable) -> str:
    if "abs_alt_m" in table.columns:
        return "subtitles do not say what abs_alt counts from; drones mix barometer and GNSS into it"
    return "these subtitles state heights above take-off only"
