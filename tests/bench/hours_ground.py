"""A piece of the simulator's made world from straight above: its picture and the height of everything on it.

The simulator renders it once, in tiles from so high up that nothing leans; films are then cast from it cheaply.
"""

import datetime as dt
import os
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.nights.world import World
from pipeline.simulator.quick import QuickFlights, quick_night
from pipeline.simulator.render.look import Look
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.shot import Shot
from pipeline.simulator.sensor.lens_rays import lens_rays

EYE_M = 2000.0  # at a tile's corner a tree 15 m tall leans by half a metre
DOWN = np.diag([1.0, -1.0, -1.0])  # columns to the east, rows to the south
MORNING = dt.datetime(2021, 5, 18, 5, 30, tzinfo=dt.UTC)
NIGHT = dt.datetime(2021, 5, 18, 19, 30, tzinfo=dt.UTC)


@dataclass(frozen=True, eq=False)
class Ground:
    """A square of ground. East of column c and north of row r: ``x = c * cell_m``, ``y = -r * cell_m``.

    Beyond its edges it is thought mirrored, again and again, picture and heights alike: a flight of any length is
    over ground that agrees with itself.

    Attributes:
        picture: ``(N, N, 3)`` uint8 BGR, or ``(N, N)`` float32 kelvin.
        surface_m: ``(N, N)`` float32 height of what is seen from above.
        bare_m: ``(N, N)`` float32 height of the terrain.
        toward_sun: ``(3,)``; of no meaning by night.
        cell_m: Ground sample distance.
    """

    picture: np.ndarray
    surface_m: np.ndarray
    bare_m: np.ndarray
    toward_sun: np.ndarray
    cell_m: float

    @property
    def thermal(self):
        return self.picture.ndim == 2

    def sampled(self, raster, x, y):
        """A raster's values at places of any shape, mirrored beyond the edges; raster cells may be larger."""
        ratio, cell = (
            len(self.picture) / len(raster),
            np.float32(self.cell_m),
        )  # a coarse cell's edges are fine ones' too
        column, row = ((at + np.float32(0.5)) / np.float32(ratio) - np.float32(0.5) for at in (x / cell, y / -cell))
        return looked_up(raster, column, row)


def looked_up(raster, column, row):
    """Bilinear values at ``(N,)`` columns and rows, mirrored beyond the edges."""
    if not column.size:
        return np.zeros((*column.shape, *raster.shape[2:]), raster.dtype)
    wide = min(column.size, 4096)  # remap takes no more than 32767 in either direction
    pad = -column.size % wide
    at = [np.pad(np.asarray(a, np.float32).ravel(), (0, pad)).reshape(-1, wide) for a in (column, row)]
    out = cv2.remap(raster, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return out.reshape(-1, *raster.shape[2:])[: column.size].reshape(*column.shape, *raster.shape[2:])


def made_ground(folder, seed, biome, thermal, *, side_m=256.0, cell_m=0.125, tile_px=512):
    """The ground of a seed, rendered unless it is kept in a folder."""
    path = folder / f"ground_{biome}_{'night' if thermal else 'day'}_{seed}_{side_m:g}m_{cell_m:g}m.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        raw = rendered(seed, biome, thermal, round(side_m / cell_m / tile_px), tile_px, cell_m)
        aside = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(aside, **raw)
        aside.rename(path)
    with np.load(path) as kept:
        return Ground(**{name: kept[name] for name in ("picture", "surface_m", "bare_m", "toward_sun")}, cell_m=cell_m)


def rendered(seed, biome, thermal, tiles, tile_px, cell_m):
    """Arrays of a ground by name."""
    night = quick_night(
        QuickFlights(
            seed=seed, frames=1, gsd_m=0.2, strips=1, biome=biome, events=False, start=NIGHT if thermal else MORNING
        )
    )
    world, sortie = World(night), next(iter(Sorties(night)))
    moment = world.present(sortie, 0.0).moment
    moment = replace(moment, weather=replace(moment.weather, visibility_m=1e6))  # the haze of 2 km of air is not wanted
    middle = (tile_px - 1) / 2
    focal = EYE_M / cell_m
    K = np.array([[focal, 0.0, middle], [0.0, focal, middle], [0.0, 0.0, 1.0]])
    lens, renderer = Lens("brown", (tile_px, tile_px), K, np.zeros(5)), Renderer(lens_rays, Look(edge_samples=2))
    side = tiles * tile_px
    steps = np.arange(side) * cell_m
    x, y = world.centre_m[0] - side * cell_m / 2 + steps, world.centre_m[1] + side * cell_m / 2 - steps
    bare = moment.land.terrain(x, y[::-1])[::-1].astype(np.float32)
    base = float(bare.mean())
    colour = np.zeros((side, side) if thermal else (side, side, 3), np.float32)
    surface = np.zeros((side, side), np.float32)
    for i in range(tiles):
        for j in range(tiles):
            rows, columns = (slice(k * tile_px, (k + 1) * tile_px) for k in (i, j))
            eye = np.array([[x[columns].mean(), y[rows].mean(), float(bare[rows, columns].mean()) + EYE_M]])
            seen = renderer.render(moment, Shot(lens, eye, DOWN[None], np.zeros(1)), thermal=thermal)
            colour[rows, columns] = seen.kelvin if thermal else seen.radiance
            surface[rows, columns] = seen.ground_m[..., 2] + seen.origin_m[2] - base
    if not thermal:
        bright = np.clip(colour / np.percentile(colour, 99.7), 0, 1) ** (1 / 2.2)
        colour = np.round(255 * bright[..., ::-1]).astype(np.uint8)
    return {"picture": colour, "surface_m": surface, "bare_m": bare - base, "toward_sun": np.asarray(moment.sun)}
