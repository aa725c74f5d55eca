"""What each biome is made of: relief, roads, fields, woods and how thickly things stand."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.simulator.noise import hash_lattice
from pipeline.simulator.worlds.curve import Curve, CurvedRoad
from pipeline.simulator.worlds.fields import PASTURE, Fields
from pipeline.simulator.worlds.relief import Layers, Relief
from pipeline.simulator.worlds.settings import WorldSettings
from pipeline.simulator.worlds.woods import Woods

Swings = tuple[tuple[float, float, float], ...]
WIDTHS_M = {"asphalt": 6.2, "gravel": 4.6, "track": 2.7}


@dataclass(frozen=True)
class Recipe:
    """A place before it is painted or planted.

    Attributes:
        relief: Heights about the base.
        roads: Narrow ones first.
        fields: Patchwork; None where nothing is tilled.
        woods: Where trees stand close.
        scrub: Share of bushes in the open, 0 to 1.
        singles: Share of single trees.
        hedges: Share of field edges that are grown over.
        boulders: Share of stones.
        orchard: Whether most fields are orchards.
        streets: Ids of roads that houses stand along.
        poles: Ids of roads that a power line follows.
        avenue: Ids of roads that trees stand along.
    """

    relief: Relief
    roads: tuple[CurvedRoad, ...]
    fields: Fields | None
    woods: Woods
    scrub: float = 0.1
    singles: float = 0.1
    hedges: float = 0.3
    boulders: float = 0.0
    orchard: bool = False
    streets: tuple[str, ...] = ()
    poles: tuple[str, ...] = ()
    avenue: tuple[str, ...] = ()


def recipe(settings: WorldSettings) -> Recipe:
    """The place of the settings."""
    return {
        "steppe": _steppe,
        "farmland": _farmland,
        "mountain_valley": _mountain_valley,
        "village": _village,
        "orchard": _orchard,
        "forest_edge": _forest_edge,
        "river": _river,
        "reservoir": _reservoir,
    }[settings.biome](settings)


def _draw(s: WorldSettings, number: int) -> float:
    """-1 to 1 from the seed."""
    return float(hash_lattice(s.seed + 900, np.array([number]), np.array([number * 7]))[0])


def _curve(
    s: WorldSettings, number: int, away_m: tuple[float, float], azimuth: float, swings: Swings, half: float = 4000.0
) -> Curve:
    turned = tuple((a, w * (1 + 0.1 * _draw(s, number + 31)), p + np.pi * _draw(s, number + 37)) for a, w, p in swings)
    turn = azimuth + 0.12 * _draw(s, number)
    swung = sum(a * np.sin(p) for a, _, p in turned)  # the curve itself goes through the place, not its straight line
    x, y = s.x0_m + away_m[0] + swung * np.sin(turn), s.y0_m + away_m[1] - swung * np.cos(turn)
    return Curve(float(x), float(y), turn, turned, half)


def _road(name: str, kind: str, curve: Curve) -> CurvedRoad:
    return CurvedRoad(name, kind, WIDTHS_M[kind], curve)


def _layers(s: WorldSettings, *layers: tuple[float, float]) -> Layers:
    return tuple((spacing, amplitude * s.relief) for spacing, amplitude in layers)


def _country_roads(s: WorldSettings, kind: str) -> tuple[CurvedRoad, ...]:
    track = _curve(s, 1, (30.0, 0.0), 1.35, ((4.0, 140.0, 0.9), (14.0, 610.0, 0.2)))
    other = _curve(s, 3, (-210.0, 60.0), 1.9, ((3.0, 120.0, 0.4), (11.0, 490.0, 1.2)))
    main = _curve(s, 2, (0.0, -14.0), 0.06, ((9.0, 420.0, 0.4), (22.0, 1300.0, 1.0)))
    return _road("R1", "track", track), _road("R3", "track", other), _road("R2", kind, main)


def _steppe(s: WorldSettings) -> Recipe:
    relief = Relief(
        s.seed,
        _layers(s, (640.0, 7.0), (210.0, 2.6), (60.0, 0.5), (17.0, 0.10)),
        gullies=((150.0, 3.4 * s.relief),) if s.relief > 0 else (),
    )
    woods = Woods(s.seed + 500, 3.2)
    return Recipe(relief, _country_roads(s, "gravel"), None, woods, 0.16, 0.015, 0.0, 0.012, poles=("R2",))


def _farmland(s: WorldSettings) -> Recipe:
    relief = Relief(s.seed, _layers(s, (700.0, 6.0), (230.0, 2.4), (75.0, 0.5), (15.0, 0.05)))
    fields = Fields(s.seed + 1959, 0.25 + 0.3 * _draw(s, 9), (115.0, 62.0))
    woods = Woods(s.seed + 500, 2.1, clearing=(s.x0_m, s.y0_m, 70.0))
    return Recipe(relief, _country_roads(s, "gravel"), fields, woods, 0.02, 0.02, 0.38, poles=("R2",), avenue=("R1",))


def _mountain_valley(s: WorldSettings) -> Recipe:
    valley = _curve(s, 5, (0.0, 12.0), 0.5, ((38.0, 900.0, 0.3), (90.0, 2600.0, 1.0)), 6000.0)
    relief = Relief(
        s.seed,
        _layers(s, (420.0, 4.0), (130.0, 2.2), (40.0, 0.9), (14.0, 0.28), (6.0, 0.09)),
        ridges=_layers(s, (720.0, 105.0), (310.0, 62.0), (140.0, 33.0), (62.0, 14.0), (27.0, 4.6), (12.0, 1.2)),
        valley=valley,
        floor_m=28.0,
        rise_m=360.0 * s.relief,
        slope_m=640.0,
    )
    side = valley.azimuth_rad + np.pi / 2
    road = replace(valley, x_m=valley.x_m - 11 * np.cos(side), y_m=valley.y_m - 11 * np.sin(side))
    track = replace(valley, x_m=valley.x_m + 17 * np.cos(side), y_m=valley.y_m + 17 * np.sin(side))
    roads = (_road("R1", "track", track), _road("R2", "gravel", road))
    fields = Fields(s.seed + 2096, valley.azimuth_rad, (58.0, 34.0), only=PASTURE)
    woods = Woods(s.seed + 500, 1.15, 150.0, conifers=0.55, meadow=valley)
    return Recipe(relief, roads, fields, woods, 0.2, 0.05, 0.35, 0.22, poles=("R2",))


def _village(s: WorldSettings) -> Recipe:
    relief = Relief(s.seed, _layers(s, (640.0, 5.0), (220.0, 1.8), (70.0, 0.4), (16.0, 0.06)))
    main = _road("R2", "asphalt", _curve(s, 2, (0.0, -16.0), 0.1, ((7.0, 380.0, 0.4), (18.0, 1300.0, 1.0))))
    half = main.length_m / 2
    lanes = []
    for number, along in enumerate((-235.0, -118.0, -8.0, 104.0, 216.0)):
        side = 1 if _draw(s, 50 + number) > -0.2 else -1
        reach = 85.0 + 35.0 * _draw(s, 60 + number)
        x, y, heading = main.at(half + along, side * reach)
        bend = ((4.0, 210.0, 1.5 * number),)
        lanes.append(_road(f"L{number}", "gravel", Curve(x, y, heading + np.pi / 2, bend, reach)))
        x, y, heading = main.at(half + along + 30.0, -side * 60.0)
        if number % 2:
            lanes.append(_road(f"M{number}", "gravel", Curve(x, y, heading + np.pi / 2, bend, 60.0)))
    track = _road("R1", "track", _curve(s, 1, (330.0, 0.0), 1.35, ((4.0, 140.0, 0.9), (14.0, 610.0, 0.2))))
    fields = Fields(s.seed + 2233, 0.25, (90.0, 46.0))
    roads = (track, *lanes, main)
    streets = tuple(road.road_id for road in roads[1:])
    woods = Woods(s.seed + 500, 1.9, 110.0, clearing=(s.x0_m, s.y0_m, 90.0))
    return Recipe(relief, roads, fields, woods, 0.05, 0.06, 0.45, streets=streets, poles=("R2",), avenue=("R2",))


def _orchard(s: WorldSettings) -> Recipe:
    relief = Relief(s.seed, _layers(s, (560.0, 7.0), (190.0, 2.0), (60.0, 0.3)))
    fields = Fields(s.seed + 2370, 0.3, (140.0, 90.0))
    roads = _country_roads(s, "gravel")
    return Recipe(relief, roads, fields, Woods(s.seed + 500, 2.3), 0.02, 0.02, 0.4, orchard=True, poles=("R2",))


def _forest_edge(s: WorldSettings) -> Recipe:
    relief = Relief(s.seed, _layers(s, (520.0, 9.0), (180.0, 3.0), (55.0, 0.6), (14.0, 0.10)))
    edge = _curve(s, 7, (0.0, 32.0), 0.05, ((13.0, 210.0, 0.2), (24.0, 760.0, 1.0)), 9000.0)
    woods = Woods(s.seed + 500, 1.9, 90.0, edge, 0.3)
    fields = Fields(s.seed + 2507, 0.2, (100.0, 58.0))
    return Recipe(relief, _country_roads(s, "track"), fields, woods, 0.1, 0.08, 0.3)


def _river(s: WorldSettings) -> Recipe:
    stream = _curve(s, 5, (0.0, 48.0), 0.15, ((26.0, 330.0, 0.3), (40.0, 1100.0, 1.0)), 9000.0)
    across = _curve(s, 2, (45.0, 0.0), 1.62, ((5.0, 420.0, 0.4),))
    along = _curve(s, 1, (0.0, -120.0), 0.15, ((5.0, 140.0, 0.9), (24.0, 1100.0, 1.0)))
    relief = Relief(
        s.seed,
        _layers(s, (500.0, 3.0), (170.0, 1.2), (50.0, 0.3)),
        stream=stream,
        stream_half_m=17.0,
        level_m=-3.0,
        causeway=across,
    )
    roads = (_road("R1", "track", along), _road("R2", "gravel", across))
    fields = Fields(s.seed + 2644, 0.2, (95.0, 55.0))
    return Recipe(
        relief, roads, fields, Woods(s.seed + 500, 1.5, 80.0, clearing=(s.x0_m, s.y0_m, 60.0)), 0.16, 0.08, 0.4, 0.02
    )


def _reservoir(s: WorldSettings) -> Recipe:
    relief = Relief(
        s.seed,
        _layers(s, (460.0, 3.0), (150.0, 1.6), (45.0, 0.4), (14.0, 0.07)),
        level_m=-4.0,
        basin=(s.x0_m + 155.0, s.y0_m + 95.0, 380.0),
    )
    main = _curve(s, 2, (0.0, -330.0), 0.1, ((9.0, 420.0, 0.4),))
    track = _curve(s, 1, (-330.0, 0.0), 1.5, ((6.0, 240.0, 0.9),))
    roads = (_road("R1", "track", track), _road("R2", "gravel", main))
    return Recipe(
        relief,
        roads,
        None,
        Woods(s.seed + 500, 1.5, 110.0, clearing=(s.x0_m, s.y0_m, 60.0)),
        0.14,
        0.06,
        0.0,
        0.05,
        poles=("R2",),
    )
