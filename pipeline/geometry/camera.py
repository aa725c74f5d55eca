"""Pinhole and fisheye cameras: pixels to rays, points to pixels.

Pixel (0, 0) is the centre of the top-left pixel. What the lens does is a `Distortion`.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.geometry.distortion import Distortion

Float = NDArray[np.float64]


def pixel_rays(pixels: Float, K: Float, distortion: Distortion, rotation: Float) -> Float:
    """Viewing rays of pixels.

    Args:
        pixels: ``(N, 2)`` column, row.
        K: ``(3, 3)`` camera matrix in pixels.
        distortion: Of the lens.
        rotation: ``(3, 3)`` camera to site.

    Returns:
        ``(N, 3)`` unit vectors in the site frame. NaN rows where the distortion cannot be inverted.
    """
    plane = np.column_stack(
        [
            (pixels[:, 0] - K[0, 2] - K[0, 1] * (pixels[:, 1] - K[1, 2]) / K[1, 1]) / K[0, 0],
            (pixels[:, 1] - K[1, 2]) / K[1, 1],
        ]
    )
    rays = distortion.undistort(plane) @ rotation.T
    unit: Float = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit


def project(points_m: Float, eye_m: Float, K: Float, distortion: Distortion, rotation: Float) -> Float:
    """Where site points appear in the image.

    Args:
        points_m: ``(N, 3)`` site metres.
        eye_m: ``(3,)`` camera centre, site metres.
        K: ``(3, 3)`` camera matrix in pixels.
        distortion: Of the lens.
        rotation: ``(3, 3)`` camera to site.

    Returns:
        ``(N, 2)`` column, row; may lie outside the image. NaN rows for points behind a pinhole camera and for
        points beyond the angle to which the lens model is one-to-one.
    """
    if points_m.ndim != 2 or points_m.shape[1] != 3:
        raise GeometryError(f"points must be (N, 3), not {points_m.shape}")
    bent = distortion.distort((points_m - eye_m) @ rotation)
    return np.column_stack([K[0, 0] * bent[:, 0] + K[0, 1] * bent[:, 1] + K[0, 2], K[1, 1] * bent[:, 1] + K[1, 2]])


def camera_matrix(focal_px: float, size_px: tuple[int, int], principal_px: tuple[float, float] | None = None) -> Float:
    """Camera matrix of square pixels; without a principal point, the centre of the image ``(width, height)``."""
    cx, cy = principal_px if principal_px is not None else ((size_px[0] - 1) / 2, (size_px[1] - 1) / 2)
    return np.array([[focal_px, 0.0, cx], [0.0, focal_px, cy], [0.0, 0.0, 1.0]])
