"""Weights that keep a few wrong observations from deciding a fit."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

HUBER = 1.345
TUKEY = 4.685
"""95 % efficiency on Gaussian errors; Holland and Welsch (1977), table 1."""


def huber_weights(error: Float) -> Float:
    """Weights of errors in standard deviations, ``(N,)`` non-negative: 1 up to `HUBER`, then falling as 1 / error."""
    return np.asarray(HUBER / np.maximum(error, HUBER), np.float64)


def tukey_weights(error: Float) -> Float:
    """Weights of errors in standard deviations, ``(N,)`` non-negative: falls smoothly to 0 at `TUKEY`."""
    share = np.minimum(error / TUKEY, 1.0)
    return np.asarray((1 - share**2) ** 2, np.float64)


def rayleigh_sigma(distance: Float) -> float:
    """Standard deviation per axis from the median length of two-dimensional errors ``(N,)``; NaN without any.

    Source: the median of a Rayleigh distribution is σ √(2 ln 2).
    """
    return float(np.median(distance) / np.sqrt(2 * np.log(2))) if len(distance) else float("nan")
