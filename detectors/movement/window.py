"""The pictures of a stretch of the stream, and the ways between them."""

from dataclasses import dataclass

import numpy as np

from detectors.movement.picture import Picture
from pipeline.records.arrays import Float

LEAST_REACH = 3
"""Pictures that the longest baseline spans at least, however slow the stream."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A picture, its index in the thread, and the way to it from the picture before (None at the start)."""

    picture: Picture
    index: int
    from_previous: Float | None


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Consecutive pictures; never changed, so that several may be looked at while the stream goes on."""

    links: tuple[Link, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is a picture."""
        return bool(self.links)

    def at(self, index: int) -> Link:
        """The link of a picture within."""
        return self.links[index - self.links[0].index]

    def within(self, index: int) -> bool:
        """Whether a picture is in it."""
        return bool(self.links) and self.links[0].index <= index <= self.links[-1].index

    def way(self, index: int, other: int) -> Float | None:
        """Homography from picture `other` to picture `index`; None where the thread is broken."""
        if not (self.within(index) and self.within(other)):
            return None
        homography = np.eye(3)
        for k in range(min(index, other) + 1, max(index, other) + 1):
            step = self.at(k).from_previous
            if step is None:
                return None
            homography = step @ homography
        return np.asarray(np.linalg.inv(homography) if other > index else homography, np.float64)

    def interval_s(self, index: int) -> float:
        """Between a picture and the nearer of its neighbours; infinite for a picture alone."""
        t_s = self.at(index).picture.t_s
        around = (k for k in (index - 1, index + 1) if self.within(k))
        return min((abs(self.at(k).picture.t_s - t_s) for k in around), default=np.inf)

    def offsets(self, index: int, baselines_s: tuple[float, ...]) -> list[int]:
        """Baselines in pictures: what the times come to at the local rate, the longest one at least `LEAST_REACH`.

        A long thing that moves less than its length between pictures differs at its edges only, until it has left
        its own place.
        """
        dt_s = self.interval_s(index)
        if not np.isfinite(dt_s):
            return []
        offsets: list[int] = []
        for baseline in sorted(baselines_s):
            offset = max(1, round(baseline / max(dt_s, 1e-3)))
            if offset not in offsets:
                offsets.append(offset)
        return offsets if offsets[-1] >= LEAST_REACH else [*(k for k in offsets if k < LEAST_REACH - 1), LEAST_REACH]
