"""Motion blur, in linear light."""

import cv2
import numpy as np

from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.shoot import Motion

_LEAST_PX = 0.25
_EVEN_PX = 0.5
_MOST_STEPS = 12


def smear(picture: Float32, motion: Motion) -> Float32:
    """``(H, W, 3)`` or ``(H, W)`` picture blurred along its movement during the exposure."""
    if motion.longest_px < _LEAST_PX:
        return picture
    mean = motion.flow_px.mean(axis=(0, 1))
    uneven = np.hypot(*np.moveaxis(motion.flow_px - mean, -1, 0)).max()
    if uneven < _EVEN_PX:
        return np.asarray(cv2.filter2D(picture, -1, streak(mean[0], mean[1]), borderType=cv2.BORDER_REPLICATE))
    return _smear_unevenly(picture, motion)


def streak(right_px: float, down_px: float) -> Float32:
    """Kernel of an even movement: a line of that length with pixel-wide ends, of sum 1."""
    half = int(np.ceil(max(abs(right_px), abs(down_px)) / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float64)
    count = max(9, int(8 * np.hypot(right_px, down_px)) | 1)
    for share in (np.arange(count) + 0.5) / count - 0.5:
        x, y = half + share * right_px, half + share * down_px
        column, row = int(np.floor(x)), int(np.floor(y))
        fx, fy = x - column, y - row
        kernel[row : row + 2, column : column + 2] += np.outer([1 - fy, fy], [1 - fx, fx])
    even: Float32 = (kernel / kernel.sum()).astype(np.float32)
    return even


def _smear_unevenly(picture: Float32, motion: Motion) -> Float32:
    """Average of the picture pulled along a flow that differs over it: zoom, roll, near and far ground."""
    height, width = picture.shape[:2]
    grid = motion.flow_px.shape[0]
    x = np.linspace(0.0, grid - 1.0, width, dtype=np.float32)
    y = np.linspace(0.0, grid - 1.0, height, dtype=np.float32)
    at = np.meshgrid(x, y)
    flow = cv2.remap(motion.flow_px.astype(np.float32), at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    steps = int(np.clip(np.ceil(motion.longest_px), 3, _MOST_STEPS))
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    total = np.zeros_like(picture)
    for share in (np.arange(steps, dtype=np.float32) + np.float32(0.5)) / np.float32(steps) - np.float32(0.5):
        total += cv2.remap(
            picture, columns - share * flow[..., 0], rows - share * flow[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
    return np.asarray(total / np.float32(steps), np.float32)
