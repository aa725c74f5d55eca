"""Where pixels lie on the ground, and how well that is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

Float = NDArray[np.float64]

CHI2_95 = 5.991
"""95 % quantile of χ² with two degrees of freedom."""

PIXEL_SIGMA_PX = 1.0
"""How well a person or a detector points at a thing."""

_LEAST_INCIDENCE = 0.02  # about 1°: beyond it the first order no longer holds, and the ellipse is long anyway


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Places of pixels on the ground; NaN rows where the ray misses.

    Attributes:
        points_m: ``(N, 3)`` site metres.
        covariance_m2: ``(N, 2, 2)`` of the horizontal position: east, north of the site's grid.
    """

    points_m: Float
    covariance_m2: Float


def locate_pixels(
    pixels: Float,
    K: Float,
    distortion: Distortion,
    focal_sigma: float,
    eye_m: Float,
    rotation: Float,
    covariance: Float,
    terrain: HeightGrid,
    *,
    pixel_sigma_px: float = PIXEL_SIGMA_PX,
) -> Located:
    """Places of pixels, with the errors of pose, focal length, pixel and terrain carried to the ground.

    Args:
        pixels: ``(N, 2)`` column, row.
        K: ``(3, 3)`` camera matrix in pixels.
        distortion: Of the lens.
        focal_sigma: Relative standard deviation of the focal length.
        eye_m: ``(3,)`` camera centre, site metres.
        rotation: ``(3, 3)`` camera to site.
        covariance: ``(6, 6)`` of position (m) and small rotation from the left (rad), as in `Pose`.
        terrain: Ellipsoidal heights.
        pixel_sigma_px: Standard deviation of a pixel coordinate, each axis.

    Raises:
        GeometryError: The camera is below the terrain.

    Source: first-order propagation. With ray ``d``, point ``p = e + s d`` and terrain normal ``n``, the point moves
    by ``(I - d nᵀ / nᵀd)(δe + s δd) + d δh / nᵀd``.
    """
    rays = pixel_rays(pixels, K, distortion, rotation)
    points = meet_terrain(eye_m, rays, terrain)
    per_pose, per_ray, per_height = _derivatives(pixels, K, distortion, rotation, rays, points - eye_m)
    level = _tilted((per_pose, per_ray, per_height), rays, np.zeros((len(pixels), 2)))
    spread = np.array([focal_sigma, pixel_sigma_px, pixel_sigma_px])
    first = _total(level, covariance, spread, terrain.sigma_m)
    slopes = _slopes(points, first, terrain)
    tilted = _tilted((per_pose, per_ray, per_height), rays, slopes)
    return Located(points, _total(tilted, covariance, spread, terrain.sigma_m))


def error_ellipse(covariance_m2: Float, convergence_rad: float) -> tuple[float, float, float]:
    """95 % error ellipse of a horizontal covariance.

    Args:
        covariance_m2: ``(2, 2)`` of east and north of the site's grid.
        convergence_rad: Bearing of grid north from true north, clockwise.

    Returns:
        Semi-major and semi-minor axis in metres, azimuth of the major axis in degrees clockwise from true north in
        [0, 180). NaN when the covariance is.
    """
    if not np.isfinite(covariance_m2).all():
        return float("nan"), float("nan"), float("nan")
    values, vectors = np.linalg.eigh(covariance_m2)
    minor, major = np.sqrt(np.maximum(values, 0.0) * CHI2_95)
    azimuth = np.degrees(np.arctan2(vectors[0, 1], vectors[1, 1]) + convergence_rad) % 180.0
    return float(major), float(minor), float(azimuth % 180.0)


def _derivatives(
    pixels: Float, K: Float, distortion: Distortion, rotation: Float, rays: Float, lines_m: Float
) -> tuple[Float, Float, Float]:
    """How the end of each line of sight moves before the ground stops it.

    Returns:
        ``(N, 3, 6)`` per pose, ``(N, 3, 3)`` per relative focal length, column and row, ``(N, 3, 1)`` per metre of
        terrain height (of which the ground takes its part in `_tilted`).
    """
    reach = np.linalg.norm(lines_m, axis=1)[:, None]
    per_pose = np.zeros((len(pixels), 3, 6))
    per_pose[:, :, :3] = np.eye(3)
    x, y, z = lines_m.T
    zero = np.zeros_like(x)
    turned = np.stack([np.stack([zero, z, -y]), np.stack([-z, zero, x]), np.stack([y, -x, zero])])
    per_pose[:, :, 3:] = turned.transpose(2, 0, 1)
    step = 1e-4
    stretched = K.copy()
    stretched[:2, :2] *= 1 + step
    ahead = np.stack(
        [
            pixel_rays(pixels, stretched, distortion, rotation) - rays,
            pixel_rays(pixels + np.array([step, 0.0]), K, distortion, rotation) - rays,
            pixel_rays(pixels + np.array([0.0, step]), K, distortion, rotation) - rays,
        ],
        axis=-1,
    )
    return per_pose, ahead / step * reach[:, :, None], rays[:, :, None]


def _tilted(free: tuple[Float, Float, Float], rays: Float, slopes: Float) -> tuple[Float, Float, Float]:
    """Horizontal derivatives once the ground of the given slopes stops the rays: ``(N, 2, ·)`` each."""
    normals = np.column_stack([-slopes, np.ones(len(slopes))])
    along = np.einsum("ni,ni->n", normals, rays)
    along = np.minimum(along, -_LEAST_INCIDENCE)[:, None, None]
    onto = np.eye(3) - rays[:, :, None] * normals[:, None, :] / along
    return (onto @ free[0])[:, :2], (onto @ free[1])[:, :2], (free[2] / along)[:, :2]


def _total(jacobians: tuple[Float, Float, Float], covariance: Float, spread: Float, terrain_sigma_m: float) -> Float:
    """``(N, 2, 2)`` covariance from the three independent groups of errors."""
    pose, ray, height = jacobians
    from_ray = ray * spread
    return np.asarray(
        pose @ covariance @ pose.transpose(0, 2, 1)
        + from_ray @ from_ray.transpose(0, 2, 1)
        + terrain_sigma_m**2 * height @ height.transpose(0, 2, 1),
        np.float64,
    )


def _slopes(points: Float, covariance_m2: Float, terrain: HeightGrid) -> Float:
    """``(N, 2)`` mean slope over the ground that the point may lie on.

    A derivative at the point alone would take the side of a wall for the whole neighbourhood. Level where the
    neighbourhood is not known.
    """
    sigma = np.sqrt(np.trace(covariance_m2, axis1=1, axis2=2))
    reach = np.maximum(terrain.cell_m, np.minimum(np.nan_to_num(sigma), 50 * terrain.cell_m))
    slopes = np.zeros((len(points), 2))
    for axis in (0, 1):
        aside = np.zeros((len(points), 2))
        aside[:, axis] = reach
        rise = terrain.height_at(points[:, :2] + aside) - terrain.height_at(points[:, :2] - aside)
        slopes[:, axis] = np.where(np.isfinite(rise), rise / (2 * reach), 0.0)
    return slopes
