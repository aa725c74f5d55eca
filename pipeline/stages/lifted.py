"""Matches of a frame with points whose place is known."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.camera import pixel_rays, project
from pipeline.records.arrays import Bool, Float
from pipeline.records.camera import CameraModel

_SPLIT_CELLS = 10  # along the longer side of the frame


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Matches of a frame with points of known place.

    Attributes:
        pixels: ``(N, 2)`` in the full-resolution frame.
        points_m: ``(N, 3)`` site metres.
        pixel_px: Full-resolution pixels per working pixel.
        height_sigma_m: Standard deviation of the points' heights.
        shared_px: Standard deviation, one axis, of what all matches may be off by together, full-resolution pixels.
    """

    pixels: Float
    points_m: Float
    pixel_px: float
    height_sigma_m: float = 0.0
    shared_px: float = 0.0

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, chosen: Bool) -> "Lifted":
        """Some of them."""
        return replace(self, pixels=self.pixels[chosen], points_m=self.points_m[chosen])


def ground_miss_m(matches: Lifted, camera: CameraModel, eye_m: Float, rotation: Float) -> Float:
    """``(N,)`` horizontal metres between each point and where its pixel meets the point's level; NaN above it."""
    rays = pixel_rays(matches.pixels, camera.K, camera.distortion, rotation)
    down = np.where(rays[:, 2] < 0, rays[:, 2], np.nan)
    reach = (matches.points_m[:, 2] - eye_m[2]) / down
    met = eye_m[:2] + rays[:, :2] * reach[:, None]
    return np.asarray(np.linalg.norm(met - matches.points_m[:, :2], axis=1), np.float64)


def errors_px(matches: Lifted, camera: CameraModel, pose: tuple[Float, Float]) -> Float:
    """``(N,)`` how far each point appears from where an eye and rotation put it; inf behind the camera."""
    seen = project(matches.points_m, pose[0], camera.K, camera.distortion, pose[1])
    miss = np.linalg.norm(seen - matches.pixels, axis=1)
    return np.where(np.isfinite(miss), miss, np.inf)


def checkerboard(pixels: Float, size_px: tuple[int, int]) -> Bool:
    """Which matches are held out: those on the black fields of a board over the frame."""
    step = max(size_px) / _SPLIT_CELLS
    return np.asarray((pixels // step).astype(np.int64).sum(axis=1) % 2 == 1, np.bool_)
