"""Water and wet ground: ripples, reflections, glitter, puddles."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.render.light import Light
from pipeline.simulator.render.roughness import Breeze, Roughness
from pipeline.simulator.render.surface import GROUND, Surface
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32

_WAVES_M = (0.22, 0.7, 2.4)  # lengths of the ripples that are drawn one by one
_STEP = 0.35
_DARKER: dict[Material, float] = {  # by how much soaking darkens, after Lobell and Asner's dry and saturated soils
    Material.SOIL: 0.50,
    Material.SAND: 0.45,
    Material.GRAVEL: 0.38,
    Material.ASPHALT: 0.42,
    Material.CONCRETE: 0.40,
    Material.ROCK: 0.30,
    Material.STUBBLE: 0.25,
    Material.GRASS: 0.12,
    Material.CROP: 0.10,
    Material.ASH: 0.30,
    Material.PLASTER: 0.15,
    Material.ROOF_TILE: 0.30,
    Material.WOOD: 0.30,
    Material.SANDBAG: 0.35,
    Material.CLOTH: 0.30,
    Material.BARK: 0.25,
    Material.HAY: 0.25,
}
_PUDDLES = (Material.SOIL, Material.GRAVEL, Material.ASPHALT, Material.CONCRETE, Material.SAND)
_F0 = np.float32(0.021)  # reflectance of water seen square on


def soak(surface: Surface, wetness: float, rough: Roughness, origin_m: Float) -> None:
    """Darken what is wet; put puddles into level hollows of bare ground."""
    if wetness <= 0:
        return
    darker = np.zeros(32, np.float32)
    for material, share in _DARKER.items():
        darker[material] = share
    surface.albedo *= (1 - np.float32(wetness) * darker[surface.material])[:, None]
    bare = np.flatnonzero((surface.thing == GROUND) & np.isin(surface.material, _PUDDLES))
    if wetness < 0.25 or not len(bare):
        return
    at = surface.at_m[bare]
    hollow = 0.8 * rough.field(at, origin_m, 2.7, 1) + 0.45 * rough.field(at, origin_m, 0.8, 2)
    steep = np.hypot(surface.slope[bare, 0], surface.slope[bare, 1])
    full = hollow - np.float32(12) * np.maximum(steep - np.float32(0.03), 0) > np.float32(2.6 - 1.5 * wetness)
    wet = bare[full]
    surface.material[wet] = Material.WATER
    surface.albedo[wet] *= np.float32(0.55)
    surface.sway[wet] = -1.0  # sheltered: hardly a ripple


class Ripples:
    """The slopes of a water surface."""

    def __init__(self, rough: Roughness, breeze: Breeze, origin_m: Float) -> None:
        self._rough, self._breeze, self._origin = rough, breeze, origin_m

    def slopes(self, at_m: Float32, pixel_m: Float32, t_s: Float32) -> tuple[Float32, Float32]:
        """``(N, 2)`` slopes that a pixel resolves, and ``(N,)`` variance (one axis) of those that it does not.

        Source: Cox and Munk's mean square slope against the wind, halved for the short fetch of inland water.
        """
        variance = 0.5 * (0.003 + 0.00512 * min(self._breeze.speed_mps, 15.0)) / 2
        slopes, left = np.zeros((len(at_m), 2), np.float32), np.zeros(len(at_m), np.float32)
        each = variance / len(_WAVES_M)
        now = self._breeze.moment_s
        for number, length in enumerate(_WAVES_M):
            seen = np.clip((np.float32(length) - 2 * pixel_m) / np.float32(length), 0, 1)
            speed = np.sqrt(9.81 * length / (2 * np.pi))  # deep water
            unit = np.array([self._breeze.x_mps, self._breeze.y_mps]) / max(self._breeze.speed_mps, 0.1)
            gone = (unit * speed * now).astype(np.float64)
            moved = at_m.copy()
            moved[:, :2] -= t_s[:, None] * (unit * speed).astype(np.float32)
            origin = self._origin - [*gone, 0.0]
            cell = length / 3
            for axis in (0, 1):
                ahead = moved.copy()
                ahead[:, axis] += np.float32(_STEP * cell)
                step = self._rough.field(ahead, origin, cell, number) - self._rough.field(moved, origin, cell, number)
                slopes[:, axis] += seen * np.float32(np.sqrt(each) * 1.9) * step
            left += np.float32(each) * (1 - seen**2)
        return slopes, left + np.float32(2e-4)


def fresnel(cosine: Float32) -> Float32:
    """``(N,)`` reflectance of water by the cosine of incidence (Schlick)."""
    return np.asarray(_F0 + (1 - _F0) * (1 - np.clip(cosine, 0, 1)) ** 5, np.float32)


def glitter(rays: Float32, slopes: Float32, variance: Float32, light: Light) -> Float32:
    """``(N,)`` share of the sun's light that a rippled surface throws to the camera, before Fresnel's share.

    Source: Cox and Munk (1954): chance of the one slope that mirrors, over 4 cos(view) cos^4(tilt).
    """
    half = light.toward - rays
    half = half / np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    up = np.maximum(half[:, 2], 0.05)
    needed = -half[:, :2] / up[:, None]
    off2 = ((needed - slopes) ** 2).sum(axis=1)
    chance = np.exp(-off2 / (2 * variance)) / (2 * np.pi * variance)
    shine = chance / (4 * np.maximum(-rays[:, 2], 0.05) * up**4) * fresnel((half * light.toward).sum(axis=1))
    return np.asarray(np.minimum(shine * np.pi, 400.0), np.float32)
