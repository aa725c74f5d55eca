"""What an error of the elevation model does to a fit that takes its heights as true.

Such errors are smooth: they reach as far as a frame does, and all points of a frame share them. Counting points as
independent makes a pose seem known far better than it is.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SHAPES = 5
_LEAST_SPREAD_M2 = 1e-6  # points all in one place


def smooth_errors(points_m: Float, sigma_m: float) -> Float:
    """``(N, 5)`` shapes that an error of the heights may have over some points, metres at one standard deviation.

    Tilts and curvatures. A level error is not among them: it lifts the camera with the ground, and changes no other
    part of the pose. All shapes together move points by about `sigma_m`.

    Args:
        points_m: ``(N, 3)`` site metres.
        sigma_m: Standard deviation of the heights.
    """
    if not len(points_m):
        return np.zeros((0, SHAPES))
    away = points_m[:, :2] - points_m[:, :2].mean(axis=0)
    spread, axes = np.linalg.eigh(away.T @ away / len(away))
    across, along = (away @ axes / np.sqrt(np.maximum(spread, _LEAST_SPREAD_M2))).T
    shapes = np.column_stack([across, along, across**2 - 1, across * along, along**2 - 1])
    return np.asarray(shapes * sigma_m * SHAPES**-0.5, np.float64)


def moved_by(columns: Float, cross: Float) -> Float:
    """Covariance ``(7, 7)`` that errors of one standard deviation each add to an unknown 7 of a solution.

    The solution itself takes no note of them: it stays where pixels fit best.

    Args:
        columns: ``(7, 7)`` of the inverse of the normal matrix: rows of a matched frame, columns of the unknowns.
        cross: ``(7, E)`` products of that frame's equations with those of the errors.

    Source: the "consider" covariance of estimation with parameters that are not solved for: the solution moves by the
    inverse of the normal matrix times `cross` for an error of 1.
    """
    moves = columns.T @ cross
    return np.asarray(moves @ moves.T, np.float64)
