"""A frame on a picture of the same ground, before and after registration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """What a person needs to judge one frame's registration.

    Attributes:
        frame_id: The frame.
        why: Why this one is shown.
        against: What it lies on: ``reference``, ``archive``, or the id of another frame.
        words: How matching went, a line each.
        ground: ``(H, W)`` grey of that; row 0 in the north.
        seen: ``(H, W)`` where there is any.
        before_ground, before_ground_seen: The same by telemetry, where it is another frame; else the same.
        before, after: ``(H, W)`` the frame laid on the same ground by telemetry, and as registered.
        before_seen, after_seen: ``(H, W)`` where it has pixels.
        gsd_m: Metres per pixel.
        spots_px: ``(N, 2)`` column and row at which `after` was correlated with `ground`.
        shifts_m: ``(N, 2)`` by which it must move there, east and north, to lie on it.
    """

    frame_id: str
    why: str
    against: str
    words: tuple[str, ...]
    ground: Grey
    seen: Bool
    before_ground: Grey
    before_ground_seen: Bool
    before: Grey
    before_seen: Bool
    after: Grey
    after_seen: Bool
    gsd_m: float
    spots_px: Float
    shifts_m: Float
