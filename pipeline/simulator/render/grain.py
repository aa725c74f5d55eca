"""Fine random patterns, looked up rather than computed: the same at a place whoever asks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.scene.mesh import Float32

SIDE = 512
"""Cells after which a pattern repeats."""

PLANES = 4
_STEPS = 32  # of a cell, to which OpenCV rounds a place


class Grain:
    """Periodic noise of unit spread with features of about two cells."""

    def __init__(self, seed: int = 977) -> None:
        self._planes = [_plane(seed, k) for k in range(PLANES)]

    def at(self, plane: int, a: Float32, b: Float32) -> Float32:
        """``(N,)`` values of a plane at ``(N,)`` places in cells, of any size."""
        return look_up(self._planes[plane % PLANES], a, b)


def look_up(picture: Float32, a: Float32, b: Float32) -> Float32:
    """``(N,)`` bilinear samples of a ``(SIDE, SIDE)`` periodic picture; exact in whole 1/32 of a cell."""
    column, fine_a = _split(a)
    row, fine_b = _split(b)
    count = len(a)
    if count == 0:
        return np.zeros(0, np.float32)
    wide = 1024 if count > 1024 else max(count, 1)
    pad = -count % wide
    places = np.zeros((count + pad, 2), np.int16)
    places[:count, 0], places[:count, 1] = column, row
    fine = np.zeros(count + pad, np.uint16)
    fine[:count] = fine_b * _STEPS + fine_a
    out = cv2.remap(
        picture, places.reshape(-1, wide, 2), fine.reshape(-1, wide), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    return np.asarray(out, np.float32).ravel()[:count]


def _split(a: Float32) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole cells in the picture, and 32nds of a cell."""
    steps = np.floor(a * np.float32(_STEPS)).astype(np.int64) & (SIDE * _STEPS - 1)
    return steps >> 5, steps & (_STEPS - 1)


def _plane(seed: int, number: int) -> Float32:
    white = np.random.default_rng([seed, number]).standard_normal((SIDE, SIDE)).astype(np.float32)
    padded = np.pad(white, 4, mode="wrap")
    soft = np.asarray(cv2.GaussianBlur(padded, (0, 0), 0.55), np.float32)[4:-4, 4:-4]
    plane: Float32 = np.ascontiguousarray(soft / soft.std(), np.float32)
    return plane
