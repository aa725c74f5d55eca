"""Where a stream breaks off in time: what was known before says nothing about what comes after."""

import numpy as np

REMEMBERED = 9
"""Intervals from which the stream's own one is taken."""


class Cadence:
    """Watches the times of a stream's frames."""

    def __init__(self, gap_s: float, gap_intervals: float) -> None:
        self._gap_s = gap_s
        self._gap_intervals = gap_intervals
        self._last_s: float | None = None
        self._intervals_s: list[float] = []

    def afresh(self, t_s: float) -> int:
        """Take in a frame. How many of the newest frames begin a new thread: 0 none, 1 this one, 2 the one before too.

        With one interval known nothing tells whether it was a gap: the next one does.
        """
        if self._last_s is None:
            self._last_s = t_s
            return 0
        interval_s, self._last_s = t_s - self._last_s, t_s
        known = self._intervals_s
        if known and self._is_gap(interval_s, float(np.median(known))):
            self._intervals_s = []
            return 1
        late = len(known) == 1 and self._is_gap(known[0], interval_s)
        self._intervals_s = [interval_s] if late else [*known, interval_s][-REMEMBERED:]
        return 2 if late else 0

    def _is_gap(self, interval_s: float, usual_s: float) -> bool:
        return interval_s > max(self._gap_s, self._gap_intervals * usual_s)
