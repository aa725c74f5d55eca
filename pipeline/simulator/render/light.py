"""What lights a scene: sun or moon, and the sky."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.moment import Weather

_SUN = np.array([1.0, 0.955, 0.87])
_SKY = np.array([0.20, 0.235, 0.30])
_GREY = np.array([0.33, 0.335, 0.345])  # sky under full cloud, at noon
_THICKNESS = np.array([0.09, 0.145, 0.26])  # of clear air, beyond that at noon
_MOON = np.array([2.5e-6, 2.45e-6, 2.3e-6])
_NIGHT_SKY = np.array([5e-7, 5.5e-7, 6.5e-7])
_HEIGHT_DEG = (-18.0, -12.0, -9.0, -6.0, -3.0, 0.0, 2.0, 5.0, 10.0, 30.0, 60.0, 90.0)
_SKY_SHARE = (1e-8, 3.6e-7, 5.6e-6, 1.5e-4, 3.4e-3, 0.034, 0.10, 0.22, 0.40, 0.75, 0.95, 1.0)
"""Light of the sky against that of a high sun: after the illuminance of clear skies by day and through twilight
(noon 20 klx, sunset 700 lx, end of civil twilight 3.4 lx, of nautical 0.008 lx). Light 1 is about 100 klx."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light from one direction and from all.

    Attributes:
        toward: ``(3,)`` float32 to the sun, or by night to the moon.
        key: ``(3,)`` float32 light of a surface square to it, cloudless.
        sky: ``(3,)`` float32 light of a level surface under the open sky.
        by_day: Whether it is the sun.
        cover: Share of clouds.
    """

    toward: Float32
    key: Float32
    sky: Float32
    by_day: bool
    cover: float


def light_of(sun: Float, weather: Weather) -> Light:
    """Light under a sun and weather."""
    unit = np.asarray(sun, np.float64) / np.linalg.norm(sun)
    height_deg = float(np.degrees(np.arcsin(np.clip(unit[2], -1, 1))))
    share = float(np.exp(np.interp(height_deg, _HEIGHT_DEG, np.log(_SKY_SHARE))))
    cloud = weather.cloud_cover
    blue = _SKY * (1 - 0.35 * (1 - share)) if height_deg > 0 else _SKY * [0.85, 0.9, 1.15]
    sky = share * (blue * (1 - cloud) + _GREY * cloud) + _NIGHT_SKY
    if height_deg > -0.3:
        air_mass = 1 / (max(float(unit[2]), 0.0) + 0.50572 * (max(height_deg, 0.0) + 6.07995) ** -1.6364)
        key = _SUN * np.exp(-_THICKNESS * (air_mass - 1.1))  # Kasten and Young's air mass
        toward, by_day = unit, True
    else:
        away = -unit[:2] / max(float(np.hypot(*unit[:2])), 1e-9) * np.cos(np.radians(38))
        toward, by_day = np.array([away[0], away[1], np.sin(np.radians(38))]), False
        key = _MOON
    key = key * (1 - np.clip((cloud - 0.9) / 0.1, 0, 1))
    return Light(
        toward.astype(np.float32), key.astype(np.float32), sky.astype(np.float32), by_day, float(weather.cloud_cover)
    )
