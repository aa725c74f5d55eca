"""Clocks in subtitles: dates and times in several punctuations, read many at once."""

import re
from collections.abc import Sequence

import numpy as np

from pipeline.records.arrays import Int

NO_CLOCK = np.iinfo(np.int64).min
_DIGITS = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
_YEAR, _TWO = np.array([1000, 100, 10, 1], np.int64), np.array([10, 1], np.int64)
_PARTS = re.compile(r"\d+", re.ASCII)


def clocks_ns(words: Sequence[str]) -> tuple[Int, int]:
    """Nanoseconds since 1970 of clocks like ``2019-09-27 10:28:08,438,904`` as if they were UTC, and their step.

    Milliseconds may follow after a point or comma, microseconds after another. What is no date is `NO_CLOCK`.
    """
    times = np.full(len(words), NO_CLOCK, np.int64)
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    step = 10**9
    for length, fraction in ((19, 1), (23, 10**6), (27, 10**3)):
        rows = np.flatnonzero(lengths == length)
        if not len(rows):
            continue
        chosen = words if len(rows) == len(words) else [words[row] for row in rows.tolist()]
        codes = np.frombuffer("".join(chosen).encode("latin-1"), np.uint8).reshape(-1, length).astype(np.int64) - 48
        subseconds = np.setdiff1d(np.arange(19, length), [19, 23])
        digits = np.concatenate([_DIGITS, subseconds])
        plain = ((codes[:, digits] >= 0) & (codes[:, digits] <= 9)).all(1)
        part = np.zeros(len(rows), np.int64)
        for place in subseconds:
            part = part * 10 + codes[:, place]
        when = _moment(
            codes[:, :4] @ _YEAR,
            *(codes[:, at : at + 2] @ _TWO for at in (5, 8, 11, 14, 17)),
        )
        good = plain & (when != NO_CLOCK)
        times[rows[good]] = when[good] + part[good] * (fraction if length > 19 else 0)
        if length > 19 and good.any():
            step = min(step, fraction)
        lengths[rows[~plain]] = 0
    for row in np.flatnonzero((lengths != 19) & (lengths != 23) & (lengths != 27)).tolist():
        numbers = [int(part) for part in _PARTS.findall(words[row])]
        if len(numbers) >= 6:
            whole_ns = int(_moment(*(np.array([number]) for number in numbers[:6]))[0])
            part_ns = sum(number * 10**power for number, power in zip(numbers[6:8], (6, 3), strict=False))
            times[row] = whole_ns if whole_ns == NO_CLOCK else whole_ns + part_ns
            step = min(step, 10**9 if len(numbers) == 6 else 10**6)
    return times, step


def _moment(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int:
    """Nanoseconds since 1970; `NO_CLOCK` where there is no such date or time."""
    good = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (hour < 24) & (minute < 60) & (second <= 60)
    months = ((year - 1970) * 12 + np.where(good, month, 1) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(good, day, 1) - 1)
    good &= days.astype("datetime64[M]") == months
    seconds = days.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second
    return np.where(good, seconds * 10**9, NO_CLOCK)
