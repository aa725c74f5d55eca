"""How far off a pixel's place may really be, where the ground under a low look is no plane.

First-order propagation takes the ground for a plane. Under a low look that plane runs on for hundreds of metres: the
far end of the error is longer than the near one, and a crest cuts it short or lets it leap to the next slope. So lines
of sight are moved by the errors that are likely, met with the terrain, and an ellipse drawn around 95 % of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.locate_errors import SightErrors
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

Float = NDArray[np.float64]

_CHI2_95 = 5.991
_DIRECTIONS = np.radians(np.arange(0.0, 360.0, 30.0))
_KNOTS = np.array([0.0, 0.7, 1.4, 2.1, 2.8, 3.5])
_RADII = np.arange(0.05, 3.5, 0.1)
_LIKELY = _RADII * np.exp(-(_RADII**2) / 2) / len(_DIRECTIONS)
_WEIGHTS = np.tile(_LIKELY / (_LIKELY.sum() * len(_DIRECTIONS)), len(_DIRECTIONS))
_BETWEEN = np.maximum(0.0, 1 - np.abs(_RADII[:, None] - _KNOTS) / 0.7)
_NO_GROUND_M = 20_000.0
"""Stands for "beyond the horizon": such ellipses are too long for any use."""
_ROUNDS = 2
_BLOCK = 2000


@dataclass(frozen=True, slots=True, eq=False)
class LowLooks:
    """Lines of sight to the ground, and how errors move them.

    Attributes:
        eye_m: ``(3,)``.
        lines_m: ``(N, 3)`` from the eye to the ground.
        free: ``(N, 3, M)`` how the end of each line moves with each of M errors before the ground stops it.
        onto_ground: ``(N, 2, M)`` the same once the ground has stopped it.
    """

    eye_m: Float
    lines_m: Float
    free: Float
    onto_ground: Float

    def part(self, first: int, last: int) -> "LowLooks":
        """Some of them."""
        return LowLooks(self.eye_m, self.lines_m[first:last], self.free[first:last], self.onto_ground[first:last])


def met_covariance(covariance_m2: Float, looks: LowLooks, errors: SightErrors, grid: HeightGrid) -> Float:
    """Covariances whose 95 % ellipse holds 95 % of where the moved lines of sight meet the terrain.

    Args:
        covariance_m2: ``(N, 2, 2)`` by first order.
        looks: What they are of.
        errors: Of them.
        grid: The terrain.

    Returns:
        ``(N, 2, 2)``.
    """
    parts = []
    for first in range(0, len(covariance_m2), _BLOCK):
        some = slice(first, first + _BLOCK)
        parts.append(_of_block(covariance_m2[some], looks.part(first, first + _BLOCK), errors.take(some), grid))
    return np.concatenate(parts)


def _of_block(covariance_m2: Float, looks: LowLooks, errors: SightErrors, grid: HeightGrid) -> Float:
    off = _cloud(covariance_m2, looks, errors, grid)
    inner = np.broadcast_to(np.tile(_RADII**2 <= _CHI2_95, len(_DIRECTIONS)), off.shape[:2])
    shape = covariance_m2
    for _ in range(_ROUNDS):
        weights = np.where(inner, _WEIGHTS, 0.0)
        shape = np.einsum("np,npi,npj->nij", weights / weights.sum(axis=1, keepdims=True), off, off)
        shape += 1e-9 * np.trace(covariance_m2, axis1=1, axis2=2)[:, None, None] * np.eye(2)
        distance = np.einsum("npi,nij,npj->np", off, np.linalg.inv(shape), off)
        held = _weighted_quantile(distance)
        inner = distance <= held[:, None]
        shape = shape * (held / _CHI2_95)[:, None, None]
    return np.asarray(shape, np.float64)


def _cloud(covariance_m2: Float, looks: LowLooks, errors: SightErrors, grid: HeightGrid) -> Float:
    """``(N, P, 2)`` metres by which moved lines of sight miss the place, likely ones with the weights of `_WEIGHTS`."""
    values, axes = np.linalg.eigh(covariance_m2)
    sigma = np.sqrt(np.maximum(values, 1e-12))
    # of all errors that move the place by one sigma along an axis, the likeliest
    likeliest = errors.toward(looks.onto_ground) @ axes / sigma[:, None]
    moved = np.einsum("nim,nma->nia", looks.free, likeliest)
    circle = np.column_stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])
    outward = np.einsum("nia,da->ndi", moved, circle)
    ends = looks.lines_m[:, None, None] + _KNOTS[1:, None] * outward[:, :, None]
    met = meet_terrain(looks.eye_m, ends.reshape(-1, 3), grid).reshape(ends.shape)
    off = (met - looks.eye_m - looks.lines_m[:, None, None])[..., :2]
    way = looks.lines_m[:, :2] / np.maximum(np.linalg.norm(looks.lines_m[:, :2], axis=1, keepdims=True), 1e-9)
    off = np.where(np.isfinite(off), off, _NO_GROUND_M * way[:, None, None])
    off = np.concatenate([np.zeros_like(off[:, :, :1]), off], axis=2)
    return np.asarray(np.einsum("rk,ndki->ndri", _BETWEEN, off).reshape(len(off), -1, 2), np.float64)


def _weighted_quantile(distance: Float) -> Float:
    """``(N,)`` distance that 95 % of the weight stays within."""
    order = np.argsort(distance, axis=1)
    reached = np.cumsum(_WEIGHTS[order], axis=1)
    place = np.minimum((reached < 0.95).sum(axis=1), distance.shape[1] - 1)
    return np.asarray(np.take_along_axis(distance, order, axis=1)[np.arange(len(distance)), place], np.float64)
