"""A lit world, made tile by tile where somebody looks."""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.land import Land
from pipeline.simulator.noise import Float32
from pipeline.simulator.old_thing import Axis, Look, Thing

TILE_M = 40.0
"""About the side of a tile."""

FULL_SCALE = 40_000.0
"""Counts of a white surface square to the sun."""

_SUNLIGHT = np.array([1.0, 0.955, 0.87], np.float32)
_SKYLIGHT = np.array([0.20, 0.235, 0.30], np.float32)


@dataclass(eq=False, slots=True)
class Patch:
    """A rectangle of the world. Surface rasters have `cell_m`, pictures half of it; rows grow with y.

    Attributes:
        x0_m, y0_m: South-western edge (not the centre of the first cell).
        cell_m: Of the surface.
        surface_m: ``(H, W)`` heights of whatever is on top.
        terrain_m: ``(H, W)`` the land's heights.
        number: ``(H, W)`` 1 + index of the thing on top, 0 the land.
        light: ``(2H, 2W, 3)`` uint16 radiance seen from above.
        sunny: ``(2H, 2W)`` share of the radiance that would go if the sun did.
    """

    x0_m: float
    y0_m: float
    cell_m: float
    surface_m: Float32
    terrain_m: Float32
    number: NDArray[np.uint16]
    light: NDArray[np.uint16]
    sunny: NDArray[np.uint8]


class World:
    """Land, things and a sun. Tiles are kept for as long as they are in use; the oldest go first.

    Args:
        land: The land.
        things: What stands on it, in order of painting.
        sun: ``(3,)`` unit vector towards it.
        cell_m: Of the surface model.
        keep_tiles: Upper bound of tiles in memory (about 10 MB each).
    """

    def __init__(self, land: Land, things: tuple[Thing, ...], sun: Float, cell_m: float, keep_tiles: int = 36) -> None:
        self.land, self.things, self.sun, self.cell_m = land, things, sun, cell_m
        self._keep = keep_tiles
        self._side = int(2 ** round(np.log2(np.clip(TILE_M / cell_m, 64, 512))))
        self._tiles: OrderedDict[tuple[int, int], Patch] = OrderedDict()
        self._places = np.array([[t.x_m, t.y_m, t.reach_m] for t in things]).reshape(-1, 3)
        self._base = [land.height_at(t.x_m, t.y_m) for t in things]
        self._margin = int(np.ceil(min(14.0 * float(np.hypot(*sun[:2]) / max(sun[2], 0.15)), 40.0) / cell_m / 2)) * 2

    def patch(self, west_m: float, south_m: float, east_m: float, north_m: float) -> Patch:
        """A copy of the world that covers a rectangle, whole cells."""
        first_c, first_r = int(np.floor(west_m / self.cell_m)), int(np.floor(south_m / self.cell_m))
        columns = int(np.ceil(east_m / self.cell_m)) - first_c
        rows = int(np.ceil(north_m / self.cell_m)) - first_r
        side = self._side
        out = _empty(first_c * self.cell_m, first_r * self.cell_m, self.cell_m, rows, columns)
        for tile_r in range(first_r // side, (first_r + rows - 1) // side + 1):
            for tile_c in range(first_c // side, (first_c + columns - 1) // side + 1):
                tile = self._tile(tile_c, tile_r)
                c0, r0 = tile_c * side - first_c, tile_r * side - first_r
                a, b = max(c0, 0), min(c0 + side, columns)
                d, e = max(r0, 0), min(r0 + side, rows)
                for name in ("surface_m", "terrain_m", "number", "light", "sunny"):
                    k = 2 if name in ("light", "sunny") else 1
                    source = getattr(tile, name)[k * (d - r0) : k * (e - r0), k * (a - c0) : k * (b - c0)]
                    getattr(out, name)[k * d : k * e, k * a : k * b] = source
        return out

    def _tile(self, column: int, row: int) -> Patch:
        key = (column, row)
        if key not in self._tiles:
            self._tiles[key] = self._make(column, row)
            while len(self._tiles) > self._keep:
                self._tiles.popitem(last=False)
        self._tiles.move_to_end(key)
        return self._tiles[key]

    def _make(self, column: int, row: int) -> Patch:
        """Surface with a margin from which shadows fall in, then light on the tile itself."""
        cell, margin, side = self.cell_m, self._margin, self._side
        count = side + 2 * margin
        x0, y0 = column * side * cell - margin * cell, row * side * cell - margin * cell
        x, y = _axis(x0, cell, count), _axis(y0, cell, count)
        terrain = self.land.terrain(x, y)
        scrub = self.land.scrub(x, y)
        surface, number = terrain + scrub, np.zeros(terrain.shape, np.uint16)
        inner = slice(margin, margin + side)
        fine_x = _axis(x0 + margin * cell, cell / 2, 2 * side)
        fine_y = _axis(y0 + margin * cell, cell / 2, 2 * side)
        wide_scrub = np.asarray(cv2.resize(scrub[inner, inner], (2 * side,) * 2), np.float32)
        colour, bumps = self.land.surface(fine_x, fine_y, wide_scrub)
        centre = np.array([(x[0] + x[-1]) / 2, (y[0] + y[-1]) / 2])
        near = (np.abs(self._places[:, :2] - centre) < (count * cell / 2 + self._places[:, 2:])).all(axis=1)
        for index in np.flatnonzero(near):
            thing = self.things[index]
            _build(thing, self._base[index], int(index) + 1, x, y, surface, number)
            _colour(thing, fine_x, fine_y, colour)
        lit = sun_share(surface, cell, self.sun)[inner, inner]
        sky = sky_share(surface, cell)[inner, inner]
        light, sunny = illuminate(surface[inner, inner], bumps, colour, lit, sky, cell, self.sun)
        return Patch(
            float(x0 + margin * cell),
            float(y0 + margin * cell),
            cell,
            surface[inner, inner].copy(),
            terrain[inner, inner].copy(),
            number[inner, inner].copy(),
            light,
            sunny,
        )

    def place_mover(self, patch: Patch, thing: Thing, number: int) -> None:
        """Put something that moves into a patch, with its shadow."""
        reach = thing.reach_m + min(3.2 * float(np.hypot(*self.sun[:2])) / max(float(self.sun[2]), 0.15), 15.0)
        rows, columns = patch.surface_m.shape
        a, b = _span(patch.x0_m, patch.cell_m, columns, thing.x_m, reach)
        d, e = _span(patch.y0_m, patch.cell_m, rows, thing.y_m, reach)
        if b - a < 4 or e - d < 4:
            return
        x, y = (
            _axis(patch.x0_m + a * patch.cell_m, patch.cell_m, b - a),
            _axis(patch.y0_m + d * patch.cell_m, patch.cell_m, e - d),
        )
        fine = slice(2 * d, 2 * e), slice(2 * a, 2 * b)
        before = sun_share(patch.surface_m[d:e, a:b], patch.cell_m, self.sun)
        _build(
            thing,
            self.land.height_at(thing.x_m, thing.y_m),
            number,
            x,
            y,
            patch.surface_m[d:e, a:b],
            patch.number[d:e, a:b],
        )
        after = sun_share(patch.surface_m[d:e, a:b], patch.cell_m, self.sun)
        size = (2 * (b - a), 2 * (e - d))
        lost = np.asarray(cv2.resize(np.clip(before - after, 0, 1), size), np.float32)
        left = 1 - lost * patch.sunny[fine].astype(np.float32) / 255
        patch.light[fine] = (patch.light[fine] * left[..., None]).astype(np.uint16)
        fx, fy = (
            _axis(x[0] - patch.cell_m / 2, patch.cell_m / 2, size[0]),
            _axis(y[0] - patch.cell_m / 2, patch.cell_m / 2, size[1]),
        )
        look = thing.look(fx, fy)
        shine = look.colour * (_SKYLIGHT + _SUNLIGHT * max(float(self.sun[2]), 0.0)) * FULL_SCALE
        cover = look.cover[..., None]
        patch.light[fine] = (patch.light[fine] * (1 - cover) + shine * cover).clip(0, 65535).astype(np.uint16)


def sun_share(surface_m: Float32, cell_m: float, sun: Float) -> Float32:
    """``(H, W)`` 1 in the sun, 0 in cast shadow, between at its edge.

    Source: the highest line of sight to the sun, by doubling: after k rounds 2^k cells towards the sun are known.
    """
    flat = float(np.hypot(sun[0], sun[1]))
    if flat < 1e-6:
        return np.ones_like(surface_m)
    step, fall = sun[:2] / flat, float(sun[2]) / flat * cell_m
    reach = 14.0 / max(fall, 1e-3)
    horizon = _shift(surface_m, step) - np.float32(fall)
    length = 1
    while length < reach:
        horizon = np.maximum(horizon, _shift(horizon, step * length) - np.float32(fall * length))
        length *= 2
    lit: Float32 = np.clip(0.5 - (horizon - surface_m - 0.06) / 0.12, 0, 1).astype(np.float32)
    return lit


def _shift(raster: Float32, by: Float) -> Float32:
    matrix = np.array([[1.0, 0.0, by[0]], [0.0, 1.0, by[1]]])
    size = (raster.shape[1], raster.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(raster, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def sky_share(surface_m: Float32, cell_m: float) -> Float32:
    """``(H, W)`` how much of the sky a place sees, from how deep it lies among its surroundings."""
    total = np.ones_like(surface_m)
    for radius, weight in ((0.35, 0.30), (1.4, 0.28)):
        around = np.asarray(cv2.GaussianBlur(surface_m, (0, 0), max(radius / cell_m, 0.5)), np.float32)
        total -= np.float32(weight) * np.clip((around - surface_m) / radius, -0.25, 1.2)
    return np.clip(total, 0.25, 1.1).astype(np.float32)


def illuminate(
    surface_m: Float32, bumps_m: Float32, colour: Float32, lit: Float32, sky: Float32, cell_m: float, sun: Float
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Radiance and the sun's share of it, at half the surface's cell.

    Source: Lambert's law under a parallel sun and an even sky.
    """
    size = (bumps_m.shape[1], bumps_m.shape[0])
    top = (
        np.asarray(cv2.resize(surface_m - surface_m.mean(), size, interpolation=cv2.INTER_LINEAR), np.float32) + bumps_m
    )
    slope_x = np.asarray(cv2.Sobel(top, cv2.CV_32F, 1, 0, scale=1 / (4 * cell_m)), np.float32)
    slope_y = np.asarray(cv2.Sobel(top, cv2.CV_32F, 0, 1, scale=1 / (4 * cell_m)), np.float32)
    facing = (sun[2] - slope_x * sun[0] - slope_y * sun[1]) / np.sqrt(1 + slope_x**2 + slope_y**2)
    direct = np.clip(facing, 0, 1).astype(np.float32) * np.asarray(cv2.resize(lit, size), np.float32)
    wide_sky = np.asarray(cv2.resize(sky, size), np.float32)
    total = direct[..., None] * _SUNLIGHT + wide_sky[..., None] * _SKYLIGHT
    light = np.clip(colour * total * FULL_SCALE, 0, 65535).astype(np.uint16)
    share = direct / (direct + wide_sky * float(_SKYLIGHT.mean()) + 1e-6)
    return light, (share * 255).astype(np.uint8)


def side_light(rgb: tuple[float, float, float]) -> Float:
    """Radiance of a wall: half the sky, a little light from the ground."""
    return np.array(rgb) * (_SKYLIGHT * 0.75 + _SUNLIGHT * 0.22) * FULL_SCALE


def _build(
    thing: Thing, base_m: float, number: int, x: Axis, y: Axis, surface: Float32, numbers: NDArray[np.uint16]
) -> None:
    window = _near(thing, x, y)
    if window is None:
        return
    look = thing.look(x[window[1]], y[window[0]])
    below = surface[window]
    if thing.stands:
        with np.errstate(invalid="ignore"):
            above = base_m + look.rise_m > below
        below[above] = (base_m + look.rise_m)[above]
        numbers[window][above] = number
    else:
        below += look.rise_m
        numbers[window][look.cover > 0.5] = number


def _colour(thing: Thing, x: Axis, y: Axis, colour: Float32) -> None:
    window = _near(thing, x, y)
    if window is None:
        return
    look: Look = thing.look(x[window[1]], y[window[0]])
    cover = look.cover[..., None]
    colour[window] = colour[window] * (1 - cover) + look.colour * cover


def _near(thing: Thing, x: Axis, y: Axis) -> tuple[slice, slice] | None:
    a, b = np.searchsorted(x, [thing.x_m - thing.reach_m, thing.x_m + thing.reach_m])
    d, e = np.searchsorted(y, [thing.y_m - thing.reach_m, thing.y_m + thing.reach_m])
    return (slice(int(d), int(e)), slice(int(a), int(b))) if b - a >= 2 and e - d >= 2 else None


def _axis(start_m: float, cell_m: float, count: int) -> Axis:
    axis: Axis = (start_m + (np.arange(count) + 0.5) * cell_m).astype(np.float64)
    return axis


def _span(start_m: float, cell_m: float, count: int, middle_m: float, reach_m: float) -> tuple[int, int]:
    first = int((middle_m - reach_m - start_m) / cell_m)
    last = int((middle_m + reach_m - start_m) / cell_m) + 1
    return min(max(first, 0), count), min(max(last, 0), count)


def _empty(x0_m: float, y0_m: float, cell_m: float, rows: int, columns: int) -> Patch:
    return Patch(
        x0_m,
        y0_m,
        cell_m,
        np.zeros((rows, columns), np.float32),
        np.zeros((rows, columns), np.float32),
        np.zeros((rows, columns), np.uint16),
        np.zeros((2 * rows, 2 * columns, 3), np.uint16),
        np.zeros((2 * rows, 2 * columns), np.uint8),
    )
