"""Where the pixels of a lens look, and where in the picture a place appears."""

import numpy as np
from scipy.interpolate import RectBivariateSpline

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import pixel_rays, project
from pipeline.records.arrays import Float
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.fisheye import bend, largest_angle, unbend

_NODES = 96  # of the grid on which the lens is inverted: good to 1e-4 px between them


def lens_rays(lens: Lens) -> Float32:
    """Unit rays of all pixels' centres.

    Returns:
        ``(H, W, 3)`` float32 in camera axes.

    Raises:
        GeometryError: The lens model cannot be inverted somewhere in the picture.
    """
    width, height = lens.size_px
    columns = np.linspace(0.0, width - 1.0, min(width, _NODES))
    rows = np.linspace(0.0, height - 1.0, min(height, _NODES))
    nodes = np.stack(np.meshgrid(columns, rows), axis=-1)
    rays = rays_of(nodes.reshape(-1, 2), lens).reshape(len(rows), len(columns), 3)
    if not np.isfinite(rays).all():
        raise GeometryError(
            f"{lens.kind} lens of {width} × {height} px and focal length {lens.focal_px:.0f} px: its distortion can't "
            "be inverted in the corners; use smaller coefficients, a longer focal length, or a fisheye model"
        )
    out = np.empty((height, width, 3), np.float32)
    across, down = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)
    degree = (min(3, len(rows) - 1), min(3, len(columns) - 1))
    for axis in range(3):
        spline = RectBivariateSpline(rows, columns, rays[..., axis], kx=degree[0], ky=degree[1])
        out[..., axis] = spline(down, across)
    return out


def rays_of(pixels: Float, lens: Lens) -> Float:
    """``(N, 3)`` unit rays in camera axes of ``(N, 2)`` columns, rows. NaN rows where the lens has no inverse."""
    if lens.kind == "brown":
        return pixel_rays(pixels, lens.K, Brown(*lens.distortion), np.eye(3))
    K = lens.K
    y = (pixels[:, 1] - K[1, 2]) / K[1, 1]
    x = (pixels[:, 0] - K[0, 2] - K[0, 1] * y) / K[0, 0]
    radius = np.hypot(x, y)
    angle = unbend(radius, lens.distortion)
    share = np.where(radius > 1e-12, np.sin(angle) / np.maximum(radius, 1e-12), 1.0)
    return np.column_stack([x * share, y * share, np.cos(angle)])


def project_lens(points_m: Float, eye_m: Float, rotation: Float, lens: Lens) -> Float:
    """Where site points appear in the picture.

    Args:
        points_m: ``(N, 3)`` site metres.
        eye_m: ``(3,)`` camera centre.
        rotation: ``(3, 3)`` camera to site.
        lens: The lens.

    Returns:
        ``(N, 2)`` column, row; may lie outside the picture. NaN rows for points that the lens can't see: behind a
        pinhole, or beyond the angle to which a model is one-to-one.
    """
    if lens.kind == "brown":
        return project(points_m, eye_m, lens.K, Brown(*lens.distortion), rotation)
    local = (points_m - eye_m) @ rotation
    across = np.hypot(local[:, 0], local[:, 1])
    angle = np.arctan2(across, local[:, 2])
    angle = np.where(angle < largest_angle(lens.distortion), angle, np.nan)
    share = bend(angle, lens.distortion) / np.maximum(across, 1e-12)
    x, y = local[:, 0] * share, local[:, 1] * share
    return np.column_stack([lens.K[0, 0] * x + lens.K[0, 1] * y + lens.K[0, 2], lens.K[1, 1] * y + lens.K[1, 2]])
