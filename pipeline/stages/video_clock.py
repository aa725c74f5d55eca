"""When each frame of a video was taken: the best clock that its telemetry, people and its container give."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.records.contents import SortieContents, Video
from pipeline.records.samples import TelemetrySamples, TimeBase
from pipeline.stages.frame_times import QUARTER_S, FrameTime, TimeSettings, utc_ns
from pipeline.stages.recordings import JOINED_SIGMA_S, Joint
from pipeline.stages.sidecars import ZONE_TOLERANCE_S, video_of

CONTAINER_SIGMA_S = 2.0
"""Recorders differ in whether a container's time is that of the start or of the end, and some write local time."""
STATED_SIGMA_S = 0.5
NOON_HOURS = 3.5
"""No zone lies further from that of its longitude."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of video whose clock ran without a jump.

    Attributes:
        from_ns, to_ns: Video time of its first and last sample.
        start: When the video's first frame would have been taken by the clip's clock.
    """

    from_ns: int
    to_ns: int
    start: FrameTime


@dataclass(frozen=True, slots=True)
class VideoClock:
    """Video time to UTC.

    Attributes:
        clips: In order of video time; at least one.
    """

    clips: tuple[Clip, ...]

    def at(self, video_ns: int) -> FrameTime:
        """When the frame that is presented at `video_ns` was taken, by the clip that holds it or the nearest one."""
        clip = min(self.clips, key=lambda c: max(c.from_ns - video_ns, video_ns - c.to_ns, 0))
        return FrameTime(clip.start.t_utc_ns + video_ns, clip.start.t_sigma_s, clip.start.notes)


def clip_start(
    samples: TelemetrySamples, video: Video | None, contents: SortieContents, lon_deg: float | None, times: TimeSettings
) -> FrameTime | None:
    """When the video began by the clock of one clip of telemetry; None where nothing tells.

    In this order: UTC that the telemetry itself relates to the video; what people state; the telemetry's clock with
    the zone that people, the container or the longitude give; the container's time.
    """
    if samples.video_start_utc_ns is not None:
        return FrameTime(samples.video_start_utc_ns, samples.video_start_sigma_s)
    if video is not None and video.start_utc is not None:
        return FrameTime(utc_ns(video.start_utc) + _into(samples, video, contents), STATED_SIGMA_S)
    if samples.video_start_local_ns is not None:
        created = video.created_utc if video is not None else None
        return local_time(samples.video_start_local_ns, created, contents.facts.utc_offset_h, lon_deg, times)
    return container_start(video)


def container_start(video: Video | None) -> FrameTime | None:
    """When a video began, as people or its container say."""
    if video is None:
        return None
    if video.start_utc is not None:
        return FrameTime(utc_ns(video.start_utc), STATED_SIGMA_S)
    if video.created_utc is not None:
        return FrameTime(utc_ns(video.created_utc), CONTAINER_SIGMA_S, ("video_start_from_container",))
    return None


def local_time(
    local_ns: int,
    created_utc: dt.datetime | None,
    utc_offset_h: float | None,
    lon_deg: float | None,
    times: TimeSettings,
) -> FrameTime:
    """UTC of a clock without a zone.

    The container's time shows the zone where the two differ by whole quarters of an hour that the longitude allows;
    where they agree, both may be local, and nothing is shown unless the longitude says that local time is UTC.
    """
    if utc_offset_h is not None:
        return FrameTime(local_ns - round(utc_offset_h * 3600) * 10**9, times.stated_sigma_s)
    solar_h = None if lon_deg is None else lon_deg / 15
    if created_utc is not None:
        apart_s = (local_ns - utc_ns(created_utc)) / 1e9
        zone_s = round(apart_s / QUARTER_S) * QUARTER_S
        fits = abs(apart_s - zone_s) <= ZONE_TOLERANCE_S and abs(zone_s) <= 14 * 3600
        if fits and zone_s and (solar_h is None or abs(zone_s / 3600 - solar_h) <= NOON_HOURS):
            return FrameTime(local_ns - zone_s * 10**9, times.stated_sigma_s, ("time_zone_from_container",))
    zone_h = 0 if solar_h is None else round(solar_h)
    sigma_s = times.assumed_sigma_s * (1 if solar_h is not None else 6)
    return FrameTime(local_ns - zone_h * 3600 * 10**9, sigma_s, ("time_zone_assumed",))


def video_clock(
    video: Video,
    contents: SortieContents,
    lon_deg: float | None,
    times: TimeSettings,
    joints: Mapping[str, Joint] = MappingProxyType({}),
) -> VideoClock | None:
    """The clock of a video; None where nothing tells when it began.

    Args:
        video: Of the sortie.
        contents: All of it.
        lon_deg: Roughly where it was flown; None where not known.
        times: Uncertainties.
        joints: By item, the videos that go on where another ended.
    """
    clips = []
    surest = min(
        (_rank(part) for part in contents.telemetry if video_of(part, contents) is video),
        default=None,
    )
    for part in contents.telemetry:
        if not len(part) or video_of(part, contents) is not video or _rank(part) != surest:
            continue
        start = clip_start(part, video, contents, lon_deg, times)
        if start is not None:
            shift = start.t_utc_ns if part.time_base is TimeBase.UTC else 0
            clips.append(Clip(int(part.t_ns.min()) - shift, int(part.t_ns.max()) - shift, start))
    if clips:
        return VideoClock(tuple(sorted(clips, key=lambda clip: (clip.from_ns, clip.to_ns))))
    joint = joints.get(video.item)
    before = video_clock(joint.before, contents, lon_deg, times, joints) if joint is not None and joint.joined else None
    starts = [None if joint is None else _joined_start(joint, before), container_start(video)]
    known = [start for start in starts if start is not None]
    return VideoClock((Clip(0, 0, min(known, key=lambda start: start.t_sigma_s)),)) if known else None


def _joined_start(joint: Joint, clock: VideoClock | None) -> FrameTime | None:
    """When a video began that goes on where another ended: by the other one's clock at its end."""
    if clock is None:
        return None
    end = clock.at(joint.before.lasts_ns)
    notes = tuple(dict.fromkeys((*end.notes, "joined_recording")))
    return FrameTime(end.t_utc_ns, math.hypot(end.t_sigma_s, JOINED_SIGMA_S), notes)


def _rank(samples: TelemetrySamples) -> int:
    """0 for telemetry that relates video and UTC, 1 for a clock without a zone, 2 for video time alone."""
    if samples.video_start_utc_ns is not None:
        return 0
    return 1 if samples.video_start_local_ns is not None else 2


def _into(samples: TelemetrySamples, video: Video, contents: SortieContents) -> int:
    """How much later than the first clip's the clock of a clip runs: what people state is the first frame's time."""
    clips = [
        part
        for part in contents.telemetry
        if part.video_start_local_ns is not None and len(part) and video_of(part, contents) is video
    ]
    if samples.video_start_local_ns is None or not clips:
        return 0
    first = min(clips, key=lambda part: int(part.t_ns.min()))
    return samples.video_start_local_ns - (first.video_start_local_ns or 0)
