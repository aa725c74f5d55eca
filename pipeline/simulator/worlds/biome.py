"""What makes a steppe a steppe: relief, fields, roads, water and growth of each kind of place."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.worlds.curve import Curve, CurvedRoad
from pipeline.simulator.worlds.fields import CROP, PASTURE, Fields
from pipeline.simulator.worlds.relief import Layers, Relief
from pipeline.simulator.worlds.settings import WorldSettings


@dataclass(frozen=True)
class Growth:
    """What grows on a place, per hectare where it grows densest.

    Attributes:
        trees, bushes: Single ones.
        patch_m: Size of copses; `patchy` how bare the ground between them is, 0 to 1.
        hedge: Chance that a metre of field edge carries a tree or bush.
        forest: Trees of the forest; where it stands, `forest_half_m` from the middle line.
        forms: Habits of trees, each as often as it is named.
        height_m: Of grown trees, least and most.
        boulders: Single ones, on slopes and beds.
    """

    trees: float = 2.0
    bushes: float = 8.0
    patch_m: float = 70.0
    patchy: float = 0.7
    hedge: float = 0.0
    forest: float = 0.0
    forms: tuple[str, ...] = ("broad", "broad", "poplar")
    height_m: tuple[float, float] = (4.0, 11.0)
    boulders: float = 0.0


@dataclass(frozen=True)
class Biome:
    """A kind of place, laid out from a seed.

    Attributes:
        relief: Heights and water.
        wild: ``grass``, ``steppe`` or ``forest``: what covers the ground outside of fields.
        fields: Patchwork; None: none.
        field_slope: Rise over run above which nobody ploughs.
        roads: Later ones lie over earlier ones.
        growth: Trees and bushes.
        streets: Which roads houses stand along.
        orchard: Whether fields are planted with fruit trees.
        power_along: Number of the road that a power line follows; None: none.
    """

    relief: Relief
    wild: str
    fields: Fields | None
    field_slope: float
    roads: tuple[CurvedRoad, ...]
    growth: Growth
    streets: tuple[int, ...] = ()
    orchard: bool = False
    power_along: int | None = None


def biome_of(settings: WorldSettings) -> Biome:
    """The layout that the settings call for."""
    makers = {
        "steppe": _steppe,
        "farmland": _farmland,
        "mountain_valley": _mountain_valley,
        "village": _village,
        "orchard": _orchard,
        "forest_edge": _forest_edge,
        "river": _river,
        "reservoir": _reservoir,
    }
    return makers[settings.biome](settings, np.random.default_rng([settings.seed, 41]))


def _layers(settings: WorldSettings, layers: Layers) -> Layers:
    return tuple((spacing, amplitude * settings.relief) for spacing, amplitude in layers)


def _road(
    s: WorldSettings,
    rng: np.random.Generator,
    number: int,
    kind: str,
    azimuth: float,
    aside_m: float,
    half: float = 3e3,
) -> CurvedRoad:
    """A road that passes the middle at a distance, with bends that its class allows."""
    width = {"asphalt": 6.8, "gravel": 5.2, "track": 2.6}[kind]
    bend = {"asphalt": 0.6, "gravel": 1.0, "track": 1.4}[kind]
    phases = rng.uniform(0, 6.28, 3)
    swings = ((9.0 * bend, 620.0, phases[0]), (3.2 * bend, 170.0, phases[1]), (0.9 * bend, 67.0, phases[2]))
    turn = azimuth + float(rng.normal(0, 0.06))
    x, y = s.x0_m - aside_m * np.sin(turn), s.y0_m + aside_m * np.cos(turn)
    swings = tuple((float(a), float(w), float(p)) for a, w, p in swings)
    return CurvedRoad(f"R{number}", kind, width, Curve(float(x), float(y), turn, swings, half))


def _network(s: WorldSettings, rng: np.random.Generator, *kinds: tuple[str, float, float]) -> tuple[CurvedRoad, ...]:
    return tuple(_road(s, rng, number, *kind) for number, kind in enumerate(kinds))


_SWELLS: Layers = ((420.0, 4.5), (170.0, 2.2), (62.0, 0.7), (21.0, 0.16), (7.0, 0.035))
_FLAT: Layers = ((500.0, 2.0), (190.0, 1.0), (60.0, 0.25), (18.0, 0.06), (6.0, 0.02))


def _steppe(s: WorldSettings, rng: np.random.Generator) -> Biome:
    relief = Relief(s.seed, _layers(s, _SWELLS), gullies=_layers(s, ((150.0, 2.2),)))
    roads = _network(s, rng, ("track", 1.2, 22.0), ("track", 2.3, -60.0), ("gravel", 0.12, -14.0))
    return Biome(relief, "steppe", None, 0.0, roads, Growth(0.5, 16.0, patchy=0.8, height_m=(3, 6), boulders=3.0))


def _farmland(s: WorldSettings, rng: np.random.Generator) -> Biome:
    relief = Relief(s.seed, _layers(s, _SWELLS))
    roads = _network(s, rng, ("track", 1.9, 55.0), ("gravel", 1.45, -70.0), ("asphalt", 0.1, -18.0))
    growth = Growth(2.2, 5.0, hedge=0.10, forms=("broad", "broad", "poplar"))
    return Biome(relief, "grass", Fields(s.seed + 60), 0.25, roads, growth, power_along=2)


def _mountain_valley(s: WorldSettings, rng: np.random.Generator) -> Biome:
    turn = 0.4 + float(rng.uniform(-0.2, 0.2))
    bends = ((60.0, 900.0, float(rng.uniform(0, 6.28))), (18.0, 330.0, float(rng.uniform(0, 6.28))))
    valley = Curve(s.x0_m, s.y0_m, turn, bends)
    ridges: Layers = ((520.0, 105.0), (210.0, 42.0), (88.0, 17.0), (37.0, 5.5), (15.0, 1.5), (6.5, 0.4))
    relief = Relief(
        s.seed, _layers(s, _SWELLS), _layers(s, ridges), valley=valley, floor_m=55.0,
        rise_m=310.0 * s.relief, slope_m=950.0,
    )  # fmt: skip
    road = CurvedRoad("R1", "gravel", 5.0, Curve(s.x0_m - 12 * np.sin(turn), s.y0_m + 12 * np.cos(turn), turn, bends))
    track = _road(s, rng, 0, "track", turn + 0.5, 30.0)
    growth = Growth(16.0, 40.0, 110.0, 0.75, forms=("broad", "conifer", "conifer"), height_m=(5, 14), boulders=30.0)
    return Biome(relief, "steppe", Fields(s.seed + 60, turn, (70.0, 34.0), PASTURE), 0.16, (track, road), growth)


def _village(s: WorldSettings, rng: np.random.Generator) -> Biome:
    relief = Relief(s.seed, _layers(s, _FLAT))
    turn = float(rng.uniform(0.0, 0.5))
    roads = _network(
        s, rng, ("track", turn + 1.6, -150.0), ("gravel", turn, 88.0, 330.0), ("gravel", turn, -82.0, 330.0),
        ("gravel", turn + 1.57, 62.0, 280.0), ("asphalt", turn, 4.0),
    )  # fmt: skip
    growth = Growth(4.0, 9.0, 50.0, 0.4, hedge=0.12, forms=("broad", "fruit", "fruit", "poplar"), height_m=(3, 9))
    return Biome(
        relief, "grass", Fields(s.seed + 60, turn, (80.0, 42.0)), 0.3, roads, growth, (1, 2, 3, 4), power_along=4
    )


def _orchard(s: WorldSettings, rng: np.random.Generator) -> Biome:
    relief = Relief(s.seed, _layers(s, _SWELLS))
    roads = _network(s, rng, ("track", 1.85, 40.0), ("track", 0.3, -75.0), ("gravel", 0.28, 12.0))
    growth = Growth(0.8, 3.0, hedge=0.14, forms=("broad", "poplar"), height_m=(4, 12))
    return Biome(relief, "grass", Fields(s.seed + 60, 0.3, (120.0, 70.0)), 0.3, roads, growth, orchard=True)


def _forest_edge(s: WorldSettings, rng: np.random.Generator) -> Biome:
    relief = Relief(s.seed, _layers(s, _SWELLS))
    roads = _network(s, rng, ("track", 1.3, 45.0), ("gravel", 0.2, -35.0))
    growth = Growth(3.0, 14.0, hedge=0.04, forest=430.0, forms=("broad", "broad", "conifer"), height_m=(7, 17))
    return Biome(relief, "grass", Fields(s.seed + 60, 0.2, (110.0, 60.0)), 0.25, roads, growth)


def _river(s: WorldSettings, rng: np.random.Generator) -> Biome:
    turn = float(rng.uniform(0.6, 1.1))
    bends = ((42.0, 520.0, float(rng.uniform(0, 6.28))), (11.0, 190.0, float(rng.uniform(0, 6.28))))
    stream = Curve(s.x0_m + 10.0, s.y0_m, turn, bends)
    relief = Relief(s.seed, _layers(s, _FLAT), stream=stream, stream_half_m=15.0, level_m=-2.0)
    roads = _network(s, rng, ("track", turn, 75.0), ("gravel", turn + 1.5, -30.0))
    growth = Growth(6.0, 26.0, 60.0, 0.6, hedge=0.05, forms=("broad", "poplar", "poplar"), boulders=4.0)
    return Biome(relief, "grass", Fields(s.seed + 60, turn), 0.2, roads, growth)


def _reservoir(s: WorldSettings, rng: np.random.Generator) -> Biome:
    x, y = s.x0_m + float(rng.uniform(40, 90)), s.y0_m + float(rng.uniform(30, 80))
    relief = Relief(s.seed, _layers(s, _SWELLS), level_m=-3.0, basin=(x, y, 260.0))
    roads = _network(s, rng, ("track", 0.9, -70.0), ("gravel", 0.15, -150.0))
    return Biome(relief, "steppe", Fields(s.seed + 60, 0.5, (100.0, 60.0), CROP), 0.12, roads, Growth(1.5, 9.0))
