"""Ground as one flight saw it: pieces of any place, cut across the tiles that hold it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool, Float
from pipeline.records.tile import TILE_PX, Tile, TileKey
from pipeline.sinks.chip_picture import UNSEEN_RGB, Picture, Window


@dataclass(frozen=True, slots=True)
class Grid:
    """Pixels of the fixed grid, counted from the zone's origin.

    Pixel (0, 0) has its north-western corner at easting 0, northing 0; rows grow southward, so that those of the
    northern hemisphere are negative.

    Attributes:
        site: The plane of places; its zone is the grid's.
        gsd_mm: Side of a tile's pixel in UTM millimetres.
        step: Tile pixels on a side of one pixel of this grid: a power of two up to `TILE_PX`.
    """

    site: SiteFrame
    gsd_mm: int
    step: int = 1

    @property
    def gsd_m(self) -> float:
        """True ground sample distance."""
        return self.gsd_mm * self.step / 1000 / self.site.scale

    def pixels(self, xy_m: Float) -> Float:
        """``(N, 2)`` column, row of ``(N, 2)`` site metres; whole numbers are centres of pixels."""
        utm = self.site.to_utm(xy_m)
        return utm * [1, -1] / (self.gsd_mm * self.step / 1000) - 0.5

    def window_around(self, xy_m: Float, margin_m: float) -> Window:
        """The window that holds ``(N, 2)`` site metres with a margin."""
        at = self.pixels(xy_m)
        margin_px = margin_m / self.gsd_m
        left, top = np.floor(at.min(axis=0) - margin_px).astype(int)
        right, bottom = np.ceil(at.max(axis=0) + margin_px).astype(int) + 1
        return Window(int(left), int(top), int(right), int(bottom))


@dataclass(frozen=True, slots=True)
class FlownGround:
    """One flight's tiles of one ground sample distance.

    Attributes:
        sortie_id: Who flew.
        gsd_mm: Of the tiles.
        read: A tile, None where the flight has none; called once per tile and piece.
    """

    sortie_id: str
    gsd_mm: int
    read: Callable[[TileKey], Tile | None]

    def grid_for(self, site: SiteFrame, xy_m: Float, margin_m: float, largest_px: int) -> Grid:
        """The finest grid on which the window around places is less than two ``largest_px`` on a side.

        It bounds the memory that a piece takes: a long trench is read tile by tile, already reduced.
        """
        grid = Grid(site, self.gsd_mm)
        while grid.step < TILE_PX:
            window = grid.window_around(xy_m, margin_m)
            if max(window.right - window.left, window.bottom - window.top) < 2 * largest_px:
                break
            grid = Grid(site, self.gsd_mm, 2 * grid.step)
        return grid

    def piece(self, grid: Grid, window: Window) -> "GroundPiece":
        """What the flight saw in a window of a grid, from its best views.

        Raises:
            InputError: A tile's file is missing or damaged.
        """
        shape = (window.bottom - window.top, window.right - window.left)
        picture = np.full((*shape, 3), UNSEEN_RGB, np.uint8)
        seen = np.zeros(shape, np.bool_)
        pixels: Counter[tuple[str, int]] = Counter()
        for key in _keys(grid, window):
            tile = self.read(key)
            if tile is None:
                continue
            side = TILE_PX // grid.step
            corner = (key.column * side, -(key.row + 1) * side)
            inner = Window(
                max(window.left, corner[0]) - corner[0],
                max(window.top, corner[1]) - corner[1],
                min(window.right, corner[0] + side) - corner[0],
                min(window.bottom, corner[1] + side) - corner[1],
            )
            part, known = _coarser(tile, inner, grid.step)
            top, left = inner.top + corner[1] - window.top, inner.left + corner[0] - window.left
            target = (slice(top, top + known.shape[0]), slice(left, left + known.shape[1]))
            picture[target][known] = part[known]
            seen[target] = known
            pixels.update(_pixels_by_frame(tile, inner, grid.step))
        return GroundPiece(self.sortie_id, grid, window, picture, seen, tuple(pixels.items()))


@dataclass(frozen=True, slots=True, eq=False)
class GroundPiece:
    """A window of the ground.

    Attributes:
        sortie_id: Who saw it.
        grid, window: Which piece.
        picture: ``(h, w, 3)`` RGB; ground that nobody saw is light grey.
        seen: ``(h, w)`` True where a frame saw the ground.
        pixels: Frame id and exposure time of each frame that gave pixels, with their number.
    """

    sortie_id: str
    grid: Grid
    window: Window
    picture: Picture
    seen: Bool
    pixels: tuple[tuple[tuple[str, int], int], ...]

    @property
    def main_frame(self) -> tuple[str, int] | None:
        """Id and exposure time of the frame that gave most pixels, the earliest of equals; None: nobody saw it."""
        best = min(self.pixels, key=lambda item: (-item[1], item[0][1], item[0][0]), default=None)
        return None if best is None else best[0]


def _keys(grid: Grid, window: Window) -> Iterator[TileKey]:
    """Tiles that a window touches, from the north-west, row by row."""
    if window.empty:
        return
    side = TILE_PX // grid.step
    for down in range(window.top // side, (window.bottom - 1) // side + 1):
        for across in range(window.left // side, (window.right - 1) // side + 1):
            yield TileKey(grid.site.epsg, grid.gsd_mm, across, -down - 1)


def _fine(window: Window, step: int) -> tuple[slice, slice]:
    """Rows and columns of a tile's own pixels below a window of coarser ones."""
    return slice(window.top * step, window.bottom * step), slice(window.left * step, window.right * step)


def _coarser(tile: Tile, window: Window, step: int) -> tuple[Picture, Bool]:
    """A tile's best view in a window of ``step``-fold pixels: means of what was seen of each, and where that is any."""
    at = _fine(window, step)
    image, seen = tile.views[0].image[at], tile.views[0].source[at] >= 0
    if step == 1:
        return image, seen
    blocks = (window.bottom - window.top, step, window.right - window.left, step)
    count = seen.reshape(blocks).sum(axis=(1, 3))
    total = np.where(seen[:, :, None], image, 0).reshape(*blocks, 3).sum(axis=(1, 3), dtype=np.uint32)
    mean = (total + count[:, :, None] // 2) // np.maximum(count, 1)[:, :, None]
    return mean.astype(np.uint8), count > 0


def _pixels_by_frame(tile: Tile, window: Window, step: int) -> dict[tuple[str, int], int]:
    source = tile.views[0].source[_fine(window, step)]
    count = np.bincount(source[source >= 0], minlength=len(tile.frame_ids))
    return {(tile.frame_ids[index], tile.frame_t_utc_ns[index]): int(count[index]) for index in np.flatnonzero(count)}
