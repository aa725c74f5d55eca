"""Take out what relief and registration leave: a smooth displacement from one picture to the other."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.picture import F32, Pair, tone

SMOOTH_M = 0.6
"""Standard deviation of the smoothing of the flow: relief bends smoothly, an object that came does not bend at all."""


def aligned(pair: Pair, reach_px: float) -> Pair:
    """The pair with the later picture brought onto the earlier one by at most ``reach_px``."""
    flow = _flow(pair, reach_px)
    rows, columns = np.indices(pair.valid.shape, dtype=np.float32)
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    after = cv2.remap(pair.after, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Pair(pair.before, np.asarray(after, np.float32), pair.valid, pair.factor, pair.gsd_m)


def _flow(pair: Pair, reach_px: float) -> F32:
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    method.setFinestScale(1)
    sigma_px = 1.2 / pair.gsd_m
    empty = np.zeros((*pair.valid.shape, 2), np.float32)
    raw = method.calc(_equalised(tone(pair.before), sigma_px), _equalised(tone(pair.after), sigma_px), empty)
    steady = [cv2.medianBlur(np.ascontiguousarray(raw[..., axis]), 5) for axis in (0, 1)]
    small = cv2.resize(np.dstack(steady), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    spread = max(SMOOTH_M / pair.gsd_m / 4, 0.8)
    small = cv2.GaussianBlur(small, (0, 0), spread)
    length = np.linalg.norm(small, axis=2, keepdims=True)
    small *= np.minimum(1, reach_px / np.maximum(length, 1e-3))
    size = (raw.shape[1], raw.shape[0])
    return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _equalised(light: F32, sigma_px: float) -> NDArray[np.uint8]:
    """Contrast brought to one measure everywhere, so that exposure does not steer the flow."""
    side = 2 * round(sigma_px) + 1
    mean = cv2.blur(light, (side, side))
    detail = light - mean
    power = cv2.blur(detail * detail, (side, side))
    return np.clip(128 + 40 * detail / (np.sqrt(np.maximum(power, 0)) + 0.04), 0, 255).astype(np.uint8)
