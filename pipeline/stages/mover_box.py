"""What the box of a mover tells of where it is."""

import numpy as np

from pipeline.geometry.camera import pixel_rays
from pipeline.records.arrays import Float
from pipeline.records.frame import GroundFrame


def box_sigma_px(box: Float) -> float:
    """Standard deviation of a box's middle, pixels."""
    return 1.0 + 0.1 * float(np.sqrt(box[2] * box[3]))


def line_of_sight(box: Float, frame: GroundFrame, centre_sigma_px: float = 0.0) -> tuple[Float, Float]:
    """Ray through a box's middle, and the ``(2, 2)`` covariance of its horizontal slopes."""
    middle = box[:2] + (box[2:] - 1) / 2
    near = middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    rays = pixel_rays(near, frame.camera.K, frame.camera.distortion, frame.pose.rotation)
    slopes = rays[:, :2] / -rays[:, 2:]
    by_pixel = (slopes[1:] - slopes[0]).T * np.hypot(box_sigma_px(box), centre_sigma_px)
    return rays[0], np.asarray(by_pixel @ by_pixel.T, np.float64)


def foot_of(box: Float, frame: GroundFrame) -> Float:
    """Pixel where a mover touches the ground: the box's middle from above, its lower edge from the side."""
    middle = box[:2] + (box[2:] - 1) / 2
    camera, rotation = frame.camera, frame.pose.rotation
    ray = pixel_rays(middle[None], camera.K, camera.distortion, rotation)[0]
    ahead = rotation.T @ ray
    down = rotation.T @ np.array([0.0, 0.0, -1.0])
    toward = down[:2] * ahead[2] - ahead[:2] * down[2]
    length = float(np.hypot(*toward))
    if not np.isfinite(length) or length < 1e-9:
        return np.asarray(middle, np.float64)
    unit = toward / length
    half = 0.5 * float(np.abs(unit) @ box[2:])
    upright = float(ray[0] ** 2 + ray[1] ** 2)  # from above length fills the box, from the side height does
    return np.asarray(middle + unit * half * upright, np.float64)
