"""A place made from a seed: relief, ground and growth as functions of position."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis, Ground, Road
from pipeline.simulator.scene.mesh import Extent, Placed
from pipeline.simulator.worlds.biome import Biome, biome_of
from pipeline.simulator.worlds.covers import Cover, crop, grass, gravel, litter, over, rock, sand, soil, stubble
from pipeline.simulator.worlds.fields import CROP, FALLOW, PASTURE, PLOUGHED, STUBBLE, FieldMap, rows_of, wheelings
from pipeline.simulator.worlds.growth import Growths
from pipeline.simulator.worlds.relief import mesh
from pipeline.simulator.worlds.road_paint import pave
from pipeline.simulator.worlds.season import PALETTES, RUT_EARTH, Palette, rgb
from pipeline.simulator.worlds.settings import WorldSettings
from pipeline.simulator.worlds.texture import Texture, texture
from pipeline.simulator.worlds.weathering import drench, flood, snow_on

SLOPE_STEP_M = 4.0


@dataclass(frozen=True)
class SeededLand:
    """A `Land` that follows from settings alone."""

    settings: WorldSettings
    biome: Biome
    palette: Palette
    growth: Growths = field(repr=False)

    @classmethod
    def make(cls, settings: WorldSettings) -> "SeededLand":
        """Lay it out."""
        biome, palette = biome_of(settings), PALETTES[settings.season]
        return cls(settings, biome, palette, Growths(settings, biome, palette))

    @property
    def roads(self) -> tuple[Road, ...]:
        """Ways that movers may follow."""
        return self.biome.roads

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` ellipsoidal heights of ground or water."""
        up, _ = self.biome.relief.surface(x_m, y_m)
        return (up + np.float32(self.settings.base_m)).astype(np.float32)

    def things(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        """What stands in an extent."""
        return self.growth.within(extent, detail_m)

    def ground(self, x_m: Axis, y_m: Axis) -> Ground:
        """Look of the ground."""
        s, cell = self.settings, (float(x_m[1] - x_m[0]) if len(x_m) > 1 else 1.0)
        t, (x, y) = texture(s.seed + 300, x_m, y_m), mesh(x_m, y_m)
        slope, depth = self._lie(x_m, y_m)
        cover = self._wild(t, slope, depth, x, y)
        if self.biome.fields is not None:
            fields = self.biome.fields.on(x_m, y_m, self.palette)
            worked = self._fields(fields, x, y, t, cell)
            tame = np.clip((self.biome.field_slope - slope) / 0.04, 0, 1)
            tame *= np.clip((fields.edge_m - 1.3 - 0.4 * t.middle) / 0.5, 0, 1)
            tame *= np.clip((-depth - 1.6) / 0.4, 0, 1) if self.biome.relief.level_m is not None else 1
            tame *= 1 - self.growth.forest_share(x, y)
            cover = over(cover, worked, tame.astype(np.float32))
        cover = self.growth.tread(cover, x, y, t)
        for road in self.biome.roads:
            cover = pave(cover, road, x, y, t)
        cover = snow_on(cover, t, slope, self.palette.snow, self._tracked(x, y))
        cover = drench(cover, t, slope, s.wetness)
        cover = flood(cover, t, depth)
        return Ground(np.clip(cover.albedo, 0.012, 0.9), cover.bumps_m, cover.material)

    def _lie(self, x_m: Axis, y_m: Axis) -> tuple[Float32, Float32]:
        """``(H, W)`` rise over run at 4 m, and depth of water; negative: metres above it."""
        xs = np.arange(np.floor(x_m[0] / SLOPE_STEP_M) - 1, np.ceil(x_m[-1] / SLOPE_STEP_M) + 3) * SLOPE_STEP_M
        ys = np.arange(np.floor(y_m[0] / SLOPE_STEP_M) - 1, np.ceil(y_m[-1] / SLOPE_STEP_M) + 3) * SLOPE_STEP_M
        _, coarse_depth = self.biome.relief.surface(xs, ys)
        dy, dx = np.gradient(self.biome.relief.bed(xs, ys), SLOPE_STEP_M)
        slope = _spread(np.hypot(dx, dy), xs, ys, x_m, y_m)
        if self.biome.relief.level_m is None:
            return slope, np.full(slope.shape, -99.0, np.float32)
        return slope, _spread(coarse_depth, xs, ys, x_m, y_m)

    def _wild(self, t: Texture, slope: Float32, depth: Float32, x: Float32, y: Float32) -> Cover:
        """What covers ground that nobody works."""
        bare = {"grass": 0.12, "steppe": 0.42, "forest": 0.3}[self.biome.wild]
        cover = grass(t, self.palette, green=-0.08 if self.biome.wild == "steppe" else 0.05, bare=bare)
        stony = (slope + 0.10 * t.broad + 0.06 * t.middle - 0.52) / 0.14
        if float(stony.max()) > 0:
            cover = over(cover, rock(t), stony.astype(np.float32))
        under = self.growth.forest_share(x, y)
        if float(under.max()) > 0:
            cover = over(cover, litter(t, self.palette), under)
        if self.biome.relief.level_m is not None:
            near = np.clip((depth + 1.5 + 0.35 * t.middle) / 0.5, 0, 1).astype(np.float32)
            shore = over(sand(t), gravel(t), np.clip(0.5 + 0.6 * t.broad + 0.3 * t.tint, 0, 1).astype(np.float32))
            cover = over(cover, shore, near)
        return cover

    def _fields(self, f: FieldMap, x: Float32, y: Float32, t: Texture, cell: float) -> Cover:
        """Worked ground, each field of its kind."""
        parts = {
            PLOUGHED: lambda: soil(t, rows_of(f, x, y, 0.62, cell, 0.05 * t.middle), 0.10, 0.05),
            STUBBLE: lambda: stubble(t, rows_of(f, x, y, 0.30, cell, 0.02 * t.middle)),
            CROP: lambda: crop(t, self.palette, rows_of(f, x, y, 0.70, cell, 0.03 * t.middle)),
            PASTURE: lambda: grass(t, self.palette, 0.10, 0.05),
            FALLOW: lambda: grass(t, self.palette, -0.20, 0.50),
        }
        out: Cover | None = None
        for kind, make in parts.items():
            where = f.kind == kind
            if where.any():
                one = make()
                out = one if out is None else over(out, one, where.astype(np.float32))
        if out is None:  # the kinds are complete, so this is a tile of no cells
            return grass(t, self.palette)
        if self.biome.orchard:
            out = over(out, grass(t, self.palette, 0.12, 0.18), np.full(x.shape, 0.8, np.float32))
        tracks = wheelings(f, x, y) * np.isin(f.kind, (CROP, STUBBLE)) * 0.7
        shade = np.exp(0.10 * _per_field(f))[..., None]
        earth = Cover(
            (rgb(RUT_EARTH) * np.exp(0.12 * t.fine)[..., None]).astype(np.float32), out.bumps_m * 0, out.material
        )
        out = over(out, earth, tracks.astype(np.float32))
        return Cover((out.albedo * shade).astype(np.float32), out.bumps_m, out.material)

    def _tracked(self, x: Float32, y: Float32) -> Float32:
        """``(H, W)`` share of snow that wheels have taken away."""
        out = np.zeros(x.shape, np.float32)
        for road in self.biome.roads:
            aside = np.abs(np.asarray(road.curve.offset(x, y), np.float32))
            width = {"asphalt": 1.0, "gravel": 0.8, "track": 0.45}[road.kind]
            out = np.maximum(out, width * np.clip((road.width_m / 2 - aside) / 0.5, 0, 1))
        return out


def _per_field(f: FieldMap) -> Float32:
    draw = (f.number * 2654435761 & 0xFFFF) / 32768.0 - 1.0
    return draw.astype(np.float32)


def _spread(coarse: np.ndarray, xs: Axis, ys: Axis, x_m: Axis, y_m: Axis) -> Float32:
    """Bilinear values of a coarse grid on a finer one."""
    u, v = (x_m - xs[0]) / SLOPE_STEP_M, (y_m - ys[0]) / SLOPE_STEP_M
    c, r = np.floor(u).astype(int), np.floor(v).astype(int)
    fu, fv = (u - c).astype(np.float32), (v - r).astype(np.float32)[:, None]
    low = coarse[r][:, c] * (1 - fu) + coarse[r][:, c + 1] * fu
    high = coarse[r + 1][:, c] * (1 - fu) + coarse[r + 1][:, c + 1] * fu
    return np.asarray(low * (1 - fv) + high * fv, np.float32)
