"""How far a rolling shutter skews a picture."""

import numpy as np

from pipeline.geometry.camera import pixel_rays, project
from pipeline.geometry.pose_from_points import small_rotation
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel

ROLLING = "rolling_shutter"
SKEW_PX = 1.0
"""From here on a frame is said to be skewed."""

_FLAT = 0.02
_FAR_M = 20_000.0
_AT = (0.05, 0.5, 0.95)


def skew_px(camera: CameraModel, rotation: Float, sweep: Float, height_m: float) -> float:
    """How far the last row lies from where it would, had it been read with the first: the largest over the picture.

    Args:
        camera: Its camera.
        rotation: ``(3, 3)`` camera to site, of the middle row.
        sweep: ``(6,)`` as in `pipeline.records.frame.PosedFrame`.
        height_m: Above the ground, taken as level; NaN: only turning is reckoned with.
    """
    if not np.any(sweep):
        return 0.0
    width, height = camera.size_px
    pixels = np.array([[u * (width - 1), v * (height - 1)] for v in _AT for u in _AT])
    rays = pixel_rays(pixels, camera.K, camera.distortion, rotation)
    meets = (rays[:, 2] < -_FLAT) & bool(np.isfinite(height_m))
    reach = np.where(meets, -height_m / np.where(meets, rays[:, 2], -1.0), _FAR_M)
    points = rays * reach[:, None]
    seen = []
    for half in (-0.5, 0.5):
        eye_m = half * sweep[:3] if np.isfinite(height_m) else np.zeros(3)
        turned = small_rotation(half * sweep[3:]) @ rotation
        seen.append(project(points, eye_m, camera.K, camera.distortion, turned))
    apart = np.linalg.norm(seen[1] - seen[0], axis=1)
    known = apart[np.isfinite(apart)]
    return float(known.max()) if len(known) else 0.0
