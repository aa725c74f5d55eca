"""Which pixel of an image shows each pixel of a ground raster, through a coarse projection grid.

Ground nodes every 16 pixels are projected exactly, and the map is bilinear between them. Where the terrain breaks
that, the block is projected again on nodes every 8 pixels, or every 4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import project
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.terrain_ray import HeightGrid, visible

Float = NDArray[np.float64]
Map = NDArray[np.float32]
Mask = NDArray[np.uint8]
Bool = NDArray[np.bool_]
Number = TypeVar("Number", np.float32, np.float64, np.uint8, np.uint16)

COARSE_PX = 16
MIDDLE_PX = 8
FINE_PX = 4
BLOCK_PX = 256
BEST_QUALITY = 32767
_FAR_PX = 1e6  # stands for "not in the image": finite, so that interpolation stays defined
_SEARCH_PX = 64
_BLOCKS_AT_ONCE = 64  # enough that arrays are long, few enough that memory stays small


@dataclass(frozen=True, slots=True, eq=False)
class ImageView:
    """A camera at its place.

    Attributes:
        size_px: Width, height.
        K: ``(3, 3)``.
        distortion: Of the lens.
        eye_m: ``(3,)`` site metres.
        rotation: ``(3, 3)`` camera to site.
    """

    size_px: tuple[int, int]
    K: Float
    distortion: Distortion
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
        raster: Number of the raster.
        top, left: First row and column of the block in the raster.
        pixels: ``(256, 256, 2)`` column, row in the image; far outside where the image shows nothing.
        quality: ``(256, 256)`` 1 to 32767: cosine of the angle from the vertical times the resolution reached; 0
            where the image does not show the ground.
        whole: The image shows all of it.
    """

    raster: int
    top: int
    left: int
    pixels: Map
    quality: NDArray[np.uint16]
    whole: bool

    @property
    def seen(self) -> Bool:
        """``(256, 256)`` where the image shows the ground."""
        return self.quality > 0


def ground_warp(
    view: ImageView, terrain: HeightGrid, rasters: Sequence[GroundRaster], tolerance_px: float = 0.25
) -> Iterator[WarpBlock]:
    """Lay an image on the ground, block by block: a whole raster of maps would not fit the processor's cache.

    Args:
        view: Camera.
        terrain: Heights; ground of unknown height is not seen.
        rasters: Where to, all of one size.
        tolerance_px: Blocks in which a twentieth of the cells' corners deviates by more are projected again, finer;
            by more than twice that, finer still.

    Yields:
        The blocks that the image shows something of, raster by raster.

    Raises:
        GeometryError: The camera is below the terrain.
    """
    blocks = _near(rasters, view, terrain)
    for first in range(0, len(blocks), _BLOCKS_AT_ONCE):
        yield from _laid(blocks[first : first + _BLOCKS_AT_ONCE], rasters, view, terrain, tolerance_px)


def _laid(
    blocks: Sequence[tuple[int, int, int]],
    rasters: Sequence[GroundRaster],
    view: ImageView,
    terrain: HeightGrid,
    tolerance_px: float,
) -> Iterator[WarpBlock]:
    """Those of some blocks, given by raster, top and left, that the image shows something of."""
    squares = [(rasters[number], top, left) for number, top, left in blocks]
    coarse = _Nodes.over(squares, view, terrain, BLOCK_PX, COARSE_PX)
    inside = coarse.inside(view.size_px)
    if not inside.any():
        return
    hidden = coarse.hidden(inside, view, terrain)
    deviation = _deviation(coarse, inside, squares, view, terrain)
    quality = coarse.quality(view, squares[0][0].gsd_m)
    pixels = coarse.finite_pixels()
    rough = (deviation > tolerance_px).mean(axis=(1, 2)) > 0.05
    very = (deviation > 2 * tolerance_px).mean(axis=(1, 2)) > 0.05
    shown, whole = (np.asarray(one, np.bool_) for one in (inside.any(axis=(1, 2)), inside.all(axis=(1, 2))))
    finer: dict[int, Map] = {}
    for spacing, those in ((MIDDLE_PX, shown & rough & ~very), (FINE_PX, shown & rough & very)):
        chosen = np.flatnonzero(those).tolist()
        if chosen:
            nodes = _Nodes.over([squares[each] for each in chosen], view, terrain, BLOCK_PX, spacing)
            whole[chosen] = nodes.inside(view.size_px).all(axis=(1, 2))
            finer |= dict(zip(chosen, nodes.finite_pixels(), strict=True))
    for each in np.flatnonzero(shown).tolist():
        nodes_px = finer.pop(each, pixels[each])
        laid = _enlarge(nodes_px, BLOCK_PX // (len(nodes_px) - 2))
        seen = None if whole[each] and not hidden[each].any() else _seen(laid, hidden[each], view.size_px)
        good = _enlarge(quality[each], COARSE_PX)
        if seen is not None:
            good = np.asarray(cv2.bitwise_and(good, good, mask=seen), np.uint16)
        yield WarpBlock(*blocks[each], laid, good, seen is None)


def _near(rasters: Sequence[GroundRaster], view: ImageView, terrain: HeightGrid) -> list[tuple[int, int, int]]:
    """Raster, top and left of the blocks that the image may show: with a node in it, or nearer than the next node."""
    if not rasters:
        return []
    sparse = _Nodes.over([(raster, 0, 0) for raster in rasters], view, terrain, rasters[0].size_px, _SEARCH_PX)
    steps = [np.nan_to_num(np.abs(np.diff(sparse.pixels, axis=axis))).max(axis=(1, 2)) for axis in (1, 2)]
    margin = np.maximum(*steps)[:, None, None, :]
    with np.errstate(invalid="ignore"):
        low, high = sparse.pixels >= -0.5 - margin, sparse.pixels <= np.array(view.size_px) - 0.5 + margin
    near = (low & high).all(axis=-1)
    cells, across = BLOCK_PX // _SEARCH_PX, rasters[0].size_px // BLOCK_PX
    return [
        (number, row * BLOCK_PX, column * BLOCK_PX)
        for number, row, column in np.ndindex(len(rasters), across, across)
        if near[number, row * cells : (row + 1) * cells + 2, column * cells : (column + 1) * cells + 2].any()
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """Ground nodes in the middle of every cell of squares, one row and column of cells beyond each, and their pixels.

    Attributes:
        points_m: ``(squares, n, n, 3)``.
        pixels: ``(squares, n, n, 2)``; NaN behind the camera or over unknown ground.
    """

    points_m: Float
    pixels: Float

    @classmethod
    def over(
        cls,
        squares: Sequence[tuple[GroundRaster, int, int]],
        view: ImageView,
        terrain: HeightGrid,
        span: int,
        spacing: int,
    ) -> "_Nodes":
        """Squares are given by their raster and their first row and column in it; `span` is their side."""
        offsets = spacing * np.arange(-1.0, span // spacing + 1) + (spacing - 1) / 2
        places = np.concatenate([raster.places(left + offsets, top + offsets) for raster, top, left in squares])
        points = np.column_stack([places, terrain.height_at(places)])
        pixels = project(points, view.eye_m, view.K, view.distortion, view.rotation)
        shape = (len(squares), len(offsets), len(offsets))
        return cls(points.reshape(*shape, 3), pixels.reshape(*shape, 2))

    def finite_pixels(self) -> Map:
        """Pixels with a far-off place for what is not known."""
        pixels = self.pixels.astype(np.float32)
        pixels[np.isnan(pixels)] = _FAR_PX
        return np.asarray(pixels.clip(-_FAR_PX, _FAR_PX, out=pixels), np.float32)

    def inside(self, size_px: tuple[int, int]) -> Bool:
        """``(squares, n, n)`` nodes that lie in the image."""
        return _within(self.pixels, size_px)

    def hidden(self, inside: Bool, view: ImageView, terrain: HeightGrid) -> Bool:
        """``(squares, n, n)`` nodes in the image that the terrain stands in front of."""
        hidden = np.zeros(inside.shape, np.bool_)
        hidden[inside] = ~visible(self.points_m[inside], view.eye_m, terrain, 0.5 + terrain.cell_m)
        return hidden

    def quality(self, view: ImageView, gsd_m: float) -> NDArray[np.uint16]:
        """``(squares, n, n)`` how good a look the camera has at the nodes, 1 to `BEST_QUALITY`."""
        lines = self.points_m - view.eye_m
        reach = np.maximum(np.linalg.norm(lines, axis=-1), 1e-6)
        fineness = np.minimum(1.0, gsd_m * view.K[0, 0] / reach)
        share = np.nan_to_num(-lines[..., 2] / reach * fineness).clip(0, 1)
        return np.asarray(1 + np.round(share * (BEST_QUALITY - 1)), np.uint16)


def _within(pixels: Float, size_px: tuple[int, int]) -> Bool:
    """Which of some pixels ``(..., 2)`` lie in the image."""
    (columns, rows), (width, height) = np.moveaxis(pixels, -1, 0), size_px
    across = (columns >= -0.5) & (columns <= width - 0.5)
    return np.asarray(across & (rows >= -0.5) & (rows <= height - 0.5), np.bool_)


def _enlarge(nodes: NDArray[Number], spacing: int) -> NDArray[Number]:
    """Bilinear between nodes at the middle of cells, of which the outer ring lies beyond the result."""
    whole = len(nodes) * spacing
    large = cv2.resize(nodes, (whole, whole), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[spacing:-spacing, spacing:-spacing], nodes.dtype)


def _seen(pixels: Map, hidden: Bool, size_px: tuple[int, int]) -> Mask:
    """255 where a block's pixels lie in the image and nothing stands before them."""
    width, height = size_px
    seen = np.asarray(cv2.inRange(pixels, (-0.5, -0.5, 0.0, 0.0), (width - 0.5, height - 0.5, 0.0, 0.0)), np.uint8)
    if hidden.any():
        seen[_enlarge(hidden.astype(np.float32), COARSE_PX) > 0.5] = 0
    return seen


def _deviation(
    coarse: _Nodes,
    inside: Bool,
    squares: Sequence[tuple[GroundRaster, int, int]],
    view: ImageView,
    terrain: HeightGrid,
) -> Float:
    """``(squares, cells, cells)`` pixels by which bilinear interpolation errs half-way between four nodes.

    0 where none of the four lies in the image.
    """
    between = _sum_of_four(coarse.pixels) / 4
    tried = np.nonzero(_sum_of_four(inside.astype(np.uint8)) > 0)
    corners = COARSE_PX * np.arange(1.0, BLOCK_PX // COARSE_PX + 1) - 0.5
    places = np.stack([raster.places(left + corners, top + corners) for raster, top, left in squares])
    places = places.reshape(*between.shape)[tried]
    points = np.column_stack([places, terrain.height_at(places)])
    exact = project(points, view.eye_m, view.K, view.distortion, view.rotation)
    outside = ~_within(exact, view.size_px)
    off = np.maximum(*np.abs(between[tried] - exact).T)
    deviation = np.zeros(between.shape[:3])
    deviation[tried] = np.where(outside | np.isnan(off), 0.0, off)
    return deviation


def _sum_of_four(nodes: NDArray[Number]) -> NDArray[Number]:
    """Over the nodes around each cell's far corner; the ring before the first cell takes no part."""
    return nodes[:, 1:-1, 1:-1] + nodes[:, 1:-1, 2:] + nodes[:, 2:, 1:-1] + nodes[:, 2:, 2:]
