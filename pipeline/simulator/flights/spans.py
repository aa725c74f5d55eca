"""Parts of a flight's time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Bool, Float


@dataclass(frozen=True, slots=True)
class Span:
    """From a time to another.

    Attributes:
        begin, end: In `unit`, since the first frame.
        unit: ``s`` seconds, or ``share`` of the flight's duration.
    """

    begin: float = 0.0
    end: float = 1.0
    unit: Literal["s", "share"] = "share"

    def __post_init__(self) -> None:
        if not self.begin < self.end:
            raise ConfigError(f"fault from {self.begin} to {self.end}: it must end after it begins")
        if self.unit == "share" and self.end > 1.0:
            raise ConfigError(
                f"fault from {self.begin} to {self.end}: a share of the flight ends at 1; use unit = 's'?"
            )

    def seconds(self, duration_s: float) -> tuple[float, float]:
        """Begin and end in seconds; one that ends with the flight goes on for what comes after its last frame."""
        if self.unit == "s":
            return self.begin, self.end
        begin = self.begin * duration_s if self.begin > 0 else -np.inf
        return begin, self.end * duration_s if self.end < 1 else np.inf

    def holds(self, t_s: Float, duration_s: float) -> Bool:
        """``(N,)`` whether times lie within."""
        begin, end = self.seconds(duration_s)
        return np.asarray((t_s >= begin) & (t_s < end), np.bool_)


def any_holds(spans: Iterable[Span], t_s: Float, duration_s: float) -> Bool:
    """``(N,)`` whether times lie within one of several."""
    out = np.zeros(len(t_s), np.bool_)
    for span in spans:
        out |= span.holds(t_s, duration_s)
    return out


def gaps(seed: int, share: float, mean_s: float, duration_s: float) -> tuple[tuple[float, float], ...]:
    """Random gaps of a mean length that make up a share of a flight.

    Source: an alternating renewal process with exponential lengths.
    """
    if share <= 0:
        return ()
    random = np.random.default_rng([seed, 31])
    between = mean_s * (1 - share) / share
    out, now = [], -20.0 + float(random.exponential(between))
    while now < duration_s + 20.0:
        length = float(random.exponential(mean_s))
        out.append((now, now + length))
        now += length + float(random.exponential(between))
    return tuple(out)
