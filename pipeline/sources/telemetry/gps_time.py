"""GPS weeks and seconds as UTC."""

import numpy as np

from pipeline.records.arrays import Bool, Float, Int

_EPOCH_S = 315_964_800
"""1980-01-06 in seconds since 1970."""
WEEK_S = 604_800
_LEAPS = ((1_341_100_800, 16), (1_435_708_800, 17), (1_483_228_800, 18))
"""From which UTC second on GPS time leads by how many seconds (IERS Bulletin C); none has been added since 2017."""


def utc_of_gps(week: Float, seconds: Float) -> tuple[Int, Bool]:
    """UTC in nanoseconds; False where the week is not of 2012 or later.

    Args:
        week: ``(N,)`` since 1980, rollovers counted.
        seconds: ``(N,)`` of the week.
    """
    gps_s = _EPOCH_S + week * WEEK_S
    lead_s = np.zeros(len(week), np.int64)
    for begin_s, lead in _LEAPS:
        lead_s[gps_s + seconds - lead >= begin_s] = lead
    timed = lead_s > 0
    whole_ns = (gps_s.astype(np.int64) - lead_s) * 10**9
    return whole_ns + np.round(seconds * 1e9).astype(np.int64), timed & (seconds < WEEK_S)
