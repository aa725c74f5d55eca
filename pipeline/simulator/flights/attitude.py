"""Rotations of many poses at once; conventions as in `pipeline.geometry.rotation`."""

import numpy as np

from pipeline.records.arrays import Float


def camera_to_ned(attitude_deg: Float) -> Float:
    """``(N, 3, 3)`` camera axes to north-east-down of ``(N, 3)`` yaw, pitch, roll in degrees."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.radians(attitude_deg.T)), np.sin(np.radians(attitude_deg.T))
    right = np.stack([cy * sp * sr - sy * cr, sy * sp * sr + cy * cr, cp * sr], axis=1)
    down = np.stack([cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr], axis=1)
    ahead = np.stack([cy * cp, sy * cp, -sp], axis=1)
    out: Float = np.stack([right, down, ahead], axis=2).astype(np.float64)
    return out


def attitudes_of(rotation_ned: Float) -> Float:
    """``(N, 3)`` yaw, pitch, roll in degrees of ``(N, 3, 3)`` camera axes in north-east-down.

    At nadir, where yaw and roll are one freedom, roll is given as 0.
    """
    right, down, ahead = rotation_ned[:, :, 0], rotation_ned[:, :, 1], rotation_ned[:, :, 2]
    pitch = np.arcsin(np.clip(-ahead[:, 2], -1.0, 1.0))
    upright = np.abs(np.abs(pitch) - np.pi / 2) < 1e-6
    top = -down * np.sign(-pitch)[:, None]  # at nadir the picture's top points along the heading
    yaw = np.where(upright, np.arctan2(top[:, 1], top[:, 0]), np.arctan2(ahead[:, 1], ahead[:, 0]))
    roll = np.where(upright, 0.0, np.arctan2(right[:, 2], down[:, 2]))
    return np.asarray(np.degrees(np.column_stack([yaw, pitch, roll])), np.float64)
