"""Distortion of a fisheye lens."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.turning_point import first_turning

Float = NDArray[np.float64]

_STEPS = 40
_ON_AXIS = 1e-12


@dataclass(frozen=True, slots=True)
class Fisheye:
    """The radius grows with the angle off the axis: ``θ (1 + k1 θ² + k2 θ⁴ + k3 θ⁶ + k4 θ⁸)``, as in OpenCV.

    Rays may come from behind the plane of the image, as they do through lenses wider than 180°.

    Attributes:
        k1, k2, k3, k4: Coefficients.
        widest_rad: Angle off the axis up to which the radius grows, π at most.

    Source: Kannala and Brandt (2006), in the form and order of ``cv2.fisheye``.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    widest_rad: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        turning = first_turning([1.0, 3 * self.k1, 5 * self.k2, 7 * self.k3, 9 * self.k4])
        object.__setattr__(self, "widest_rad", min(float(np.sqrt(turning)), float(np.pi)))

    @property
    def coefficients(self) -> tuple[float, ...]:
        """k1 k2 k3 k4."""
        return self.k1, self.k2, self.k3, self.k4

    def distort(self, rays: Float) -> Float:
        """Where rays ``(N, 3)`` in camera axes appear on the normalised image plane, ``(N, 2)``.

        NaN rows beyond `widest_rad`.
        """
        across, angle = self._polar(rays)
        share = self._share(rays, across, angle)
        return np.asarray(rays[:, :2] * share[:, None], np.float64)

    def undistort(self, plane: Float) -> Float:
        """Unit rays ``(N, 3)`` in camera axes that appear on the image plane at ``(N, 2)``.

        NaN rows farther out than the radius of `widest_rad`.
        """
        radius = np.hypot(plane[:, 0], plane[:, 1])
        angle = self._angle(radius)
        share = np.where(radius > _ON_AXIS, np.sin(angle) / np.maximum(radius, _ON_AXIS), 1.0)
        return np.column_stack([plane * share[:, None], np.cos(angle)])

    def slopes(self, rays: Float) -> Float:
        """``(N, 2, 3)`` derivative of `distort`; NaN rows as there."""
        across, angle = self._polar(rays)
        length2 = (rays**2).sum(axis=1)
        outward = rays[:, :2] / np.where(across > 0, across, 1.0)[:, None]
        share, grows = self._share(rays, across, angle), self._growth(angle)
        along = grows * rays[:, 2] / length2  # how the radius grows outward
        out = np.empty((len(rays), 2, 3))
        out[:, :, :2] = share[:, None, None] * np.eye(2)
        out[:, :, :2] += (along - share)[:, None, None] * outward[:, :, None] * outward[:, None, :]
        out[:, :, 2] = -(grows * across / length2)[:, None] * outward
        return out

    def _polar(self, rays: Float) -> tuple[Float, Float]:
        """``(N,)`` distances from the axis, and angles off it; angles are NaN beyond `widest_rad`."""
        across = np.hypot(rays[:, 0], rays[:, 1])
        angle = np.arctan2(across, rays[:, 2])
        return across, np.where(angle < self.widest_rad, angle, np.nan)

    def _share(self, rays: Float, across: Float, angle: Float) -> Float:
        """``(N,)`` radius per distance from the axis; on the axis its limit."""
        near = across < _ON_AXIS * np.abs(rays[:, 2])
        return np.where(near, 1 / np.where(near, rays[:, 2], 1.0), self._radius(angle) / np.where(near, 1.0, across))

    def _radius(self, angle: Float) -> Float:
        t2 = angle * angle
        return angle * (1 + t2 * (self.k1 + t2 * (self.k2 + t2 * (self.k3 + t2 * self.k4))))

    def _growth(self, angle: Float) -> Float:
        """Derivative of the radius by the angle."""
        t2 = angle * angle
        return 1 + t2 * (3 * self.k1 + t2 * (5 * self.k2 + t2 * (7 * self.k3 + t2 * 9 * self.k4)))

    def _angle(self, radius: Float) -> Float:
        """Angles of radii: Newton's method, halved where it would leave the bracket; NaN beyond the largest radius."""
        low, high = np.zeros(len(radius)), np.full(len(radius), self.widest_rad)
        angle = np.minimum(radius, high)
        for _ in range(_STEPS):
            over = self._radius(angle) - radius
            if np.nanmax(np.abs(over), initial=0.0) < 1e-14:
                break
            low, high = np.where(over < 0, angle, low), np.where(over < 0, high, angle)
            newton = angle - over / np.maximum(self._growth(angle), 1e-9)
            angle = np.where((newton >= low) & (newton <= high), newton, (low + high) / 2)
        return np.where(np.abs(self._radius(angle) - radius) < 1e-9, angle, np.nan)
