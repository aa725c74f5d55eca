"""Attitudes as autopilots log them: quaternions of a body (forward, right, down) in north, east, down."""

import numpy as np

from pipeline.records.arrays import Float


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
