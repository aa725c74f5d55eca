"""Houses in streets, with their yards."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Model, Placed
from pipeline.simulator.things.house import House, RoofKind
from pipeline.simulator.things.shelters import Shed
from pipeline.simulator.things.tree import Bush, Foliage, Form, Tree
from pipeline.simulator.things.vehicle import Vehicle, VehicleForm
from pipeline.simulator.things.wall import Fence, Wall
from pipeline.simulator.worlds.covers import Cover, grass, gravel, over, plain, soil
from pipeline.simulator.worlds.curve import CurvedRoad
from pipeline.simulator.worlds.lattice import cell_of
from pipeline.simulator.worlds.relief import mesh
from pipeline.simulator.worlds.season import DRY_SOIL, Palette, rgb
from pipeline.simulator.worlds.texture import Texture

DEEP_M = 30.0
ROOF_KINDS: tuple[RoofKind, ...] = ("gable", "gable", "hip")
CARS: tuple[VehicleForm, ...] = ("car", "car", "car", "van", "pickup")
ROOFS = ((0.30, 0.13, 0.085), (0.26, 0.12, 0.08), (0.17, 0.165, 0.16), (0.33, 0.32, 0.30), (0.24, 0.15, 0.10))
WALLS = ((0.50, 0.46, 0.39), (0.58, 0.56, 0.52), (0.40, 0.35, 0.28), (0.52, 0.44, 0.32), (0.30, 0.20, 0.15))
SHEDS = ((0.21, 0.215, 0.22), (0.16, 0.155, 0.15), (0.17, 0.11, 0.08), (0.13, 0.15, 0.13))
PAINTS = ((0.45, 0.45, 0.45), (0.05, 0.05, 0.055), (0.22, 0.23, 0.25), (0.30, 0.05, 0.04), (0.06, 0.10, 0.22))


@dataclass(frozen=True, eq=False)
class Lot:
    """A yard beside a road: its own x axis runs along the road, its y axis away from it, 0 at the front.

    Attributes:
        name: Unique in the place.
        x_m, y_m: Middle of the front.
        azimuth_rad: Of its own x axis.
        wide_m: Along the road.
        seed: What stands in it.
    """

    name: str
    x_m: float
    y_m: float
    azimuth_rad: float
    wide_m: float
    seed: int

    def to_site(self, u: float, v: float) -> tuple[float, float]:
        """Site x, y of its own."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        return float(self.x_m + u * c - v * s), float(self.y_m + u * s + v * c)

    def own(self, x: Float | Float32, y: Float | Float32) -> tuple[Float | Float32, Float | Float32]:
        """Own coordinates of site places."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        dx, dy = x - self.x_m, y - self.y_m
        return dx * c + dy * s, dy * c - dx * s

    def inside(self, x: Float, y: Float, margin_m: float) -> Float:
        """Which places lie in it or nearer than a margin."""
        u, v = self.own(x, y)
        return np.asarray(
            (np.abs(u) < self.wide_m / 2 + margin_m) & (v > -margin_m) & (v < DEEP_M + margin_m), np.float64
        )

    def paint(self, cover: Cover, t: Texture, x_m: Axis, y_m: Axis, palette: Palette) -> Cover:
        """The ground with its lawn, drive, garden beds and trodden front."""
        cx, cy = self.to_site(0.0, DEEP_M / 2)
        reach = DEEP_M / 2 + self.wide_m / 2 + 3
        columns = np.flatnonzero(np.abs(x_m - cx) < reach)
        rows = np.flatnonzero(np.abs(y_m - cy) < reach)
        if not len(columns) or not len(rows):
            return cover
        window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        part = Texture(*(getattr(t, name)[window] for name in ("broad", "middle", "fine", "tint", "tufts")))
        x, y = mesh(x_m[columns], y_m[rows])
        u, v = (np.asarray(value, np.float32) for value in self.own(x, y))
        cell, rng = cell_of(x_m), np.random.default_rng([self.seed, 5])
        u, v = u + 0.25 * part.middle, v + 0.25 * part.tint
        below = Cover(cover.albedo[window], cover.bumps_m[window], cover.material[window])
        half = self.wide_m / 2
        yard = over(
            below,
            grass(part, palette, green=0.2 * rng.random(), bare=0.15 + 0.3 * rng.random()),
            _box(u, v, (-half, half), (0.3, DEEP_M), cell),
        )
        side = self._side
        drive = (side * (half - 2.0) - 1.7, side * (half - 2.0) + 1.7)
        trodden = plain(rgb(DRY_SOIL), part, Material.SOIL)
        yard = over(yard, trodden, 0.75 * _box(u, v, (-half + 1, half - 1), (4.0, 17.0), 3.0))
        yard = over(
            yard, gravel(part) if rng.random() < 0.6 else trodden, _box(u, v, drive, (-3.0, 14.0), max(cell, 0.4))
        )
        if rng.random() < 0.75:
            ridges = np.sin(2 * np.pi * v / 0.9).astype(np.float32) * float(np.clip((0.9 / cell - 2) / 3, 0, 1))
            beds = soil(part, ridges, 0.15, 0.06)
            yard = over(
                yard, beds, 0.95 * _box(u, v, (-half + 1.5, half * rng.uniform(0.0, 0.8)), (20.0, DEEP_M - 1), cell)
            )
        albedo, bumps, material = cover.albedo.copy(), cover.bumps_m.copy(), cover.material.copy()
        albedo[window], bumps[window], material[window] = yard.albedo, yard.bumps_m, yard.material
        return Cover(albedo, bumps, material)

    def things(self, foliage: Foliage, snow: bool) -> list[Placed]:
        """House, shed, trees, fences and perhaps a car."""
        rng = np.random.default_rng([self.seed, 6])
        return [*self._home(rng, snow), *self._garden(rng, foliage), *self._bounds(rng)]

    @property
    def _side(self) -> float:
        """On which side the drive runs: 1 or -1, towards or against its x axis."""
        return 1.0 if np.random.default_rng([self.seed, 4]).random() < 0.5 else -1.0

    def _put(
        self, name: str, model: Model, u: float, v: float, turn: float, sway: float = 0.0, scale: float = 1.0
    ) -> Placed:
        x, y = self.to_site(u, v)
        return Placed(f"{self.name}-{name}", model, x, y, self.azimuth_rad + turn, sway=sway, scale=scale)

    def _home(self, rng: np.random.Generator, snow: bool) -> Iterator[Placed]:
        side, half = self._side, self.wide_m / 2
        long, wide = float(rng.choice([9.0, 10.5, 12.0])), float(rng.choice([7.0, 8.0]))
        roof, storeys = ROOF_KINDS[int(rng.integers(3))], 1 + int(rng.random() < 0.3)
        tiles, plaster = ROOFS[int(rng.integers(5))], WALLS[int(rng.integers(5))]
        house = House(long, wide, storeys, roof, tiles, plaster, seed=int(rng.integers(4)), snow=snow)
        across = rng.random() < 0.3
        turn = np.pi / 2 * across + rng.uniform(-0.03, 0.03)
        yield self._put("house", house, -side * 2.2, 9.5 + 0.15 * long * across, turn)
        if rng.random() < 0.7:
            cover = SHEDS[int(rng.integers(4))]
            shed = Shed(float(rng.choice([4.0, 5.5, 7.0])), 3.5, cover, seed=int(rng.integers(3)))
            yield self._put("shed", shed, side * (half - 4.5), 18.3, 0.0)
        if rng.random() < 0.45:
            car = Vehicle(CARS[int(rng.integers(5))], PAINTS[int(rng.integers(5))], seed=int(rng.integers(3)))
            turn = np.pi / 2 * (1 if rng.random() < 0.5 else -1)
            yield self._put("car", car, side * (half - 2.0), rng.uniform(5.0, 11.0), turn)

    def _garden(self, rng: np.random.Generator, foliage: Foliage) -> Iterator[Placed]:
        half = self.wide_m / 2
        for n in range(int(rng.integers(1, 5))):
            form: Form = "fruit" if rng.random() < 0.7 else "broad"
            tree = Tree(form, float(rng.choice([4.5, 6.0])), 4.5, foliage, int(rng.integers(3)))
            u, v = rng.uniform(-half + 2.4, half - 2.4), rng.uniform(22.5, DEEP_M - 2.4)
            yield self._put(f"tree{n}", tree, u, v, rng.uniform(0, 6.28), 0.5, rng.uniform(0.8, 1.15))
        for n in range(int(rng.integers(0, 4))):
            bush = Bush(foliage=foliage, seed=int(rng.integers(3)))
            yield self._put(f"bush{n}", bush, -self._side * rng.uniform(-half + 5.5, half - 1.5), 1.8, 0.0, 0.4)

    def _bounds(self, rng: np.random.Generator) -> Iterator[Placed]:
        form, half = int(rng.integers(4)), self.wide_m / 2
        gate = self._side * (half - 2.0)
        for n, (west, east) in enumerate(((-half, gate - 1.9), (gate + 1.9, half))):
            if east - west > 1.0:
                yield self._put(f"front{n}", _barrier(form, east - west), (west + east) / 2, 0.4, 0.0)
        yield self._put("left", _barrier(form if form < 2 else 0, DEEP_M - 1), -half, DEEP_M / 2, np.pi / 2)
        if rng.random() < 0.6:
            yield self._put("back", _barrier(0, self.wide_m), 0.0, DEEP_M, 0.0)


def _barrier(form: int, length_m: float) -> Fence | Wall:
    length = round(length_m, 1)
    if form == 0:
        return Fence(length, 1.3, "wire")
    if form == 1:
        return Fence(length, 1.4, "board")
    return Wall(length, 1.5, "brick" if form == 2 else "concrete")


def _box(u: Float32, v: Float32, across: tuple[float, float], deep: tuple[float, float], soft: float) -> Float32:
    inside = np.minimum(np.minimum(u - across[0], across[1] - u), np.minimum(v - deep[0], deep[1] - v))
    return np.asarray(np.clip(inside / np.float32(max(soft, 0.3)) + 0.5, 0, 1), np.float32)


def lots_along(
    seed: int,
    streets: tuple[CurvedRoad, ...],
    roads: tuple[CurvedRoad, ...],
    middle_m: tuple[float, float],
    reach_m: float,
) -> tuple[Lot, ...]:
    """Yards on both sides of streets, clear of all roads and of each other, within reach of the village's middle."""
    out: list[Lot] = []
    taken = np.zeros((0, 2))
    for number, road in enumerate(streets):
        rng = np.random.default_rng([seed, 71, number])
        for side in (1.0, -1.0):
            along = max(0.0, road.length_m / 2 - reach_m) + 9.0
            while along < min(road.length_m, road.length_m / 2 + reach_m) - 9.0:
                wide = float(rng.uniform(20.0, 27.0))
                lot = _lot(f"H{len(out):03d}", road, along + wide / 2, side, wide, seed * 1009 + len(out))
                near = np.hypot(lot.x_m - middle_m[0], lot.y_m - middle_m[1]) < reach_m
                grid = np.array([lot.to_site(u, v) for u in (-wide / 3, 0, wide / 3) for v in (4, 11, 18, 26)])
                apart = not len(taken) or float(np.hypot(*(grid[:, None] - taken[None]).transpose(2, 0, 1)).min()) > 8.5
                if near and apart and _clear(lot, roads) and rng.random() < 0.88:
                    out.append(lot)
                    taken = np.vstack([taken, grid])
                    along += wide
                else:
                    along += 7.0
    return tuple(out)


def _clear(lot: Lot, roads: tuple[CurvedRoad, ...]) -> bool:
    """Whether no road enters a yard, or ends at it as if it had gone on."""
    across = np.linspace(-lot.wide_m / 2, lot.wide_m / 2, 11)
    grid = np.array([lot.to_site(float(u), float(v)) for u in across for v in np.linspace(0.8, DEEP_M, 13)])
    for road in roads:
        if np.any(road.clear(grid[:, 0], grid[:, 1]) <= 0.3):
            return False
        ends = np.array([road.at(along)[:2] for along in (-6.0, road.length_m + 6.0)])
        if np.hypot(*(grid[:, None] - ends[None]).transpose(2, 0, 1)).min() < 5.0:
            return False
    return True


def _lot(name: str, road: CurvedRoad, along: float, side: float, wide: float, seed: int) -> Lot:
    x, y, heading = road.at(along, side * (road.width_m / 2 + 1.6))
    return Lot(name, x, y, heading if side > 0 else heading + np.pi, wide, seed)
