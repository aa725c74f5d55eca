"""Positions that a recorder repeats until its receiver has a new one."""

import numpy as np

from pipeline.records.arrays import Bool, Float, Int

LONGEST_HELD_S = 1.0
"""No drone's receiver measures less often; a longer standstill is one (or a frozen receiver, which gates tell)."""
PERIODS = 4.0
"""A position repeated for more periods than this stands still."""


def held_positions(t_ns: Int, lon_deg: Float, lat_deg: Float) -> tuple[Bool, float]:
    """Which samples only repeat the position before, and how often positions are really new.

    Between true fixes interpolation then runs evenly, where the repeated ones would make it stand and leap. Of a
    standstill only the beginning is marked. (0, 0) is no position and is never marked.

    Args:
        t_ns: ``(N,)`` times.
        lon_deg, lat_deg: ``(N,)``.

    Returns:
        ``(N,)`` True for repetitions, and the rate in Hz: NaN where no position changes.
    """
    repeated = np.zeros(len(t_ns), np.bool_)
    if len(t_ns) < 3:
        return repeated, float("nan")
    placed = np.flatnonzero(np.isfinite(lon_deg) & np.isfinite(lat_deg) & ~((lon_deg == 0) & (lat_deg == 0)))
    if len(placed) < 3:
        return repeated, float("nan")
    lon, lat, seconds = lon_deg[placed], lat_deg[placed], t_ns[placed] / 1e9
    new = np.r_[True, (np.diff(lon) != 0) | (np.diff(lat) != 0)]
    changes = seconds[new]
    if len(changes) < 3:
        return repeated, float("nan")
    steps = np.diff(changes[1:])
    steps = steps[(steps > 0) & (steps <= LONGEST_HELD_S)]
    if not len(steps):
        return repeated, float("nan")
    period_s = float(np.median(steps))
    since = seconds - changes[np.cumsum(new) - 1]
    limit_s = min(LONGEST_HELD_S, PERIODS * period_s)
    repeated[placed] = ~new & (since >= 0) & (since < limit_s - 1e-6)
    return repeated, 1 / float(np.mean(steps))
