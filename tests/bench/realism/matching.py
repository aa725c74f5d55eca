"""Feature matches between overlapping pictures, how many of them geometry confirms, and what parallax they leave."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.bench.realism.samples import Image, Pair

RATIO = 0.8  # of the best to the second distance: Lowe (2004), section 7.1
EPIPOLAR_PX = 1.5
HOMOGRAPHY_PX = 3.0
FEWEST = 16


@dataclass(frozen=True, slots=True)
class Matching:
    """Of one pair.

    Attributes:
        features_per_mpx: SIFT features of the first picture.
        matches_per_mpx: Matches that pass the ratio test.
        inlier_ratio: Share of them that agrees with one epipolar geometry within 1.5 px.
        parallax_median_px, parallax_p90_px: How far the confirmed matches lie from one homography fitted to them.
    """

    features_per_mpx: float
    matches_per_mpx: float
    inlier_ratio: float
    parallax_median_px: float
    parallax_p90_px: float


def measure(pair: Pair) -> Matching:
    """Match one pair; NaN where too little matches to say."""
    mpx = float(pair.seen.sum()) / 1e6
    found, a, b = _matches(pair.before, pair.after, pair.seen.astype(np.uint8))
    few = Matching(found / mpx, len(a) / mpx, np.nan, np.nan, np.nan)
    if len(a) < FEWEST:
        return few
    cv2.setRNGSeed(1)
    _, agrees = cv2.findFundamentalMat(a, b, cv2.USAC_MAGSAC, EPIPOLAR_PX, 0.999, 5000)
    if agrees is None or agrees.sum() < FEWEST:
        return few
    inlier = agrees.ravel() > 0
    homography, _ = cv2.findHomography(a[inlier], b[inlier], cv2.USAC_MAGSAC, HOMOGRAPHY_PX)
    if homography is None:
        return few
    landed = cv2.perspectiveTransform(a[inlier][:, None], homography)[:, 0]
    rest = np.linalg.norm(landed - b[inlier], axis=1)
    return Matching(
        few.features_per_mpx,
        few.matches_per_mpx,
        float(inlier.mean()),
        float(np.median(rest)),
        float(np.percentile(rest, 90)),
    )


def _matches(before: Image, after: Image, seen: Image) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
    """How many features the first picture has, and ``(N, 2)`` places of the matches in both."""
    sift = cv2.SIFT_create(contrastThreshold=0.04, edgeThreshold=10)
    here, there = (sift.detectAndCompute(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), seen) for i in (before, after))
    nothing = np.zeros((0, 2), np.float32)
    if here[1] is None or there[1] is None or len(there[0]) < 2:
        return len(here[0]), nothing, nothing
    near = cv2.BFMatcher(cv2.NORM_L2).knnMatch(here[1], there[1], k=2)
    good = [m for m, n in near if m.distance < RATIO * n.distance]
    a = np.array([here[0][m.queryIdx].pt for m in good], np.float32).reshape(-1, 2)
    b = np.array([there[0][m.trainIdx].pt for m in good], np.float32).reshape(-1, 2)
    return len(here[0]), a, b


def bring_onto(before: Image, after: Image) -> tuple[NDArray[np.float64] | None, int]:
    """Homography from the second picture's pixels to the first one's, and how many matches agree with it."""
    everywhere = [np.full(i.shape[:2], 255, np.uint8) for i in (before, after)]
    sift = cv2.SIFT_create(8000)
    here, there = (
        sift.detectAndCompute(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), m)
        for i, m in zip((before, after), everywhere, strict=True)
    )
    near = cv2.BFMatcher(cv2.NORM_L2).knnMatch(here[1], there[1], k=2)
    good = [m for m, n in near if m.distance < RATIO * n.distance]
    if len(good) < FEWEST:
        return None, len(good)
    cv2.setRNGSeed(1)
    a = np.array([here[0][m.queryIdx].pt for m in good], np.float32)
    b = np.array([there[0][m.trainIdx].pt for m in good], np.float32)
    homography, agrees = cv2.findHomography(b, a, cv2.USAC_MAGSAC, HOMOGRAPHY_PX)
    return homography, int(agrees.sum()) if agrees is not None else 0
