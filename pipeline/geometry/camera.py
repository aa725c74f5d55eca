"""Pinhole camera with Brown–Conrady distortion.

Pixel (0, 0) is the centre of the top-left pixel. Distortion coefficients are in OpenCV's order
``k1 k2 p1 p2 k3``; the normalised image plane has x right, y down.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError

Float = NDArray[np.float64]


def distort(xy: Float, distortion: Float) -> Float:
    """Ideal to distorted points on the normalised image plane, ``(N, 2)`` to ``(N, 2)``.

    Source: Brown (1966) in OpenCV's parametrisation.
    """
    k1, k2, p1, p2, k3 = distortion
    x, y = xy[:, 0], xy[:, 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.column_stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        ]
    )


def undistort(xy: Float, distortion: Float) -> Float:
    """Distorted to ideal points on the normalised image plane: Newton's method on `distort`.

    Returns:
        ``(N, 2)``. NaN rows where the model cannot be inverted (far outside the image it was fitted on).
    """
    if not np.any(distortion):
        return xy.copy()
    ideal = xy.copy()
    step = 1e-6
    along = step * np.eye(2)
    for _ in range(12):
        residual = distort(ideal, distortion) - xy
        along_x = (distort(ideal + along[0], distortion) - distort(ideal - along[0], distortion)) / (2 * step)
        along_y = (distort(ideal + along[1], distortion) - distort(ideal - along[1], distortion)) / (2 * step)
        det = along_x[:, 0] * along_y[:, 1] - along_y[:, 0] * along_x[:, 1]
        det = np.where(np.abs(det) < 1e-9, np.nan, det)
        ideal = ideal - np.column_stack(
            [
                (along_y[:, 1] * residual[:, 0] - along_y[:, 0] * residual[:, 1]) / det,
                (along_x[:, 0] * residual[:, 1] - along_x[:, 1] * residual[:, 0]) / det,
            ]
        )
        if np.nanmax(np.abs(residual), initial=0.0) < 1e-12:
            break
    wrong = ~(np.abs(distort(ideal, distortion) - xy).max(axis=1, initial=0.0) < 1e-7)
    ideal[wrong] = np.nan
    return ideal


def pixel_rays(pixels: Float, K: Float, distortion: Float, rotation: Float) -> Float:
    """Viewing rays of pixels.

    Args:
        pixels: ``(N, 2)`` column, row.
        K: ``(3, 3)`` camera matrix in pixels.
        distortion: ``(5,)`` k1 k2 p1 p2 k3.
        rotation: ``(3, 3)`` camera to site.

    Returns:
        ``(N, 3)`` unit vectors in the site frame. NaN rows where the distortion cannot be inverted.
    """
    skewed = np.column_stack(
        [
            (pixels[:, 0] - K[0, 2] - K[0, 1] * (pixels[:, 1] - K[1, 2]) / K[1, 1]) / K[0, 0],
            (pixels[:, 1] - K[1, 2]) / K[1, 1],
        ]
    )
    ideal = undistort(skewed, distortion)
    rays = np.column_stack([ideal, np.ones(len(ideal))]) @ rotation.T
    unit: Float = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit


def project(points_m: Float, eye_m: Float, K: Float, distortion: Float, rotation: Float) -> Float:
    """Where site points appear in the image.

    Args:
        points_m: ``(N, 3)`` site metres.
        eye_m: ``(3,)`` camera centre, site metres.
        K: ``(3, 3)`` camera matrix in pixels.
        distortion: ``(5,)``.
        rotation: ``(3, 3)`` camera to site.

    Returns:
        ``(N, 2)`` column, row; may lie outside the image. NaN rows for points behind the camera and for points
        beyond the angle to which the distortion model is one-to-one.
    """
    if points_m.ndim != 2 or points_m.shape[1] != 3:
        raise GeometryError(f"points must be (N, 3), not {points_m.shape}")
    local = (points_m - eye_m) @ rotation
    depth = np.where(local[:, 2] > 1e-9, local[:, 2], np.nan)
    ideal = local[:, :2] / depth[:, None]
    r2 = (ideal**2).sum(axis=1)
    ideal = np.where((r2 < _one_to_one_radius2(distortion))[:, None], ideal, np.nan)
    bent = distort(ideal, distortion)
    return np.column_stack([K[0, 0] * bent[:, 0] + K[0, 1] * bent[:, 1] + K[0, 2], K[1, 1] * bent[:, 1] + K[1, 2]])


def _one_to_one_radius2(distortion: Float) -> float:
    """Squared ideal radius up to which the radial part grows: beyond it far-off points fold back in."""
    k1, k2, _, _, k3 = distortion
    roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1.0])
    turning = [float(root.real) for root in roots if abs(root.imag) < 1e-12 and root.real > 0]
    return min(turning, default=np.inf)


def camera_matrix(focal_px: float, size_px: tuple[int, int], principal_px: tuple[float, float] | None = None) -> Float:
    """Camera matrix of square pixels; without a principal point, the centre of the image ``(width, height)``."""
    cx, cy = principal_px if principal_px is not None else ((size_px[0] - 1) / 2, (size_px[1] - 1) / 2)
    return np.array([[focal_px, 0.0, cx], [0.0, focal_px, cy], [0.0, 0.0, 1.0]])
