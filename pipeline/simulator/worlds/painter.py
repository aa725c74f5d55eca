"""The look of the ground of a made place."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import Float32, hash_lattice
from pipeline.simulator.scene.ground import Axis, Ground
from pipeline.simulator.scene.material import Material
from pipeline.simulator.worlds.covers import Cover, crop, grass, gravel, litter, over, plain, rock, sand, soil, stubble
from pipeline.simulator.worlds.fields import CROP, FALLOW, PASTURE, PLOUGHED, STUBBLE, rows_of, wheelings
from pipeline.simulator.worlds.lattice import Lattice, cell_of, spread
from pipeline.simulator.worlds.lots import Lot
from pipeline.simulator.worlds.orchards import is_orchard, strip
from pipeline.simulator.worlds.recipe import Recipe
from pipeline.simulator.worlds.relief import mesh
from pipeline.simulator.worlds.roadway import pave
from pipeline.simulator.worlds.season import DRY_SOIL, MUD, SNOW, Palette, rgb
from pipeline.simulator.worlds.texture import Texture, texture

RELIEF_NODES_M = 0.5
SLOPE_NODES_M = 2.5
DARKEST, LIGHTEST = 0.012, 0.93


@dataclass(frozen=True, slots=True, eq=False)
class Painter:
    """Colours a place.

    Attributes:
        seed: Of the texture.
        recipe: The place.
        lots: Yards of its houses.
        palette: Season.
        wetness: 0 to 1: puddles in ruts. (The darkness of wet ground is the renderer's, by the weather.)
    """

    seed: int
    recipe: Recipe
    lots: tuple[Lot, ...]
    palette: Palette
    wetness: float

    def paint(self, x_m: Axis, y_m: Axis) -> Ground:
        """The ground at the centres of cells."""
        t = texture(self.seed + 2000, x_m, y_m)
        steep, depth = self._steep(x_m, y_m), self._depth(x_m, y_m)
        cover = self._open(t, x_m, y_m)
        cover = self._slopes(cover, t, steep)
        woods = spread(self.recipe.woods.density, x_m, y_m, 2.0)
        if woods.max() > 0.02:
            cover = over(cover, litter(t, self.palette), np.clip(1.5 * woods + 0.3 * t.middle * woods, 0, 1))
        cover = self._shore(cover, t, depth)
        for lot in self.lots:
            cover = lot.paint(cover, t, x_m, y_m, self.palette)
        worn = np.zeros(depth.shape, np.float32)
        for road in self.recipe.roads:
            cover, wheels = pave(cover, road, t, x_m, y_m, self.wetness)
            worn = np.maximum(worn, wheels)
        cover = self._snow(cover, t, worn, woods, steep)
        cover = self._water(cover, t, depth)
        return Ground(np.clip(cover.albedo, DARKEST, LIGHTEST), cover.bumps_m, cover.material)

    def _open(self, t: Texture, x_m: Axis, y_m: Axis) -> Cover:
        """Steppe or fields."""
        p, fields = self.palette, self.recipe.fields
        if fields is None:
            return grass(t, p, bare=0.28)
        there = fields.on(x_m, y_m, p)
        x, y = mesh(x_m, y_m)
        x, y = (x - np.float32(x_m[0])), (y - np.float32(y_m[0]))
        x, y = x + np.float32(np.mod(x_m[0], 1e4)), y + np.float32(np.mod(y_m[0], 1e4))
        cell, wave = cell_of(x_m), (0.10 * t.broad + 0.04 * t.tint).astype(np.float32)
        tone = hash_lattice(self.seed + 77, there.number, there.number >> 3)
        out = grass(t, p, green=0.1, bare=0.08)
        for kind in np.unique(there.kind).tolist():
            cover = self._field(kind, t, tone, rows_of(there, x, y, ROWS_M[kind], cell, wave * (1 + ROWS_M[kind])))
            if kind in (CROP, STUBBLE):
                driven = 0.5 * wheelings(there, x, y) * np.clip(1.6 - cell, 0, 1)
                cover = over(cover, plain(rgb(DRY_SOIL), t, Material.SOIL), driven.astype(np.float32))
            if self.recipe.orchard:
                floor = over(
                    grass(t, p, green=0.15, bare=0.1),
                    plain(rgb(DRY_SOIL), t, Material.SOIL),
                    0.6 * strip(fields, x_m, y_m),
                )
                cover = over(cover, floor, is_orchard(self.seed, there.number).astype(np.float32))
            inside = np.clip((there.edge_m - 0.9 + 0.35 * t.tint) / max(0.35, cell), 0, 1)
            out = over(out, cover, np.where(there.kind == kind, inside, 0).astype(np.float32))
        return out

    def _field(self, kind: int, t: Texture, tone: Float32, rows: Float32) -> Cover:
        p = self.palette
        if kind == PLOUGHED:
            cover = soil(t, rows * np.clip(0.5 + 0.45 * t.middle + 0.3 * t.tint, 0, 1.2), 0.045, 0.009)
        elif kind == STUBBLE:
            cover = stubble(t, rows * np.clip(0.6 + 0.35 * t.middle, 0, 1.2))
        elif kind == CROP:
            cover = crop(t, p, rows)
        elif kind == PASTURE:
            cover = grass(t, p, green=0.25, bare=0.05)
        else:
            cover = grass(t, p, green=-0.15, bare=0.34)
        lit = cover.albedo * (1 + 0.16 * tone)[..., None] * (1 + 0.06 * np.stack([tone, 0 * tone, -tone], -1))
        return Cover(lit.astype(np.float32), cover.bumps_m, cover.material)

    def _slopes(self, cover: Cover, t: Texture, steep: Float32) -> Cover:
        """Thin grass on slopes, scree and rock where it is steep, stones strewn about."""
        if self.recipe.boulders <= 0:
            return cover
        rough = steep + 0.10 * t.broad + 0.07 * t.middle + 0.04 * t.tint
        dry = np.clip((rough - 0.14) / 0.12, 0, 1).astype(np.float32)
        if dry.max() > 0:
            cover = over(cover, grass(t, self.palette, green=-0.1, bare=0.30), dry)
        scree = np.clip((rough - 0.50) / 0.16, 0, 1).astype(np.float32)
        if scree.max() > 0:
            cover = over(cover, gravel(t), 0.8 * scree)
        bare = np.clip((rough - 0.66) / 0.14, 0, 1).astype(np.float32)
        return over(cover, rock(t), bare) if bare.max() > 0 else cover

    def _shore(self, cover: Cover, t: Texture, depth: Float32) -> Cover:
        """Gravel, sand and mud beside water, drawn down."""
        if depth.max() < -6:
            return cover
        above = -depth + 0.25 * t.middle + 0.2 * t.broad
        river = self.recipe.relief.stream is not None
        reach = 1.3 if river else 3.6
        bar = over(sand(t), gravel(t), np.clip(0.5 + 0.6 * t.broad + 0.4 * t.middle, 0, 1).astype(np.float32))
        if not river:
            rings = 0.10 * np.sin(above * 9.0 + 0.6 * t.middle)
            bar = Cover((bar.albedo * (1 + rings)[..., None]).astype(np.float32), bar.bumps_m, bar.material)
        cover = over(cover, bar, np.clip((reach - above) / 0.6, 0, 1).astype(np.float32))
        mud = plain(rgb(MUD), t, Material.SOIL)
        return over(cover, mud, np.clip((0.35 - above) / 0.3, 0, 0.85).astype(np.float32))

    def _water(self, cover: Cover, t: Texture, depth: Float32) -> Cover:
        """Standing and running water, its bed seen through where it is shallow."""
        if depth.max() <= 0:
            return cover
        ragged = depth + 0.01 * t.tint
        clear = np.exp(-1.3 * np.maximum(ragged, 0))[..., None]
        deep = rgb((0.030, 0.040, 0.034))
        albedo = np.where((ragged > 0)[..., None], deep * (1 - clear) + 0.6 * cover.albedo * clear, cover.albedo)
        bumps = np.where(ragged > 0, np.float32(0), cover.bumps_m).astype(np.float32)
        material = np.where(ragged > 0, Material.WATER, cover.material).astype(np.uint8)
        return Cover(albedo.astype(np.float32), bumps, material)

    def _snow(self, cover: Cover, t: Texture, worn: Float32, woods: Float32, steep: Float32) -> Cover:
        if self.palette.snow <= 0:
            return cover
        deep = self.palette.snow + 0.22 * t.broad + 0.16 * t.middle + 0.09 * t.tint - 0.10 * t.fine
        deep = (
            deep - 0.85 * worn - 0.45 * woods - 1.1 * np.maximum(steep - 0.45, 0) - 1.6 * np.maximum(cover.bumps_m, 0)
        )
        share = np.clip((deep - 0.30) / 0.22, 0, 1).astype(np.float32)
        light = 1 + 0.035 * t.broad + 0.03 * t.middle + 0.025 * t.fine
        white = (rgb(SNOW) * light[..., None]).astype(np.float32)
        bumps = (0.35 * cover.bumps_m + 0.03 * t.middle + 0.012 * t.tint).astype(np.float32)
        return over(cover, Cover(white, bumps, np.full(share.shape, Material.SNOW, np.uint8)), 0.97 * share)

    def _steep(self, x_m: Axis, y_m: Axis) -> Float32:
        """Rise per metre."""
        if self.recipe.boulders <= 0:
            return np.zeros((len(y_m), len(x_m)), np.float32)
        nodes = Lattice.under(x_m, y_m, SLOPE_NODES_M)
        step = float(nodes.x_m[1] - nodes.x_m[0])
        wide_x = np.concatenate([[nodes.x_m[0] - step], nodes.x_m, [nodes.x_m[-1] + step]])
        wide_y = np.concatenate([[nodes.y_m[0] - step], nodes.y_m, [nodes.y_m[-1] + step]])
        up = self.recipe.relief.bed(wide_x, wide_y)
        east, north = (up[1:-1, 2:] - up[1:-1, :-2]), (up[2:, 1:-1] - up[:-2, 1:-1])
        return nodes.spread(np.hypot(east, north) / np.float32(2 * step))

    def _depth(self, x_m: Axis, y_m: Axis) -> Float32:
        """Of water."""
        if self.recipe.relief.level_m is None:
            return np.full((len(y_m), len(x_m)), -99.0, np.float32)
        return spread(lambda x, y: self.recipe.relief.surface(x, y)[1], x_m, y_m, RELIEF_NODES_M)


ROWS_M = {PLOUGHED: 0.85, STUBBLE: 3.1, CROP: 0.72, PASTURE: 1.0, FALLOW: 1.0}
"""Periods of working; pasture and fallow do not show theirs."""
