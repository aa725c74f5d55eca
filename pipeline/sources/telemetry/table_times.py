"""Times in telemetry tables: UTC, clocks without a zone, seconds of a video or since the log began."""

import datetime as dt
import math
import re
from collections.abc import Sequence

import numpy as np

from pipeline.records.arrays import Float, Int

NO_TIME = np.iinfo(np.int64).min
"""Stands for a time that is not given."""

LATEST_NS = 4_102_444_800_000_000_000
"""2100."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SCALES = (10**9, 10**6, 10**3, 1)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,9})?)\s?([AaPp]\.?[Mm])?\.?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_WHOLE_NS = 10**9
_EXACT_DIGITS = 18


def utc_of_text(texts: Sequence[str]) -> Int:
    """ISO 8601 (UTC unless it states an offset), or numbers since 1970 in s, ms, µs or ns by their size."""
    values = _all_numbers(texts)
    if values is None:
        return np.array([_utc_ns(text.strip()) for text in texts], np.int64)
    out = np.full(len(values), NO_TIME)
    for scale in reversed(_SCALES):
        fits = values * scale < LATEST_NS
        out[fits] = np.round(values[fits] * scale).astype(np.int64)
    return out


def _all_numbers(texts: Sequence[str]) -> Float | None:
    """Times since 1970, where all are such numbers and none has more digits than a float holds."""
    try:
        values = np.array(list(map(float, texts)), np.float64)
    except ValueError:
        return None
    return values if len(values) and values.min() >= 1e8 and max(map(len, texts)) < _EXACT_DIGITS else None


def utc_of_numbers(values: Float | Int) -> Int:
    """Numbers since 1970 in s, ms, µs or ns by their size."""
    out = np.full(len(values), NO_TIME)
    with np.errstate(invalid="ignore"):
        for scale in reversed(_SCALES):
            fits = (values >= 1e8) & (values < LATEST_NS / scale)
            if np.issubdtype(values.dtype, np.integer):
                out[fits] = values[fits].astype(np.int64) * scale
            else:
                whole = np.floor(np.where(fits, values, 0))
                part = np.round((np.where(fits, values, 0) - whole) * scale)
                out[fits] = (whole[fits].astype(np.int64) * scale) + part[fits].astype(np.int64)
    return out


def local_of(dates: Sequence[str], clocks: Sequence[str]) -> Int:
    """A date and a clock in columns of their own, as if they were UTC. ``11/12/2020`` is read month first."""
    return np.array([_local_ns(date, clock) for date, clock in zip(dates, clocks, strict=True)], np.int64)


def refined(t_ns: Int, elapsed_s: Float) -> Int:
    """Times to the whole second made finer by the seconds since the log began, where these agree with them.

    A clock that is cut to seconds is late by less than one: of all rows the least late tells by how much.
    """
    told = (t_ns != NO_TIME) & np.isfinite(elapsed_s) & (np.abs(elapsed_s) < 1e6)
    if np.count_nonzero(told) < 2 or (t_ns[told] % _WHOLE_NS).any():
        return t_ns
    since = np.round(elapsed_s[told] * 1e9).astype(np.int64)
    apart = t_ns[told] - since
    near = np.abs(apart - int(np.median(apart))) <= 1_100_000_000
    if near.mean() < 0.9 or not (since % _WHOLE_NS).any():
        return t_ns
    fine = t_ns.copy()
    offset = int(apart[near].max())
    fine[np.flatnonzero(told)[near]] = since[near] + offset
    return fine


def _utc_ns(text: str) -> int:
    if text.isdigit() and 17 < len(text) < 20:
        number = int(text)
        return number if number < LATEST_NS else NO_TIME
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if value >= 1e8:
        return next((round(value * scale) for scale in _SCALES if value * scale < LATEST_NS), NO_TIME)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return NO_TIME
    return _since_1970(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))


def _since_1970(moment: dt.datetime) -> int:
    try:
        since = moment - _EPOCH
    except OverflowError:
        return NO_TIME
    nanoseconds = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return nanoseconds if 0 < nanoseconds < LATEST_NS else NO_TIME


def _local_ns(date: str, clock: str) -> int:
    slashed, told = _SLASHED.fullmatch(date.strip()), _CLOCK.fullmatch(clock.strip())
    if told is None:
        return NO_TIME
    try:
        if slashed:
            first, second, year = (int(part) for part in slashed.groups())
            month, day = (first, second) if first <= 12 else (second, first)
            midnight = dt.datetime(year, month, day, tzinfo=dt.UTC)
        else:
            midnight = dt.datetime.fromisoformat(date.strip()).replace(tzinfo=dt.UTC)
    except ValueError:
        return NO_TIME
    hours = int(told[1])
    if told[4]:
        hours = hours % 12 + (12 if told[4][0] in "Pp" else 0)
    if hours > 23 or int(told[2]) > 59 or float(told[3]) >= 61:
        return NO_TIME
    start = _since_1970(midnight)
    return (
        start if start == NO_TIME else start + (hours * 3600 + int(told[2]) * 60) * 10**9 + round(float(told[3]) * 1e9)
    )
