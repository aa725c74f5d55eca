"""Which pixel of an image shows each pixel of a ground raster, through a coarse projection grid.

Ground nodes every 16 pixels are projected exactly, and the map is bilinear between them. Where the terrain breaks
that, the block is projected again on nodes every 4 pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import project
from pipeline.geometry.terrain_ray import HeightGrid, visible

Float = NDArray[np.float64]
Map = NDArray[np.float32]
Mask = NDArray[np.uint8]
Bool = NDArray[np.bool_]

COARSE_PX = 16
FINE_PX = 4
BLOCK_PX = 256
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
        size_px: Pixels on a side, a multiple of 256.
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
class WarpBlock:
    """How an image is laid on one block of a ground raster.

    Attributes:
        top, left: First row and column of the block in the raster.
        pixels: ``(256, 256, 2)`` column, row in the image; far outside where the image shows nothing.
        seen: ``(256, 256)`` 255 where the image shows the ground.
        quality: ``(256, 256)`` 0 to 1: cosine of the angle from the vertical times the resolution reached.
    """

    top: int
    left: int
    pixels: Map
    seen: Mask
    quality: Map


def ground_warp(
    view: ImageView, terrain: HeightGrid, raster: GroundRaster, tolerance_px: float = 0.25
) -> Iterator[WarpBlock]:
    """Lay an image on the ground, block by block: a whole raster of maps would not fit the processor's cache.

    Args:
        view: Camera.
        terrain: Heights; ground of unknown height is not seen.
        raster: Where to.
        tolerance_px: Blocks in which a twentieth of the cells' corners deviates by more are projected again, finer.

    Yields:
        The blocks that the image shows something of.

    Raises:
        GeometryError: The camera is below the terrain.
    """
    coarse = _Nodes.over(raster, view, terrain, 0, 0, raster.size_px, COARSE_PX)
    inside = coarse.inside(view.size_px)
    if not inside.any():
        return
    deviation = _deviation(coarse, raster, view, terrain)
    hidden = coarse.hidden(inside, view, terrain)
    quality = coarse.quality(view, raster.gsd_m)
    width, height = view.size_px
    cells = BLOCK_PX // COARSE_PX
    for row in range(0, raster.size_px // COARSE_PX, cells):
        for column in range(0, raster.size_px // COARSE_PX, cells):
            ring = np.s_[row : row + cells + 2, column : column + cells + 2]
            if not inside[ring].any():
                continue
            top, left = row * COARSE_PX, column * COARSE_PX
            rough = deviation[row : row + cells, column : column + cells] > tolerance_px
            if float(rough.mean()) > 0.05:
                nodes = _Nodes.over(raster, view, terrain, top, left, BLOCK_PX, FINE_PX)
                pixels = _enlarge(nodes.finite_pixels(), FINE_PX)
            else:
                pixels = _enlarge(coarse.finite_pixels()[ring], COARSE_PX)
            seen = cv2.inRange(pixels, (-0.5, -0.5, 0.0, 0.0), (width - 0.5, height - 0.5, 0.0, 0.0))
            if hidden[ring].any():
                seen[_enlarge(hidden[ring].astype(np.float32), COARSE_PX) > 0.5] = 0
            yield WarpBlock(top, left, pixels, np.asarray(seen, np.uint8), _enlarge(quality[ring], COARSE_PX))


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

    def finite_pixels(self) -> Map:
        """Pixels with a far-off place for what is not known."""
        return np.asarray(np.nan_to_num(self.pixels, nan=_FAR_PX).clip(-_FAR_PX, _FAR_PX), np.float32)

    def inside(self, size_px: tuple[int, int]) -> Bool:
        """``(n, n)`` nodes that lie in the image."""
        return np.asarray(((self.pixels >= -0.5) & (self.pixels <= np.array(size_px) - 0.5)).all(axis=2), np.bool_)

    def hidden(self, inside: Bool, view: ImageView, terrain: HeightGrid) -> Bool:
        """``(n, n)`` nodes in the image that the terrain stands in front of."""
        hidden = np.zeros(inside.shape, np.bool_)
        hidden[inside] = ~visible(self.points_m[inside], view.eye_m, terrain, 0.5 + terrain.cell_m)
        return hidden

    def quality(self, view: ImageView, gsd_m: float) -> Map:
        """``(n, n)`` how good a look the camera has at the nodes."""
        lines = self.points_m - view.eye_m
        reach = np.linalg.norm(lines, axis=2)
        fineness = np.minimum(1.0, gsd_m * view.K[0, 0] / np.maximum(reach, 1e-6))
        return np.asarray(np.nan_to_num(-lines[:, :, 2] / reach * fineness).clip(0, 1), np.float32)


def _enlarge(nodes: NDArray[np.float32], spacing: int) -> Map:
    """Bilinear between nodes at the middle of cells, of which the outer ring lies beyond the result."""
    whole = len(nodes) * spacing
    large = cv2.resize(nodes, (whole, whole), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[spacing:-spacing, spacing:-spacing], np.float32)


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
