"""What a dense flow still finds between two pictures that a homography has brought together."""

import cv2
import numpy as np

from tests.bench.realism.samples import Pair


def measure(pair: Pair) -> tuple[float, float]:
    """Median and 90th percentile of the flow's length, in pixels, where both pictures reach.

    Source: DIS flow (Kroeger et al. 2016), OpenCV's preset ``MEDIUM``.
    """
    a, b = (cv2.cvtColor(i, cv2.COLOR_RGB2GRAY) for i in (pair.before, pair.after))
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(a, b, None)
    inside = cv2.erode(pair.seen.astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    length = np.linalg.norm(flow, axis=2)[inside]
    return float(np.median(length)), float(np.percentile(length, 90))
