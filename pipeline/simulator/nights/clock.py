"""Local times of nights. A night runs from local noon to local noon and is named by the date on which it begins."""

import datetime as dt

SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS
_EPOCH = dt.datetime(1970, 1, 1)


def noon_utc_ns(date: dt.date, utc_offset_h: int) -> int:
    """The local noon at which a night begins."""
    noon = dt.datetime.combine(date, dt.time(12))
    return round((noon - _EPOCH).total_seconds()) * SECOND_NS - utc_offset_h * HOUR_NS


def at_local_time(date: dt.date, clock: dt.time, utc_offset_h: int) -> int:
    """UTC nanoseconds of a local time in a night; times before noon are the next morning's."""
    since_midnight = (clock.hour * 3600 + clock.minute * 60 + clock.second) * SECOND_NS + clock.microsecond * 1000
    since_noon = since_midnight - 12 * HOUR_NS
    return noon_utc_ns(date, utc_offset_h) + (since_noon if since_noon >= 0 else since_noon + DAY_NS)


def night_of(t_utc_ns: int, utc_offset_h: int) -> dt.date:
    """The night that holds a time."""
    local = _EPOCH + dt.timedelta(microseconds=(t_utc_ns + utc_offset_h * HOUR_NS) // 1000) - dt.timedelta(hours=12)
    return local.date()


def utc_ns(time: dt.datetime) -> int:
    """UTC nanoseconds of a time that states its zone."""
    since = time.astimezone(dt.UTC).replace(tzinfo=None) - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1000
