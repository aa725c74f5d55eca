"""Frames as the detector looks at them: grey, 8 bit, reduced."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey, Points, corners
from detectors.movement.foresight import Ground
from detectors.movement.landmarks import Landmarks
from pipeline.records.arrays import Image
from pipeline.records.terrain_view import TerrainView

BLACK = 20
"""Grey level under which a whole row or column at the edge is no picture."""

LIT_SHARE = 0.05
"""Share of a row or column that must be brighter for it to be of the picture."""

LIT = 60.0
"""Median grey level under which a stream is dark; its median is brought here."""

MIDDLE_STAYS = 1.5
"""By how much the median may change before the curve does."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One analysed frame.

    Attributes:
        ordinal: Of the frame in the stream, from 0.
        t_s: Seconds since the first frame.
        grey: ``(h, w)`` slightly blurred, so that noise and interlacing of pixels don't count as movement.
        half: ``(h / 2, w / 2)`` for flow and corners.
        corners: ``(N, 2)`` points that can be followed, in pixels.
        frame: ``(4,)`` left, top, right, bottom of the scene within black bars, in pixels of `half`.
        landmarks: Of `half`, sought when they are needed.
        ground: That it shows, where its pose and the terrain are known.
    """

    ordinal: int
    t_s: float
    grey: Grey
    half: Grey
    corners: Points
    frame: tuple[int, int, int, int]
    landmarks: Landmarks
    ground: Ground | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.grey.shape[1], self.grey.shape[0]


class Darkroom:
    """Makes pictures of the frames of one stream.

    Thermal counts are stretched by one range that follows the stream slowly: a range of each frame's own would
    flicker with every hot spot that enters.
    """

    def __init__(self, long_side_px: int) -> None:
        self._long_side_px = long_side_px
        self._range: tuple[float, float] | None = None
        self._middle: float | None = None
        self._curve: Grey = np.arange(256, dtype=np.uint8)

    def scale_of(self, image: Image) -> float:
        """Analysed pixels per pixel of the frame, at most 1."""
        return min(1.0, self._long_side_px / float(max(image.shape[:2])))

    def develop(self, ordinal: int, t_s: float, image: Image, view: TerrainView | None = None) -> Picture:
        """A picture of a frame: ``(H, W, 3)`` RGB, or ``(H, W)`` of 8 or 16 bits; `view` is of the whole frame."""
        flat = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = self.scale_of(image)
        if scale < 1.0:
            size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
            flat = cv2.resize(flat, size, interpolation=cv2.INTER_AREA)
        if flat.dtype == np.uint16:
            grey = self._stretch(np.asarray(flat, np.uint16))
        else:
            grey = self._lighten(np.asarray(flat, np.uint8))
        half = np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        blurred = cv2.GaussianBlur(grey, (0, 0), 0.8)
        found = corners(half), _within_bars(half), Landmarks(half)
        ground = None if view is None else Ground.under(view, (grey.shape[1], grey.shape[0]), scale)
        return Picture(ordinal, t_s, np.asarray(blurred, np.uint8), half, *found, ground)

    def _lighten(self, flat: Grey) -> Grey:
        """A dark stream's shadows opened: what is small in grey levels at night is as large against noise as by day.

        The curve stays while the scene stays as dark, so that pictures can be compared.
        """
        middle = float(np.quantile(flat[::8, ::8], 0.5))
        if self._middle is None or not MIDDLE_STAYS > middle / max(self._middle, 1.0) > 1 / MIDDLE_STAYS:
            self._middle = middle
            power = np.log(LIT / 255) / np.log(np.clip(middle, 4.0, LIT) / 255)
            self._curve = np.asarray(np.rint(255 * (np.arange(256) / 255) ** power), np.uint8)
        return flat if self._middle >= LIT else np.asarray(cv2.LUT(flat, self._curve), np.uint8)

    def _stretch(self, counts: NDArray[np.uint16]) -> Grey:
        low, high = (float(v) for v in np.percentile(counts[::4, ::4], (0.5, 99.5)))
        if self._range is not None:
            low, high = (0.95 * old + 0.05 * new for old, new in zip(self._range, (low, high), strict=True))
        self._range = (low, high)
        margin = 0.1 * max(high - low, 64.0)  # counts; hot movers outside the usual range still show
        span = max(high - low, 64.0) + 2 * margin
        levels = (counts.astype(np.float32) - np.float32(low - margin)) * np.float32(255 / span)
        return np.asarray(np.clip(levels, 0, 255), np.uint8)


def _within_bars(half: Grey) -> tuple[int, int, int, int]:
    """The scene without the black bars of a letterboxed or digitised picture, which stand still as the scene moves."""
    edges = []
    bright = (half > BLACK).astype(np.uint8)
    for axis in range(2):
        lit = np.flatnonzero(
            cv2.reduce(bright, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() > LIT_SHARE * half.shape[axis]
        )
        edges.append((int(lit[0]), int(lit[-1]) + 1) if len(lit) else (0, half.shape[1 - axis]))
    (left, right), (top, bottom) = edges
    return (
        left + 2 * (left > 0),
        top + 2 * (top > 0),
        right - 2 * (right < half.shape[1]),
        bottom - 2 * (bottom < half.shape[0]),
    )
