"""Elevation models: GeoTIFF files of any coordinate system, cut out around a flight."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
from pyproj import CRS, Geod
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform, transform_bounds
from rasterio.windows import Window

from pipeline.errors import ConfigError, DatumError, InputError
from pipeline.geometry.datum import ELLIPSOIDAL, GEOIDS, UNKNOWN
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Float
from pipeline.records.terrain import TerrainModel
from pipeline.sources.height_band import height_band

MAX_NODES = 9_000_000
"""Bounds the memory of one cut-out: 72 MB of heights and a third more for their maxima."""

TAG = "VERTICAL_DATUM"
"""GeoTIFF tag that states the datum of the heights."""

_WORDS_OF_GEOIDS = {"EGM96": "egm96", "EGM2008": "egm2008", "EGM08": "egm2008"}
_EPSG_OF_GEOID = {code: name for name, (code, _) in GEOIDS.items()}


def load_terrain(
    path: Path,
    site: SiteFrame,
    bounds_m: tuple[float, float, float, float],
    vertical_datum: str | None = None,
    *,
    sigma_m: float | None = None,
) -> TerrainModel:
    """Read the part of an elevation model that a flight looks at.

    Heights stay in the file's own vertical datum; `pipeline.stages.settle_heights` makes them ellipsoidal.

    Args:
        path: GeoTIFF.
        site: Frame to resample into, bilinearly, at the file's own spacing (coarser when `MAX_NODES` demands it).
        bounds_m: West, south, east, north of the ground that may be looked at, site metres.
        vertical_datum: ``ellipsoidal``, ``egm96`` or ``egm2008``; None: what the file says.
        sigma_m: Standard deviation of a height; None: a fifth of the file's cell, between 0.3 m and 6 m.

    Raises:
        InputError: The file cannot be read as an elevation model, or has no heights within the bounds.
        ConfigError: `vertical_datum` is none of the known ones.
    """
    if vertical_datum not in (None, ELLIPSOIDAL, *GEOIDS):
        raise ConfigError(f"terrain datum {vertical_datum!r}: use ellipsoidal, {' or '.join(GEOIDS)}")
    with _opened(path) as source:
        _require_heights(source, path)
        datum = vertical_datum or _stated_datum(source)
        heights, x0, y0, cell, native = _cut_out(source, path, site, bounds_m)
        if not np.isfinite(heights).any():
            raise InputError(_misses(source, path, site, bounds_m))
    spread = sigma_m if sigma_m is not None else float(np.clip(native / 5, 0.3, 6.0))
    grid = HeightGrid(heights, x0, y0, cell, spread, path.name)
    notes = ("terrain_covers_part",) if _covered(grid, bounds_m) < 0.999 else ()
    return TerrainModel(grid, datum, path.name, notes)


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    """The file as GeoTIFF and nothing else: a VRT could pull in any other file."""
    if not path.is_file():
        raise InputError(f"elevation model {path} does not exist; correct --terrain or the configuration")
    try:
        with rasterio.open(path, driver="GTiff") as source:
            yield source
    except RasterioError as error:
        raise InputError(f"elevation model {path} cannot be read as GeoTIFF ({error}); convert it") from error


def _require_heights(source: DatasetReader, path: Path) -> None:
    """Refuse rasters that cannot be heights, or whose place is not known."""
    if source.crs is None:
        raise InputError(f"elevation model {path} names no coordinate system; write one into it with gdal_edit")
    if source.count != 1:
        raise InputError(f"elevation model {path} has {source.count} bands; is it a picture? heights need exactly one")


def _stated_datum(source: DatasetReader) -> str:
    """The vertical datum by the file's tag or its coordinate system, else unknown."""
    tag = str(source.tags().get(TAG, "")).strip().lower()
    if tag:
        if tag not in (ELLIPSOIDAL, *GEOIDS):
            raise DatumError(
                f"{source.name}: tag {TAG} is {tag!r}; known are ellipsoidal, {', '.join(GEOIDS)}. "
                "Give the right one with --terrain-datum"
            )
        return tag
    crs = CRS.from_user_input(source.crs)
    if crs.is_compound:
        vertical = crs.sub_crs_list[-1]
        by_name = (datum for word, datum in _WORDS_OF_GEOIDS.items() if word in vertical.name.upper())
        return _EPSG_OF_GEOID.get(vertical.to_epsg() or -1) or next(by_name, UNKNOWN)
    return ELLIPSOIDAL if len(crs.axis_info) == 3 else UNKNOWN


def _cut_out(
    source: DatasetReader, path: Path, site: SiteFrame, bounds_m: tuple[float, float, float, float]
) -> tuple[Float, float, float, float, float]:
    """Heights on site nodes, row 0 in the south; place of the first node, spacing, and the file's own spacing."""
    native = _spacing_m(source)
    # the file may be much smaller than the bounds: no more nodes than it can fill
    inner = _overlap(source, site, bounds_m, native)
    if inner is None:
        raise InputError(_misses(source, path, site, bounds_m))
    west, south, east, north = inner
    cell = max(native, float(np.sqrt((east - west) * (north - south) / MAX_NODES)))
    columns, rows = int(np.ceil((east - west) / cell)) + 1, int(np.ceil((north - south) / cell)) + 1
    corner = site.to_utm(np.array([[west - cell / 2, south + (rows - 0.5) * cell]]))[0]
    step = cell * site.scale
    band = height_band(source, _window(source, site, inner))
    with WarpedVRT(
        source,
        src_nodata=band.fill if band.fill is not None else source.nodata,
        crs=f"EPSG:{site.epsg}",
        transform=Affine(step, 0, corner[0], 0, -step, corner[1]),
        width=columns,
        height=rows,
        resampling=Resampling.bilinear,
        dtype="float32",
        nodata=np.nan,
        tolerance=0.01,
    ) as warped:
        heights = band.metres(warped.read(1, window=Window(0, 0, columns, rows)).astype(np.float64))
    return np.ascontiguousarray(heights[::-1]), west, south, cell, native


def _covered(grid: HeightGrid, bounds_m: tuple[float, float, float, float]) -> float:
    """Share of the bounds whose height is known, from a sample of 101 x 101 places, not at the very edge."""
    west, south, east, north = bounds_m
    share = (np.arange(101) + 0.5) / 101
    x, y = np.meshgrid(west + share * (east - west), south + share * (north - south))
    return float(np.isfinite(grid.height_at(np.column_stack([x.ravel(), y.ravel()]))).mean())


def _overlap(
    source: DatasetReader, site: SiteFrame, bounds_m: tuple[float, float, float, float], native_m: float
) -> tuple[float, float, float, float] | None:
    """The bounds, cut to the file's extent; None when less than two cells are left."""
    west, south, east, north = bounds_m
    # a cell further, so that only the file's own edge takes half a cell away below
    low, high = site.to_utm(np.array([[west - native_m, south - native_m], [east + native_m, north + native_m]]))
    wanted = transform_bounds(f"EPSG:{site.epsg}", source.crs, *low, *high)
    have = _extent(source)
    left, bottom = max(wanted[0], have[0]), max(wanted[1], have[1])
    right, top = min(wanted[2], have[2]), min(wanted[3], have[3])
    if not (left < right and bottom < top):
        return None
    shared = transform_bounds(source.crs, f"EPSG:{site.epsg}", left, bottom, right, top)
    (west_s, south_s), (east_s, north_s) = site.from_utm(np.array([shared[:2], shared[2:]]))
    west, south = max(west, west_s + native_m / 2), max(south, south_s + native_m / 2)
    east, north = min(east, east_s - native_m / 2), min(north, north_s - native_m / 2)
    return (west, south, east, north) if min(east - west, north - south) > native_m else None


def _extent(source: DatasetReader) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of the file, which may be turned, or have its first row in the south."""
    corners = [(0, 0), (source.width, 0), (0, source.height), (source.width, source.height)]
    x, y = np.array([_applied(source.transform, corner) for corner in corners]).T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _applied(t: Affine, place: tuple[float, float]) -> tuple[float, float]:
    return t.c + t.a * place[0] + t.b * place[1], t.f + t.d * place[0] + t.e * place[1]


def _window(source: DatasetReader, site: SiteFrame, inner: tuple[float, float, float, float]) -> Window:
    """The file's pixels that ground within site bounds comes from."""
    low, high = site.to_utm(np.array([inner[:2], inner[2:]]))
    left, bottom, right, top = transform_bounds(f"EPSG:{site.epsg}", source.crs, *low, *high)
    corners = np.array([_applied(~source.transform, corner) for corner in product((left, right), (bottom, top))])
    first = np.clip(np.floor(corners.min(axis=0)) - 1, 0, [source.width - 1, source.height - 1])
    last = np.clip(np.ceil(corners.max(axis=0)) + 1, first + 1, [source.width, source.height])
    return Window(*first, *(last - first))


def _spacing_m(source: DatasetReader) -> float:
    """Side of a cell with the area of the file's cells, at the middle of the file."""
    t = source.transform
    middle = np.array(_applied(t, (source.width / 2, source.height / 2)))
    places = [middle, middle + np.array([t.a, t.d]), middle + np.array([t.b, t.e])]
    lon, lat = transform(source.crs, "EPSG:4326", [x for x, _ in places], [y for _, y in places])
    geod = Geod(ellps="WGS84")
    _, _, across = geod.inv(lon[0], lat[0], lon[1], lat[1])
    _, _, down = geod.inv(lon[0], lat[0], lon[2], lat[2])
    return float(np.sqrt(across * down))


def _misses(source: DatasetReader, path: Path, site: SiteFrame, bounds_m: tuple[float, float, float, float]) -> str:
    """How far away the file's ground lies."""
    west, south, east, north = bounds_m
    middle = site.to_lonlat(np.array([[(west + east) / 2, (south + north) / 2]]))[0]
    have = transform_bounds(source.crs, "EPSG:4326", *_extent(source))
    nearest = np.clip(middle, [have[0], have[1]], [have[2], have[3]])
    _, _, distance = Geod(ellps="WGS84").inv(middle[0], middle[1], nearest[0], nearest[1])
    where = f"longitude {have[0]:.4f} to {have[2]:.4f}, latitude {have[1]:.4f} to {have[3]:.4f}"
    if distance < 1.0:
        return (
            f"elevation model {path.name} holds no heights below the flight, though its frame covers it ({where}): "
            "only fill values there; use one with heights"
        )
    return (
        f"elevation model {path.name} does not cover the flight: it holds {where}, and the flight's middle "
        f"({middle[0]:.4f}, {middle[1]:.4f}) lies {distance / 1000:.1f} km outside; is it the model of another place?"
    )
