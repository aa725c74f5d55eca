"""A small grey picture in a few numbers: light, texture and sharpness."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_BLOCKS = (9, 12)
_FINE_PX, _COARSE_PX = 1, 8
_VIEW_PX = 240


@dataclass(frozen=True, slots=True)
class PictureMeasures:
    """Of a picture about 960 pixels wide.

    Attributes:
        darkest, brightest: Levels, after smoothing by a pixel: a lamp in the night counts, a hot pixel does not.
        texture: Contrast in levels of detail between 2 and 12 pixels, of the more varied parts of the picture.
        sharpness: Contrast between neighbouring pixels over that 8 pixels apart, of the direction where it is least.
    """

    darkest: float
    brightest: float
    texture: float
    sharpness: float


def measure(grey: Grey) -> PictureMeasures:
    """Measure a picture ``(h, w)`` of at least 64 pixels a side."""
    level = grey.astype(np.float32)
    smooth = _smoothed(level)
    return PictureMeasures(float(smooth.min()), float(smooth.max()), _texture(smooth), _sharpness(level))


def darkest_and_brightest(grey: Grey) -> tuple[float, float]:
    """These two alone."""
    smooth = _smoothed(grey.astype(np.float32))
    return float(smooth.min()), float(smooth.max())


def _smoothed(level: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(level, (0, 0), 1.5), np.float32)


def _texture(smooth: NDArray[np.float32]) -> float:
    """The 95th percentile over blocks of the standard deviation of what is neither noise nor shading."""
    # a third of the size shows shading as well and is much quicker
    small = cv2.resize(smooth, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    shading = cv2.resize(cv2.GaussianBlur(small, (0, 0), 4), smooth.shape[::-1], interpolation=cv2.INTER_LINEAR)
    detail = smooth - shading
    down, across = _BLOCKS
    height, width = detail.shape[0] // down, detail.shape[1] // across
    blocks = detail[: height * down, : width * across].reshape(down, height, across, width)
    return float(np.percentile(blocks.std(axis=(1, 3)), 95))


def _sharpness(level: NDArray[np.float32]) -> float:
    """Least over four directions: motion blurs one of them only."""
    ratios = []
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        fine = _contrast(level, down * _FINE_PX, across * _FINE_PX)
        ratios.append(fine / max(_contrast(level, down * _COARSE_PX, across * _COARSE_PX), 1e-3))
    return float(min(ratios))


def _contrast(level: NDArray[np.float32], down: int, across: int) -> float:
    height, width = level.shape
    here = level[: height - down, max(0, -across) : width - max(0, across)]
    there = level[down:, max(0, across) : width - max(0, -across)]
    return float(np.sqrt(np.mean(np.square(there - here))))


def reduced_view(grey: Grey) -> NDArray[np.float64]:
    """What `shift_between` compares: a picture 240 pixels wide."""
    height = max(32, round(_VIEW_PX * grey.shape[0] / grey.shape[1]))
    return cv2.resize(grey, (_VIEW_PX, height), interpolation=cv2.INTER_AREA).astype(np.float64)


def shift_between(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    """How far one view is shifted against the other, as a share of the width, and how clear that is (0 to 1).

    Source: phase correlation; the clearness is OpenCV's response.
    """
    window = cv2.createHanningWindow((one.shape[1], one.shape[0]), cv2.CV_64F)
    (x, y), response = cv2.phaseCorrelate(one, other, window)
    return float(np.hypot(x, y)) / _VIEW_PX, float(response)


def alike(one: Grey, other: Grey) -> bool:
    """Whether two pictures show the same at one time: a preview and what it stands for.

    Both smoothed well beyond what reduction and sharpening change; flat pictures by their levels alone.
    """
    size = 48, 32
    a, b = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float64) for picture in (one, other))
    if abs(float(a.mean() - b.mean())) > _LEVEL_APART:
        return False
    if min(float(a.std()), float(b.std())) < _FLAT:
        return max(float(a.std()), float(b.std())) < 2 * _FLAT
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) > _SAME_CORRELATION


_LEVEL_APART = 16.0
_FLAT = 3.0
_SAME_CORRELATION = 0.9
