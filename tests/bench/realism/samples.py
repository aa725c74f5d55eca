"""What is measured: pairs of pictures of the same unchanged ground, and sequences with movers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two pictures of unchanged ground from two places of one flight, the second one brought onto the first.

    Attributes:
        name: Of the pair.
        group: The flight, by kind of ground; real and simulated ones of a group are set against each other.
        before, after: ``(H, W, 3)`` uint8 RGB.
        seen: ``(H, W)`` where the second picture reaches.
    """

    name: str
    group: str
    before: Image
    after: Image
    seen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A film with its movers.

    Attributes:
        group: Kind of flight.
        images: RGB frames.
        rate_hz: Frames a second.
        truth: ``(N, 6)`` frame (from 0), mover, left, top, width, height.
        single: Only one of many movers is labelled: recall counts, false tracks mean nothing.
    """

    group: str
    images: tuple[Image, ...]
    rate_hz: float
    truth: NDArray[np.float64]
    single: bool
