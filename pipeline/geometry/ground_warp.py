"""Which pixel of an image shows each pixel of a ground raster, through a coarse projection grid.

Ground nodes every 16 pixels are projected exactly, and the map is bilinear between them. Where the terrain breaks
that, the block is projected again on nodes every 4 pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import project
from pipeline.geometry.terrain_ray import HeightGrid, visible

Float = NDArray[np.float64]
Map = NDArray[np.float32]
Mask = NDArray[np.uint8]

COARSE_PX = 16
FINE_PX = 4
BLOCK_PX = 128
_FAR_PX = 1e6  # stands for "not in the image": finite, so that interpolation stays defined


@dataclass(frozen=True, slots=True, eq=False)
class ImageView:
    """A camera at its place.

    Attributes:
        size_px: Width, height.
        K: ``(3, 3)``.
        distortion: ``(5,)``.
        eye_m: ``(3,)`` site metres.
        rotation: ``(3, 3)`` camera to site.
    """

    size_px: tuple[int, int]
    K: Float
    distortion: Float
    eye_m: Float
    rotation: Float


@dataclass(frozen=True, slots=True)
class GroundRaster:
    """A square raster on the ground, row 0 in the north.

    Attributes:
        west_m, north_m: Site coordinates of the outer corner of pixel (0, 0).
        gsd_m: Side of a pixel.
        size_px: Pixels on a side, a multiple of 128.
    """

    west_m: float
    north_m: float
    gsd_m: float
    size_px: int

    def places(self, columns: Float, rows: Float) -> Float:
        """``(N, 2)`` site coordinates where columns and rows cross, row after row; whole numbers are centres."""
        x = self.west_m + (columns + 0.5) * self.gsd_m
        y = self.north_m - (rows + 0.5) * self.gsd_m
        return np.column_stack([np.tile(x, len(rows)), np.repeat(y, len(columns))])


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """How an image is laid on a ground raster.

    Attributes:
        pixels: ``(size, size, 2)`` column, row in the image; 1e6 where the image shows nothing.
        seen: ``(size, size)`` 255 where the image shows the ground.
        quality: ``(size, size)`` 0 to 1: cosine of the angle from the vertical times the resolution reached.
        box: Rows and columns that hold all that is seen: top, bottom, left, right; empty when top == bottom.
    """

    pixels: Map
    seen: Mask
    quality: Map
    box: tuple[int, int, int, int]


def ground_warp(view: ImageView, terrain: HeightGrid, raster: GroundRaster, tolerance_px: float = 0.25) -> Warp:
    """Lay an image on the ground.

    Args:
        view: Camera.
        terrain: Heights; ground of unknown height is not seen.
        raster: Where to.
        tolerance_px: Blocks in which a twentieth of the cells' centres deviates by more are projected again, finer.

    Raises:
        GeometryError: The camera is below the terrain.
    """
    size = raster.size_px
    pixels = np.full((size, size, 2), _FAR_PX, np.float32)
    seen = np.zeros((size, size), np.uint8)
    quality = np.zeros((size, size), np.float32)
    coarse = _Nodes.over(raster, view, terrain, 0, 0, size, COARSE_PX)
    if not coarse.any_inside(view.size_px):
        return Warp(pixels, seen, quality, (0, 0, 0, 0))
    whole = coarse.map()
    deviation = _deviation(coarse, raster, view, terrain)
    cells = BLOCK_PX // COARSE_PX
    for top in range(0, size, BLOCK_PX):
        for left in range(0, size, BLOCK_PX):
            part = np.s_[top : top + BLOCK_PX, left : left + BLOCK_PX]
            if not coarse.block_inside(top // COARSE_PX, left // COARSE_PX, cells, view.size_px):
                continue
            rough = deviation[top // COARSE_PX :, left // COARSE_PX :][:cells, :cells]
            if float((rough > tolerance_px).mean()) > 0.05:
                pixels[part] = _Nodes.over(raster, view, terrain, top, left, BLOCK_PX, FINE_PX).map()
            else:
                pixels[part] = whole[part]
    width, height = view.size_px
    cv2.inRange(pixels, (-0.5, -0.5, 0.0, 0.0), (width - 0.5, height - 0.5, 0.0, 0.0), seen)
    hidden = coarse.hidden(view, terrain)
    if hidden.any():
        seen[_enlarge(hidden.astype(np.float32), COARSE_PX, size) > 0.5] = 0
    return Warp(pixels, seen, _enlarge(coarse.quality(view, raster.gsd_m), COARSE_PX, size), _box(seen))


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """Ground nodes in the middle of every cell of a block, one row and column of cells beyond it, and their pixels.

    Attributes:
        points_m: ``(n, n, 3)``.
        pixels: ``(n, n, 2)``; NaN behind the camera or over unknown ground.
        spacing: Pixels per cell.
    """

    points_m: Float
    pixels: Float
    spacing: int

    @classmethod
    def over(
        cls, raster: GroundRaster, view: ImageView, terrain: HeightGrid, top: int, left: int, span: int, spacing: int
    ) -> "_Nodes":
        offsets = spacing * np.arange(-1.0, span // spacing + 1) + (spacing - 1) / 2
        places = raster.places(left + offsets, top + offsets)
        points = np.column_stack([places, terrain.height_at(places)])
        pixels = project(points, view.eye_m, view.K, view.distortion, view.rotation)
        count = len(offsets)
        return cls(points.reshape(count, count, 3), pixels.reshape(count, count, 2), spacing)

    def map(self) -> Map:
        """Bilinear between the nodes, at every pixel of the block."""
        known = np.nan_to_num(self.pixels, nan=_FAR_PX).clip(-_FAR_PX, _FAR_PX)
        return _enlarge(known.astype(np.float32), self.spacing, (len(known) - 2) * self.spacing)

    def inside(self, size_px: tuple[int, int]) -> NDArray[np.bool_]:
        return np.asarray(((self.pixels >= -0.5) & (self.pixels <= np.array(size_px) - 0.5)).all(axis=2), np.bool_)

    def any_inside(self, size_px: tuple[int, int]) -> bool:
        return bool(self.inside(size_px).any())

    def block_inside(self, row: int, column: int, cells: int, size_px: tuple[int, int]) -> bool:
        part = self.pixels[row : row + cells + 2, column : column + cells + 2]
        return bool(((part >= -0.5) & (part <= np.array(size_px) - 0.5)).all(axis=2).any())

    def hidden(self, view: ImageView, terrain: HeightGrid) -> NDArray[np.bool_]:
        """Nodes in the image that the terrain stands in front of."""
        inside = self.inside(view.size_px)
        hidden = np.zeros(inside.shape, np.bool_)
        hidden[inside] = ~visible(self.points_m[inside], view.eye_m, terrain, 0.5 + terrain.cell_m)
        return hidden

    def quality(self, view: ImageView, gsd_m: float) -> Map:
        lines = self.points_m - view.eye_m
        reach = np.linalg.norm(lines, axis=2)
        fineness = np.minimum(1.0, gsd_m * view.K[0, 0] / np.maximum(reach, 1e-6))
        return np.asarray(np.nan_to_num(-lines[:, :, 2] / reach * fineness).clip(0, 1), np.float32)


def _enlarge(nodes: NDArray[np.float32], spacing: int, size: int) -> Map:
    """Bilinear between nodes at the middle of cells, of which the outer ring lies beyond the result."""
    whole = len(nodes) * spacing
    large = cv2.resize(nodes, (whole, whole), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[spacing : spacing + size, spacing : spacing + size], np.float32)


def _deviation(coarse: _Nodes, raster: GroundRaster, view: ImageView, terrain: HeightGrid) -> Float:
    """``(cells, cells)`` pixels by which bilinear interpolation errs half-way between four nodes; 0 outside."""
    p = coarse.pixels
    between = (p[1:-1, 1:-1] + p[1:-1, 2:] + p[2:, 1:-1] + p[2:, 2:]) / 4
    corners = COARSE_PX * np.arange(1.0, raster.size_px // COARSE_PX + 1) - 0.5
    places = raster.places(corners, corners)
    points = np.column_stack([places, terrain.height_at(places)])
    exact = project(points, view.eye_m, view.K, view.distortion, view.rotation).reshape(between.shape)
    outside = ~((exact >= -0.5) & (exact <= np.array(view.size_px) - 0.5)).all(axis=2)
    off = np.asarray(np.abs(between - exact).max(axis=2), np.float64)
    return np.where(outside | np.isnan(off), 0.0, off)


def _box(seen: Mask) -> tuple[int, int, int, int]:
    left, top, width, height = cv2.boundingRect(seen)
    return top, top + height, left, left + width
