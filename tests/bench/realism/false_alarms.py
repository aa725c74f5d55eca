"""False alarms per megapixel of change detectors on unchanged ground."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.bench.bench_change import METHODS as BENCHED
from tests.bench.bench_change import Method, cleaned
from tests.bench.realism.samples import Image, Pair

CELL = 8
BINS = 9


def matched_difference(before: Image, after: Image) -> NDArray[np.bool_]:
    """Absolute difference after each channel of the second picture has been given the first one's histogram."""
    even = np.stack([_matched(after[..., c], before[..., c]) for c in range(3)], axis=2)
    return cleaned(cv2.GaussianBlur(cv2.absdiff(before, even).max(axis=2), (0, 0), 1.0))


def _matched(channel: Image, like: Image) -> Image:
    have, want = (np.cumsum(np.bincount(c.ravel(), minlength=256)) / c.size for c in (channel, like))
    return np.clip(np.searchsorted(want, have), 0, 255).astype(np.uint8)[channel]


def gradient_histograms(before: Image, after: Image) -> NDArray[np.bool_]:
    """Distance of normalised histograms of oriented gradients in cells of 8 px.

    Source: Dalal and Triggs (2005), with one cell a block.
    """
    a, b = (_hog(image) for image in (before, after))
    distance = np.linalg.norm(a - b, axis=2)
    full = cv2.resize(distance, before.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cleaned(np.clip(full * 180, 0, 255).astype(np.uint8))


def _hog(image: Image) -> NDArray[np.float32]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    x, y = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    length, angle = cv2.cartToPolar(x, y)
    sector = np.mod((angle * (BINS / np.pi)).astype(np.int32), BINS)
    rows, columns = grey.shape[0] // CELL, grey.shape[1] // CELL
    cells = [
        cv2.resize(np.where(sector == k, length, 0), (columns, rows), interpolation=cv2.INTER_AREA) for k in range(BINS)
    ]
    stack = np.stack(cells, axis=2)
    return np.asarray(stack / np.sqrt((stack**2).sum(axis=2, keepdims=True) + 4.0), np.float32)


METHODS: dict[str, Method] = {
    "absolute difference": BENCHED["absolute difference"],
    "histogram match": matched_difference,
    "change vector (Lab)": BENCHED["change vector (Lab)"],
    "SSIM": BENCHED["SSIM"],
    "HOG": gradient_histograms,
    "trucewatch": BENCHED["trucewatch"],
}


def per_mpx(method: Callable[[Image, Image], NDArray[np.bool_]], pair: Pair) -> float:
    """Regions that a method proposes per megapixel; the second picture's blanks are filled from the first."""
    after = np.where(pair.seen[..., None], pair.after, pair.before)
    found = method(pair.before, after).astype(np.uint8)
    regions = cv2.connectedComponents(found, connectivity=8)[0] - 1
    return regions / (float(pair.seen.sum()) / 1e6)
