"""When things are done: at night by those who hide it, by day by those who do not."""

from dataclasses import dataclass

HOUR_NS = 3_600 * 10**9
DAY_NS = 24 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of work, by local time; work advances at full hours, so that pictures minutes apart agree.

    Attributes:
        from_h: Beginning, such as 20.
        hours: How many.
        utc_offset_h: Local time ahead of UTC.
    """

    from_h: int
    hours: int
    utc_offset_h: float

    def first_ns(self, begins_utc_ns: int) -> int:
        """Start of the first shift whose work counts: the one that runs when the event begins, or the next."""
        start = self._start(begins_utc_ns)
        return start if begins_utc_ns < start + self.hours * HOUR_NS else start + DAY_NS

    def worked(self, begins_utc_ns: int, t_utc_ns: int) -> float:
        """Shifts' worth of work done since an event began; grows hour by hour while a shift runs.

        A shift that is running when the event begins counts from then on with the hours that are left.
        """
        if t_utc_ns < begins_utc_ns:
            return 0.0
        first = self.first_ns(begins_utc_ns)
        days, within = divmod(t_utc_ns - first, DAY_NS)
        if days < 0:
            return 0.0
        done = min(within // HOUR_NS, self.hours) / self.hours
        missed = max(0.0, (begins_utc_ns - first) / HOUR_NS) / self.hours
        return max(0.0, days + done - missed)

    def ended_ns(self, begins_utc_ns: int, shift: int) -> int:
        """When a shift's work, counted from 0, is done."""
        return self.first_ns(begins_utc_ns) + shift * DAY_NS + self.hours * HOUR_NS

    def _start(self, t_utc_ns: int) -> int:
        """Start of the shift that runs at a time, or ran last."""
        local = t_utc_ns + round(self.utc_offset_h * HOUR_NS)
        return local - (local - self.from_h * HOUR_NS) % DAY_NS - round(self.utc_offset_h * HOUR_NS)


def night_shift(utc_offset_h: float) -> Shift:
    """20:00 to 04:00 local."""
    return Shift(20, 8, utc_offset_h)


def day_shift(utc_offset_h: float) -> Shift:
    """07:00 to 17:00 local."""
    return Shift(7, 10, utc_offset_h)


def age_days(since_utc_ns: int, t_utc_ns: int) -> float:
    """In quarters of a day, so that pictures of one flight agree."""
    return max(0, (t_utc_ns - since_utc_ns) // (DAY_NS // 4)) / 4
