"""The look of the ground in tiles of a fixed world grid, at levels of detail, kept in one bounded store."""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.digging import Digging
from pipeline.simulator.render.look import Look
from pipeline.simulator.scene.ground import Axis, Land
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32

CELLS = 128
"""Along a tile's side: small, as lands take their time over every cell and frames need few cells more than pixels."""

_BITS = 7  # of CELLS
FINEST, COARSEST = -7, 6
"""Levels: a cell of level k is 2^k metres."""

VEGETATION = (Material.GRASS, Material.CROP, Material.STUBBLE)
_SLOPE_STEPS = 2048.0
_COLOUR_STEPS = 65535.0
_SIDE = CELLS + 1  # one more, so that neighbours are at hand
_ACROSS = 48  # slots along a side of the store; OpenCV takes pictures of less than 32,768 pixels a side

Tile = tuple[int, int, int]  # level, column, row


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Samples of the ground at ``(N,)`` places.

    Attributes:
        albedo: ``(N, 3)``.
        open_sky: ``(N,)`` share of the sky that is not hidden by the sides of what is dug.
        slope: ``(N, 2)`` rise per metre of x and of y, fine relief included.
        material: ``(N,)``.
    """

    albedo: Float32
    open_sky: Float32
    slope: Float32
    material: NDArray[np.uint8]


class GroundTiles:
    """The ground of one land.

    Args:
        land: Whose.
        look: How much of the finest pattern stays put.
        slots: Most tiles in memory; a tile takes 0.23 MB.
    """

    def __init__(self, land: Land, look: Look, slots: int = _ACROSS * _ACROSS) -> None:
        self._land, self._look = land, look
        self._rows = max(1, slots // _ACROSS)
        shape = (self._rows * _SIDE, _ACROSS * _SIDE)
        self._colour = np.zeros((*shape, 4), np.uint16)
        self._slope = np.zeros((*shape, 2), np.int16)
        self._material = np.zeros(shape, np.uint8)
        self._where: OrderedDict[tuple[Tile, bytes], int] = OrderedDict()

    def sample(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], pixel_m: Float32, digging: Digging) -> Patch:
        """The ground at ``(N,)`` places, averaged over about a pixel."""
        level = np.clip(np.log2(np.maximum(pixel_m, 1e-4)), FINEST, COARSEST - 1e-3)
        low = np.floor(level).astype(np.int64)
        share = (level - low).astype(np.float32)[:, None]
        fine = self._one(x_m, y_m, low, digging)
        coarse = self._one(x_m, y_m, low + 1, digging)
        if fine is None or coarse is None:
            half = len(x_m) // 2
            return _joined(
                self.sample(x_m[:half], y_m[:half], pixel_m[:half], digging),
                self.sample(x_m[half:], y_m[half:], pixel_m[half:], digging),
            )
        colour = fine.colour * (1 - share) + coarse.colour * share
        slope = fine.slope * (1 - share) + coarse.slope * share
        return Patch(colour[:, :3], colour[:, 3], slope, fine.material)

    def _one(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], level: NDArray[np.int64], digging: Digging
    ) -> "_Samples | None":
        """Samples at one level each; None where they need more tiles than there is room for."""
        cell = np.exp2(level.astype(np.float64))
        u, v = np.floor((x_m / cell - 0.5) * 32).astype(np.int64), np.floor((y_m / cell - 0.5) * 32).astype(np.int64)
        i, j = u >> 5, v >> 5
        column, row = i >> _BITS, j >> _BITS
        slot = self._slots(level, column, row, digging)
        if slot is None:
            return None
        place = np.stack(
            [(slot % _ACROSS) * _SIDE + (i & (CELLS - 1)), (slot // _ACROSS) * _SIDE + (j & (CELLS - 1))], axis=1
        )
        fine = ((v & 31) * 32 + (u & 31)).astype(np.uint16)
        nearest = place + np.stack([(u & 31) >= 16, (v & 31) >= 16], axis=1)
        material = self._material[nearest[:, 1], nearest[:, 0]]
        colour = _remapped(self._colour, place, fine).reshape(-1, 4).astype(np.float32) / np.float32(_COLOUR_STEPS)
        slope = _remapped(self._slope, place, fine).reshape(-1, 2).astype(np.float32) / np.float32(_SLOPE_STEPS)
        return _Samples(colour, slope, material)

    def _slots(
        self, level: NDArray[np.int64], column: NDArray[np.int64], row: NDArray[np.int64], digging: Digging
    ) -> NDArray[np.int64] | None:
        """Where each sample's tile is; missing tiles are made."""
        slot = np.zeros(len(level), np.int64)
        wanted: list[tuple[NDArray[np.int64], list[Tile], NDArray[np.int64]]] = []
        for k in np.unique(level).tolist():
            at = np.flatnonzero(level == k)
            c, r = column[at], row[at]
            c0, r0, wide = int(c.min()), int(r.min()), int(c.max() - c.min()) + 1
            flat = (r - r0) * wide + (c - c0)
            numbers, back = _distinct(flat, (int(r.max()) - r0 + 1) * wide)
            wanted.append((at, [(k, c0 + n % wide, r0 + n // wide) for n in numbers.tolist()], back))
        keys = {tile: (tile, _near(digging, tile).print) for _, tiles, _ in wanted for tile in tiles}
        if len(keys) > self._rows * _ACROSS:
            return None
        for key in keys.values():
            if key in self._where:
                self._where.move_to_end(key)
        for tile, key in keys.items():
            if key not in self._where:
                self._fill(tile, key, digging)
        for at, tiles, back in wanted:
            slot[at] = np.array([self._where[keys[tile]] for tile in tiles], np.int64)[back]
        return slot

    def _fill(self, tile: Tile, key: tuple[Tile, bytes], digging: Digging) -> None:
        """Make a tile, in a free slot or in that of the longest unused."""
        if len(self._where) >= self._rows * _ACROSS:
            _, slot = self._where.popitem(last=False)
        else:
            slot = len(self._where)
        a, b = (slot // _ACROSS) * _SIDE, (slot % _ACROSS) * _SIDE
        colour, slope, material = self._made(tile, digging)
        self._colour[a : a + _SIDE, b : b + _SIDE] = colour
        self._slope[a : a + _SIDE, b : b + _SIDE] = slope
        self._material[a : a + _SIDE, b : b + _SIDE] = material
        self._where[key] = slot

    def _made(self, tile: Tile, digging: Digging) -> tuple[NDArray[np.uint16], NDArray[np.int16], NDArray[np.uint8]]:
        """Colour, slope and material of a tile; two cells more on either side are needed on the way."""
        level, column, row = tile
        cell = 2.0**level
        steps: Axis = np.arange(-2, CELLS + 3, dtype=np.float64) + 0.5
        x, y = (column * CELLS + steps) * cell, (row * CELLS + steps) * cell
        here = _near(digging, tile)
        ground = here.paint(self._land.ground(x, y), x, y)
        rise = here.rise(x, y)
        inner = slice(2, 2 + _SIDE)
        top = self._land.terrain(x, y) + rise + ground.bumps_m
        dx = (top[inner, 3 : 3 + _SIDE] - top[inner, 1 : 1 + _SIDE]) / (2 * cell)
        dy = (top[3 : 3 + _SIDE, inner] - top[1 : 1 + _SIDE, inner]) / (2 * cell)
        slope = np.clip(np.stack([dx, dy], -1) * _SLOPE_STEPS, -32767, 32767).astype(np.int16)
        albedo = _settled(ground.albedo, ground.material, cell, self._look)[inner, inner]
        sky = _open_sky(rise, cell)[inner, inner]
        colour = np.clip(np.dstack([albedo, sky]) * _COLOUR_STEPS, 0, _COLOUR_STEPS).astype(np.uint16)
        return colour, slope, ground.material[inner, inner]


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    colour: Float32
    slope: Float32
    material: NDArray[np.uint8]


def _near(digging: Digging, tile: Tile) -> Digging:
    side = CELLS * 2.0 ** tile[0]
    rim = 3 * 2.0 ** tile[0]
    return digging.near(tile[1] * side - rim, tile[2] * side - rim, side + 2 * rim, side + 2 * rim)


def _distinct(flat: NDArray[np.int64], room: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct numbers, ascending, and each one's index among them; by table where the numbers are small."""
    if room > 4_000_000:
        numbers, back = np.unique(flat, return_inverse=True)
        return numbers, back
    used = np.zeros(room, np.bool_)
    used[flat] = True
    numbers = np.flatnonzero(used)
    table = np.zeros(room, np.int64)
    table[numbers] = np.arange(len(numbers))
    return numbers, table[flat]


def _remapped(picture: NDArray[np.generic], place: NDArray[np.int64], fine: NDArray[np.uint16]) -> NDArray[np.generic]:
    """Bilinear samples in whole 1/32 of a cell: exactly the same wherever in the store a tile lies."""
    count, wide = len(place), 1024
    pad = -count % wide
    places = np.zeros((count + pad, 2), np.int16)
    places[:count] = place
    shares = np.zeros(count + pad, np.uint16)
    shares[:count] = fine
    out = cv2.remap(
        np.asarray(picture),
        places.reshape(-1, wide, 2),
        shares.reshape(-1, wide),
        cv2.INTER_LINEAR,
    )
    flat: NDArray[np.generic] = out.reshape(count + pad, -1)[:count]
    return flat


def _settled(albedo: Float32, material: NDArray[np.uint8], cell_m: float, look: Look) -> Float32:
    """The ground's colour with less of what belongs to single plants: that changes with the view, and is added then."""
    if cell_m > look.canopy_m / 2 or look.fixed_share >= 1:
        return albedo
    green = np.isin(material, VEGETATION).astype(np.float32)
    if not green.any():
        return albedo
    soft = np.asarray(cv2.GaussianBlur(albedo, (0, 0), look.canopy_m / cell_m / 2), np.float32)
    share = ((1 - look.fixed_share) * green)[..., None]
    return np.asarray(albedo * (1 - share) + soft * share, np.float32)


def _open_sky(rise_m: Float32, cell_m: float) -> Float32:
    """How much of the sky a place sees, from how deep it lies below its surroundings."""
    total = np.ones_like(rise_m)
    if not rise_m.any():
        return total
    for radius, weight in ((0.4, 0.30), (1.5, 0.30)):
        if radius > cell_m:
            around = np.asarray(cv2.GaussianBlur(rise_m, (0, 0), radius / cell_m), np.float32)
            total -= np.float32(weight) * np.clip((around - rise_m) / radius, 0, 1.3)
    return np.clip(total, 0.25, 1.0).astype(np.float32)


def _joined(one: Patch, two: Patch) -> Patch:
    return Patch(
        np.concatenate([one.albedo, two.albedo]),
        np.concatenate([one.open_sky, two.open_sky]),
        np.concatenate([one.slope, two.slope]),
        np.concatenate([one.material, two.material]),
    )
