"""Poses of a camera that moves while its rows are read."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def sweep_covariance(sweep: Float) -> Float:
    """``(6, 6)`` what the sweep adds to the covariance of a pose, for a pixel in any row.

    The pose of a row lies on the way from that of the first to that of the last, about as often here as there: a
    twelfth of the square, along the sweep. The outermost rows are off by 1.73 of these standard deviations, within an
    ellipse of 95 % (2.45).

    Args:
        sweep: ``(6,)`` change of the pose from the first row to the last: metres, and rotation from the left in rad.
    """
    return np.outer(sweep, sweep) / 12.0
