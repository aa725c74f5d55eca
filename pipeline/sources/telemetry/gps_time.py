"""GPS weeks and seconds as UTC."""

import numpy as np

from pipeline.records.arrays import Bool, Float, Int

_EPOCH_S = 315_964_800
"""1980-01-06 in seconds since 1970."""
WEEK_S = 604_800
_LAST_S = 4_102_444_800
"""The year 2100; what is later is damage, and more than nanoseconds since 1970 can count."""
_LEAPS = ((1_341_100_800, 16), (1_435_708_800, 17), (1_483_228_800, 18))
"""From which UTC second on GPS time leads by how many seconds (IERS Bulletin C); none has been added since 2017."""


def utc_of_gps(week: Float, seconds: Float) -> tuple[Int, Bool]:
    """UTC in nanoseconds; 0 and False where the week is not of 2012 to 2099.

    Args:
        week: ``(N,)`` since 1980, rollovers counted.
        seconds: ``(N,)`` of the week.
    """
    gps_s = _EPOCH_S + week * WEEK_S
    lead_s = np.zeros(len(week), np.int64)
    for begin_s, lead in _LEAPS:
        lead_s[gps_s + seconds - lead >= begin_s] = lead
    timed = (lead_s > 0) & (gps_s < _LAST_S) & (seconds >= 0) & (seconds < WEEK_S)
    whole_s = np.where(timed, gps_s, 0).astype(np.int64) - np.where(timed, lead_s, 0)
    return whole_s * 10**9 + np.round(np.where(timed, seconds, 0) * 1e9).astype(np.int64), timed
