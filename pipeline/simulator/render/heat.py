"""How warm surfaces look to a thermal camera.

A small balance for each material: what it takes up of the sun against what wind and radiation take away, smoothed by
how much heat it stores; by night, the loss to the clear sky, made up for by stored heat. Only the present sun is
known, so stored heat follows the sun's height: half of a massive body's daily rise is there at any hour.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.light import Light
from pipeline.simulator.render.surface import GROUND, Surface
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.moment import Weather

ZERO_C = 273.15
_SUN_W_M2 = 1000.0
_BODY_C = 33.0


@dataclass(frozen=True, slots=True)
class Thermal:
    """A material's part in the balance.

    Attributes:
        takes: Share of the sun's heat that warms it (what plants evaporate is taken off).
        stores: Share of its daily rise that stays through the night: 0 leaf, 0.5 concrete, 0.97 water.
        emits: Emissivity between 8 and 14 µm.
    """

    takes: float
    stores: float
    emits: float


_SOILISH = Thermal(0.72, 0.22, 0.95)
_THERMAL: dict[Material, Thermal] = {
    Material.SOIL: Thermal(0.66, 0.24, 0.95),
    Material.GRASS: Thermal(0.42, 0.06, 0.97),
    Material.CROP: Thermal(0.36, 0.07, 0.97),
    Material.STUBBLE: Thermal(0.58, 0.08, 0.95),
    Material.LEAF: Thermal(0.24, 0.16, 0.97),
    Material.BARK: Thermal(0.55, 0.30, 0.95),
    Material.ROCK: Thermal(0.68, 0.45, 0.94),
    Material.GRAVEL: Thermal(0.70, 0.34, 0.94),
    Material.SAND: Thermal(0.64, 0.20, 0.92),
    Material.ASPHALT: Thermal(0.90, 0.40, 0.95),
    Material.CONCRETE: Thermal(0.66, 0.46, 0.93),
    Material.PLASTER: Thermal(0.55, 0.42, 0.92),
    Material.ROOF_TILE: Thermal(0.84, 0.20, 0.92),
    Material.SHEET_METAL: Thermal(0.80, 0.02, 0.75),
    Material.PAINT: Thermal(0.86, 0.03, 0.92),
    Material.GLASS: Thermal(0.35, 0.08, 0.86),
    Material.RUBBER: Thermal(0.90, 0.14, 0.95),
    Material.CLOTH: Thermal(0.62, 0.01, 0.93),
    Material.SANDBAG: Thermal(0.68, 0.24, 0.93),
    Material.NET: Thermal(0.55, 0.02, 0.93),
    Material.WOOD: Thermal(0.62, 0.16, 0.93),
    Material.SKIN: Thermal(0.3, 0.5, 0.98),
    Material.FUR: Thermal(0.5, 0.1, 0.97),
    Material.HAY: Thermal(0.60, 0.12, 0.95),
    Material.ENGINE: Thermal(0.70, 0.10, 0.90),
    Material.WATER: Thermal(0.06, 0.97, 0.98),
    Material.SNOW: Thermal(0.10, 0.10, 0.98),
    Material.ASH: Thermal(0.85, 0.12, 0.95),
    Material.EMBER: Thermal(0.85, 0.12, 0.95),
    Material.LAMP: Thermal(0.4, 0.1, 0.90),
    Material.WIRE: Thermal(0.6, 0.02, 0.75),
}
_GROWN = (Material.SOIL, Material.GRASS, Material.CROP, Material.STUBBLE)
_BARE, _LUSH = Thermal(0.66, 0.22, 0.95), Thermal(0.36, 0.06, 0.97)
"""Ground between bare and grown over, by how green it is: what evaporates cools."""

_FROM_ENGINE: dict[Material, float] = {  # kelvin above the rest where an engine runs
    Material.ENGINE: 55.0,
    Material.RUBBER: 9.0,
    Material.PAINT: 3.0,
    Material.SHEET_METAL: 3.0,
    Material.GLASS: 2.0,
}
_FROM_BODY: dict[Material, float] = {Material.SKIN: 0.95, Material.CLOTH: 0.45, Material.FUR: 0.5}
"""Share of the way from the surroundings' warmth to a body's skin."""

_EMBER_K, _LAMP_K = 330.0, 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """The warmth of surfaces under a light and weather."""

    light: Light
    weather: Weather

    @property
    def air_k(self) -> float:
        """Air temperature."""
        return ZERO_C + self.weather.air_c

    def sky_k(self, up: Float32) -> Float32:
        """``(N,)`` brightness temperature of the sky by the vertical part of a direction: clear skies are cold."""
        depth = 46.0 * (1 - 0.85 * self.weather.cloud_cover)
        return np.asarray(self.air_k - depth * np.clip(up, 0, 1) ** 0.6, np.float32)

    def surface_k(self, surface: Surface, rays: Float32, free: NDArray[np.bool_], uneven: Float32) -> Float32:
        """``(N,)`` brightness temperature of surfaces seen along rays, before the air between.

        `uneven` ``(N,)`` of about unit spread says where it is drier or barer than elsewhere.
        """
        takes, stores, emits = _table()
        material = surface.material
        green = np.flatnonzero(np.isin(material, _GROWN) & (surface.thing == GROUND))
        takes_here, stores_here = takes[material], stores[material]
        cover = np.clip(_cover(surface.albedo[green]) - 0.22 * uneven[green], 0, 1)
        takes_here[green] = _BARE.takes + (_LUSH.takes - _BARE.takes) * cover
        stores_here[green] = _BARE.stores + (_LUSH.stores - _BARE.stores) * cover
        air_loss = 10.0 + 3.6 * min(self.weather.wind_mps, 12.0)  # W/m²K: wind over a rough surface, and radiation
        loss = np.float32(air_loss) + np.float32(18) * stores_here  # what is massive leads heat into itself
        wet = 1 - 0.45 * self.weather.wetness
        high = max(float(self.light.toward[2]), 0.0) if self.light.by_day else 0.0
        strength = _SUN_W_M2 * float(self.light.key.mean()) / 0.94 if self.light.by_day else 0.0
        strength *= 1 - 0.7 * self.weather.cloud_cover
        facing = np.maximum(surface.normal @ self.light.toward, 0) * free
        level = 0.35 * high
        by_day = strength * ((1 - stores_here) * facing + stores_here * level) + 90.0 * high
        colour = np.float32(1.15) - np.float32(0.55) * surface.albedo.mean(axis=1)
        warmed = takes_here * colour * wet * by_day / loss * (1 + np.float32(0.16) * uneven)
        dark = 1.0 - min(high / 0.25, 1.0)
        clear = (1 - 0.8 * self.weather.cloud_cover) * (10.0 / air_loss) ** 0.5
        open_sky = surface.open_sky * (0.5 + 0.5 * np.maximum(surface.normal[:, 2], 0))
        cooled = (
            (1.5 + 6.0 * dark)
            * clear
            * open_sky
            * (1 - np.minimum(stores_here * 1.5, 1))
            * (1 - np.float32(0.12) * uneven)
        )
        kept = 7.0 * dark * takes_here * stores_here  # what is left of the day's heat
        kelvin = np.float32(self.air_k) + warmed - cooled + kept
        water = material == Material.WATER
        kelvin[water] = self.air_k - 4.0 * (1 - dark) + 4.0 * dark
        snow = material == Material.SNOW
        kelvin[snow] = np.minimum(kelvin[snow], ZERO_C)
        self._own(kelvin, surface)
        mirrored_up = np.abs(rays[:, 2])
        grazing = np.where(water, (1 - np.clip(-rays[:, 2], 0, 1)) ** 5, 0)
        emitted = np.clip(emits[material] - grazing, 0.1, 1)
        return np.asarray(emitted * kelvin + (1 - emitted) * self.sky_k(mirrored_up), np.float32)

    def _own(self, kelvin: Float32, surface: Surface) -> None:
        """Engines, bodies, embers and lamps."""
        engine, body = np.zeros(32, np.float32), np.zeros(32, np.float32)
        for material, rise in _FROM_ENGINE.items():
            engine[material] = rise
        for material, share in _FROM_BODY.items():
            body[material] = share
        kelvin += surface.warm * engine[surface.material]
        toward_body = np.maximum(ZERO_C + _BODY_C - kelvin, 0)
        kelvin += surface.warm * body[surface.material] * toward_body
        kelvin[surface.material == Material.EMBER] += np.float32(_EMBER_K)
        kelvin[surface.material == Material.LAMP] += np.float32(_LAMP_K) * (
            surface.glow[surface.material == Material.LAMP].max(axis=1) > 0
        )

    def through(self, kelvin: Float32, far_m: Float32) -> Float32:
        """Brightness after its way to the camera: the air takes and adds, over some 9 km in clear weather."""
        length = min(9_000.0, 0.5 * self.weather.visibility_m)
        stays = np.exp(-far_m / np.float32(length))
        return np.asarray(kelvin * stays + np.float32(self.air_k) * (1 - stays), np.float32)


def _cover(albedo: Float32) -> Float32:
    """``(N,)`` share of ground under green plants, from red against green."""
    red, green = albedo[:, 0], albedo[:, 1]
    return np.asarray(np.clip(((green - red) / np.maximum(green + red, 1e-4) + 0.16) / 0.36, 0, 1), np.float32)


def _table() -> tuple[Float32, Float32, Float32]:
    """Takes, stores and emits by number of the material."""
    rows = [_THERMAL.get(Material(k), _SOILISH) if k in set(Material) else _SOILISH for k in range(32)]
    return (
        np.array([row.takes for row in rows], np.float32),
        np.array([row.stores for row in rows], np.float32),
        np.array([row.emits for row in rows], np.float32),
    )
