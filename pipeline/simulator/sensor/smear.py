"""Motion blur, in linear light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.shoot import Motion

_LEAST_PX = 0.25
_EVEN_PX = 0.5
_MOST_STEPS = 12
_SPREADS_PX = (2.0, 6.0, 18.0)
_HIDDEN_PX = 24
_MOST_PASSED_PX = 160.0


def smear(picture: Float32, motion: Motion) -> Float32:
    """``(H, W, 3)`` or ``(H, W)`` picture blurred along its movement during the exposure."""
    if motion.number is None or not motion.passing:
        return _smear_all(picture, motion)
    movers = {number: motion.number == number for number, _ in motion.passing}
    behind = picture
    for mask in movers.values():
        behind = _without(behind, mask)
    out = _smear_all(behind, motion).copy()
    for number, flow in motion.passing:
        _pass(out, picture, movers[number], flow)
    return out


def _smear_all(picture: Float32, motion: Motion) -> Float32:
    """Everything as what stands still."""
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


def _without(picture: Float32, mask: NDArray[np.bool_]) -> Float32:
    """The picture with what is around a mover spread into its place and the pixel about it, which it half covers."""
    window = _window(mask, _HIDDEN_PX)
    hidden = cv2.dilate(mask[window].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    open_to_it = (~hidden).astype(np.float32)
    part = picture[window]
    weight = np.zeros_like(open_to_it)
    spread = np.zeros_like(part)
    for sigma in _SPREADS_PX:  # the nearest that reaches a pixel counts most
        share = cv2.GaussianBlur(open_to_it, (0, 0), sigma) * np.float32(sigma**-4)
        spread += cv2.GaussianBlur(_times(part, open_to_it), (0, 0), sigma) * np.float32(sigma**-4)
        weight += share
    filled = picture.copy()
    there = _times(spread, np.asarray(1 / np.maximum(weight, 1e-12), np.float32))
    filled[window] = np.where(hidden[..., None] if part.ndim == 3 else hidden, there, part)
    return filled


def _pass(out: Float32, picture: Float32, mask: NDArray[np.bool_], flow_px: Float) -> None:
    """Draw a mover over what lies behind it, covering each pixel for its share of the exposure."""
    if np.hypot(*flow_px) > _MOST_PASSED_PX:
        flow_px = flow_px * (_MOST_PASSED_PX / np.hypot(*flow_px))
    window = _window(mask, int(np.ceil(np.abs(flow_px).max() / 2)) + 3)
    there = mask[window].astype(np.float32)
    line = streak(float(flow_px[0]), float(flow_px[1]))
    cover = np.asarray(cv2.filter2D(there, -1, line, borderType=cv2.BORDER_CONSTANT), np.float32)
    light = cv2.filter2D(_times(picture[window], there), -1, line, borderType=cv2.BORDER_CONSTANT)
    out[window] = _times(out[window], np.float32(1) - cover) + light


def _window(mask: NDArray[np.bool_], margin_px: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin_px, 0), int(rows[-1]) + margin_px + 1),
        slice(max(int(columns[0]) - margin_px, 0), int(columns[-1]) + margin_px + 1),
    )


def _times(picture: Float32, factor: Float32 | np.float32) -> Float32:
    """Picture with or without channels times a factor a pixel."""
    wide = np.asarray(factor)[..., None] if picture.ndim == 3 and np.ndim(factor) == 2 else factor
    return np.asarray(picture * wide, np.float32)
