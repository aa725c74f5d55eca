"""Clouds: one drifting pattern that shades the ground and whitens the sky."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.render.grain import SIDE, Grain
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.moment import Weather

BASE_M = 1_400.0
"""Height of the clouds above the stage's origin."""

_DARK = 0.82  # of the sun's light that a thick cloud takes
_DRIFT = 1.6  # wind at the clouds against wind at the ground


class Clouds:
    """The clouds of a moment, in a stage's axes."""

    def __init__(self, weather: Weather, seed: int, origin_m: Float, grain: Grain) -> None:
        self._grain, self._weather = grain, weather
        heading = np.radians(weather.wind_to_deg)
        self._wind = _DRIFT * weather.wind_mps * np.array([np.sin(heading), np.cos(heading)])
        self._offset = np.random.default_rng([seed, 31]).uniform(0, SIDE, 2)
        self._cell = max(weather.cloud_size_m, 10.0) / 2
        self._origin = origin_m[:2]
        # the pattern's values are about normal: this is where the wanted share lies above
        shares = np.array([0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1.0])
        levels = np.array([4.0, 2.05, 1.28, 0.67, 0.0, -0.67, -1.28, -2.05, -4.0])
        self._level = float(np.interp(weather.cloud_cover, shares, levels))

    def sunlight(self, at_m: Float32, toward: Float32, t_s: Float32, moment_s: float) -> Float32:
        """``(N,)`` share of the sun's light that comes through above ``(N, 3)`` places."""
        if self._weather.cloud_cover <= 0:
            return np.ones(len(at_m), np.float32)
        rise = (BASE_M - at_m[:, 2]) / max(float(toward[2]), 0.05)
        thick = self._thick(at_m[:, 0] + rise * toward[0], at_m[:, 1] + rise * toward[1], t_s, moment_s)
        return np.asarray(1 - np.float32(_DARK) * thick, np.float32)

    def seen(self, rays: Float32, eye_m: Float32, t_s: Float32, moment_s: float) -> Float32:
        """``(N,)`` cover of the sky along ``(N, 3)`` rays that go up."""
        if self._weather.cloud_cover <= 0:
            return np.zeros(len(rays), np.float32)
        up = np.maximum(rays[:, 2], 0.02)
        run = np.maximum(BASE_M - eye_m[:, 2], 50.0) / up
        cover = self._thick(eye_m[:, 0] + run * rays[:, 0], eye_m[:, 1] + run * rays[:, 1], t_s, moment_s)
        return np.asarray(cover * np.clip(rays[:, 2] / 0.08, 0, 1), np.float32)

    def _thick(self, x: Float32, y: Float32, t_s: Float32, moment_s: float) -> Float32:
        a = self._cells(x, self._origin[0] - self._wind[0] * moment_s, self._wind[0], t_s, 0)
        b = self._cells(y, self._origin[1] - self._wind[1] * moment_s, self._wind[1], t_s, 1)
        field = (
            0.86 * self._grain.at(0, a * np.float32(0.5), b * np.float32(0.5))
            + 0.4 * self._grain.at(1, a, b)
            + 0.3 * self._grain.at(2, 3 * a, 3 * b)
        )
        return np.asarray(np.clip((field - self._level) / 0.5 + 0.5, 0, 1), np.float32)

    def _cells(self, x: Float32, start_m: float, wind: float, t_s: Float32, axis: int) -> Float32:
        offset = np.float32((start_m / self._cell + self._offset[axis]) % (2 * SIDE))
        return np.asarray((x - np.float32(wind) * t_s) / np.float32(self._cell) + offset, np.float32)
