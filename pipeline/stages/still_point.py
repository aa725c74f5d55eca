"""Whether one still point, standing as tall as things do, explains where a track was seen.

What is tall shows displaced on the ground, each time by the ray that meets it, and so seems to move against the
camera's own motion. Where the poses are known, the rays of a still thing meet in one point. A mover that goes
opposite to the camera can look the same; then the height at which its rays would meet decides.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv  # scipy.stats takes a quarter of a second to load

from pipeline.records.arrays import Float

LEAST_SCALE = 0.1
"""Least share of the stated variance that the scatter of a track may lower it to."""

CONFIDENCE = 0.999
LEAST_CLEARANCE = 0.5
"""Nothing still is taken to reach nearer to the camera than this share of its height above the ground."""

ROUNDS = 4
"""Errors on a plane shrink as it comes nearer to the camera: the weights follow the height."""

NO_WORSE = 1.5
"""A still point is as good an account as a moving one when it fits less than this much worse."""


@dataclass(frozen=True, slots=True)
class StillPoint:
    """The best still point.

    Attributes:
        height_m: Above the terrain, within the bounds.
        free_height_m: Where the rays come closest to each other without bounds.
        misfit: χ² over what it may be if the thing stands still; at most 1 explains the track.
        free_misfit: The same without bounds on the height.
    """

    height_m: float
    free_height_m: float
    misfit: float
    free_misfit: float


def fit_still_point(
    eyes_m: Float, rays: Float, covariance_rad2: Float, jitter_m: Float, ground_m: float, t_s: Float, tallest_m: float
) -> StillPoint | None:
    """Let the rays of one thing meet in one point of bounded height, and hold that against uniform motion.

    Args:
        eyes_m: ``(N, 3)`` camera centres.
        rays: ``(N, 3)`` toward the thing, all downward.
        covariance_rad2: ``(N, 2, 2)`` of the rays' horizontal slopes ``(x / -z, y / -z)``.
        jitter_m: ``(N,)`` standard deviation of the camera's place against the others of the track.
        ground_m: Height of the terrain under the thing.
        t_s: ``(N,)`` times, increasing.
        tallest_m: Bound on the height above the ground.

    Returns:
        None with fewer than three rays.

    Source: a ray meets a horizontal plane at a place linear in the plane's height, so the point is a linear
    least-squares solution; the bound is kept by solving again at its limit, as the sum is convex.
    """
    count = len(rays)
    if count < 3:
        return None
    slope = rays[:, :2] / -rays[:, 2:]
    above_m = eyes_m[:, 2] - ground_m
    place = eyes_m[:, :2] + slope * above_m[:, None]
    upright = np.zeros((count, 2, 3))
    upright[:, 0, 0] = upright[:, 1, 1] = 1.0
    upright[:, :, 2] = slope

    def weight_at(height_m: float) -> Float:
        reach = np.square(above_m - height_m)[:, None, None]
        return np.asarray(np.linalg.inv(covariance_rad2 * reach + np.square(jitter_m)[:, None, None] * np.eye(2)))

    moving = np.zeros((count, 2, 4))
    moving[:, 0, 0] = moving[:, 1, 1] = 1.0
    moving[:, 0, 2] = moving[:, 1, 3] = t_s - t_s.mean()
    _, moving_chi2 = _solve(moving, weight_at(0.0), place)
    scale = float(np.clip(moving_chi2 / max(1, 2 * count - 4), LEAST_SCALE, 1.0))
    allowed = max(scale * 2 * float(gammaincinv(count - 1, CONFIDENCE)), NO_WORSE * moving_chi2)
    tallest_m = min(tallest_m, LEAST_CLEARANCE * float(above_m.min()))
    free_m, free_chi2 = 0.0, np.inf
    for _ in range(ROUNDS):
        solution, free_chi2 = _solve(upright, weight_at(free_m), place)
        free_m = float(np.clip(solution[2], -above_m.min(), 0.9 * above_m.min()))
    height_m = float(np.clip(free_m, 0.0, tallest_m))
    _, still_chi2 = _solve(upright[:, :, :2], weight_at(height_m), place - slope * height_m)
    return StillPoint(height_m, free_m, still_chi2 / allowed, free_chi2 / allowed)


def _solve(design: Float, weight: Float, right: Float) -> tuple[Float, float]:
    """Weighted least squares over ``(N, 2, k)`` equations: the solution, the shortest where it is loose, and its χ²."""
    normal = np.einsum("nia,nij,njb->ab", design, weight, design)
    solution = np.linalg.pinv(normal, rcond=1e-10, hermitian=True) @ np.einsum("nia,nij,nj->a", design, weight, right)
    left = right - np.einsum("nia,a->ni", design, solution)
    return np.asarray(solution, np.float64), float(np.einsum("ni,nij,nj->", left, weight, left))
