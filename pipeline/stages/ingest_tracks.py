"""Tracks of a sortie: one per telemetry table, one per camera out of the tags of its stills."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.records.contents import SortieContents, Still, Video
from pipeline.records.dropped import Dropped
from pipeline.records.samples import ReportedStream, TelemetrySamples, TimeBase
from pipeline.records.stated_facts import StatedFacts
from pipeline.records.telemetry import Quality, TelemetryTrack
from pipeline.stages.frame_times import FrameTime
from pipeline.stages.ingest_settings import IngestSettings, SigmaSettings
from pipeline.stages.sidecars import fitting_videos, video_of
from pipeline.stages.sighted_ground import SightedGround
from pipeline.stages.telemetry_gates import COLUMNS, GatedTrack, gate
from pipeline.stages.time_matching import TrackMatcher
from pipeline.stages.video_clock import clip_start
from pipeline.stages.viewed_camera import ViewedLens

STAGE = "ingest"
DATUM_UNKNOWN = "unknown"
_NEAR_NS = 60 * 10**9
"""Frames that much before or after a track may still be served by it."""


@dataclass(frozen=True, slots=True)
class SortieTrack:
    """A gated track and how frames find their samples in it.

    Attributes:
        matcher: Answers by time.
        timed: Whether its times are UTC; else it answers by name only.
        by_name: Time of the sample that belongs to a frame, by the frame's name or stem in lower case.
        item: File, or the sensor whose tags it is made of.
        video: Item of the video whose clock it runs by; "" for none.
        lens: Angles of view that it states; None for none.
        reported: Targets that its sensor reports; None for none, or where no video is known to show them.
        sighted: Heights of the ground that its sensor says it looks at; None for none.
    """

    matcher: TrackMatcher
    timed: bool
    by_name: dict[str, int]
    item: str
    video: str = ""
    lens: ViewedLens | None = None
    reported: ReportedStream | None = None
    sighted: SightedGround | None = None

    @property
    def track(self) -> TelemetryTrack:
        """The samples."""
        return self.matcher.track


def table_tracks(contents: SortieContents, settings: IngestSettings) -> tuple[list[SortieTrack], list[Dropped]]:
    """Tracks of telemetry tables, and what was wrong in them."""
    tracks: list[SortieTrack] = []
    dropped: list[Dropped] = []
    lon_deg = longitude_of(contents)
    for samples in contents.telemetry:
        if not len(samples):
            dropped += _reading_faults(samples)
            continue
        t_ns, timed = samples.t_ns, samples.time_base is not TimeBase.NONE
        limits = settings.gates
        video = video_of(samples, contents)
        if samples.time_base is TimeBase.VIDEO_START:
            start = clip_start(samples, video, contents, lon_deg, settings.times)
            if start is None:
                dropped.append(Dropped(STAGE, samples.item, _no_start(samples, video, contents), "no_video_start"))
                continue
            t_ns = t_ns + start.t_utc_ns
        elif not timed:
            t_ns = np.arange(len(t_ns), dtype=np.int64) * 10**9
            limits = replace(settings.gates, max_speed_mps=math.inf, frozen_s=math.inf)
        columns = _columns(samples, contents.facts, settings.sigmas)
        gated = gate(t_ns, columns, _datum(samples, contents), samples.item, limits, samples.gnss)
        names = _names(samples, gated)
        matcher = TrackMatcher(gated.track, settings.matching)
        lens = ViewedLens.of(samples, t_ns) if timed else None
        sighted = SightedGround.of(samples, t_ns) if timed else None
        item = video.item if video else ""
        reported = _reported(samples, t_ns, video, contents) if timed else None
        tracks.append(SortieTrack(matcher, timed, names, samples.item, item, lens, reported, sighted))
        dropped += [*_reading_faults(samples), *_faults(samples, gated)]
    return tracks, dropped


def _reported(
    samples: TelemetrySamples, t_ns: Int, video: Video | None, contents: SortieContents
) -> ReportedStream | None:
    """Its targets with the sensor of its video; of several videos none is guessed."""
    shown = video if video is not None or len(contents.videos) != 1 else contents.videos[0]
    if samples.targets is None or not len(samples.targets) or shown is None:
        return None
    return ReportedStream(shown.sensor, t_ns, samples.targets)


def unserving(tables: Sequence[SortieTrack], times_ns: Sequence[int], names: Sequence[str]) -> list[Dropped]:
    """Telemetry in whose time no frame was taken, and that names none.

    Args:
        tables: Of the sortie.
        times_ns: UTC of its frames; none: nothing is said.
        names: What tables may call them, in lower case.
    """
    if not len(times_ns):
        return []
    told, frames, known = [], np.sort(np.array(times_ns, np.int64)), set(names)
    for table in tables:
        t_ns = table.track.t_utc_ns
        if not table.timed or not len(t_ns) or not known.isdisjoint(table.by_name):
            continue
        low, high = int(t_ns.min()) - _NEAR_NS, int(t_ns.max()) + _NEAR_NS
        if np.searchsorted(frames, low) == np.searchsorted(frames, high, side="right"):
            apart_s = (low - int(frames[-1]) if low > frames[-1] else int(frames[0]) - high) / 1e9 + _NEAR_NS / 1e9
            reason = (
                f"no frame was taken while it ran; the nearest is {_long(apart_s)} away: does it belong to another "
                "flight, or does one of the clocks run by another zone? then add utc_offset_h to sortie.toml"
            )
            told.append(Dropped(STAGE, table.item, reason, "serves_no_frame"))
    return told


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def tag_track(
    stills: Sequence[Still],
    times: Sequence[FrameTime],
    facts: StatedFacts,
    settings: IngestSettings,
) -> SortieTrack:
    """The tags of one sensor's stills as a track.

    Every still keeps its own sample: `SortieTrack.by_name` has its time, by frame id.

    Args:
        stills: Of one sensor, in order of time.
        times: Of each.
        facts: What people state.
        settings: Gates, standard deviations, matching.
    """
    t_ns = np.array([time.t_utc_ns for time in times], np.int64)
    # two stills at one instant are two samples
    t_ns = np.maximum.accumulate(t_ns - np.arange(len(t_ns))) + np.arange(len(t_ns))
    tags = [still.tags for still in stills]
    columns = {name: np.array([getattr(tag, name, math.nan) for tag in tags], np.float64) for name in COLUMNS}
    rtk = np.array([tag.rtk for tag in tags], np.bool_)
    _aim(columns, np.array([tag.aircraft_yaw_deg for tag in tags]), facts)
    _fill(columns, facts, settings.sigmas, rtk)
    gated = gate(t_ns, columns, facts.vertical_datum or DATUM_UNKNOWN, f"tags of {stills[0].sensor}", settings.gates)
    names = {still.frame_id: int(t) for still, t in zip(stills, t_ns, strict=True)}
    return SortieTrack(TrackMatcher(gated.track, settings.matching), True, names, stills[0].sensor)


def _columns(samples: TelemetrySamples, facts: StatedFacts, sigmas: SigmaSettings) -> dict[str, Float]:
    columns = {name: getattr(samples, name).copy() for name in COLUMNS}
    _aim(columns, samples.aircraft_yaw_deg, facts)
    _fill(columns, facts, sigmas, np.zeros(len(samples.t_ns), np.bool_))
    return columns


def _aim(columns: dict[str, Float], aircraft_yaw_deg: Float, facts: StatedFacts) -> None:
    """Attitudes stated by people, where telemetry gives none."""
    stated = facts.attitude
    if stated is None:
        return
    unaimed = ~np.isfinite(columns["pitch_deg"])
    yaw = aircraft_yaw_deg if stated.yaw_deg is None else np.full(len(unaimed), stated.yaw_deg)
    columns["yaw_deg"] = np.where(np.isfinite(columns["yaw_deg"]), columns["yaw_deg"], yaw)
    columns["pitch_deg"] = np.where(unaimed, stated.pitch_deg, columns["pitch_deg"])
    columns["roll_deg"] = np.where(unaimed, stated.roll_deg, columns["roll_deg"])
    columns["yaw_sigma_deg"] = np.where(unaimed, stated.yaw_sigma_deg, columns["yaw_sigma_deg"])
    columns["tilt_sigma_deg"] = np.where(unaimed, stated.tilt_sigma_deg, columns["tilt_sigma_deg"])


def _fill(columns: dict[str, Float], facts: StatedFacts, sigmas: SigmaSettings, rtk: "np.typing.ArrayLike") -> None:
    defaults = {
        "position_sigma_m": (facts.position_sigma_m, np.where(rtk, sigmas.rtk_m, sigmas.gnss_m)),
        "alt_sigma_m": (facts.alt_sigma_m, np.where(rtk, sigmas.rtk_alt_m, sigmas.gnss_alt_m)),
        "yaw_sigma_deg": (facts.yaw_sigma_deg, np.asarray(sigmas.yaw_deg)),
        "tilt_sigma_deg": (facts.tilt_sigma_deg, np.asarray(sigmas.tilt_deg)),
    }
    for name, (stated, default) in defaults.items():
        column = columns[name]
        columns[name] = np.where(column > 0, column, default if stated is None else stated)


def _datum(samples: TelemetrySamples, contents: SortieContents) -> str:
    if samples.vertical_datum != DATUM_UNKNOWN:
        return samples.vertical_datum
    return contents.facts.vertical_datum or DATUM_UNKNOWN


def _no_start(samples: TelemetrySamples, video: Video | None, contents: SortieContents) -> str:
    if video is None:
        fitting = ", ".join(video.item for video in fitting_videos(samples, contents))
        why = f"{fitting} last as long as it does" if fitting else "none fits it by length and clock"
        if not contents.videos:
            why = "there is no video at all"
        return (
            f"its times count from the start of a video, but none goes by its name, and {why}; "
            "give it the name of its video"
        )
    return (
        f"its times count from the start of {video.item}, which is not known; add [[videos]] with file and "
        "start_utc to sortie.toml"
    )


def _names(samples: TelemetrySamples, gated: GatedTrack) -> dict[str, int]:
    names: dict[str, int] = {}
    for t_ns, row in zip(gated.track.t_utc_ns, gated.origin, strict=True):
        name = samples.frame_names[row].casefold()
        if name:
            names.setdefault(name, int(t_ns))
            names.setdefault(name.rpartition(".")[0] or name, int(t_ns))
    return names


_WORDS = {
    Quality.POSITION_INVALID: ("no position, (0, 0) or not on Earth", "position_invalid"),
    Quality.POSITION_JUMP: (
        "a position that the rest of the flight cannot reach; was GNSS disturbed?",
        "position_jump",
    ),
    Quality.POSITION_FROZEN: ("a position held to the last digit; used with a growing error", "position_frozen"),
    Quality.GNSS_DEGRADED: ("no sound fix, or a receiver that says it was disturbed", "gnss_degraded"),
    Quality.SPOOF_SUSPECTED: (
        "a position that moves faster than the receiver's own speed, or that it calls deceived",
        "spoof_suspected",
    ),
    Quality.HEIGHT_CONTRADICTED: ("a height that leaves the barometer's", "height_contradicted"),
    Quality.ATTITUDE_ZERO: ("yaw, pitch and roll all zero: a gimbal that was not read", "attitude_zero"),
    Quality.TIME_BACKWARD: ("a time before its predecessor's; sorted", "time_backward"),
}


def _reading_faults(samples: TelemetrySamples) -> list[Dropped]:
    """What the reader met and survived."""
    total = len(samples) + samples.bad_rows
    return [
        Dropped(STAGE, f"{samples.item} ({fault.count})", f"{fault.count} of {total}: {fault.reason}", fault.code)
        for fault in samples.faults
        if fault.count
    ]


def _faults(samples: TelemetrySamples, gated: GatedTrack) -> list[Dropped]:
    """One line per kind of fault and file."""
    total = len(samples.t_ns) + samples.bad_rows
    counts: Counter[tuple[str, str]] = Counter()
    counts["that cannot be read as numbers and times", "row_unreadable"] = samples.bad_rows
    counts["with a time that was given before; the first one counts", "time_repeated"] = gated.repeated
    for bit, (words, code) in _WORDS.items():
        counts[f"with {words}", code] = int(np.count_nonzero(gated.track.quality & bit))
    return [
        Dropped(STAGE, f"{samples.item} ({count} rows)", f"{count} of {total} rows {words}", code)
        for (words, code), count in counts.items()
        if count
    ] + _held(samples, gated)


def _held(samples: TelemetrySamples, gated: GatedTrack) -> list[Dropped]:
    if not gated.held:
        return []
    reason = (
        f"{gated.held} of {len(samples)} rows that repeat the position before: new ones come {gated.rate_hz:.1f} times "
        "a second; between these it is interpolated"
    )
    return [Dropped(STAGE, f"{samples.item} ({gated.held} rows)", reason, "position_held")]


def longitude_of(contents: SortieContents) -> float | None:
    """Roughly where a flight was, before any gate: for time zones."""
    places = [still.tags.lon_deg for still in contents.stills]
    columns: list[Int | Float] = [samples.lon_deg for samples in contents.telemetry]
    lon = np.concatenate([np.array(places, np.float64), *columns])
    lon = lon[np.isfinite(lon) & (lon != 0) & (np.abs(lon) <= 180)]
    return float(np.median(lon)) if len(lon) else None
