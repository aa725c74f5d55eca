"""The camera's motion between two pictures, as the homography of the dominant plane."""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.movement.corners import Grey, Points, corners, follow
from detectors.movement.landmarks import Landmarks
from detectors.movement.picture import Picture
from detectors.movement.settings import MovementSettings
from pipeline.records.arrays import Float

MOST_CORNERS = 200
"""Corners that are followed from picture to picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """How one picture maps to the next.

    Attributes:
        homography: ``(3, 3)`` from the pixels of the earlier to those of the later picture.
        inliers: Corners that agree.
        inlier_share: Of the corners tracked.
    """

    homography: Float
    inliers: int
    inlier_share: float


def register(before: Picture, after: Picture, settings: MovementSettings) -> Step | None:
    """The motion from one picture to a later one; None when there is too little texture, overlap or agreement."""
    step = _by_corners(before.half, after.half, before.corners)
    if step is not None and _credible(step, before.size, settings):
        return _sharpen(step, before.grey, after.grey, before.corners)
    guess = _by_features(before.landmarks, after.landmarks)
    if guess is None:
        return None
    size = (before.half.shape[1], before.half.shape[0])
    near = np.asarray(cv2.warpPerspective(before.half, to_half(guess), size), np.uint8)
    refined = _by_corners(near, after.half, corners(near))
    if refined is None:
        return None
    whole = Step(refined.homography @ guess, refined.inliers, refined.inlier_share)
    return whole if _credible(whole, before.size, settings) else None


def to_half(homography: Float) -> Float:
    """The same between the halves of pictures."""
    halve = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
    return np.asarray(halve @ homography @ np.linalg.inv(halve), np.float64)


def _by_corners(before: Grey, after: Grey, points: Points) -> Step | None:
    """From halves, and points in full pixels."""
    points = points[:: 1 + len(points) // MOST_CORNERS]
    if len(points) < 12:
        return None
    moved, good = follow(before, after, np.asarray((points - 0.5) / 2, np.float32))
    return _agree(points[good], (moved[good] * 2 + 0.5).astype(np.float32), 1.0)


def _sharpen(step: Step, before: Grey, after: Grey, points: Points) -> Step:
    points = np.ascontiguousarray(points[:: 1 + len(points) // 400])
    guess = np.asarray(cv2.perspectiveTransform(points[:, None], step.homography)[:, 0], np.float32)
    moved, good = follow(before, after, points, guess)
    return _agree(points[good], moved[good], 1.0) or step


def _by_features(before: Landmarks, after: Landmarks) -> Float | None:
    """A first guess over large motion and turns, in full pixels: mutual nearest SIFT descriptors."""
    (points_before, words_before), (points_after, words_after) = before.found(), after.found()
    if words_before is None or words_after is None or len(points_before) < 12 or len(points_after) < 12:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2, crossCheck=True).match(words_before, words_after)
    if len(pairs) < 12:
        return None
    start = points_before[[m.queryIdx for m in pairs]] * 2 + 0.5
    end = points_after[[m.trainIdx for m in pairs]] * 2 + 0.5
    step = _agree(start, end, 3.0)
    return step.homography if step is not None and step.inliers >= 15 else None


def _agree(start: Points, end: Points, threshold_px: float) -> Step | None:
    if len(start) < 12:
        return None
    found: tuple[cv2.typing.MatLike | None, cv2.typing.MatLike] = cv2.findHomography(
        start, end, cv2.USAC_MAGSAC, threshold_px, maxIters=2000, confidence=0.999
    )
    homography, inlying = found
    if homography is None:
        return None
    return Step(np.asarray(homography, np.float64), int(inlying.sum()), float(inlying.mean()))


def _credible(step: Step, size: tuple[int, int], settings: MovementSettings) -> bool:
    if step.inliers < settings.min_inliers or step.inlier_share < settings.min_inlier_share:
        return False
    return overlap(step.homography, size) >= settings.min_overlap


def overlap(homography: Float, size: tuple[int, int]) -> float:
    """Share of a picture that another one covers, sampled; 0 when the mapping folds, flips or changes scale wildly."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, width - 1, 17), np.linspace(0, height - 1, 17))
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    mapped = homography @ points
    if np.any(mapped[2] * mapped[2, 0] <= 0):
        return 0.0
    u, v = mapped[:2] / mapped[2]
    u, v = u.reshape(17, 17), v.reshape(17, 17)
    area = np.gradient(u, axis=1) * np.gradient(v, axis=0) - np.gradient(u, axis=0) * np.gradient(v, axis=1)
    area = area / ((width - 1) * (height - 1) / 256)
    if area.min() < 0.2 or area.max() > 5.0:
        return 0.0
    return float(np.mean((u >= 0) & (u < width) & (v >= 0) & (v < height)))
