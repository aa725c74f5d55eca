"""What follows roads: power lines, avenues, the parapets of a crossing."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.things.power_line import PowerLine
from pipeline.simulator.things.tree import Foliage, Form, Tree
from pipeline.simulator.things.wall import Wall
from pipeline.simulator.worlds.curve import CurvedRoad
from pipeline.simulator.worlds.recipe import Recipe

Height = Callable[[float, float], float]
SPAN_M = 44.0
AVENUE_M = 17.0


def roadside(
    recipe: Recipe, free: Callable[[float, float], bool], height: Height, foliage: Foliage
) -> Iterator[Placed]:
    """All of it. `free` tells whether a place is clear of roads, yards and water; `height` is of the ground."""
    for road in recipe.roads:
        if road.road_id in recipe.poles:
            yield from _poles(road, free, height)
        if road.road_id in recipe.avenue:
            yield from _avenue(road, free, foliage)
        if recipe.relief.causeway is road.curve:
            yield from _parapets(recipe, road)


def _poles(road: CurvedRoad, free: Callable[[float, float], bool], height: Height) -> Iterator[Placed]:
    count = int(road.length_m / SPAN_M)
    places = [road.at(k * SPAN_M, -(road.width_m / 2 + 1.1))[:2] for k in range(count + 1)]
    for k, (here, there) in enumerate(itertools.pairwise(places)):
        if not free(*here):
            continue
        east, north = there[0] - here[0], there[1] - here[1]
        rise = round(height(*there) - height(*here), 1) + 0.0
        line = PowerLine("pole", round(float(np.hypot(east, north)), 1), rise)
        yield Placed(f"P{road.road_id}_{k:04d}", line, *here, float(np.arctan2(north, east)))


def _avenue(road: CurvedRoad, free: Callable[[float, float], bool], foliage: Foliage) -> Iterator[Placed]:
    rng = np.random.default_rng([17, int(road.length_m * 1000)])
    for k in range(int(road.length_m / AVENUE_M)):
        for side in (1.0, -1.0):
            pick, shift, kept = rng.random(), rng.uniform(-2, 2), rng.random() < 0.62
            x, y, _ = road.at(k * AVENUE_M + shift, side * (road.width_m / 2 + 4.4))
            forms: tuple[tuple[Form, float, float], ...] = (
                ("broad", 9.0, 5.6),
                ("broad", 7.0, 4.3),
                ("poplar", 14.0, 2.8),
            )
            form, tall, crown = forms[int(3 * pick)]
            if kept and free(x, y):
                tree = Tree(form, tall, crown, foliage, int(pick * 997) % 4)
                yield Placed(f"A{road.road_id}_{k:04d}{'LR'[side < 0]}", tree, x, y, 40 * pick, sway=0.6)


def _parapets(recipe: Recipe, road: CurvedRoad) -> Iterator[Placed]:
    """Low walls where the road crosses the stream."""
    stream, step = recipe.relief.stream, 4.0
    if stream is None:
        return
    for k in range(int(road.length_m / step)):
        for side in (1.0, -1.0):
            x, y, heading = road.at((k + 0.5) * step, side * (road.width_m / 2 + 0.75))
            if abs(float(stream.offset(np.asarray(x), np.asarray(y)))) < recipe.relief.stream_half_m + 6.0:
                yield Placed(f"Q{road.road_id}_{k:04d}{'LR'[side < 0]}", Wall(step, 0.9, "stone", k % 3), x, y, heading)
