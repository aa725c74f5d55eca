"""The kinds of places that can be made from a seed."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import ConfigError
from pipeline.simulator.land import Land as OldLand
from pipeline.simulator.land import Road as OldRoad
from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis, Ground, Land, Road
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Extent, Placed
from pipeline.simulator.things.house import House
from pipeline.simulator.things.tree import Tree

BIOMES = ("steppe", "farmland", "mountain_valley", "village", "orchard", "forest_edge", "river", "reservoir")
SEASONS = ("spring", "summer", "autumn", "snow")
PARCEL_M = 64.0


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Which place.

    Attributes:
        biome: One of `BIOMES`.
        seed: Which of its kind.
        season: One of `SEASONS`.
        wetness: 0 dry to 1 rain-soaked.
        base_m: Ellipsoidal height about which it undulates.
        x0_m, y0_m: Its middle, site metres.
        relief: Factor on its undulation.
    """

    biome: str = "farmland"
    seed: int = 1
    season: str = "summer"
    wetness: float = 0.0
    base_m: float = 415.0
    x0_m: float = 0.0
    y0_m: float = 0.0
    relief: float = 1.0

    def __post_init__(self) -> None:
        if self.biome not in BIOMES:
            raise ConfigError(f"world: no biome {self.biome!r}; know {', '.join(BIOMES)}")
        if self.season not in SEASONS:
            raise ConfigError(f"world: no season {self.season!r}; know {', '.join(SEASONS)}")


@dataclass(frozen=True)
class _OneRoad:
    old: OldRoad
    road_id: str
    length_m: float = 2000.0

    @property
    def kind(self) -> str:
        return self.old.kind

    @property
    def width_m(self) -> float:
        return self.old.width_m

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        return self.old.place(along_m - self.length_m / 2, left_m)


@dataclass(frozen=True)
class _Plain:
    settings: WorldSettings

    @cached_property
    def _old(self) -> OldLand:
        s = self.settings
        gravel = OldRoad(s.x0_m, s.y0_m - 10.0, 0.04, ((3.5, 150.0, 0.4), (1.2, 61.0, 1.0)), 5.6, "gravel")
        track = OldRoad(s.x0_m + 30.0, s.y0_m, 1.35, ((3.0, 95.0, 0.9),), 2.6, "track")
        return OldLand(s.seed, s.base_m, s.relief, 0.30, (track, gravel))

    @cached_property
    def roads(self) -> tuple[Road, ...]:
        return tuple(_OneRoad(road, f"R{i}") for i, road in enumerate(self._old.roads))

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        return self._old.terrain(x_m, y_m)

    def ground(self, x_m: Axis, y_m: Axis) -> Ground:
        shape = (len(y_m), len(x_m))
        albedo, bumps = self._old.surface(x_m, y_m, np.zeros(shape, np.float32))
        green = albedo[..., 1] > albedo[..., 0]
        return Ground(albedo, bumps, np.where(green, Material.GRASS, Material.SOIL).astype(np.uint8))

    def things(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        s, out = self.settings, []
        columns = range(int(extent.west_m // PARCEL_M), int(extent.east_m // PARCEL_M) + 1)
        rows = range(int(extent.south_m // PARCEL_M), int(extent.north_m // PARCEL_M) + 1)
        for c in columns:
            for r in rows:
                rng = np.random.default_rng([s.seed, 7, c & 0xFFFFFFFF, r & 0xFFFFFFFF])
                for n in range(12):
                    x, y = (c + rng.random()) * PARCEL_M, (r + rng.random()) * PARCEL_M
                    turn, size, which = rng.random() * 6.28, rng.uniform(0.6, 1.3), int(rng.integers(4))
                    clear = all(
                        abs(float(o.offset(np.float32([x]), np.float32([y]))[0])) > 7 for o in self._old.roads
                    )
                    if not (clear and extent.touches(x, y, 0.0)):
                        continue
                    name = f"T{c:+d}{r:+d}-{n}"
                    if n == 0 and s.biome == "village":
                        out.append(Placed(name, House(seed=which), x, y, turn))
                    elif detail_m < 8:
                        out.append(Placed(name, Tree(seed=which), x, y, turn, sway=0.6, scale=size))
        return tuple(sorted(out, key=lambda p: p.thing_id))


def make_land(settings: WorldSettings) -> Land:
    """The place of the settings."""
    return _Plain(settings)
