"""Which video a telemetry file belongs to: the one that holds it, the one of its name, or the only one that fits it."""

from collections.abc import Sequence

from pipeline.records.contents import SortieContents, Video
from pipeline.records.samples import TelemetrySamples, TimeBase
from pipeline.stages.frame_times import QUARTER_S, utc_ns

ZONE_TOLERANCE_S = 180.0
"""How far the container's time may lie from a whole quarter of an hour to show the zone of another clock."""
_ZONES_S = 14 * 3600.0
_SAME_LENGTH_S, _SAME_LENGTH = 1.5, 0.02
_OTHER_DAY_S = 26 * 3600.0
_OTHER_LENGTH = 0.2


def video_of(samples: TelemetrySamples, contents: SortieContents) -> Video | None:
    """The video that a telemetry file runs with; None for one that runs with none, or when that can't be told.

    In this order: the video that holds it; the one of its name, of its folder first; the only one of the flight, unless
    length and clock both say otherwise; the only one that lasts as long, whose container's time does not speak against
    it, and for which no other telemetry goes by its name.
    """
    videos = contents.videos
    if samples.in_video:
        return next((video for video in videos if video.path == samples.path), None)
    if not _of_a_video(samples):
        return None
    own = [video for video in videos if _same_name(samples, video)]
    own.sort(key=lambda video: video.path.parent != samples.path.parent)
    if own:
        return own[0]
    if len(videos) == 1:
        return None if _of_another(samples, videos[0], contents) else videos[0]
    fitting = fitting_videos(samples, contents)
    return fitting[0] if len(fitting) == 1 else None


def fitting_videos(samples: TelemetrySamples, contents: SortieContents) -> list[Video]:
    """Videos that last as long as telemetry without a video of its name, and that have none of their own."""
    named = [part for part in contents.telemetry if _of_a_video(part) or part.in_video]
    free = [video for video in contents.videos if not any(_own(part, video) for part in named)]
    lasts_s = _lasts_s(samples, contents)
    near = [v for v in free if abs(lasts_s - v.lasts_ns / 1e9) <= max(_SAME_LENGTH_S, _SAME_LENGTH * lasts_s)]
    return [video for video in near if _clocks_allow(samples, video)]


def _of_a_video(samples: TelemetrySamples) -> bool:
    return samples.time_base is TimeBase.VIDEO_START or samples.video_start_utc_ns is not None


def _own(part: TelemetrySamples, video: Video) -> bool:
    return part.path == video.path if part.in_video else _same_name(part, video)


def _same_name(samples: TelemetrySamples, video: Video) -> bool:
    return video.path.stem.casefold() == samples.path.stem.casefold()


def _lasts_s(samples: TelemetrySamples, contents: SortieContents) -> float:
    """Seconds from the first to the last sample of the file, all clips of it together."""
    clips: Sequence[TelemetrySamples] = [p for p in contents.telemetry if p.path == samples.path and len(p)] or [
        samples
    ]
    ends = [int(end) for clip in clips if len(clip) for end in (clip.t_ns.min(), clip.t_ns.max())]
    return (max(ends) - min(ends)) / 1e9 if ends else 0.0


def _apart_s(samples: TelemetrySamples, video: Video) -> float | None:
    """How much later telemetry's clock was than the container's when the video began; None where one is missing."""
    begun = samples.video_start_utc_ns if samples.video_start_utc_ns is not None else samples.video_start_local_ns
    if begun is None or video.created_utc is None:
        return None
    return (begun - utc_ns(video.created_utc)) / 1e9


def _clocks_allow(samples: TelemetrySamples, video: Video) -> bool:
    """Whether the clocks differ by no more than a zone, where both are known."""
    apart_s = _apart_s(samples, video)
    if apart_s is None:
        return True
    ends_s = (apart_s, apart_s + video.lasts_ns / 1e9)  # some containers state the end
    off_s = min(abs(end - round(end / QUARTER_S) * QUARTER_S) for end in ends_s)
    return abs(apart_s) <= _ZONES_S + ZONE_TOLERANCE_S and off_s <= ZONE_TOLERANCE_S


def _of_another(samples: TelemetrySamples, video: Video, contents: SortieContents) -> bool:
    """Another day's clock and another length: a file that was left over from another flight."""
    apart_s, lasts_s, video_s = _apart_s(samples, video), _lasts_s(samples, contents), video.lasts_ns / 1e9
    if apart_s is None or not video_s > 0:
        return False
    return abs(apart_s) > _OTHER_DAY_S and abs(lasts_s - video_s) > _OTHER_LENGTH * max(lasts_s, video_s)
