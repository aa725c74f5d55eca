"""Fine texture of surfaces: fixed on things, turning with the view on ground that is full of blades or stones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.render.grain import SIDE, Grain
from pipeline.simulator.render.look import Look
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.moment import Weather

_FINEST, _COARSEST = -9, 10  # levels of pattern: 2 mm to 1 km
_STEEPEST = 6.0  # tangent of the viewing direction beyond which patterns no longer turn
_GROUND_BLADES = (Material.GRASS, Material.CROP, Material.STUBBLE)
_TURNS = ((1.5, 0.0), (0.47, 1.42), (-1.22, 0.89))
"""In which direction patterns of one level move with the view, 1.5 cells a turn: each level another way."""

_SMOOTH = (Material.WATER, Material.SNOW)

_ON_THINGS: dict[Material, tuple[float, float]] = {  # contrast at the finest size, that size in metres
    Material.SOIL: (0.30, 0.03),
    Material.GRASS: (0.40, 0.03),
    Material.LEAF: (0.42, 0.07),
    Material.BARK: (0.30, 0.03),
    Material.ROCK: (0.26, 0.06),
    Material.GRAVEL: (0.24, 0.03),
    Material.SAND: (0.10, 0.03),
    Material.ASPHALT: (0.10, 0.03),
    Material.CONCRETE: (0.10, 0.12),
    Material.PLASTER: (0.08, 0.20),
    Material.ROOF_TILE: (0.20, 0.12),
    Material.SHEET_METAL: (0.09, 0.30),
    Material.PAINT: (0.04, 0.15),
    Material.RUBBER: (0.12, 0.05),
    Material.CLOTH: (0.14, 0.10),
    Material.SANDBAG: (0.25, 0.12),
    Material.NET: (0.55, 0.10),
    Material.WOOD: (0.20, 0.05),
    Material.SKIN: (0.05, 0.05),
    Material.FUR: (0.18, 0.04),
    Material.HAY: (0.26, 0.03),
    Material.ENGINE: (0.10, 0.10),
    Material.SNOW: (0.04, 0.10),
    Material.ASH: (0.25, 0.04),
    Material.EMBER: (0.50, 0.04),
    Material.STUBBLE: (0.35, 0.03),
    Material.CROP: (0.40, 0.04),
}


@dataclass(frozen=True, slots=True)
class Breeze:
    """Wind at a time: what makes blades and leaves turn.

    Attributes:
        x_mps, y_mps: Where it blows.
        gusts: Share that comes and goes.
        moment_s: Time of the moment.
    """

    x_mps: float
    y_mps: float
    gusts: float
    moment_s: float

    @classmethod
    def of(cls, weather: Weather, moment_s: float) -> "Breeze":
        """The wind of a weather."""
        to = np.radians(weather.wind_to_deg)
        return cls(
            float(weather.wind_mps * np.sin(to)), float(weather.wind_mps * np.cos(to)), weather.wind_gusts, moment_s
        )

    @property
    def speed_mps(self) -> float:
        """Its strength."""
        return float(np.hypot(self.x_mps, self.y_mps))


class Roughness:
    """Texture that worlds and meshes leave to the renderer."""

    def __init__(self, grain: Grain, look: Look) -> None:
        self._grain, self._look = grain, look
        self._contrast, self._finest = np.zeros(32, np.float32), np.full(32, 0.05, np.float32)
        for material, (contrast, finest) in _ON_THINGS.items():
            self._contrast[material], self._finest[material] = contrast, finest

    def on_ground(
        self,
        at_m: Float32,
        origin_m: Float,
        rays: Float32,
        material: NDArray[np.uint8],
        pixel_m: Float32,
        t_s: Float32,
        breeze: Breeze,
    ) -> Float32:
        """``(N,)`` factors on the ground's colour."""
        look = self._look
        blades = np.isin(material, _GROUND_BLADES)
        contrast = np.where(blades, look.blades, look.grit).astype(np.float32)
        contrast[np.isin(material, _SMOOTH)] *= 0.15
        turn = np.where(blades, look.blade_turn, look.grit_turn).astype(np.float32)
        steep = np.float32(1) / np.maximum(-rays[:, 2], np.float32(1 / _STEEPEST))
        view_x, view_y = rays[:, 0] * steep / turn, rays[:, 1] * steep / turn
        gust = self._gust(at_m, origin_m, t_s, breeze)
        view_x = view_x + np.where(blades, gust * np.float32(look.wind_turn / look.blade_turn), 0)
        level = np.log2(np.maximum(pixel_m, 0.004)).astype(np.float32)
        low = np.floor(level)
        part = level - low
        total = np.zeros(len(at_m), np.float32)
        for step, weight in ((0, 1 - part), (1, np.ones_like(part)), (2, part)):
            exponent = low + np.float32(step)
            cell = np.exp2(exponent)
            a, b = self._cells(at_m, origin_m, exponent, step)
            c, s = _TURNS[step]
            dx, dy = (c * view_x - s * view_y).astype(np.float32), (s * view_x + c * view_y).astype(np.float32)
            pattern = self._grain.at(step, a + dx, b + dy) + self._grain.at(step + 2, a - dy, b - dx)
            strength = contrast * np.minimum(1, np.float32(look.clump_m) / (np.float32(1.6) * cell))
            total += weight * strength * np.float32(0.5) * pattern
        return np.asarray(np.clip(1 + total, 0.2, 2.4), np.float32)

    def on_things(
        self,
        local_m: Float32,
        local_normal: Float32,
        material: NDArray[np.uint8],
        thing: NDArray[np.int32],
        pixel_m: Float32,
        sway: Float32,
        t_s: Float32,
        breeze: Breeze,
    ) -> Float32:
        """``(N,)`` factors on the colour of things, fixed in their own axes but for leaves that the wind turns."""
        contrast = self._contrast[material] * np.float32(self._look.texture)
        finest = self._finest[material]
        axis = np.abs(local_normal).argmax(axis=1)
        rows = np.arange(len(local_m))
        a, b = local_m[rows, (axis + 1) % 3], local_m[rows, (axis + 2) % 3]
        phase = (thing.astype(np.float32) * np.float32(0.7548777)) % 1
        flutter = sway * np.float32(min(breeze.speed_mps, 12.0) * 0.35)
        moving = flutter * np.sin(
            np.float32(2 * np.pi) * (np.float32(1.3) * (np.float32(breeze.moment_s % 1000) + t_s) + phase)
        )
        level = np.log2(np.maximum(pixel_m, finest))
        low = np.floor(level)
        part = level - low
        total = np.zeros(len(local_m), np.float32)
        for step, weight in ((0, 1 - part), (1, np.ones_like(part)), (2, part)):
            cell = np.exp2(low + np.float32(step))
            shift = phase * np.float32(97 + 31 * step) + axis.astype(np.float32) * 53
            pattern = self._grain.at(step, a / cell + shift + moving * (finest / cell), b / cell + shift)
            total += weight * contrast * np.sqrt(np.minimum(1, finest / cell)) * np.float32(0.6) * pattern
        return np.asarray(np.clip(1 + total, 0.2, 2.2), np.float32)

    def field(self, at_m: Float32, origin_m: Float, cell_m: float, plane: int) -> Float32:
        """``(N,)`` pattern of about unit spread with cells of a size, fixed on the ground."""
        a = at_m[:, 0] / np.float32(cell_m) + np.float32((origin_m[0] / cell_m) % SIDE)
        b = at_m[:, 1] / np.float32(cell_m) + np.float32((origin_m[1] / cell_m) % SIDE)
        return self._grain.at(plane, a, b)

    def _gust(self, at_m: Float32, origin_m: Float, t_s: Float32, breeze: Breeze) -> Float32:
        """``(N,)`` metres that blades have been carried by now: they swing, more where a gust passes."""
        cell = 7.0
        a = at_m[:, 0] / np.float32(cell) + np.float32(((origin_m[0] - breeze.x_mps * breeze.moment_s) / cell) % SIDE)
        b = at_m[:, 1] / np.float32(cell) + np.float32(((origin_m[1] - breeze.y_mps * breeze.moment_s) / cell) % SIDE)
        strength = 1 + np.float32(breeze.gusts) * self._grain.at(3, a - np.float32(breeze.x_mps / cell) * t_s, b)
        swing = np.sin(np.float32(2 * np.pi * 0.9) * (np.float32(breeze.moment_s % 1000) + t_s) + a + b)
        return np.asarray(np.float32(breeze.speed_mps) * strength * swing, np.float32)

    @staticmethod
    def _cells(at_m: Float32, origin_m: Float, exponent: Float32, step: int) -> tuple[Float32, Float32]:
        """Places in cells of 2^exponent metres, fixed in the world whatever the stage's origin."""
        levels = np.exp2(-np.arange(_FINEST, _COARSEST + 1, dtype=np.float64))
        at = np.clip(exponent, _FINEST, _COARSEST).astype(np.int64) - _FINEST
        offset_x = ((origin_m[0] * levels) % SIDE).astype(np.float32)[at]
        offset_y = ((origin_m[1] * levels) % SIDE).astype(np.float32)[at]
        scale = levels.astype(np.float32)[at]
        odd = np.float32(83 * step)
        return at_m[:, 0] * scale + offset_x + odd, at_m[:, 1] * scale + offset_y + odd
