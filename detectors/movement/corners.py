"""Points that can be followed from picture to picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]

GRID = (6, 4)  # cells across and down in which corners are picked, so that one busy corner can't decide
PER_CELL = 32


def corners(half: Grey) -> Points:
    """``(N, 2)`` well textured points in full pixels of the analysed picture, balanced over a grid."""
    height, width = half.shape
    apart = 9 if width > 400 else 5
    strength = cv2.cornerMinEigenVal(half, 3)
    peaks = (strength >= cv2.dilate(strength, np.ones((apart, apart), np.uint8))) & (strength > 2e-6)
    peaks[:4], peaks[-4:], peaks[:, :4], peaks[:, -4:] = False, False, False, False
    if not peaks.any():
        return np.empty((0, 2), np.float32)
    columns, rows = np.asarray(cv2.findNonZero(peaks.astype(np.uint8))).reshape(-1, 2).T
    cell = (rows * GRID[1] // height) * GRID[0] + columns * GRID[0] // width
    order = np.lexsort((-strength[rows, columns], cell))
    cell = cell[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    chosen = order[rank < PER_CELL]
    return np.stack([columns[chosen] * 2 + 0.5, rows[chosen] * 2 + 0.5], axis=1).astype(np.float32)


def follow(before: Grey, after: Grey, points: Points, guess: Points | None = None) -> tuple[Points, NDArray[np.bool_]]:
    """Where points went, by pyramidal Lucas-Kanade there and back.

    Args:
        before, after: Pictures of one size.
        points: ``(N, 2)`` in pixels of `before`.
        guess: ``(N, 2)`` about where they went, to 5 pixels or so; None: they may have gone far.

    Returns:
        ``(N, 2)`` places, and which of the points came back to where they set out.
    """
    start = points.reshape(-1, 1, 2)
    if guess is None:
        levels, window, flags, ahead = 4, (15, 15), 0, np.empty_like(start)
    else:
        levels, window, flags, ahead = 1, (11, 11), cv2.OPTFLOW_USE_INITIAL_FLOW, guess.reshape(-1, 1, 2).copy()
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, start, ahead, winSize=window, maxLevel=levels, flags=flags
    )
    aback = start if guess is None else (start + there - guess.reshape(-1, 1, 2)).astype(np.float32)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(
        after, before, there, aback.copy(), winSize=window, maxLevel=levels, flags=flags
    )
    good = (found.ravel() == 1) & (returned.ravel() == 1) & (np.abs(back - start).max(axis=(1, 2)) < 0.7)
    return np.asarray(there[:, 0], np.float32), np.asarray(good, np.bool_)
