"""Houses along streets with their yards, and power lines along roads: laid out once for a place."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.things.house import House
from pipeline.simulator.things.power_line import PowerLine
from pipeline.simulator.things.tree import Tree
from pipeline.simulator.things.vehicle import Vehicle
from pipeline.simulator.things.wall import Fence, HayBale, Wall
from pipeline.simulator.worlds.biome import Biome
from pipeline.simulator.worlds.season import Palette
from pipeline.simulator.worlds.settings import WorldSettings

ROOFS = ((0.30, 0.13, 0.085), (0.24, 0.115, 0.08), (0.27, 0.27, 0.275), (0.19, 0.195, 0.205), (0.33, 0.28, 0.235))
WALLS = ((0.50, 0.46, 0.39), (0.42, 0.38, 0.31), (0.55, 0.54, 0.50), (0.36, 0.27, 0.20))
PAINTS = ((0.55, 0.55, 0.56), (0.06, 0.065, 0.07), (0.30, 0.05, 0.04), (0.10, 0.15, 0.26), (0.33, 0.33, 0.31))
STREET_HALF_M = 260.0


@dataclass(frozen=True, slots=True)
class Yard:
    """A plot with a house: where its ground is trodden.

    Attributes:
        x_m, y_m, azimuth_rad: Of its middle; x along the street.
        half_m: Half its length and depth.
    """

    x_m: float
    y_m: float
    azimuth_rad: float
    half_m: tuple[float, float]

    def inside(self, x: Float, y: Float) -> Float:
        """Metres to its border from inside, negative outside; any shape."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        u, v = (x - self.x_m) * c + (y - self.y_m) * s, (y - self.y_m) * c - (x - self.x_m) * s
        return np.minimum(self.half_m[0] - np.abs(u), self.half_m[1] - np.abs(v))

    def at(self, u: float, v: float) -> tuple[float, float]:
        """Site place of one in its own axes."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        return float(self.x_m + u * c - v * s), float(self.y_m + u * s + v * c)


def settle(settings: WorldSettings, biome: Biome, palette: Palette) -> tuple[tuple[Yard, ...], tuple[Placed, ...]]:
    """Yards along the streets and what stands in them."""
    yards: list[Yard] = []
    things: list[Placed] = []
    for number in biome.streets:
        road = biome.roads[number]
        middle, half = road.length_m / 2, min(road.length_m / 2, STREET_HALF_M)
        along = middle - half
        rng = np.random.default_rng([settings.seed, 71, number])
        while along < middle + half:
            wide = float(rng.uniform(19.0, 31.0))
            for side in (1.0, -1.0):
                if rng.random() < 0.16:
                    continue
                deep = float(rng.uniform(24.0, 36.0))
                aside = road.width_m / 2 + 2.2 + deep / 2
                x, y, turn = road.at(along + wide / 2, side * aside)
                yard = Yard(x, y, turn if side > 0 else turn + np.pi, (wide / 2 - 0.6, deep / 2))
                if _free(yard, yards, biome):
                    yards.append(yard)
                    things += _fill(f"H{number}-{len(yards):03d}", yard, palette, rng)
            along += wide
    if biome.power_along is not None:
        things += _power_line(biome, settings)
    return tuple(yards), tuple(things)


def _free(yard: Yard, others: list[Yard], biome: Biome) -> bool:
    """Whether no road and no other yard reaches into it."""
    u, v = np.meshgrid(np.linspace(-1, 1, 5) * yard.half_m[0], np.linspace(-1, 1, 5) * yard.half_m[1])
    places = np.array([yard.at(a, b) for a, b in zip(u.ravel(), v.ravel(), strict=True)])
    x, y = places[:, 0], places[:, 1]
    if any((road.clear(x, y) < 1.0).any() for road in biome.roads):
        return False
    return not any((other.inside(x, y) > 0).any() for other in others)


def _fill(name: str, yard: Yard, palette: Palette, rng: np.random.Generator) -> list[Placed]:
    """House near the street, shed behind, fence around, fruit trees, perhaps a car; the street lies at negative v."""
    half_u, half_v = yard.half_m
    long, wide = float(rng.integers(9, 14)), float(rng.integers(7, 10))
    roof, wall = ROOFS[int(rng.integers(len(ROOFS)))], WALLS[int(rng.integers(len(WALLS)))]
    kind = ("gable", "gable", "hip", "hip", "shed")[int(rng.integers(5))]
    storeys = 2 if rng.random() < 0.2 else 1
    house = House(long, wide, storeys, kind, roof, wall, seed=int(rng.integers(6)), snow=palette.snow > 0.5)
    across = rng.random() < 0.35
    u0 = float(rng.uniform(-1, 1)) * max(half_u - (wide if across else long) / 2 - 1.8, 0)
    v0 = -half_v + (long if across else wide) / 2 + float(rng.uniform(2.0, 5.0))
    slant = float(rng.normal(0, 0.03))
    turn = yard.azimuth_rad + slant + (np.pi / 2 if across else 0.0)
    out = [Placed(f"{name}-house", house, *yard.at(u0, v0), turn)]
    shed = House(float(rng.integers(4, 8)), float(rng.integers(3, 6)), 1, "shed", ROOFS[2], WALLS[3], snow=house.snow)
    u1 = float(np.sign(rng.normal()) * (half_u - shed.length_m / 2 - 1.2))
    out.append(Placed(f"{name}-shed", shed, *yard.at(u1, half_v - shed.width_m / 2 - 1.5), yard.azimuth_rad + slant))
    out += _border(name, yard, rng)
    for number in range(int(rng.integers(1, 6))):
        u, v = float(rng.uniform(-1, 1)) * (half_u - 2.5), float(rng.uniform(0.0, 1.0)) * (half_v - 7.0)
        if abs(u - u0) < long / 2 + 3 and abs(v - v0) < long / 2 + 3:
            continue
        tree = Tree("fruit", 4.5, 4.0, palette.foliage, int(rng.integers(4)))  # type: ignore[arg-type]
        size = float(rng.uniform(0.6, 1.2))
        out.append(
            Placed(f"{name}-tree{number}", tree, *yard.at(u, v), float(rng.uniform(0, 6.28)), sway=0.5, scale=size)
        )
    if rng.random() < 0.4:
        car = Vehicle("car" if rng.random() < 0.7 else "van", PAINTS[int(rng.integers(len(PAINTS)))])
        beside = u0 + np.sign(rng.normal()) * (long / 2 + 2.0)
        if abs(beside) < half_u - 1.2 and not across:
            out.append(Placed(f"{name}-car", car, *yard.at(float(beside), v0), yard.azimuth_rad + np.pi / 2))
    if rng.random() < 0.25:
        heap = HayBale("square", 1.2)
        out.append(Placed(f"{name}-hay", heap, *yard.at(-u1 * 0.8, half_v - 2.0), float(rng.uniform(0, 3))))
    return out


def _border(name: str, yard: Yard, rng: np.random.Generator) -> list[Placed]:
    """Fence or wall on three sides, with a gate left open on the street's."""
    half_u, half_v = yard.half_m
    stone = rng.random() < 0.45
    out = []
    gate = float(rng.uniform(-0.4, 0.4)) * half_u
    sides = (
        ("left", -half_u, 0.0, 2 * half_v, np.pi / 2),
        ("right", half_u, 0.0, 2 * half_v, np.pi / 2),
        ("front1", (-half_u + gate - 2) / 2, -half_v, half_u + gate - 2, 0.0),
        ("front2", (half_u + gate + 2) / 2, -half_v, half_u - gate - 2, 0.0),
    )
    for side, u, v, length, turn in sides:
        model = Wall(round(length, 1), 1.3, "stone") if stone else Fence(round(length, 1), 1.3, "board")
        if length > 1.5:
            out.append(Placed(f"{name}-{side}", model, *yard.at(u, v), yard.azimuth_rad + turn))
    return out


def _power_line(biome: Biome, settings: WorldSettings) -> list[Placed]:
    """Masts every 45 m beside a road, with wires between."""
    road = biome.roads[biome.power_along or 0]
    span, reach = 45.0, 1400.0
    middle = road.length_m / 2
    places = [road.at(s, road.width_m / 2 + 5.5) for s in np.arange(middle - reach, middle + reach, span)]
    heights = [float(biome.relief.surface(np.array([x]), np.array([y]))[0][0, 0]) for x, y, _ in places]
    out = []
    for number in range(len(places) - 1):
        (x0, y0, _), (x1, y1, _) = places[number], places[number + 1]
        far = float(np.hypot(x1 - x0, y1 - y0))
        model = PowerLine("pole", round(far, 2), round(heights[number + 1] - heights[number], 2))
        out.append(Placed(f"P{settings.seed}-{number:03d}", model, x0, y0, float(np.arctan2(y1 - y0, x1 - x0))))
    return out
