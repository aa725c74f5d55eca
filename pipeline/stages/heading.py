"""What telemetry says of the heading, and whether the pixels contradict it."""

import numpy as np

from pipeline.geometry.pose_from_points import LEAST_COVARIANCE, PosePrior, rotation_between, small_rotation
from pipeline.geometry.rotation import wrap_angle
from pipeline.records.arrays import Float
from pipeline.records.frame import Pose

HALF_TURN = np.diag([-1.0, -1.0, 1.0])
"""Turns the pixels by 180° about the optical axis, when multiplied from the right."""

_WITHIN_RAD = np.radians(35.0)
_FREE_YAW_RAD = np.pi


def turn_between(start: Float, end: Float) -> float:
    """Change of heading from one camera-to-site rotation to another, clockwise, in [-π, π).

    Source: the twist about the vertical of the rotation between them.
    """
    between = end @ start.T
    return wrap_angle(-float(np.arctan2(between[1, 0] - between[0, 1], between[0, 0] + between[1, 1])))


def is_turned(prior: Float, rotation: Float) -> bool:
    """Whether the pixels are turned by about 180° against what telemetry says."""
    straight = np.linalg.norm(rotation_between(prior, rotation))
    turned = np.linalg.norm(rotation_between(prior @ HALF_TURN, rotation))
    return bool(turned < _WITHIN_RAD and turned < straight)


def is_contradicted(prior: Float, rotation: Float) -> bool:
    """Whether the attitude agrees neither with telemetry nor with its turned pixels."""
    return not is_turned(prior, rotation) and bool(np.linalg.norm(rotation_between(prior, rotation)) > _WITHIN_RAD)


def expected_toward(rotation: Float, prior: Pose, focal_sigma: float) -> PosePrior:
    """Telemetry's pose as a prior for a solution near `rotation`, and a focal length of a relative σ.

    Pixels turned by 180° are expected just as well as upright ones. When the heading agrees with neither, the yaw is
    given up and only position and tilt are expected.
    """
    information = np.asarray(np.linalg.inv(prior.covariance + LEAST_COVARIANCE), np.float64)
    if is_turned(prior.rotation, rotation):
        return PosePrior(prior.eye_m, prior.rotation @ HALF_TURN, information, focal_sigma)
    if not is_contradicted(prior.rotation, rotation):
        return PosePrior(prior.eye_m, prior.rotation, information, focal_sigma)
    about_up = small_rotation(np.array([0.0, 0.0, -turn_between(prior.rotation, rotation)]))
    spin = np.eye(6)
    spin[3:, 3:] = about_up
    free = spin @ prior.covariance @ spin.T
    free[5, 5] += _FREE_YAW_RAD**2
    return PosePrior(prior.eye_m, about_up @ prior.rotation, np.asarray(np.linalg.inv(free), np.float64), focal_sigma)
