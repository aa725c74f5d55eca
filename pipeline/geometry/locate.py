"""Where pixels lie on the ground, and how well that is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.locate_errors import ERRORS, HEIGHT, SightErrors
from pipeline.geometry.locate_tails import LowLooks, met_covariance
from pipeline.geometry.terrain_error import Leverage
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

Float = NDArray[np.float64]

CHI2_95 = 5.991
"""95 % quantile of χ² with two degrees of freedom."""

PIXEL_SIGMA_PX = 1.0
"""How well a person or a detector points at a thing."""

_STEEP = np.sin(np.radians(50))  # looks steeper than 50° below the horizon meet the ground as a plane would be met
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
    first_order: bool = False,
    focal_covariance: Float | None = None,
    leverage: Leverage | None = None,
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
        first_order: Take the ground as a plane under low looks too: errors that are compared or added must be linear.
        focal_covariance: ``(6,)`` of the pose with the relative focal length, as in `Pose`; None: they are independent.
        leverage: How the pose errs with the terrain, as in `Pose`; None: they are independent.

    Raises:
        GeometryError: The camera is below the terrain.

    Source: first-order propagation. With ray ``d``, point ``p = e + s d`` and terrain normal ``n``, the point moves
    by ``(I - d nᵀ / nᵀd)(δe + s δd) + d δh / nᵀd``. Under looks lower than 50° the ellipse is measured on the terrain
    itself: `pipeline.geometry.locate_tails`.
    """
    rays = pixel_rays(pixels, K, distortion, rotation)
    points = meet_terrain(eye_m, rays, terrain)
    free = _derivatives(pixels, K, distortion, rotation, rays, points - eye_m)
    spread = np.zeros((ERRORS, ERRORS))
    spread[:6, :6] = covariance
    spread[6:, 6:] = np.diag([focal_sigma, pixel_sigma_px, pixel_sigma_px, terrain.sigma_m]) ** 2
    if focal_covariance is not None:
        spread[:6, 6] = spread[6, :6] = focal_covariance
    shared = None
    if leverage is not None and len(leverage.moves):
        shared = leverage.with_heights(points) * terrain.sigma_m
    errors = SightErrors(spread, shared)
    first = errors.carried(_tilted(free, rays, np.zeros((len(pixels), 2))))
    onto_ground = _tilted(free, rays, _slopes(points, first, terrain))
    total = errors.carried(onto_ground)
    low = np.flatnonzero((rays[:, 2] > -_STEEP) & np.isfinite(total).all(axis=(1, 2)))
    if len(low) and not first_order:
        looks = LowLooks(eye_m, points[low] - eye_m, free[low], onto_ground[low])
        total[low] = met_covariance(total[low], looks, errors.take(low), terrain)
    return Located(points, total)


def error_ellipse(covariance_m2: Float, convergence_rad: float) -> tuple[float, float, float]:
    """95 % error ellipse of a horizontal covariance.

    Args:
        covariance_m2: ``(2, 2)`` of east and north of the site's grid.
        convergence_rad: Bearing of grid north from true north, clockwise.

    Returns:
        Semi-major and semi-minor axis in metres, azimuth of the major axis in degrees clockwise from true north in
        [0, 180). NaN when the covariance is.
    """
    major, minor, azimuth = error_ellipses(covariance_m2[None], convergence_rad)[0]
    return float(major), float(minor), float(azimuth)


def error_ellipses(covariance_m2: Float, convergence_rad: float) -> Float:
    """As `error_ellipse`, of ``(N, 2, 2)`` covariances: ``(N, 3)``."""
    out = np.full((len(covariance_m2), 3), np.nan)
    known = np.isfinite(covariance_m2).all(axis=(1, 2))
    values, vectors = np.linalg.eigh(covariance_m2[known])
    out[known, :2] = np.sqrt(np.maximum(values[:, ::-1], 0.0) * CHI2_95)
    azimuth = np.degrees(np.arctan2(vectors[:, 0, 1], vectors[:, 1, 1]) + convergence_rad) % 180.0
    out[known, 2] = azimuth % 180.0  # a hair below 0 comes out as 180
    return out


def _derivatives(
    pixels: Float, K: Float, distortion: Distortion, rotation: Float, rays: Float, lines_m: Float
) -> Float:
    """How the end of each line of sight moves before the ground stops it.

    Returns:
        ``(N, 3, 10)`` per metre and radian of the pose (6), relative focal length, column, row, and metre by which the
        ground is higher: the same as an eye that is lower.
    """
    reach = np.linalg.norm(lines_m, axis=1)[:, None]
    out = np.zeros((len(pixels), 3, ERRORS))
    out[:, :, :3] = np.eye(3)
    x, y, z = lines_m.T
    zero = np.zeros_like(x)
    turned = np.stack([np.stack([zero, z, -y]), np.stack([-z, zero, x]), np.stack([y, -x, zero])])
    out[:, :, 3:6] = turned.transpose(2, 0, 1)
    step = 1e-4
    stretched = K.copy()
    stretched[:2, :2] *= 1 + step
    ahead = (
        pixel_rays(pixels, stretched, distortion, rotation),
        pixel_rays(pixels + np.array([step, 0.0]), K, distortion, rotation),
        pixel_rays(pixels + np.array([0.0, step]), K, distortion, rotation),
    )
    for column, moved in enumerate(ahead, start=6):
        out[:, :, column] = (moved - rays) / step * reach
    out[:, 2, HEIGHT] = -1.0
    return out


def _tilted(free: Float, rays: Float, slopes: Float) -> Float:
    """Horizontal derivatives ``(N, 2, 10)`` once the ground of the given slopes stops the rays."""
    normals = np.column_stack([-slopes, np.ones(len(slopes))])
    along = np.einsum("ni,ni->n", normals, rays)
    along = np.minimum(along, -_LEAST_INCIDENCE)[:, None, None]
    onto = np.eye(3) - rays[:, :, None] * normals[:, None, :] / along
    return np.asarray((onto @ free)[:, :2], np.float64)


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
