"""Attitudes of a body (forward, right, down) in north, east, down: angles, rotations and quaternions."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

_NEAR_VERTICAL = np.cos(np.radians(0.01))


def rotations(yaw_deg: Float, pitch_deg: Float, roll_deg: Float) -> Float:
    """``(N, 3, 3)`` whose columns are forward, right and down of a body in north, east, down."""
    yaw, pitch, roll = (np.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    rows = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def angles_of(axes: Float) -> tuple[Float, Float, Float]:
    """Yaw, pitch and roll in degrees of `rotations`; straight down or up, roll is 0 and yaw the picture's top."""
    forward, right, down = axes[:, :, 0], axes[:, :, 1], axes[:, :, 2]
    pitch = -np.arcsin(np.clip(forward[:, 2], -1.0, 1.0))
    vertical = np.abs(forward[:, 2]) > _NEAR_VERTICAL
    top = np.where(forward[:, 2:] > 0, -down, down)
    yaw = np.where(vertical, np.arctan2(top[:, 1], top[:, 0]), np.arctan2(forward[:, 1], forward[:, 0]))
    roll = np.where(vertical, 0.0, np.arctan2(right[:, 2], down[:, 2]))
    return np.degrees(yaw), np.degrees(pitch), np.degrees(roll)


def euler_of(w: Float, x: Float, y: Float, z: Float) -> tuple[Float, Float, Float]:
    """Yaw clockwise from north, pitch up from the horizon, roll clockwise from behind, degrees.

    NaN where a quaternion's length differs from 1 by more than a tenth: it was not set. At a pitch of ±90° the roll
    is 0 and the yaw takes all of the turn.

    Args:
        w, x, y, z: ``(N,)`` with w the real part, rotating the body's axes into north, east, down.
    """
    q = np.stack([w, x, y, z]).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.sqrt((q**2).sum(axis=0))
        q = np.where(np.abs(length - 1) < 0.1, q / length, np.nan)
        w, x, y, z = q
        sine = np.clip(2 * (w * y - z * x), -1, 1)
        upright = np.abs(sine) > 1 - 1e-12
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    yaw = np.where(upright, np.arctan2(2 * (w * z - x * y), 1 - 2 * (x * x + z * z)), yaw)
    roll = np.where(upright, 0.0, roll)
    return np.degrees(yaw), np.degrees(np.arcsin(sine)), np.degrees(roll)
