"""A place and its story: what stood there on the first day, what is new or gone on the second, who drives by."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.dug import Burn, Crater, Trench
from pipeline.simulator.land import Land, Road
from pipeline.simulator.old_thing import Thing
from pipeline.simulator.standing import House, Post, Tree, Vehicle

SAMPLE_PLACE = (46.8438, 39.9684)
"""Longitude, latitude on the approximate line of the shipped reference case."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A vehicle that follows a road.

    Attributes:
        track_id: In the truth.
        road: Which road it follows.
        start_m: Where along the road it is at `start_s`.
        speed_mps: Signed along the road.
        start_s, stop_s: It stands still before and after.
        left_m: Which lane.
        vehicle: What it looks like.
    """

    track_id: str
    road: Road
    start_m: float
    speed_mps: float
    start_s: float
    stop_s: float
    left_m: float
    vehicle: Vehicle

    def at(self, t_s: float) -> Vehicle:
        """The vehicle where it is at a time."""
        driven = float(np.clip(t_s, self.start_s, self.stop_s)) - self.start_s
        x, y, turn = self.road.place(self.start_m + self.speed_mps * driven, self.left_m)
        return replace(self.vehicle, x_m=x, y_m=y, azimuth_rad=turn if self.speed_mps >= 0 else turn + np.pi)

    def speed_at(self, t_s: float) -> float:
        """Speed over ground, m/s."""
        return abs(self.speed_mps) if self.start_s < t_s < self.stop_s else 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that differs between the two dates."""

    event_id: str
    thing: Thing
    direction: str
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Everything about a place that does not depend on who looks.

    Attributes:
        site: Its metres.
        centre_m: ``(2,)`` middle of the story.
        land: The land.
        standing: What is there on both dates.
        events: What is not.
        movers: Who drives by on the second date; times count from the first frame.
        line_m: ``(N, 2)`` the ceasefire line, from south to north.
    """

    site: SiteFrame
    centre_m: Float
    land: Land
    standing: tuple[Thing, ...]
    events: tuple[Event, ...]
    movers: tuple[Mover, ...]
    line_m: Float

    def things(self, *, after: bool) -> tuple[Thing, ...]:
        """What stands there on the first or the second date."""
        there = "new" if after else "vanished"
        return (*(e.thing for e in self.events if e.direction == there), *self.standing)


def make_scenario(
    seed: int,
    half_m: tuple[float, float],
    place: tuple[float, float] = SAMPLE_PLACE,
    *,
    events: bool = True,
    passes_s: tuple[tuple[float, float], ...] = ((0.0, 8.0),),
) -> Scenario:
    """Make a place.

    Args:
        seed: Which.
        half_m: Half the flown extent, east and north.
        place: Longitude, latitude of its middle.
        events: Whether anything changes and anybody drives.
        passes_s: First and last frame of each strip, for movers to be seen in.
    """
    random = np.random.default_rng([seed, 1])
    site = SiteFrame.at(*place)
    centre = site.from_lonlat(np.array([place[0]]), np.array([place[1]]))[0]
    cx, cy = float(centre[0]), float(centre[1])
    hx, hy = half_m
    gravel = Road(cx, cy - 0.12 * hy, 0.04, ((3.5, 150.0, 0.4), (1.2, 61.0, 1.0)), 5.6, "gravel")
    rut = Road(cx + 0.3 * hx, cy, 1.35, ((3.0, 95.0, 0.9),), 2.6, "track")
    lane = Road(cx - 0.75 * hx, cy, 1.75, ((2.0, 120.0, 2.2),), 2.4, "track")
    land = Land(seed, 415.0, 1.0, 0.30, (rut, lane, gravel))
    changes = _events(cx, cy, hx, hy, seed) if events else ()
    houses = _houses(cx, cy, hx, hy, random, seed)
    busy: list[Thing] = [*(e.thing for e in changes), *houses]
    trees = _trees((cx, cy), (hx + 60.0, hy + 60.0), land, busy, random, seed)
    ys = np.linspace(-hy - 400, hy + 400, 17)
    line = np.column_stack([cx + 5.0 * np.sin(ys / 40.0 + 0.6) + 0.06 * ys, cy + ys])
    movers = _movers(gravel, hx, passes_s) if events else ()
    return Scenario(site, centre, land, (*houses, *trees), changes, movers, line)


def _events(cx: float, cy: float, hx: float, hy: float, seed: int) -> tuple[Event, ...]:
    x0, y0 = cx - 0.62 * hx, cy + 0.42 * hy
    legs = ((0.0, 0.0), (7.0, 3.2), (12.5, 0.8), (19.0, 5.2), (24.0, 4.1))
    ditch = Trench(tuple((x0 + dx, y0 + dy) for dx, dy in legs), 1.3, 1.5, seed + 101)
    post = Post(cx + 0.12 * hx, cy + 0.55 * hy, 0.5, 5.2, seed + 102)
    lorry = Vehicle(cx + 0.52 * hx, cy + 0.2 * hy, 0.9, 7.4, 2.45, (0.085, 0.10, 0.06), (0.10, 0.115, 0.07))
    bowl = Crater(cx - 0.22 * hx, cy - 0.66 * hy, 2.1, seed + 103)
    scar = Burn(cx + 0.5 * hx, cy - 0.6 * hy, 6.0, seed + 104)
    shed = House(
        "shed", cx - 0.62 * hx, cy - 0.5 * hy, 0.4, 6.2, 4.2, 2.3, 2.9, (0.33, 0.33, 0.34), (0.25, 0.22, 0.18), seed + 5
    )
    return (
        Event("E01", ditch, "new", "linear_earthwork"),
        Event("E02", post, "new", "structure"),
        Event("E03", lorry, "new", "vehicle"),
        Event("E04", bowl, "new", "crater"),
        Event("E05", scar, "new", "burn"),
        Event("E06", shed, "vanished", "structure"),
    )


def _houses(cx: float, cy: float, hx: float, hy: float, random: np.random.Generator, seed: int) -> tuple[House, ...]:
    roofs = ((0.26, 0.105, 0.065), (0.20, 0.20, 0.205), (0.23, 0.14, 0.09), (0.30, 0.30, 0.29))
    out = []
    for number, (fx, fy) in enumerate(((0.66, 0.66), (0.86, 0.5), (-0.15, 0.12), (0.82, 0.86))):
        length, width = float(random.uniform(7.5, 12.0)), float(random.uniform(6.0, 8.0))
        wall = float(random.uniform(2.7, 3.3))
        turn = 0.3 + float(random.normal(0, 0.15)) + (np.pi / 2 if number == 1 else 0.0)
        rgb = roofs[int(random.integers(len(roofs)))]
        out.append(
            House(
                "house",
                cx + fx * hx,
                cy + fy * hy,
                turn,
                length,
                width,
                wall,
                wall + width * 0.26,
                rgb,
                (0.46, 0.42, 0.35),
                seed * 7 + number,
            )
        )
    return tuple(out)


def _trees(
    centre: tuple[float, float],
    half: tuple[float, float],
    land: Land,
    busy: list[Thing],
    random: np.random.Generator,
    seed: int,
) -> tuple[Tree, ...]:
    """Copses, and single trees between them; none on roads, houses or what is to happen."""
    area = 4 * half[0] * half[1]
    copses = random.uniform(-1, 1, (max(4, round(area / 3500)), 2)) * half
    taken = np.array([[t.x_m, t.y_m, t.reach_m] for t in busy]).reshape(-1, 3)
    out: list[Tree] = []
    for number in range(round(area / 260)):
        if random.random() < 0.75:
            dx, dy = copses[int(random.integers(len(copses)))] + random.normal(0, 6.5, 2)
        else:
            dx, dy = random.uniform(-1, 1, 2) * half
        x, y = centre[0] + float(dx), centre[1] + float(dy)
        radius = float(random.uniform(1.1, 3.1))
        at = np.float32(x), np.float32(y)
        offsets = [
            abs(float(road.offset(np.array([at[0]]), np.array([at[1]]))[0])) - road.width_m / 2 for road in land.roads
        ]
        clear = np.hypot(taken[:, 0] - x, taken[:, 1] - y) > taken[:, 2] + 1.45 * radius + 1.0
        if min(offsets) < 1.3 * radius or not clear.all():
            continue
        height = radius * float(random.uniform(1.5, 2.3)) + 0.8
        out.append(Tree(x, y, radius, height, float(random.uniform(-1, 1)), seed * 1009 + number))
    return tuple(out)


def _movers(road: Road, hx: float, passes_s: tuple[tuple[float, float], ...]) -> tuple[Mover, ...]:
    """One that drives through on the first strip, one that drives and stops on the second."""
    car = Vehicle(0.0, 0.0, 0.0, 4.4, 1.8, (0.52, 0.52, 0.54), None)
    van = Vehicle(0.0, 0.0, 0.0, 6.4, 2.3, (0.12, 0.16, 0.22), (0.42, 0.41, 0.38))
    first, last = passes_s[0]
    span = max(last - first, 1.0)
    through = Mover("M01", road, -0.6 * hx, min(1.15 * hx / span, 16.0), first - 2, last + 20, -1.4, car)
    if len(passes_s) < 2:
        return (through,)
    first, last = passes_s[1]
    span = max(last - first, 1.0)
    stops = Mover("M02", road, 0.62 * hx, -min(0.95 * hx / span, 12.0), first, first + 0.62 * span, 1.4, van)
    return through, stops
