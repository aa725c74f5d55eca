"""Errors that bear on where a line of sight meets the ground, and how they go together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

ERRORS = 10
"""Eye (3), small rotation (3), relative focal length, column, row, height of the ground."""

HEIGHT = 9
POSE = slice(0, 7)


@dataclass(frozen=True, slots=True, eq=False)
class SightErrors:
    """Covariance of the ten errors of each of ``N`` lines of sight.

    Attributes:
        common: ``(10, 10)`` the same for all.
        with_heights: ``(N, 7)`` covariance of eye, rotation and focal length with the height of the ground that each
            line meets; None when they are independent.
    """

    common: Float
    with_heights: Float | None

    def take(self, chosen: NDArray[np.intp] | slice) -> "SightErrors":
        """Those of some lines."""
        return SightErrors(self.common, None if self.with_heights is None else self.with_heights[chosen])

    def toward(self, derivatives: Float) -> Float:
        """``(N, 10, D)`` covariance of the errors with what moves by ``(N, D, 10)`` derivatives."""
        out = np.asarray(self.common @ derivatives.transpose(0, 2, 1), np.float64)
        if self.with_heights is not None:
            out[:, POSE] += self.with_heights[:, :, None] * derivatives[:, None, :, HEIGHT]
            out[:, HEIGHT] += np.einsum("nk,ndk->nd", self.with_heights, derivatives[:, :, POSE])
        return out

    def carried(self, derivatives: Float) -> Float:
        """``(N, D, D)`` covariance of what moves by ``(N, D, 10)`` derivatives."""
        return np.asarray(derivatives @ self.toward(derivatives), np.float64)
