"""Frames with their times: stills by their clocks or by tables, videos by their start."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.records.camera import CameraModel
from pipeline.records.contents import SortieContents, Still
from pipeline.records.dropped import Dropped
from pipeline.records.samples import TelemetrySamples, TimeBase
from pipeline.records.shutter import Shutter
from pipeline.records.sortie import FrameKind, FrameRef
from pipeline.stages.frame_times import FrameTime, spread_within_seconds, still_time
from pipeline.stages.ingest_settings import IngestSettings
from pipeline.stages.ingest_tracks import STAGE, SortieTrack, longitude_of, tag_track
from pipeline.stages.recordings import joints_of, recorded_with
from pipeline.stages.video_clock import video_clock

CAPTURED_S = 0.02
"""Standard deviation of a capture that the camera confirmed."""
ASKED_S = 0.2
"""Of one that it was only asked for: shutters lag."""


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A frame with its time, looking for its place.

    Attributes:
        ref: The frame.
        camera, camera_error: Its camera, or why there is none.
        names: What tables may call it, in lower case.
        notes: Codes of what was assumed about its time, and of faults in its tags.
        height_contradicted: Its tags state two heights.
        rtk: Its position was fixed with carrier phases.
        own: Track of its sensor's tags; None for videos.
        bound: Tracks that run by the same clock as the frame: telemetry of its video.
        shutter: That took it.
        velocity_mps: East and north, as its own tags say; NaN where they don't.
        lookup_ns: Telemetry is read that much later than the frame's time: the two clocks differ.
    """

    ref: FrameRef
    camera: CameraModel | None
    camera_error: str
    names: tuple[str, ...]
    notes: tuple[str, ...]
    height_contradicted: bool = False
    rtk: bool = False
    own: SortieTrack | None = None
    bound: tuple[SortieTrack, ...] = ()
    lookup_ns: int = 0
    shutter: Shutter = field(default_factory=Shutter)
    velocity_mps: tuple[float, float] = (math.nan, math.nan)


def timed_frames(
    contents: SortieContents, tables: Sequence[SortieTrack], settings: IngestSettings
) -> Iterator[TimedFrame | Dropped]:
    """All frames of a sortie."""
    yield from _still_frames(contents, tables, settings)
    yield from _video_frames(contents, tables, settings)


def _still_frames(
    contents: SortieContents, tables: Sequence[SortieTrack], settings: IngestSettings
) -> Iterator[TimedFrame | Dropped]:
    lon = longitude_of(contents)
    stills = sorted(contents.stills, key=lambda still: still.frame_id)
    named = [_named_time(still, tables) for still in stills]
    clocks = [still_time(still.tags, contents.facts.utc_offset_h, lon, settings.times) for still in stills]
    times = [_surer(table, clock) for table, clock in zip(named, clocks, strict=True)]
    times = _by_captures(stills, times, contents.telemetry)
    times = spread_within_seconds(stills, times)
    by_sensor: dict[str, list[tuple[Still, FrameTime]]] = {}
    for still, time in zip(stills, times, strict=True):
        if time is None:
            yield Dropped(
                STAGE,
                still.frame_id,
                "no time: its tags have no clock, and no telemetry names it with a time; add a column file with "
                "its name and time_utc to the telemetry",
                "no_time",
            )
        else:
            by_sensor.setdefault(still.sensor, []).append((still, time))
    for members in by_sensor.values():
        members.sort(key=lambda member: (member[1].t_utc_ns, member[0].frame_id))
        own = tag_track([still for still, _ in members], [time for _, time in members], contents.facts, settings)
        for still, time in members:
            yield _timed_still(still, time, own)


def _timed_still(still: Still, time: FrameTime, own: SortieTrack) -> TimedFrame:
    ref = FrameRef(
        frame_id=still.frame_id,
        path=still.path,
        kind=FrameKind.STILL,
        index=0,
        size_px=still.size_px,
        t_utc_ns=time.t_utc_ns,
        t_sigma_s=time.t_sigma_s,
        sha256=still.sha256,
        band=still.band,
        sensor=still.sensor,
    )
    names = tuple(name.casefold() for name in (still.path.name, still.path.stem))
    contradicted = "height_contradicted" in still.tags.faults
    notes = (*time.notes, *still.tags.faults)
    return TimedFrame(
        ref,
        still.camera,
        still.camera_error,
        names,
        notes,
        contradicted,
        still.tags.rtk,
        own,
        shutter=still.shutter,
        velocity_mps=(still.tags.east_mps, still.tags.north_mps),
    )


def _named_time(still: Still, tables: Sequence[SortieTrack]) -> FrameTime | None:
    """The time of the sample that names a still, in a table with UTC times."""
    for table in tables:
        for name in (still.path.name.casefold(), still.path.stem.casefold()):
            if table.timed and name in table.by_name:
                return FrameTime(table.by_name[name], 0.1, ("time_from_table",))
    return None


def _by_captures(
    stills: Sequence[Still], times: Sequence[FrameTime | None], telemetry: Sequence[TelemetrySamples]
) -> list[FrameTime | None]:
    """Stills without a time take those of a flight log's captures, in order, where there are as many of both."""
    timeless = [index for index, time in enumerate(times) if time is None]
    logs = [part for part in telemetry if part.captures is not None and part.time_base is TimeBase.UTC]
    fitting = [part.captures for part in logs if part.captures is not None and len(part.captures.t_ns) == len(timeless)]
    out = list(times)
    if timeless and len(fitting) == 1 and len({stills[index].sensor for index in timeless}) == 1:
        captures = fitting[0]
        sigma_s = CAPTURED_S if captures.fed_back else ASKED_S
        for index, t_ns in zip(timeless, np.sort(captures.t_ns), strict=True):
            out[index] = FrameTime(int(t_ns), sigma_s, ("time_from_capture",))
    return out


def _surer(*times: FrameTime | None) -> FrameTime | None:
    return min((time for time in times if time is not None), key=lambda time: time.t_sigma_s, default=None)


def _video_frames(
    contents: SortieContents, tables: Sequence[SortieTrack], settings: IngestSettings
) -> Iterator[TimedFrame | Dropped]:
    lon, joints = longitude_of(contents), joints_of(contents)
    for video in contents.videos:
        clock = video_clock(video, contents, lon, settings.times, joints)
        if clock is None:
            yield Dropped(
                STAGE,
                video.item,
                "the time when this video began is not known; add [[videos]] with file and start_utc to sortie.toml",
                "no_time",
            )
            continue
        own = recorded_with(video, joints)
        bound = tuple(table for table in tables if table.video in own)
        for index, pts, t_ns in zip(video.indices, video.pts, video.t_ns, strict=True):
            time = clock.at(int(t_ns))
            ref = FrameRef(
                frame_id=f"{video.stem}#{index:06d}",
                path=video.path,
                kind=FrameKind.VIDEO,
                index=int(index),
                size_px=video.size_px,
                t_utc_ns=time.t_utc_ns,
                t_sigma_s=time.t_sigma_s,
                sha256=video.sha256,
                band=video.band,
                sensor=video.sensor,
                pts=int(pts),
            )
            camera = video.camera or _viewed(bound, ref)
            names = (ref.frame_id.casefold(),)
            yield TimedFrame(ref, camera, video.camera_error, names, time.notes, bound=bound, shutter=video.shutter)


def _viewed(tracks: Sequence[SortieTrack], ref: FrameRef) -> CameraModel | None:
    """The camera by the angles of view that telemetry of the video states."""
    cameras = (track.lens.camera(ref.t_utc_ns, ref.size_px) for track in tracks if track.lens is not None)
    return next((camera for camera in cameras if camera is not None), None)
