"""Which points of two pictures look alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.stages.features import Features

_SAME_PLACE_PX = 3.0  # one point may have two descriptors, of two orientations: they don't compete


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Pairs of features.

    Attributes:
        left, right: ``(N,)`` indices; no index occurs twice on either side.
        ratio: ``(N,)`` distance over that of the best competitor elsewhere; smaller is surer.
    """

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    ratio: Float

    def __len__(self) -> int:
        return len(self.left)


def match_features(left: Features, right: Features, max_ratio: float) -> Matches:
    """Nearest neighbours that are mutual and clearly better than the next best.

    Args:
        left, right: Features of two pictures.
        max_ratio: Largest distance relative to that of the best competitor at another place.

    Returns:
        In order of `left`.

    Source: ratio test, Lowe (2004) section 7.1.
    """
    if len(left) < 2 or len(right) < 2:
        none = np.zeros(0, np.intp)
        return Matches(none, none, np.zeros(0))
    squared = _squared_distances(left.descriptors, right.descriptors)
    best = squared.argmin(axis=1)
    rows = np.flatnonzero(squared.argmin(axis=0)[best] == np.arange(len(left)))
    best = best[rows]
    others = squared[rows]
    nearest = others[np.arange(len(rows)), best]
    others[_beside(right.pixels, best)] = np.inf
    ratio = np.sqrt(nearest / np.maximum(others.min(axis=1), 1.0)).astype(np.float64)
    sure = ratio < max_ratio
    return Matches(rows[sure], best[sure], ratio[sure])


def _squared_distances(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float32]:
    a, b = left.astype(np.float32), right.astype(np.float32)
    squared = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None] - 2 * (a @ b.T)
    return np.asarray(
        np.maximum(squared, 0), np.float32
    )  # all terms are whole numbers below 2**24: exact on every machine


def _beside(pixels: Float, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
    """``(M, N)``: which of all points lie at the place of each chosen one."""
    x, y = pixels[:, 0].astype(np.float32), pixels[:, 1].astype(np.float32)
    near_x = np.abs(x[chosen][:, None] - x[None]) < _SAME_PLACE_PX
    near: NDArray[np.bool_] = near_x & (np.abs(y[chosen][:, None] - y[None]) < _SAME_PLACE_PX)
    return near
