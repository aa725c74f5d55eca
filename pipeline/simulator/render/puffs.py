"""Smoke and dust: balls with a Gaussian density."""

from collections.abc import Sequence

import numpy as np
from scipy.special import erf

from pipeline.records.arrays import Float
from pipeline.simulator.scene.mesh import Float32, Puff

_REACH = 4.0  # spreads beyond which a ball is nothing


def optical_depth(puff: Puff, origin_m: Float32, rays: Float32, far_m: Float32, shift_m: Float) -> Float32:
    """``(N,)`` optical depth of a ball along rays up to `far_m` (may be infinite).

    `shift_m` ``(3,)`` is what to take from the puff's centre to get to the rays' axes.
    Source: the integral of a Gaussian along a line: exp(-b²/2σ²) times a difference of error functions.
    """
    centre = (puff.centre_m - shift_m).astype(np.float32)
    to = centre - origin_m
    along = (to * rays).sum(axis=1)
    aside2 = np.maximum((to * to).sum(axis=1) - along * along, 0)
    wide = np.float32(puff.sigma_m * np.sqrt(2))
    span = erf((far_m - along) / wide) - erf(-along / wide)
    return np.asarray(puff.depth * np.exp(-aside2 / wide**2) * 0.5 * span, np.float32)


class Puffs:
    """The balls of a moment in a stage's axes."""

    def __init__(self, puffs: Sequence[Puff], origin_m: Float) -> None:
        self._puffs = tuple(puff for puff in puffs if puff.depth > 1e-4 and puff.sigma_m > 0)
        self._origin = origin_m
        self._centres = np.array([puff.centre_m - origin_m for puff in self._puffs]).reshape(-1, 3)
        self._radii = _REACH * np.array([puff.sigma_m for puff in self._puffs])

    def __len__(self) -> int:
        return len(self._puffs)

    def over(self, radiance: Float32, origin_m: Float32, rays: Float32, far_m: Float32, light: Float32) -> Float32:
        """``(N, 3)`` radiance with the balls in front; `light` ``(3,)`` is what falls on them. Farthest first."""
        for puff, which in self._met(origin_m, rays):
            stays = np.exp(-optical_depth(puff, origin_m[which], rays[which], far_m[which], self._origin))[:, None]
            glow = np.asarray(puff.colour, np.float32) * light
            radiance[which] = radiance[which] * stays + glow * (1 - stays)
        return radiance

    def warm_over(self, kelvin: Float32, origin_m: Float32, rays: Float32, far_m: Float32, air_k: float) -> Float32:
        """``(N,)`` brightness temperature with the balls in front; thin smoke is nearly clear to long waves."""
        for puff, which in self._met(origin_m, rays):
            depth = 0.35 * optical_depth(puff, origin_m[which], rays[which], far_m[which], self._origin)
            stays = np.exp(-depth)
            kelvin[which] = kelvin[which] * stays + np.float32(air_k + puff.warm_k) * (1 - stays)
        return kelvin

    def shade(self, at_m: Float32, toward: Float32) -> Float32:
        """``(N,)`` share of sunlight that comes through to ``(N, 3)`` places."""
        stays = np.ones(len(at_m), np.float32)
        rays = np.broadcast_to(toward, at_m.shape)
        for puff, which in self._met(at_m, rays):
            endless = np.full(len(which), np.inf, np.float32)
            stays[which] *= np.exp(-optical_depth(puff, at_m[which], rays[which], endless, self._origin))
        return stays

    def _met(self, origin_m: Float32, rays: Float32) -> "list[tuple[Puff, np.ndarray]]":
        """Each ball that some ray comes near, farthest first, with those rays."""
        if not self._puffs or len(rays) == 0:
            return []
        middle = origin_m[len(origin_m) // 2].astype(np.float64)
        order = np.argsort(-np.linalg.norm(self._centres - middle, axis=1), kind="stable")
        found = []
        for index in order.tolist():
            to = self._centres[index].astype(np.float32) - origin_m
            along = (to * rays).sum(axis=1)
            aside2 = (to * to).sum(axis=1) - along * along
            radius = self._radii[index]
            which = np.flatnonzero((aside2 < radius**2) & (along > -radius))
            if len(which):
                found.append((self._puffs[index], which))
        return found
