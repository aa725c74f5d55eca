"""The fisheye lens of OpenCV: radius as an odd polynomial of the angle off the axis."""

import numpy as np

from pipeline.records.arrays import Float


def bend(angle_rad: Float, distortion: Float) -> Float:
    """Radius on the normalised image plane of ``(N,)`` angles off the axis; `distortion` k1 k2 k3 k4.

    Source: Kannala and Brandt (2006) in OpenCV's parametrisation.
    """
    square = angle_rad * angle_rad
    k1, k2, k3, k4 = distortion
    return np.asarray(angle_rad * (1 + square * (k1 + square * (k2 + square * (k3 + square * k4)))), np.float64)


def unbend(radius: Float, distortion: Float) -> Float:
    """Angles off the axis of ``(N,)`` radii: Newton's method on `bend`. NaN where there is none up to 180°."""
    k1, k2, k3, k4 = distortion
    most = largest_angle(distortion)
    angle = np.minimum(radius, most)
    for _ in range(20):
        square = angle * angle
        slope = 1 + square * (3 * k1 + square * (5 * k2 + square * (7 * k3 + square * 9 * k4)))
        step = (bend(angle, distortion) - radius) / np.where(np.abs(slope) < 1e-9, np.nan, slope)
        angle = np.clip(angle - step, 0.0, most)
        if np.nanmax(np.abs(step), initial=0.0) < 1e-13:
            break
    wrong = ~(np.abs(bend(angle, distortion) - radius) < 1e-9)
    return np.where(wrong, np.nan, angle)


def largest_angle(distortion: Float) -> float:
    """Angle up to which the radius grows, at most 180°."""
    k1, k2, k3, k4 = distortion
    roots = np.roots([9 * k4, 7 * k3, 5 * k2, 3 * k1, 1.0])
    turning = [float(np.sqrt(root.real)) for root in roots if abs(root.imag) < 1e-12 and root.real > 0]
    return min([*turning, float(np.pi)])
