"""A place from a user's elevation model and, where there is one, orthophoto."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.errors import ConfigError
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import GroundPicture
from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis, Ground, Road
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Extent, Placed
from pipeline.simulator.worlds.covers import grass
from pipeline.simulator.worlds.lattice import cell_of
from pipeline.simulator.worlds.season import PALETTES
from pipeline.simulator.worlds.settings import SEASONS
from pipeline.simulator.worlds.texture import OCTAVES_M, Texture, texture

WHITE = 0.72
"""Reflectance of full white in an orthophoto: exposed for the ground, not for snow."""
DETAIL = 0.16
"""Contrast of the texture below an orthophoto's ground sample distance."""
EVEN = 0.25
"""Share of brightness differences beyond `EVEN_M` that is taken out of an orthophoto: its own shading, mildly."""
EVEN_M = 60.0


@dataclass(frozen=True, eq=False)
class RasterLand:
    """A `Land` of rasters. Beyond the elevation model, its edge's heights go on; beyond the orthophoto, grass does.

    Attributes:
        heights: Elevation model of the bare ground, without gaps.
        picture: Orthophoto; its light stays in it but for a mild evening, so that shadows in it stay visible.
        seed: Of the texture finer than the orthophoto.
        season: Of the ground where there is no orthophoto.
        ways: Roads, as the caller knows them.
        standing: What stands there, as the caller knows it.
    """

    heights: HeightGrid
    picture: GroundPicture | None = None
    seed: int = 1
    season: str = "summer"
    ways: tuple[Road, ...] = ()
    standing: tuple[Placed, ...] = ()

    def __post_init__(self) -> None:
        if self.season not in SEASONS:
            raise ConfigError(f"world: no season {self.season!r}; know {', '.join(SEASONS)}")
        missing = int(np.count_nonzero(~np.isfinite(self.heights.heights_m)))
        if missing:
            raise ConfigError(
                f"world: {missing} heights of {self.heights.source} are unknown; "
                "a land needs them all: fill the elevation model's gaps first"
            )

    @property
    def roads(self) -> tuple[Road, ...]:
        """As given."""
        return self.ways

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` heights, bilinear; clamped to the model's edges."""
        h = self.heights
        rows, columns = h.heights_m.shape
        column = np.clip((x_m - h.x0_m) / h.cell_m, 0, columns - 1)
        row = np.clip((y_m - h.y0_m) / h.cell_m, 0, rows - 1)
        c, r = np.minimum(column.astype(np.intp), columns - 2), np.minimum(row.astype(np.intp), rows - 2)
        u, v = column - c, (row - r)[:, None]
        lower = h.heights_m[np.ix_(r, c)] * (1 - u) + h.heights_m[np.ix_(r, c + 1)] * u
        upper = h.heights_m[np.ix_(r + 1, c)] * (1 - u) + h.heights_m[np.ix_(r + 1, c + 1)] * u
        return np.asarray(lower * (1 - v) + upper * v, np.float32)

    def ground(self, x_m: Axis, y_m: Axis) -> Ground:
        """Orthophoto with texture below its ground sample distance; grass where there is none."""
        t = texture(self.seed, x_m, y_m)
        cover = grass(t, PALETTES[self.season], bare=0.2)
        if self.picture is None:
            return Ground(cover.albedo, cover.bumps_m, cover.material)
        seen, valid = _read(self.picture, x_m, y_m)
        detail = _finer(t, self.picture.gsd_m)
        albedo = seen * np.exp(np.float32(DETAIL) * detail)[..., None]
        albedo = np.where(valid[..., None], albedo, cover.albedo)
        material = np.where(valid, _material(seen), cover.material).astype(np.uint8)
        bumps = np.where(valid, np.float32(0.015) * detail, cover.bumps_m).astype(np.float32)
        return Ground(np.clip(albedo, 0.012, 0.93).astype(np.float32), bumps, material)

    def things(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        """Those given that stand in an extent and are not much smaller than a detail."""
        inside = (
            thing
            for thing in self.standing
            if extent.west_m <= thing.x_m < extent.east_m
            and extent.south_m <= thing.y_m < extent.north_m
            and thing.model.height_m * thing.scale >= 0.6 * detail_m
        )
        return tuple(sorted(inside, key=lambda thing: thing.thing_id))


def _read(picture: GroundPicture, x_m: Axis, y_m: Axis) -> tuple[Float32, np.ndarray]:
    """``(H, W, 3)`` reflectance at the centres of cells and ``(H, W)`` validity.

    The window lies on a grid of the picture's own distance (or the cell's where that is coarser), so that whichever
    tile asks reads the same pixels; a margin keeps the evening from seeing the tile's edge.
    """
    gsd = max(picture.gsd_m, cell_of(x_m))
    blur = max(1.0, EVEN_M / gsd)
    margin = int(np.ceil(min(2.5 * blur, 400))) + 2
    west = (np.floor(x_m[0] / gsd) - margin) * gsd
    south = (np.floor(y_m[0] / gsd) - margin) * gsd
    east = (np.ceil(x_m[-1] / gsd) + margin) * gsd
    north = (np.ceil(y_m[-1] / gsd) + margin) * gsd
    codes, valid = picture.read(float(west), float(south), float(east), float(north), gsd)
    known = valid.astype(np.float32)
    linear: Float32 = (WHITE * np.power(codes.astype(np.float32) / 255, 2.2)).astype(np.float32)
    linear = _evened(linear, known, blur)
    column = ((x_m - west) / gsd - 0.5).astype(np.float32)
    row = ((north - y_m) / gsd - 0.5).astype(np.float32)
    at_x, at_y = np.meshgrid(column, row)
    out = cv2.remap(linear, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    there = cv2.remap(known, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0.99
    return np.asarray(out, np.float32), there


def _evened(linear: Float32, known: Float32, blur: float) -> Float32:
    """With part of its broad differences in brightness taken out."""
    light = linear.mean(axis=2) * known
    broad = cv2.GaussianBlur(light, (0, 0), blur) / np.maximum(cv2.GaussianBlur(known, (0, 0), blur), 1e-3)
    factor = np.clip(broad / np.float32(0.16), 0.4, 2.5) ** np.float32(-EVEN)
    return np.asarray(linear * factor[..., None], np.float32)


def _finer(t: Texture, gsd_m: float) -> Float32:
    """Texture that an orthophoto of a distance does not hold already."""
    if gsd_m > OCTAVES_M[4]:
        return np.asarray((t.fine + t.middle) / np.float32(1.4), np.float32)
    return t.fine


def _material(seen: Float32) -> np.ndarray:
    """Guessed from colour: green is grass, grey and dark is asphalt, other is soil."""
    red, green, blue = seen[..., 0], seen[..., 1], seen[..., 2]
    light = seen.mean(axis=2)
    grey = (seen.max(axis=2) - seen.min(axis=2)) < 0.12 * light
    out = np.where(green > 1.04 * np.maximum(red, blue), Material.GRASS, Material.SOIL)
    return np.where(grey, np.where(light < 0.16, Material.ASPHALT, Material.CONCRETE), out)
