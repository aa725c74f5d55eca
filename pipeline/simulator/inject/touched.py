"""Which parts of a frame events can change: they, their shadows, and what they dug."""

import numpy as np
from scipy import ndimage

from pipeline.records.arrays import Bool, Float
from pipeline.simulator.inject.lens_points import pixels_of
from pipeline.simulator.inject.posed import PosedPicture
from pipeline.simulator.inject.stage import Stage
from pipeline.simulator.inject.window import Rectangle
from pipeline.simulator.scene.mesh import Puff

TILE_PX = 160
_LEAST_SUN = 0.1
"""Sine of the sun's height down to which shadows are followed: ten times a thing's height."""
_CONTACT_M = 1.5
"""So far from a thing the ground sees less sky."""


def touched_tiles(picture: PosedPicture, stage: Stage, puffs: tuple[Puff, ...], sun: Float) -> tuple[Rectangle, ...]:
    """Tiles of the picture to trace, row by row; none where the frame does not see the events."""
    width, height = picture.lens.size_px
    rows, columns = -(-height // TILE_PX), -(-width // TILE_PX)
    marked = np.zeros((rows, columns), bool)
    for points in _clouds(stage, puffs, sun):
        at = pixels_of(picture.lens, picture.eye_m, picture.rotation, points + stage.origin_m)
        at = at[np.isfinite(at).all(axis=1)]
        if len(at):
            _mark(marked, at)
    tiles = np.argwhere(marked)
    return tuple(_tile(int(row), int(column), width, height) for row, column in tiles)


def _clouds(stage: Stage, puffs: tuple[Puff, ...], sun: Float) -> list[Float]:
    """Points that fill what is changed, dense against tiles or joined by `_mark`."""
    clouds = []
    rim = np.array([_CONTACT_M, _CONTACT_M, 0.3])
    for part in stage.parts:
        low, high = part.vertices_m.min(axis=0).astype(float), part.vertices_m.max(axis=0).astype(float)
        clouds.append(_filled(low - rim, high + rim, sun))
    for patch in stage.patches:
        moved = np.abs(patch.height_m - patch.surface_m)
        changed = ndimage.binary_dilation((patch.share > 0.004) | (moved > 0.01) | (patch.owner > 0), iterations=4)
        stride = max(1, int(0.25 / (patch.x_m[1] - patch.x_m[0])))
        row, column = np.nonzero(changed[::stride, ::stride])
        row, column = row * stride, column * stride
        ground = np.column_stack([patch.x_m[column], patch.y_m[row], patch.height_m[row, column]]) - stage.origin_m
        clouds.append(ground)
        tall = ground[(patch.height_m - patch.surface_m)[row, column] > 0.15]
        if len(tall) and sun[2] > 0:
            clouds.append(tall - 2.5 * sun / max(float(sun[2]), _LEAST_SUN) * [1, 1, 0])
    for puff in puffs:
        reach = 3.5 * puff.sigma_m
        middle = puff.centre_m - stage.origin_m
        clouds.append(_filled(middle - reach, middle + reach, np.zeros(3)))
    return clouds


def _filled(low: Float, high: Float, sun: Float) -> Float:
    """Points through a box, and the box's shadow on level ground below it."""
    steps = [np.linspace(a, b, int(np.clip((b - a) / 0.5, 2, 60))) for a, b in zip(low, high, strict=True)]
    if (high - low).max() > 12:
        steps[2] = np.linspace(low[2], high[2], 4)
    box = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 3)
    if sun[2] <= 0:
        return box
    down = (box[:, 2:] - low[2]) / max(float(sun[2]), _LEAST_SUN)
    return np.concatenate([box, box - down * sun])


def _mark(marked: Bool, at: Float) -> None:
    """Tiles that hold points, with a rim: a cloud's gaps are smaller than a tile at most heights."""
    tile = np.floor(at / TILE_PX).astype(np.int64)
    rows, columns = marked.shape
    near = (tile >= -1).all(axis=1) & (tile[:, 0] <= columns) & (tile[:, 1] <= rows)
    low = np.zeros((rows + 2, columns + 2), bool)
    low[tile[near, 1] + 1, tile[near, 0] + 1] = True
    # points near a tile's border colour the neighbour too
    for dx in (-10, 10):
        for dy in (-10, 10):
            shifted = np.floor((at[near] + [dx, dy]) / TILE_PX).astype(np.int64) + 1
            inside = (shifted >= 0).all(axis=1) & (shifted[:, 0] < columns + 2) & (shifted[:, 1] < rows + 2)
            low[shifted[inside, 1], shifted[inside, 0]] = True
    low = ndimage.binary_closing(low, np.ones((3, 3), bool)) | low
    marked |= low[1:-1, 1:-1]


def _tile(row: int, column: int, width: int, height: int) -> Rectangle:
    left, top = column * TILE_PX, row * TILE_PX
    return Rectangle(left, top, min(TILE_PX, width - left), min(TILE_PX, height - top))
