"""Where trees, bushes, bales, boulders and houses stand: parcel by parcel, the same whoever asks."""

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from pipeline.records.arrays import Bool, Float
from pipeline.simulator.noise import Float32, hash_lattice, smooth_noise
from pipeline.simulator.scene.mesh import Extent, Model, Placed
from pipeline.simulator.things.rubble import Boulder
from pipeline.simulator.things.tree import Bush, Tree
from pipeline.simulator.things.wall import HayBale
from pipeline.simulator.worlds.biome import Biome
from pipeline.simulator.worlds.covers import Cover, over, soil
from pipeline.simulator.worlds.curve import Curve
from pipeline.simulator.worlds.fields import CROP, PLOUGHED, STUBBLE
from pipeline.simulator.worlds.season import Palette
from pipeline.simulator.worlds.settings import WorldSettings
from pipeline.simulator.worlds.settled import settle
from pipeline.simulator.worlds.texture import Texture

PARCEL_M = 64.0
KEPT_PARCELS = 4000
VARIANTS = 4


class Growths:
    """What stands on a place. Parcels are kept while they are in use."""

    def __init__(self, settings: WorldSettings, biome: Biome, palette: Palette) -> None:
        self._settings, self._biome, self._palette = settings, biome, palette
        self._yards, houses = settle(settings, biome, palette)
        self._houses = houses
        self._house_places = np.array([[p.x_m, p.y_m] for p in houses]).reshape(-1, 2)
        self._parcels: OrderedDict[tuple[int, int], tuple[Placed, ...]] = OrderedDict()
        s = settings
        bends = ((24.0, 310.0, 0.7), (9.0, 97.0, 2.1))
        self._edge = Curve(s.x0_m - 25.0, s.y0_m, 1.35, bends) if biome.growth.forest else None

    def forest_share(self, x: Float | Float32, y: Float | Float32) -> Float32:
        """1 in the forest, 0 in the open, of any shape: to the left of a winding edge."""
        if self._edge is None:
            return np.zeros(np.shape(x), np.float32)
        return np.clip(np.asarray(self._edge.offset(x, y), np.float32) / 6.0, 0, 1)

    def tread(self, cover: Cover, x: Float32, y: Float32, t: Texture) -> Cover:
        """Yards: bare where people walk, grass at their borders."""
        west, east, south, north = float(x.min()), float(x.max()), float(y.min()), float(y.max())
        for yard in self._yards:
            reach = float(np.hypot(*yard.half_m))
            if west - reach < yard.x_m < east + reach and south - reach < yard.y_m < north + reach:
                inside = np.asarray(yard.inside(x, y), np.float32)
                if float(inside.max()) > 0:
                    bare = np.clip((inside - 2.5 + 2.2 * t.middle + 1.4 * t.tint + t.broad) / 2.0, 0, 0.9)
                    cover = over(cover, soil(t, np.zeros_like(x), 0.0, 0.0), np.where(inside > 0, bare, 0))
        return cover

    def within(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        """Things whose place lies in an extent, without those much smaller than `detail_m`; sorted by id."""
        first_c, last_c = int(extent.west_m // PARCEL_M), int(extent.east_m // PARCEL_M)
        first_r, last_r = int(extent.south_m // PARCEL_M), int(extent.north_m // PARCEL_M)
        out: list[Placed] = []
        for column in range(first_c, last_c + 1):
            for row in range(first_r, last_r + 1):
                out += self._parcel(column, row)
        x, y = self._house_places[:, 0], self._house_places[:, 1]
        near = (x >= extent.west_m) & (x <= extent.east_m) & (y >= extent.south_m) & (y <= extent.north_m)
        out += [self._houses[i] for i in np.flatnonzero(near)]
        shown = [p for p in out if extent.touches(p.x_m, p.y_m, 0.0) and p.scale * p.model.height_m > 0.4 * detail_m]
        return tuple(sorted(shown, key=lambda p: p.thing_id))

    def _parcel(self, column: int, row: int) -> tuple[Placed, ...]:
        key = (column, row)
        if key not in self._parcels:
            self._parcels[key] = tuple(self._grow(column, row))
            while len(self._parcels) > KEPT_PARCELS:
                self._parcels.popitem(last=False)
        self._parcels.move_to_end(key)
        return self._parcels[key]

    def _grow(self, column: int, row: int) -> Iterator[Placed]:
        s, g = self._settings, self._biome.growth
        rng = np.random.default_rng([s.seed, 73, column & 0xFFFFFFFF, row & 0xFFFFFFFF])
        hectare = PARCEL_M**2 / 1e4
        name = f"{column:+d}{row:+d}"
        corner = np.array([column, row]) * PARCEL_M
        for kind, per_hectare in (("tree", g.trees), ("bush", g.bushes), ("boulder", g.boulders)):
            places = corner + rng.random((rng.poisson(per_hectare * hectare / max(1 - g.patchy, 0.15)), 2)) * PARCEL_M
            drawn = rng.random((len(places), 4))
            keep = self._open(places, kind) & (drawn[:, 0] < self._density(places, kind))
            for number in np.flatnonzero(keep):
                yield self._place(f"{kind}{name}-{number}", kind, places[number], drawn[number])
        if g.hedge:
            places = corner + rng.random((rng.poisson(900 * hectare), 2)) * PARCEL_M
            yield from self._hedges(name, places, rng.random((len(places), 4)))
        if self._edge is not None:
            places, drawn = _grid(s.seed + 5, corner, 4.4, 0.42)
            keep = (self.forest_share(places[:, 0], places[:, 1]) > 0.6 * drawn[:, 3]) & self._open(places, "forest")
            for number in np.flatnonzero(keep & (drawn[:, 0] < 0.86)):
                yield self._place(f"forest{name}-{number}", "forest", places[number], drawn[number])
        if self._biome.orchard and self._biome.fields is not None:
            yield from self._orchard(name, corner)
        if self._palette.foliage == "summer" and self._biome.fields is not None:
            places, drawn = _grid(s.seed + 9, corner, 21.0, 0.35)
            f = self._biome.fields.at(places[:, 0], places[:, 1], self._palette)
            keep = (f.kind == STUBBLE) & (f.edge_m > 4) & self._open(places, "bale")
            keep &= hash_lattice(s.seed + 10, f.number, f.number) > 0.1
            for number in np.flatnonzero(keep):
                yield self._place(f"bale{name}-{number}", "bale", places[number], drawn[number])

    def _hedges(self, name: str, places: Float, drawn: Float) -> Iterator[Placed]:
        fields = self._biome.fields
        if fields is None:
            return
        f = fields.at(places[:, 0], places[:, 1], self._palette)
        edge = (f.edge_m < 1.2) & (hash_lattice(self._settings.seed + 31, f.number, f.number >> 5) > -0.1)
        keep = edge & self._open(places, "hedge") & (drawn[:, 0] < 3.0 * self._biome.growth.hedge)
        for number in np.flatnonzero(keep):
            kind = "tree" if drawn[number, 1] < 0.35 else "bush"
            yield self._place(f"hedge{name}-{number}", kind, places[number], drawn[number][::-1])

    def _orchard(self, name: str, corner: Float) -> Iterator[Placed]:
        """Fruit trees in rows along the field's working, some missing."""
        fields, s = self._biome.fields, self._settings
        if fields is None:
            return
        turn = fields.azimuth_rad
        c, sn = np.cos(turn), np.sin(turn)
        u, v = np.meshgrid(np.arange(-20, 21) * 5.0, np.arange(-20, 21) * 6.0)
        middle = corner + PARCEL_M / 2
        u0 = np.round((middle[0] * c + middle[1] * sn) / 5.0) * 5.0
        v0 = np.round((middle[1] * c - middle[0] * sn) / 6.0) * 6.0
        u, v = u.ravel() + u0, v.ravel() + v0
        places = np.column_stack([u * c - v * sn, u * sn + v * c])
        inside = ((places >= corner) & (places < corner + PARCEL_M)).all(axis=1)
        places, u, v = places[inside], u[inside], v[inside]
        f = fields.at(places[:, 0], places[:, 1], self._palette)
        lot = hash_lattice(s.seed + 33, np.round(u / 5).astype(np.int64), np.round(v / 6).astype(np.int64))
        keep = (f.edge_m > 4) & (lot > -0.88) & self._open(places, "orchard")
        keep &= hash_lattice(s.seed + 34, f.number, f.number >> 3) > -0.4
        for number in np.flatnonzero(keep):
            draw = np.array([lot[number], lot[number] * 7 % 1, lot[number] * 13 % 1, lot[number] * 29 % 1])
            place = places[number] + 0.25 * np.array([draw[1], draw[2]])
            yield self._place(f"fruit{name}-{number}", "orchard", place, np.abs(draw))

    def _place(self, thing_id: str, kind: str, place: Float, drawn: Float) -> Placed:
        """One thing by four draws from 0 to 1."""
        g, foliage = self._biome.growth, self._palette.foliage
        which = int(drawn[1] * VARIANTS) % VARIANTS
        turn, model, scale, sway = float(drawn[2] * 6.28), None, 1.0, 0.0
        if kind in ("tree", "forest"):
            form = g.forms[int(drawn[1] * 97) % len(g.forms)]
            low, high = g.height_m
            wide = {"poplar": 0.24, "conifer": 0.42, "broad": 0.72, "fruit": 0.85}[form]
            wide *= 0.75 if kind == "forest" else 1.0
            tall = 0.5 * (low + high)
            model = Tree(form, tall, round(tall * wide, 2), foliage, which)  # type: ignore[arg-type]
            scale, sway = (low + (high - low) * float(drawn[3])) / tall, 0.6
        elif kind == "bush":
            model, scale, sway = Bush(1.5, 2.0, foliage, which), 0.45 + 0.9 * float(drawn[3]), 0.5  # type: ignore[arg-type]
        elif kind == "orchard":
            model, scale, sway = Tree("fruit", 4.2, 3.8, foliage, which), 0.8 + 0.35 * float(drawn[3]), 0.5  # type: ignore[arg-type]
        elif kind == "bale":
            model = HayBale("round", 1.5, which)
        else:
            model, scale = Boulder(seed=which), 0.35 + 1.3 * float(drawn[3]) ** 2
        body: Model = model
        return Placed(thing_id, body, float(place[0]), float(place[1]), turn, sway=sway, scale=scale)

    def _open(self, places: Float, kind: str) -> Bool:
        """Where a thing may stand: off roads, out of water, out of yards, and out of worked fields."""
        x, y = places[:, 0], places[:, 1]
        reach = {"tree": 3.0, "forest": 2.8, "bush": 1.6, "orchard": 2.6, "bale": 2.0, "hedge": 2.4, "boulder": 1.2}[
            kind
        ]
        out = np.ones(len(x), np.bool_)
        for road in self._biome.roads:
            out &= road.clear(x, y) > reach
        for yard in self._yards:
            out &= yard.inside(x, y) < -0.5
        if self._biome.relief.level_m is not None and out.any():
            at = np.flatnonzero(out)
            depth = [float(self._biome.relief.surface(x[i : i + 1], y[i : i + 1])[1][0, 0]) for i in at]
            out[at] &= np.array(depth) < -0.35
        fields = self._biome.fields
        if fields is not None and kind in ("tree", "bush", "boulder") and not (self._biome.growth.forest):
            f = fields.at(x, y, self._palette)
            worked = np.isin(f.kind, (PLOUGHED, STUBBLE, CROP)) & (f.edge_m > 2.0)
            out &= ~worked
        return out

    def _density(self, places: Float, kind: str) -> Float:
        """0 to 1: copses, and what stands between them."""
        g, seed = self._biome.growth, self._settings.seed + (81 if kind == "tree" else 84)
        if not len(places):
            return np.zeros(0)
        field = np.array([float(smooth_noise(seed, np.array([x]), np.array([y]), g.patch_m)[0, 0]) for x, y in places])
        return np.clip((1 - g.patchy) + g.patchy * np.clip(1.4 * field - 0.4, 0, 1), 0, 1)


def _grid(seed: int, corner: Float, step_m: float, jitter: float) -> tuple[Float, Float]:
    """Jittered lattice places in a parcel, and four draws each; the lattice runs on over parcels."""
    first = np.ceil(corner / step_m).astype(np.int64)
    last = np.ceil((corner + PARCEL_M) / step_m).astype(np.int64)
    a, b = np.meshgrid(np.arange(first[0], last[0]), np.arange(first[1], last[1]))
    a, b = a.ravel(), b.ravel()
    drawn = np.column_stack([(hash_lattice(seed + k, a, b) + 1) / 2 for k in range(6)]).astype(np.float64)
    places = (np.column_stack([a, b]) + jitter * (2 * drawn[:, 4:6] - 1)) * step_m
    return places, drawn[:, :4]
