"""Bring a bare pair together when it is not: by one homography between features."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.records.arrays import Bool

LONG_SIDE_PX = 1024
"""Pictures are reduced to this for matching."""

CLOSE_ENOUGH_PX = 6.0
"""Median misalignment that the detector takes out by itself."""

FEWEST = 15
"""Matches that must agree on one homography; random ones seldom reach 8."""

LIKE = 0.35
"""Correlation of reduced pictures at which a pair without enough features still counts as registered."""

LEAST_SHARED = 0.2
"""Share of the picture that both must show after registration."""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """The later picture on the earlier one.

    Attributes:
        after: ``(H, W, 3)``.
        valid: ``(H, W)`` where the later picture shows anything.
        moved_px: Median displacement that was taken out; 0 when the pair was left as it is.
    """

    after: NDArray[np.uint8]
    valid: Bool
    moved_px: float


def together(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Together:
    """Register two RGB pictures of one size, if they are not.

    Raises:
        InputError: They do not show the same ground, or too little of it.
    """
    shape = before.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(shape))
    grey = [_reduced(image, scale) for image in (before, after)]
    found = _homography(*grey)
    if found is None:
        if _likeness(*grey) < LIKE:
            raise InputError(
                "the two pictures do not match: other ground, or light and season too different to register; "
                "register them to one another first"
            )
        return Together(after, np.ones(shape, np.bool_), 0.0)
    H, moved = found
    stretch = np.diag([scale, scale, 1.0])
    H = np.linalg.inv(stretch) @ H @ stretch
    if moved / scale <= CLOSE_ENOUGH_PX:
        return Together(after, np.ones(shape, np.bool_), 0.0)
    size = (shape[1], shape[0])
    warped = cv2.warpPerspective(after, H, size, flags=cv2.INTER_LINEAR)
    valid = cv2.warpPerspective(np.full(shape, 255, np.uint8), H, size, flags=cv2.INTER_LINEAR) == 255
    if valid.mean() < LEAST_SHARED:
        raise InputError(
            f"the two pictures share only {valid.mean():.0%} of their ground; at least {LEAST_SHARED:.0%} is needed"
        )
    return Together(np.asarray(warped, np.uint8), np.asarray(valid, np.bool_), moved / scale)


def _reduced(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _homography(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[NDArray[np.float64], float] | None:
    """Later to earlier, and the median displacement; None without enough agreement."""
    sift = cv2.SIFT.create(nfeatures=3000)
    points_b, words_b = sift.detectAndCompute(before, None)
    points_a, words_a = sift.detectAndCompute(after, None)
    if words_b is None or words_a is None or min(len(points_b), len(points_a)) < FEWEST:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(words_a, words_b, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.75 * pair[1].distance]
    if len(good) < FEWEST:
        return None
    source = np.array([points_a[match.queryIdx].pt for match in good])
    target = np.array([points_b[match.trainIdx].pt for match in good])
    H, agreed = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 3.0, maxIters=5000, confidence=0.999)
    if H is None or int(agreed.sum()) < FEWEST:
        return None
    inside = agreed.ravel() > 0
    return np.asarray(H, np.float64), float(np.median(np.linalg.norm(source - target, axis=1)[inside]))


def _likeness(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    small = [cv2.GaussianBlur(image, (0, 0), 2.0).astype(np.float64) for image in (before, after)]
    x, y = (image - cv2.GaussianBlur(image, (0, 0), 40.0) for image in small)
    power = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / power if power > 0 else 1.0
