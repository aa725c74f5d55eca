"""How the picture moved between two frames of one camera."""

from dataclasses import dataclass

import cv2

from pipeline.errors import InputError
from pipeline.protocols import FrameSource
from pipeline.records.arrays import Float
from pipeline.records.sortie import FrameRef
from pipeline.stages.features import Features, find_features
from pipeline.stages.matching import match_features

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


class MotionMeter:
    """Measures motion between frames; keeps the features of the last frame, which is often asked for again."""

    def __init__(self, frames: FrameSource) -> None:
        self._frames = frames
        self._last: tuple[str, Features, float] | None = None

    def __call__(self, before: FrameRef, after: FrameRef) -> ImageMotion | None:
        """The motion by matches that one homography explains; None where too few do or a frame cannot be read."""
        try:
            left, left_px = self._features(before)
            right, right_px = self._features(after)
        except InputError:
            return None
        matches = match_features(left, right, _MAX_RATIO)
        if len(matches) < _MIN_INLIERS:
            return None
        a, b = left.pixels[matches.left], right.pixels[matches.right]
        _, mask = cv2.findHomography(a, b, cv2.USAC_MAGSAC, _THRESHOLD_PX, maxIters=2000, confidence=0.999)
        if mask is None or int(mask.sum()) < _MIN_INLIERS:
            return None
        inliers = mask.ravel().astype(bool)
        return ImageMotion((a[inliers] + 0.5) * left_px - 0.5, (b[inliers] + 0.5) * right_px - 0.5, left_px)

    def _features(self, ref: FrameRef) -> tuple[Features, float]:
        if self._last is None or self._last[0] != ref.frame_id:
            grey, scale = self._frames.read_grey(ref, _SIDE_PX)
            self._last = (ref.frame_id, find_features(grey, _FEATURES), 1 / scale)
        return self._last[1], self._last[2]
