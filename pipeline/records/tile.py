"""Ground tiles on a fixed UTM grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, require_shape

TILE_PX = 1024
"""Pixels on a side of every tile."""


@dataclass(frozen=True, slots=True, order=True)
class TileKey:
    """Which tile of the fixed grid.

    Column and row count from the zone's origin (easting 0, northing 0); row grows northward. ``gsd_mm`` is in *UTM*
    millimetres, so that the grid is the same for everybody.
    """

    epsg: int
    gsd_mm: int
    column: int
    row: int

    @property
    def name(self) -> str:
        """File-safe name."""
        return f"{self.epsg}_{self.gsd_mm:04d}mm_{self.column:+07d}_{self.row:+08d}"

    @property
    def span_m(self) -> float:
        """UTM metres on a side."""
        return TILE_PX * self.gsd_mm / 1000

    @property
    def west_m(self) -> float:
        """UTM easting of the left edge."""
        return self.column * self.span_m

    @property
    def north_m(self) -> float:
        """UTM northing of the top edge."""
        return (self.row + 1) * self.span_m


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One look at a tile's ground: pixels taken from the frames that saw it best, or second best.

    Attributes:
        image: ``(1024, 1024, 3)`` uint8 RGB (thermal is stretched to grey), row 0 in the north.
        source: ``(1024, 1024)`` int16 index into `Tile.frame_ids`; -1 where nothing was seen.
    """

    image: NDArray[np.uint8]
    source: NDArray[np.int16]

    def __post_init__(self) -> None:
        require_shape("image", self.image, (TILE_PX, TILE_PX, 3))
        require_shape("source", self.source, (TILE_PX, TILE_PX))

    @property
    def valid(self) -> Bool:
        """``(1024, 1024)`` True where a frame saw the ground."""
        return self.source >= 0


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The ground as one sortie saw it.

    Attributes:
        key: Place on the grid.
        sortie_id: Who saw it.
        views: Best view first; a second one from another viewpoint where there is one.
        frame_ids: What `View.source` points into.
        frame_t_utc_ns: Exposure time of each of them.
        frame_eye_m: ``(F, 3)`` UTM easting, northing and ellipsoidal height of each camera.
        ce95_m: Largest 95 % semi-major axis among the frames used.
    """

    key: TileKey
    sortie_id: str
    views: tuple[View, ...]
    frame_ids: tuple[str, ...]
    frame_t_utc_ns: tuple[int, ...]
    frame_eye_m: NDArray[np.float64]
    ce95_m: float


@dataclass(frozen=True, slots=True)
class TileEntry:
    """A tile on disk, as the archive's index lists it.

    Attributes:
        key: Place on the grid.
        sortie_id: Who saw it.
        files: Paths relative to the folder that holds it: one GeoTIFF per view, best first, then the sidecar.
        sha256: Over the contents of the files, in that order.
        t_start_utc_ns, t_end_utc_ns: First and last exposure among its pixels.
        valid_share: Share of its pixels that were seen, 0 to 1.
        ce95_m: Largest 95 % semi-major axis among the frames used.
    """

    key: TileKey
    sortie_id: str
    files: tuple[str, ...]
    sha256: str
    t_start_utc_ns: int
    t_end_utc_ns: int
    valid_share: float
    ce95_m: float
