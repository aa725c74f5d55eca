"""What the lens does to the light: blur, coloured fringes, dark corners."""

import cv2
import numpy as np

from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.settings import SensorSettings


def through_lens(light: Float32, settings: SensorSettings) -> Float32:
    """``(H, W, 3)`` light as it falls on the sensor."""
    out = light
    if settings.colour_fringe_px > 0:
        out = _fringed(out, settings.colour_fringe_px)
    if settings.blur_px > 0:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), settings.blur_px), np.float32)
    if settings.vignetting > 0:
        out = out * falloff(out.shape[:2], settings.vignetting)[..., None]
    return out


def _fringed(light: Float32, corner_px: float) -> Float32:
    """Red a little larger, blue a little smaller than green."""
    height, width = light.shape[:2]
    share = corner_px / float(np.hypot(width / 2, height / 2))
    out = light.copy()
    for channel, sign in ((0, 1.0), (2, -1.0)):
        scale = 1.0 + sign * share
        cx, cy = (width - 1) / 2, (height - 1) / 2
        move = np.array([[scale, 0, cx * (1 - scale)], [0, scale, cy * (1 - scale)]], np.float64)
        plane = np.ascontiguousarray(light[..., channel])
        out[..., channel] = cv2.warpAffine(plane, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return out


def falloff(shape: tuple[int, ...], loss: float) -> Float32:
    """``(H, W)`` share of the light that arrives: 1 in the middle, 1 - loss in the corners, as the fourth power."""
    y, x = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])[None]
    square = (x * x + y * y) / 2
    return (1.0 - loss * (0.6 * square + 0.4 * square * square)).astype(np.float32)
