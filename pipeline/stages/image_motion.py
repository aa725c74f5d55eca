"""How the picture moved between two frames of one camera."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.protocols import FrameSource
from pipeline.records.arrays import Float
from pipeline.records.sortie import FrameRef
from pipeline.stages.features import Features, find_features
from pipeline.stages.matching import match_features
from pipeline.stages.side_by_side import read_ahead, side_by_side

_SIDE_PX = 480
_FEATURES = 500
_MAX_RATIO = 0.8
_MIN_INLIERS = 20
_THRESHOLD_PX = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class ImageMotion:
    """Where points of one frame lie in another.

    Attributes:
        before_px, after_px: ``(N, 2)`` full-resolution pixels of the same ground.
        pixel_px: Full-resolution pixels per pixel of the reduced pictures that were matched.
    """

    before_px: Float
    after_px: Float
    pixel_px: float


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A frame with its features; None of a frame that cannot be read."""

    ref: FrameRef
    features: Features | None
    pixel_px: float


class MotionMeter:
    """Measures motion between frames; those of neighbouring pairs that share a frame look at it once."""

    def __init__(self, frames: FrameSource) -> None:
        self._frames = frames

    def __call__(self, pairs: Sequence[tuple[FrameRef, FrameRef]]) -> Iterator[ImageMotion | None]:
        """Of each pair the motion by matches that one homography explains.

        None where too few do or a frame cannot be read.
        """
        wanted = (next(same) for _, same in groupby(chain.from_iterable(pairs), key=lambda ref: ref.frame_id))
        seen = side_by_side(self._look, read_ahead(self._read, wanted))
        last: _Seen | None = None
        for before, _ in pairs:
            left = last if last is not None and last.ref.frame_id == before.frame_id else next(seen)
            last = next(seen)
            yield _motion(left, last)

    def _read(self, ref: FrameRef) -> tuple[FrameRef, NDArray[np.uint8] | None, float]:
        try:
            return ref, *self._frames.read_grey(ref, _SIDE_PX)
        except InputError:
            return ref, None, 1.0

    def _look(self, read: tuple[FrameRef, NDArray[np.uint8] | None, float]) -> _Seen:
        ref, grey, scale = read
        return _Seen(ref, None if grey is None else find_features(grey, _FEATURES), 1 / scale)


def _motion(before: _Seen, after: _Seen) -> ImageMotion | None:
    left, right = before.features, after.features
    if left is None or right is None:
        return None
    matches = match_features(left, right, _MAX_RATIO)
    if len(matches) < _MIN_INLIERS:
        return None
    a, b = left.pixels[matches.left], right.pixels[matches.right]
    _, mask = cv2.findHomography(a, b, cv2.USAC_MAGSAC, _THRESHOLD_PX, maxIters=2000, confidence=0.999)
    if mask is None or int(mask.sum()) < _MIN_INLIERS:
        return None
    inliers = mask.ravel().astype(bool)
    left_px, right_px = before.pixel_px, after.pixel_px
    return ImageMotion((a[inliers] + 0.5) * left_px - 0.5, (b[inliers] + 0.5) * right_px - 0.5, left_px)
