"""UTC of an autopilot's log: its clock counts from when it was switched on, its receiver tells UTC now and then."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float, Int

FIRST_UTC_US = 1_262_304_000_000_000
"""2010: an earlier UTC is that of a receiver without signal, or of one whose week counter rolled over."""
LAST_UTC_US = 4_102_444_800_000_000
"""2100."""

STEP_US = 250_000
"""Readings of UTC further apart than this do not tell the same offset: a receiver's is late by 0.05 to 0.2 s."""
MAX_DRIFT = 2e-4
"""A quartz drifts by some 1e-5; more is noise."""
DRIFT_OVER_US = 60_000_000
"""Shorter logs tell no drift."""


@dataclass(frozen=True, slots=True)
class BootClock:
    """``UTC = boot + offset + drift × (boot - middle)``, microseconds.

    Attributes:
        offset_us, middle_us: Integers, so that nothing is lost to rounding.
        drift: Relative rate.
        sigma_s: Scatter of the readings that it was made of, at least 1 ms.
        contradicted: Readings that tell another offset.
    """

    offset_us: int
    middle_us: int
    drift: float
    sigma_s: float
    contradicted: int

    @classmethod
    def of(cls, boot_us: Int, utc_us: Int) -> "BootClock | None":
        """The offset that most readings share; None where none is a time.

        A receiver's first readings may lack leap seconds, and a disturbed one may lie for a while: the autopilot's
        own clock does not jump, so that the others are told from it.

        Args:
            boot_us: ``(N,)`` by the autopilot's clock.
            utc_us: ``(N,)`` as the receiver told it then; 0 for nothing.
        """
        told = (utc_us > FIRST_UTC_US) & (utc_us < LAST_UTC_US)
        if not told.any():
            return None
        boot, apart = boot_us[told], utc_us[told] - boot_us[told]
        base = _most_shared(apart)
        near = np.abs(apart - base) <= STEP_US
        base, middle = int(np.median(apart[near])), int(np.median(boot[near]))
        along: Float = (boot[near] - middle).astype(np.float64)
        off: Float = (apart[near] - base).astype(np.float64)
        drift = 0.0
        if len(along) > 20 and np.ptp(along) > DRIFT_OVER_US:
            slope = float(np.polyfit(along / 1e6, off, 1)[0]) / 1e6
            drift = slope if abs(slope) <= MAX_DRIFT else 0.0
        left = off - drift * along
        base += round(float(np.median(left)))
        scatter = 1.4826 * float(np.median(np.abs(left - np.median(left)))) / 1e6
        return cls(base, middle, drift, max(scatter, 1e-3), int(np.count_nonzero(~near)))

    def utc_ns(self, boot_us: Int) -> Int:
        """UTC of times by the autopilot's clock, nanoseconds."""
        bent = np.round((boot_us - self.middle_us) * (self.drift * 1e3)).astype(np.int64)
        return (boot_us.astype(np.int64) + self.offset_us) * 1000 + bent


def _most_shared(apart_us: Int) -> int:
    """Middle of the densest stretch of `STEP_US`."""
    ordered = np.sort(apart_us)
    held = np.searchsorted(ordered, ordered + STEP_US, side="right") - np.arange(len(ordered))
    first = int(np.argmax(held))
    return int(ordered[first + (int(held[first]) - 1) // 2])


def restarts(boot_us: Int) -> Int:
    """First rows of each stretch between restarts of the autopilot: its clock goes back by more than 5 s."""
    back = np.flatnonzero(np.diff(boot_us) < -5_000_000) + 1
    return np.concatenate([[0], back]).astype(np.int64)
