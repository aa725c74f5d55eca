"""A pair of pictures made comparable: reduced, in logarithms of light, brought to one exposure and white balance."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from pipeline.records.arrays import Bool

F32 = NDArray[np.float32]

DARK_OFFSET = 24.0
"""Grey levels added before the logarithm, so that noise in deep shade does not become contrast."""

LEVEL_BLOCK_M = 4.0
LEVEL_BLOCKS = 7
"""Light that differs over 28 m is vignetting, thin cloud or a seam of exposure; a change fills less than half."""

MAX_LEVEL = 0.3
"""Largest such difference that is taken out, in logarithms."""

MAX_STRETCH = 2.0
"""Largest ratio of contrasts that is taken for exposure rather than for another scene."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two pictures of one ground, comparable cell by cell.

    Attributes:
        before, after: ``(h, w, 3)`` logarithms of R, G, B.
        valid: ``(h, w)`` True where both saw the ground.
        factor: Input pixels on a side of one pixel here.
        gsd_m: Of a pixel here.
    """

    before: F32
    after: F32
    valid: Bool
    factor: int
    gsd_m: float

    def tones(self) -> tuple[F32, F32]:
        """``(h, w)`` mean logarithm of light in each picture."""
        return tone(self.before), tone(self.after)


def tone(picture: F32) -> F32:
    """``(h, w)`` mean of the channels."""
    return np.asarray(cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32)), np.float32)


def chroma(picture: F32) -> F32:
    """``(h, w, 2)`` red over green and blue over green, as logarithms."""
    return np.asarray(cv2.transform(picture, np.array([[1, -1, 0], [0, -1, 1]], np.float32)), np.float32)


def comparable(before: NDArray[np.uint8], after: NDArray[np.uint8], valid: Bool, gsd_m: float, factor: int) -> Pair:
    """Reduce a pair by ``factor`` and bring both pictures to their common exposure.

    Args:
        before, after: ``(H, W, 3)`` RGB.
        valid: ``(H, W)`` True where both are to be believed.
        gsd_m: Of the input.
        factor: Whole number of input pixels.
    """
    height, width = valid.shape[0] // factor, valid.shape[1] // factor
    crop = np.s_[: height * factor, : width * factor]
    size = (width, height)
    small = [cv2.resize(image[crop], size, interpolation=cv2.INTER_AREA) for image in (before, after)]
    logs = [_logarithm(np.asarray(image, np.uint8)) for image in small]
    seen = cv2.resize(valid[crop].astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) == 255
    _meet(logs[0], logs[1], seen)
    _level(logs[0], logs[1], seen, gsd_m * factor)
    return Pair(logs[0], logs[1], seen, factor, gsd_m * factor)


def _logarithm(image: NDArray[np.uint8]) -> F32:
    table = np.log(np.arange(256, dtype=np.float32) + DARK_OFFSET)
    return cv2.LUT(image, table.astype(np.float32)).astype(np.float32, copy=False)


def _meet(before: F32, after: F32, valid: Bool) -> None:
    """Map both onto the mean of their exposures, in place; cells that changed weigh little.

    Treats the two alike, so that exchanging them exchanges the result.
    """
    pick = np.s_[::4, ::4]
    inside = valid[pick]
    if inside.sum() < 100:
        return
    x, y = before[pick][inside], after[pick][inside]
    weight = np.ones(len(x))
    for _ in range(4):
        total = weight.sum()
        mean_x, mean_y = weight @ x / total, weight @ y / total
        sd_x = np.sqrt(weight @ np.square(x - mean_x) / total) + 1e-3
        sd_y = np.sqrt(weight @ np.square(y - mean_y) / total) + 1e-3
        ratio = np.clip(sd_y / sd_x, 1 / MAX_STRETCH, MAX_STRETCH)
        root = np.sqrt(ratio)
        residual = np.square((x - mean_x) * root - (y - mean_y) / root).sum(axis=1)
        weight = 1 / (1 + residual / (np.median(residual) + 1e-6))
    middle = (mean_x + mean_y) / 2
    for picture, gain, mean in ((before, root, mean_x), (after, 1 / root, mean_y)):
        picture[:] = picture * gain.astype(np.float32) + (middle - mean * gain).astype(np.float32)


def _level(before: F32, after: F32, valid: Bool, gsd_m: float) -> None:
    """Take out differences of light that vary slowly over the ground, half from each picture, in place."""
    height, width = valid.shape
    size = (max(round(width * gsd_m / LEVEL_BLOCK_M), 1), max(round(height * gsd_m / LEVEL_BLOCK_M), 1))
    weight = cv2.resize(valid.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    apart = (after - before) * valid[..., None]
    blocks = cv2.resize(apart, size, interpolation=cv2.INTER_AREA) / np.maximum(weight, 0.05)[..., None]
    slow = median_filter(blocks, size=(LEVEL_BLOCKS, LEVEL_BLOCKS, 1), mode="nearest")
    slow = np.clip(slow, -MAX_LEVEL, MAX_LEVEL)
    smooth = cv2.resize(slow, (width, height), interpolation=cv2.INTER_LINEAR) / 2
    before += smooth
    after -= smooth
