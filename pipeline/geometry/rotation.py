"""Rotations between the camera, the body of the aircraft and the ground.

Frames (fixed for the whole project):
    camera: x right, y down, z forward; pixel (0, 0) is the centre of the top-left pixel.
    site: x east, y north, z up, in metres (see `pipeline.geometry.projection.SiteFrame`).
    attitude: yaw clockwise from north, pitch up from the horizon (nadir is -90°), roll clockwise as seen
        from behind; applied in the order yaw, pitch, roll. Yaw, pitch and roll are always the *camera's*.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def camera_to_ned(yaw_rad: float, pitch_rad: float, roll_rad: float) -> Float:
    """Rotation from camera axes to north-east-down.

    Returns:
        ``(3, 3)``; columns are the camera's right, down and forward axes in north, east, down.

    Source: aerospace sequence ZYX; at zero the camera looks north, horizontally.
    """
    cy, sy = np.cos(yaw_rad), np.sin(yaw_rad)
    cp, sp = np.cos(pitch_rad), np.sin(pitch_rad)
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    body = np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )
    return np.column_stack([body[:, 1], body[:, 2], body[:, 0]])


def camera_to_site(yaw_rad: float, pitch_rad: float, roll_rad: float, convergence_rad: float = 0.0) -> Float:
    """Rotation from camera axes to site axes (east, north, up).

    Args:
        yaw_rad: Clockwise from *true* north.
        pitch_rad: Up from the horizon; nadir is -π/2.
        roll_rad: Clockwise as seen from behind the camera.
        convergence_rad: Grid convergence at the site: bearing of grid north from true north, clockwise.

    Returns:
        ``(3, 3)``; columns are the camera's right, down and forward axes.
    """
    ned = camera_to_ned(yaw_rad - convergence_rad, pitch_rad, roll_rad)
    return np.vstack([ned[1], ned[0], -ned[2]])


def attitude_of(rotation: Float, convergence_rad: float = 0.0) -> tuple[float, float, float]:
    """Yaw, pitch and roll in radians of a camera-to-site rotation: the inverse of `camera_to_site`.

    At nadir yaw and roll are one freedom; roll is then given as 0. Yaw lies in [-π, π).
    """
    forward, right, down = rotation[:, 2], rotation[:, 0], rotation[:, 1]
    pitch = float(np.arcsin(np.clip(forward[2], -1.0, 1.0)))
    if abs(abs(pitch) - np.pi / 2) < 1e-6:
        upward = -down if pitch < 0 else down  # at nadir the picture's top points along the heading
        yaw, roll = float(np.arctan2(upward[0], upward[1])), 0.0
    else:
        yaw = float(np.arctan2(forward[0], forward[1]))
        roll = float(np.arctan2(-right[2], -down[2]))
    return wrap_angle(yaw + convergence_rad), pitch, roll


def between_attitudes(first_rad: Float, last_rad: Float, share: float) -> tuple[Float, float]:
    """The attitude on the shortest turn between two.

    Yaw and roll apart would whirl round where a camera looks straight down; the turn of the camera does not.

    Args:
        first_rad, last_rad: ``(3,)`` yaw, pitch, roll.
        share: Of the turn, 0 … 1.

    Returns:
        ``(3,)`` yaw, pitch, roll; the angle of the whole turn in radians, at most π.

    Source: spherical linear interpolation, Shoemake (1985), about the axis of the turn.
    """
    start = camera_to_site(*first_rad)
    turn = start.T @ camera_to_site(*last_rad)
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / 2
    sine, cosine = float(np.sqrt(axis @ axis)), (float(np.trace(turn)) - 1) / 2
    angle = float(np.arctan2(sine, cosine))
    if sine < 1e-9:  # no turn, or one by half a circle whose axis is not told: stay with the nearer end
        return np.array(first_rad if share < 0.5 else last_rad, np.float64), angle
    part = skew(axis / sine)
    rotation = start @ (np.eye(3) + np.sin(share * angle) * part + (1 - np.cos(share * angle)) * part @ part)
    return np.array(attitude_of(rotation)), angle


def wrap_angle(angle_rad: float) -> float:
    """The same angle in [-π, π)."""
    return float((angle_rad + np.pi) % (2 * np.pi) - np.pi)


def skew(v: Float) -> Float:
    """``(3, 3)`` matrix of the cross product with ``v`` ``(3,)``."""
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
