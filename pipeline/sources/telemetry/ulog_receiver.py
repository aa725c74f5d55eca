"""GNSS receivers in a PX4 log: which of several is read, and its columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float, Int
from pipeline.sources.telemetry.log_rows import Timed
from pipeline.sources.telemetry.ulog_messages import Subscription

GPS_TOPICS = ("vehicle_gps_position", "sensor_gps")
FULL_FIX = 3
_WARNED, _CRITICAL = 2, 3
_JAMMED = {_WARNED: 0.6, _CRITICAL: 1.0}
"""jamming_state of the receiver as shares of its indicator: a warning is a disturbance to the gates."""
_NEEDED = {"timestamp", "fix_type"}


def best_receiver(found: Sequence[Subscription]) -> tuple[Subscription | None, str]:
    """The instance with the most full fixes, among equals the one with the smaller error; and why, in words."""
    known = [
        one
        for one in found
        if one.topic in GPS_TOPICS and one.body and one.dtype is not None and set(one.dtype.names or ()) >= _NEEDED
    ]
    if not known:
        return None, ""
    best = min(known, key=_rank)
    words = f"positions of {best.topic} {best.instance}"
    if len(known) > 1:
        fixes = ", ".join(f"{one.topic} {one.instance}: {-_rank(one)[0]}" for one in known)
        words += f", which has the most full fixes ({fixes})"
    return best, words


def _rank(one: Subscription) -> tuple[int, float]:
    table = one.table()
    fixed = table["fix_type"] >= FULL_FIX
    error = _of(table, "eph")[fixed]
    error = error[np.isfinite(error)]
    return -int(np.count_nonzero(fixed)), float(np.median(error)) if len(error) else np.inf


def receiver_columns(table: NDArray[np.void]) -> tuple[Timed, Int, str, str]:
    """Columns, UTC in microseconds (0 for none), vertical datum and why.

    Newer logs have degrees and metres as doubles, older ones 1e-7 degrees and millimetres.
    """
    names = set(table.dtype.names or ())
    fix = table["fix_type"].astype(np.float64)
    fix[fix > 6] = 1  # 8: extrapolated, no longer measured
    fixed = fix >= 2
    double = "latitude_deg" in names
    lat = _of(table, "latitude_deg") if double else _of(table, "lat") * 1e-7
    lon = _of(table, "longitude_deg") if double else _of(table, "lon") * 1e-7
    sea = _of(table, "altitude_msl_m") if "altitude_msl_m" in names else _of(table, "alt") * 1e-3
    above = (
        _of(table, "altitude_ellipsoid_m") if "altitude_ellipsoid_m" in names else _of(table, "alt_ellipsoid") * 1e-3
    )
    alt, datum, why = heights(sea, above, fixed)
    jamming = _of(table, "jamming_indicator") / 255
    state = _of(table, "jamming_state")
    for code, share in _JAMMED.items():
        jamming = np.where(state == code, np.fmax(jamming, share), jamming)
    deceived = _of(table, "spoofing_state")
    valid = _of(table, "vel_ned_valid") != 0
    columns: dict[str, Float] = {
        "lon_deg": np.where(fixed, lon, np.nan),
        "lat_deg": np.where(fixed, lat, np.nan),
        "alt_m": np.where(fixed & (fix >= FULL_FIX), alt, np.nan),
        "position_sigma_m": _positive(_of(table, "eph")),
        "alt_sigma_m": _positive(_of(table, "epv")),
        "satellites": _of(table, "satellites_used"),
        "hdop": _positive(_of(table, "hdop")),
        "fix": fix,
        "jamming": jamming,
        "speed_mps": np.where(valid, np.hypot(_of(table, "vel_n_m_s"), _of(table, "vel_e_m_s")), np.nan),
        "climb_mps": np.where(valid, -_of(table, "vel_d_m_s"), np.nan),
        "spoofed": np.where(deceived > 0, (deceived >= 2).astype(np.float64), np.nan),
    }
    utc = table["time_utc_usec"] if "time_utc_usec" in names else np.zeros(len(table), np.uint64)
    t_us = np.minimum(table["timestamp"], 2**62 // 1000).astype(np.int64)
    return Timed(t_us, columns), np.minimum(utc, 2**62 // 1000).astype(np.int64), datum, why


def heights(sea_m: Float, ellipsoid_m: Float, fixed: NDArray[np.bool_]) -> tuple[Float, str, str]:
    """Which of a receiver's two heights is taken, its datum, and why.

    Args:
        sea_m, ellipsoid_m: ``(N,)``; NaN or 0 throughout for one that is not logged.
        fixed: ``(N,)`` where they mean anything.
    """
    told = fixed & np.isfinite(ellipsoid_m) & (ellipsoid_m != 0)
    both = told & np.isfinite(sea_m)
    if told.any() and not (both.any() and bool((ellipsoid_m[both] == sea_m[both]).all())):
        return np.where(told, ellipsoid_m, np.nan), "ellipsoidal", "the receiver's own height above the ellipsoid"
    if told.any():
        return sea_m, "unknown", "both of the receiver's heights are the same: it knows no geoid, or is simulated"
    return sea_m, "egm96", "the receiver's height above the sea; receivers take it from a coarse EGM96, true to a few m"


def _of(table: NDArray[np.void], name: str) -> Float:
    if name in (table.dtype.names or ()):
        return table[name].astype(np.float64)
    return np.full(len(table), np.nan)


def _positive(values: Float) -> Float:
    return np.where((values > 0) & (values < 1e6), values, np.nan)
