"""Where recordings were joined behind one another in one file of subtitles, and what clock each part ran by."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Bool, Float, Int
from pipeline.sources.telemetry.cue_clock import NO_CLOCK

FINE_JUMP_S = 1.0
"""A clock in milliseconds that departs from the cues' times by more between two cues was set, or joins two clips."""
COARSE_JUMP_S = 2.5
"""The same for a clock in whole seconds, which beats against the cues by one."""
BACK_S = 0.5
FALL = 10
"""A count that falls by less was written out of order."""
MAX_CLIPS = 256


@dataclass(frozen=True, slots=True)
class CueClip:
    """One continuous recording.

    Attributes:
        first, end: Rows.
        shift_ns: What its cue times lack to count from the start of the file's first clip.
        local_start_ns: Its clock at video time 0 (with `shift_ns`), None without a clock.
        sigma_s: Standard deviation of that.
    """

    first: int
    end: int
    shift_ns: int
    local_start_ns: int | None
    sigma_s: float


@dataclass(frozen=True, slots=True)
class CueClips:
    """What a file consists of.

    Attributes:
        clips: In order of the file; of more than `MAX_CLIPS` the longest.
        restarts: How often cue times begin anew.
        leaps_s: By how much the clock leaps against the cues' times, each time.
    """

    clips: tuple[CueClip, ...]
    restarts: int
    leaps_s: tuple[float, ...]


def split_clips(
    start_ns: Int, end_ns: Int, number: Int, frame_count: Float, clock_ns: Int, clock_step_ns: int
) -> CueClips:
    """Split where cue times or counts begin anew, or where the clock leaps against the cues' times.

    Args:
        start_ns, end_ns: ``(N,)`` cue times.
        number: ``(N,)`` of the cues, -1 for none.
        frame_count: ``(N,)`` of the frames, NaN for none.
        clock_ns: ``(N,)``, `NO_CLOCK` for none.
        clock_step_ns: Its finest step.
    """
    if not len(start_ns):
        return CueClips((), 0, ())
    restarted = (np.diff(start_ns) < -BACK_S * 1e9) & (start_ns[1:] - start_ns.min() < 2 * 10**9)
    counted = _begun_anew(np.where(number < 0, np.nan, number)) | _begun_anew(frame_count)
    rows, leaps_s = _leaps(start_ns, clock_ns, restarted, FINE_JUMP_S if clock_step_ns < 10**9 else COARSE_JUMP_S)
    cuts = np.union1d(np.flatnonzero(restarted | counted) + 1, rows).astype(np.int64)
    clips, shift_ns, last_end_ns = [], 0, 0
    for first, end in zip(np.r_[0, cuts], np.r_[cuts, len(start_ns)], strict=True):
        if first and restarted[first - 1]:
            shift_ns += last_end_ns
        last_end_ns = int(max(end_ns[first:end].max(), start_ns[first:end].max()))
        local_ns, sigma_s = _clock(start_ns[first:end] + shift_ns, clock_ns[first:end], clock_step_ns)
        clips.append(CueClip(int(first), int(end), shift_ns, local_ns, sigma_s))
    longest = sorted(clips, key=lambda clip: clip.first - clip.end)[:MAX_CLIPS]
    return CueClips(tuple(sorted(longest, key=lambda clip: clip.first)), int(restarted.sum()), leaps_s)


def _begun_anew(count: Float) -> Bool:
    """``(N-1,)`` where a count begins again; neighbours that changed places are none. False beside NaN."""
    return (np.diff(count) < 0) & ((count[1:] <= 1) | (np.diff(count) <= -FALL))


def _leaps(start_ns: Int, clock_ns: Int, restarted: Bool, limit_s: float) -> tuple[Int, tuple[float, ...]]:
    """Rows from which on the clock runs by another offset, and by how much it differs."""
    told = np.flatnonzero(clock_ns != NO_CLOCK)
    if len(told) < 2:
        return np.zeros(0, np.int64), ()
    leap_s = np.diff(clock_ns[told] - start_ns[told]) / 1e9
    # where cue times begin anew the clock says nothing
    begun = np.r_[0, np.cumsum(restarted)][told]
    leapt = (np.abs(leap_s) > limit_s) & (np.diff(begun) == 0)
    return told[1:][leapt], tuple(float(leap) for leap in leap_s[leapt])


def _clock(t_ns: Int, clock_ns: Int, step_ns: int) -> tuple[int | None, float]:
    """The clock when the video began: the median over the cues. Whole seconds are cut off, not rounded."""
    told = clock_ns != NO_CLOCK
    if not told.any():
        return None, 0.0
    offsets = clock_ns[told] - t_ns[told]
    middle = int(np.median(offsets - offsets[0])) + int(offsets[0])
    spread_s = float(np.median(np.abs(offsets - middle))) / 1e9
    return middle + step_ns // 2, max(step_ns / 1e9 / 12**0.5, 1.5 * spread_s, 0.02)
