"""How the times in metadata relate to those of the pictures beside them."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pipeline.records.arrays import Bool, Float, Int

SYNCHRONOUS_SIGMA_S = 0.005
ASYNCHRONOUS_SIGMA_S = 0.02
INTERLEAVED_SIGMA_S = 0.1
"""Least of each: with the stamps of pictures, with stamps of their own, and only by where they stand in the file."""
STAMPED_SIGMA_S = 0.002
AGREEING_S = 2.0
"""Times in pictures that differ more from those in the metadata are of another clock."""
JUMP_NS = 10**9
MAX_CLIPS = 500
MIN_CLIP = 5
"""Samples that a clip must have: fewer whose time is off are faults, not another clip."""
_EARLIEST_NS, _LATEST_NS = 631_152_000 * 10**9, 4_102_444_800 * 10**9


@dataclass(frozen=True, slots=True, eq=False)
class PictureTimes:
    """Pictures of the video beside the metadata.

    Attributes:
        at: ``(F,)`` where each begins in the file, increasing.
        video_ns: ``(F,)`` when it is shown after the first one.
        stamp_us: ``(F,)`` its own time since 1970; 0 for none.
    """

    at: Int
    video_ns: Int
    stamp_us: Int

    def moved(self, added_us: int) -> "PictureTimes":
        """With something added to the pictures' own times."""
        return replace(self, stamp_us=np.where(self.stamp_us > 0, self.stamp_us + added_us, 0))


@dataclass(frozen=True, slots=True)
class VideoStart:
    """When the video's first frame was taken.

    Attributes:
        utc_ns, sigma_s: Its time and standard deviation.
        how: In words.
    """

    utc_ns: int
    sigma_s: float
    how: str


def plausible(t_ns: Int) -> Bool:
    """Which times a clock that was set can have shown: 1990 to 2100."""
    return (t_ns > _EARLIEST_NS) & (t_ns < _LATEST_NS)


def video_times(pictures: PictureTimes, at: Int, pts_video_ns: Float) -> tuple[Float, str]:
    """When each packet belongs into the video, in nanoseconds after the first frame, and how that is known.

    Args:
        pictures: Of the video.
        at: ``(N,)`` where packets begin in the file.
        pts_video_ns: ``(N,)`` their own time stamps, less the first frame's; NaN for none.

    Returns:
        ``(N,)``; ``synchronous``, ``asynchronous`` or ``interleaved``.
    """
    if np.isfinite(pts_video_ns).any():
        stamps = pts_video_ns[np.isfinite(pts_video_ns)]
        shared = np.isin(np.round(stamps / 1e5), np.round(pictures.video_ns / 1e5)).mean()
        return pts_video_ns, "synchronous" if shared > 0.9 else "asynchronous"
    after = np.searchsorted(pictures.at, at, "right")
    last = len(pictures.at) - 1
    before, behind = pictures.video_ns[np.clip(after - 1, 0, last)], pictures.video_ns[np.clip(after, 0, last)]
    # sent ahead of its picture or behind it: between the two is off by half a frame at most
    return (before + behind) / 2, "interleaved"


def clips(t_ns: Int, video_ns: Float) -> list[Int]:
    """Rows of each stretch over which the clock of the metadata ran with the video's: it may be set in between.

    Stray times stay with the stretch around them. Without times in the video all is one stretch.
    """
    lag = t_ns - np.where(np.isfinite(video_ns), video_ns, 0.0)
    if not np.isfinite(video_ns).any():
        return [np.arange(len(t_ns))]
    known = np.flatnonzero(np.isfinite(video_ns))
    breaks = np.flatnonzero(np.abs(np.diff(lag[known])) > JUMP_NS) + 1
    if not len(breaks):
        return [np.arange(len(t_ns))]
    starts = [0]
    level = float(np.median(lag[known][: breaks[0]]))
    edges = [*breaks.tolist(), len(known)]
    for begin, end in pairwise(edges):
        here = float(np.median(lag[known][begin:end]))
        if end - begin >= MIN_CLIP and abs(here - level) > JUMP_NS and len(starts) < MAX_CLIPS:
            if begin - starts[-1] < MIN_CLIP and starts == [0]:
                starts = []
            starts.append(begin if starts else 0)
            level = here
    first = [int(known[start]) if start else 0 for start in starts]
    return [np.arange(a, b) for a, b in zip(first, [*first[1:], len(t_ns)], strict=True)]


def video_start(t_ns: Int, video_ns: Float, how: str, pictures: PictureTimes) -> VideoStart | None:
    """When the first frame was taken, by one clip of metadata; None where nothing relates the two.

    Args:
        t_ns: ``(N,)`` UTC.
        video_ns, how: As `video_times` gives them.
        pictures: Of the video. Their own times say it best, unless they are of another clock.
    """
    rows = np.isfinite(video_ns) & plausible(t_ns)
    if not len(pictures.at) or not rows.any():
        return None
    first = int(t_ns[rows][0])
    lag = (t_ns[rows] - first) - video_ns[rows]
    start, spread_s = _middle(lag)
    frame_s = float(np.median(np.diff(np.sort(pictures.video_ns)))) / 1e9 if len(pictures.video_ns) > 1 else 0.0
    least = {"synchronous": SYNCHRONOUS_SIGMA_S, "asynchronous": ASYNCHRONOUS_SIGMA_S}.get(
        how, max(INTERLEAVED_SIGMA_S, frame_s / 2)
    )
    words = {
        "synchronous": "metadata carry the time stamps of their pictures",
        "asynchronous": "metadata carry time stamps of their own",
        "interleaved": "metadata carry no time stamps: related to the pictures by where they stand in the file",
    }[how]
    shown = pictures.video_ns
    near = (
        (pictures.stamp_us > 0) & (shown >= video_ns[rows].min() - JUMP_NS) & (shown <= video_ns[rows].max() + JUMP_NS)
    )
    if near.any():
        own, own_spread_s = _middle(pictures.stamp_us[near].astype(np.float64) * 1000 - first - shown[near])
        apart_s = (start - own) / 1e9
        if abs(apart_s) <= AGREEING_S:
            words += f"; the pictures' own times (ST 0604) put them {apart_s:+.3f} s from there, and count"
            return VideoStart(first + round(own), max(own_spread_s, STAMPED_SIGMA_S), words)
        words += f"; the pictures' own times (ST 0604) are of another clock, {apart_s:+.0f} s off, and don't count"
    return VideoStart(first + round(start), max(spread_s, least), words)


def _middle(lag_ns: Float) -> tuple[float, float]:
    """Median, and a spread in seconds that strays don't touch."""
    middle = float(np.median(lag_ns))
    return middle, 1.4826 * float(np.median(np.abs(lag_ns - middle))) / 1e9
