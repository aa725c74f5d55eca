"""Brown–Conrady distortion of a pinhole camera."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.turning_point import first_turning

Float = NDArray[np.float64]

_STEPS = 30
_LEAST_DEPTH = 1e-9
_NEAR = 1e-4  # on the image plane: from here Newton's method on both coordinates takes over


@dataclass(frozen=True, slots=True)
class Brown:
    """Radial and tangential polynomials on the plane of the image, in OpenCV's order. Zeros: a pinhole.

    Attributes:
        k1, k2, p1, p2, k3: Coefficients.
        widest_rad: Angle off the axis up to which the radial part grows: beyond it far-off rays fold back in.

    Source: Brown (1966) in OpenCV's parametrisation.
    """

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    widest_rad: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        turning = first_turning([1.0, 3 * self.k1, 5 * self.k2, 7 * self.k3])
        object.__setattr__(self, "widest_rad", float(np.arctan(np.sqrt(turning))))

    @property
    def coefficients(self) -> tuple[float, ...]:
        """k1 k2 p1 p2 k3."""
        return self.k1, self.k2, self.p1, self.p2, self.k3

    def distort(self, rays: Float) -> Float:
        """Where rays ``(N, 3)`` in camera axes meet the normalised image plane, ``(N, 2)``.

        NaN rows for rays from behind the camera and beyond `widest_rad`.
        """
        return self._bent(self._ideal(rays))

    def undistort(self, plane: Float) -> Float:
        """Rays ``(N, 3)`` in camera axes, of depth 1, that meet the image plane at ``(N, 2)``.

        NaN rows where the model cannot be inverted (far outside the image that it was fitted on).
        """
        if not any(self.coefficients):
            return np.column_stack([plane, np.ones(len(plane))])
        ideal = self._start(plane)
        for _ in range(_STEPS):
            missing = plane - self._bent(ideal)
            ideal = ideal + _solve(self._bend(ideal), missing)
            if np.nanmax(np.abs(missing), initial=0.0) < 1e-12:
                break
        right = np.abs(self._bent(ideal) - plane).max(axis=1, initial=0.0) < 1e-9
        right &= np.hypot(ideal[:, 0], ideal[:, 1]) < np.tan(self.widest_rad)
        return np.column_stack([np.where(right[:, None], ideal, np.nan), np.ones(len(plane))])

    def slopes(self, rays: Float) -> Float:
        """``(N, 2, 3)`` derivative of `distort`; NaN rows as there."""
        ideal = self._ideal(rays)
        by_ray = np.zeros((len(rays), 2, 3))
        depth = np.where(rays[:, 2] > _LEAST_DEPTH, rays[:, 2], np.nan)
        by_ray[:, 0, 0] = by_ray[:, 1, 1] = 1 / depth
        by_ray[:, :, 2] = -ideal / depth[:, None]
        return np.asarray(self._bend(ideal) @ by_ray, np.float64)

    def _ideal(self, rays: Float) -> Float:
        """``(N, 2)`` where rays would meet the plane of a pinhole; NaN where the model does not hold."""
        depth = np.where(rays[:, 2] > _LEAST_DEPTH, rays[:, 2], np.nan)
        ideal = rays[:, :2] / depth[:, None]
        within = (ideal**2).sum(axis=1) < np.tan(self.widest_rad) ** 2
        return np.where(within[:, None], ideal, np.nan)

    def _bent(self, ideal: Float) -> Float:
        k1, k2, p1, p2, k3 = self.coefficients
        x, y = ideal[:, 0], ideal[:, 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.column_stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
            ]
        )

    def _bend(self, ideal: Float) -> Float:
        """``(N, 2, 2)`` derivative of `_bent`."""
        k1, k2, p1, p2, k3 = self.coefficients
        x, y = ideal[:, 0], ideal[:, 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        slope = 2 * (k1 + r2 * (2 * k2 + 3 * k3 * r2))
        out = np.empty((len(ideal), 2, 2))
        out[:, 0, 0] = radial + x * x * slope + 2 * p1 * y + 6 * p2 * x
        out[:, 0, 1] = out[:, 1, 0] = x * y * slope + 2 * p1 * x + 2 * p2 * y
        out[:, 1, 1] = radial + y * y * slope + 6 * p1 * y + 2 * p2 * x
        return out

    def _start(self, plane: Float) -> Float:
        """The inverse of the radial part, which grows up to `widest_rad`: halving never leaves its branch."""
        radius = np.hypot(plane[:, 0], plane[:, 1])
        most = np.tan(self.widest_rad)
        low, high = np.zeros(len(plane)), np.full(len(plane), min(most, 1e3))
        r = np.minimum(radius, high)
        for step in range(_STEPS):
            r2 = r * r
            over = r * (1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))) - radius
            if not np.any(np.abs(over[r < high]) > _NEAR):
                break
            low, high = np.where(over < 0, r, low), np.where(over < 0, high, r)
            steep = 1 + r2 * (3 * self.k1 + r2 * (5 * self.k2 + r2 * 7 * self.k3))
            newton = r - over / np.maximum(steep, 1e-9)
            # every third step halves: Newton's alone can go to and fro between both ends
            kept = (newton >= low) & (newton <= high) & (step % 3 != 2)
            r = np.where(np.abs(over) <= _NEAR, r, np.where(kept, newton, (low + high) / 2))
        share = np.where(radius > 0, r / np.where(radius > 0, radius, 1.0), 1.0)
        return np.asarray(plane * share[:, None], np.float64)


PINHOLE = Brown()


def _solve(matrices: Float, right: Float) -> Float:
    """``(N, 2)`` solutions of 2 × 2 systems; NaN where one is singular."""
    (a, b), (c, d) = matrices[:, 0].T, matrices[:, 1].T
    det = a * d - b * c
    det = np.where(np.abs(det) < 1e-9, np.nan, det)
    return np.column_stack([(d * right[:, 0] - b * right[:, 1]) / det, (a * right[:, 1] - c * right[:, 0]) / det])
