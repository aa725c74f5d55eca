"""Viewing rays of any points of a picture, and back, for both kinds of lens."""

import cv2
import numpy as np

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import pixel_rays, project
from pipeline.records.arrays import Float
from pipeline.simulator.scene.lens import Lens


def rays_at(lens: Lens, rotation: Float, pixels: Float) -> Float:
    """``(N, 3)`` unit vectors in the site frame of ``(N, 2)`` column, row; NaN rows where the lens sees nothing."""
    if lens.kind == "brown":
        return pixel_rays(pixels, lens.K, Brown(*lens.distortion), rotation)
    flat = cv2.fisheye.undistortPoints(pixels[:, None, :], lens.K, lens.distortion)[:, 0]
    rays = np.column_stack([flat, np.ones(len(flat))]) @ rotation.T
    unit: Float = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit


def pixels_of(lens: Lens, eye_m: Float, rotation: Float, points_m: Float) -> Float:
    """``(N, 2)`` column, row of ``(N, 3)`` site points; NaN rows for those behind the camera."""
    if lens.kind == "brown":
        return project(points_m, eye_m, lens.K, Brown(*lens.distortion), rotation)
    local = (points_m - eye_m) @ rotation
    ahead = local[:, 2] > 1e-6
    flat = np.where(ahead[:, None], local[:, :2] / np.where(ahead, local[:, 2], 1.0)[:, None], 0.0)
    bent = np.asarray(cv2.fisheye.distortPoints(flat[:, None, :], lens.K, lens.distortion)[:, 0], np.float64)
    return np.where(ahead[:, None], bent, np.nan)
