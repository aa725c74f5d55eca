"""Times of an agreement: moments that name their offset, and local dates that don't.

A text that says "by 20 November" names neither hour nor clock. The day is over at its end, and two clocks may be meant:
between the end by the earliest and the end by the latest of them nobody can say, and software abstains.
"""

import datetime as dt
from collections.abc import Sequence

from pipeline.errors import ConfigError
from pipeline.records.agreement import Interval

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def moment(when: dt.datetime) -> int:
    """UTC nanoseconds of a time.

    Raises:
        ConfigError: The time names no offset.
    """
    if when.tzinfo is None:
        raise ConfigError(f"the time {when.isoformat()} names no offset from UTC; write {when.isoformat()}Z or +04:00")
    return ((when - _EPOCH) // _MICROSECOND) * 1000


def start_of(when: dt.datetime | dt.date | None, offsets_h: Sequence[float]) -> int | None:
    """A start: of a date, the earliest moment at which it may have begun."""
    if when is None:
        return None
    return moment(when) if isinstance(when, dt.datetime) else _midnight(when, max(offsets_h))


def end_of(when: dt.datetime | dt.date | None, offsets_h: Sequence[float]) -> int | None:
    """An end: of a date, the latest moment at which it may have been over."""
    if when is None:
        return None
    return moment(when) if isinstance(when, dt.datetime) else _midnight(_next(when), min(offsets_h))


def passed(when: dt.datetime | dt.date | None, offsets_h: Sequence[float]) -> tuple[int | None, Interval | None]:
    """When a deadline has passed for certain, and the hours before in which it may have.

    A date is over at its end by the latest clock.
    """
    if when is None or isinstance(when, dt.datetime):
        return (None if when is None else moment(when)), None
    surely, maybe = _midnight(_next(when), min(offsets_h)), _midnight(_next(when), max(offsets_h))
    return surely, Interval(maybe, surely) if maybe < surely else None


def _next(date: dt.date) -> dt.date:
    return date + dt.timedelta(days=1)


def _midnight(date: dt.date, offset_h: float) -> int:
    zone = dt.timezone(dt.timedelta(hours=offset_h))
    return moment(dt.datetime(date.year, date.month, date.day, tzinfo=zone))
