"""A georeferenced orthophoto as a picture whose place is known."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

from pipeline.errors import GeometryError, InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool

_STRETCH_PERCENT = (1.0, 99.0)
_OVERVIEW_PX = 512
_LARGEST_WINDOW_PX = 20_000


@dataclass(frozen=True, slots=True)
class OrthophotoSettings:
    """How far an orthophoto is trusted.

    Attributes:
        sigma_m: Standard deviation of its place on the ground, one axis; 0 takes half of one of its pixels, which
            holds only for a picture that was itself tied to surveyed points.
    """

    sigma_m: float = 0.0

    def __post_init__(self) -> None:
        if not self.sigma_m >= 0:
            raise ValueError("'sigma_m' must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class Orthophoto:
    """A GeoTIFF of any CRS, read window by window in site metres. Implements `pipeline.protocols.GroundPicture`.

    Attributes:
        path: The file.
        site: Frame in which windows are asked for.
        name: ``reference``.
        sha256: Of the file's bytes.
        sigma_m: Standard deviation of its place, one axis.
        gsd_m: Its own ground sample distance in site metres.
        stretch: ``(bands, 2)`` values shown as 0 and 255; None for 8-bit pictures.
        bands: One or three band numbers.
        bounds_m: West, south, east, north in site metres.
    """

    path: Path
    site: SiteFrame
    name: str
    sha256: str
    sigma_m: float
    gsd_m: float
    stretch: NDArray[np.float64] | None
    bands: tuple[int, ...]
    bounds_m: tuple[float, float, float, float]

    def read(
        self, west_m: float, south_m: float, east_m: float, north_m: float, gsd_m: float
    ) -> tuple[NDArray[np.uint8], Bool]:
        """A window in site metres, resampled; see `pipeline.protocols.GroundPicture.read`.

        Raises:
            GeometryError: The window is empty or absurdly large.
            InputError: The file became unreadable.
        """
        width, height = _window_size(west_m, south_m, east_m, north_m, gsd_m)
        corner = self.site.to_utm(np.array([[west_m, north_m]]))[0]
        step = gsd_m * self.site.scale
        transform = Affine(step, 0.0, corner[0], 0.0, -step, corner[1])
        try:
            with (
                rasterio.open(self.path, driver="GTiff") as raster,
                WarpedVRT(
                    raster,
                    crs=CRS.from_epsg(self.site.epsg),
                    transform=transform,
                    width=width,
                    height=height,
                    resampling=Resampling.average if gsd_m > 1.5 * self.gsd_m else Resampling.bilinear,
                    add_alpha=not _has_alpha(raster),
                ) as warped,
            ):
                pixels = warped.read(list(self.bands))
                valid = warped.dataset_mask() > 0
        except RasterioError as error:
            raise InputError(
                f"{self.path.name}: cannot be read as an orthophoto ({error}); was it replaced?"
            ) from error
        shown = _to_bytes(pixels, self.stretch)
        image = np.repeat(shown, 3, axis=0) if len(self.bands) == 1 else shown
        picture = np.ascontiguousarray(np.moveaxis(image, 0, 2))
        picture[~valid] = 0
        return picture, valid


def open_orthophoto(path: Path, site: SiteFrame, settings: OrthophotoSettings) -> Orthophoto:
    """Open a GeoTIFF as a reference picture.

    Raises:
        InputError: It is no GeoTIFF, has no CRS or is rotated beyond use; the message says which.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            if raster.crs is None or raster.transform.is_identity:
                raise InputError(f"{path.name}: has no map coordinates; export it as a GeoTIFF with a CRS")
            if raster.dtypes[0] not in {"uint8", "uint16", "int16", "float32"}:
                raise InputError(f"{path.name}: pixels of type {raster.dtypes[0]} are not a picture; export 8-bit RGB")
            bands = _picture_bands(raster)
            stretch = None if raster.dtypes[0] == "uint8" else _measure_stretch(raster, bands)
            with WarpedVRT(raster, crs=CRS.from_epsg(site.epsg)) as warped:
                gsd_m = abs(warped.transform.a) / site.scale
                bounds = warped.bounds
    except RasterioError as error:
        raise InputError(
            f"{path.name}: is not a GeoTIFF orthophoto ({error}); convert it with gdal_translate"
        ) from error
    corners = site.from_utm(np.array([[bounds.left, bounds.bottom], [bounds.right, bounds.top]]))
    sigma_m = settings.sigma_m if settings.sigma_m > 0 else gsd_m / 2
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Orthophoto(
        path,
        site,
        "reference",
        sha256,
        sigma_m,
        gsd_m,
        stretch,
        bands,
        (float(corners[0, 0]), float(corners[0, 1]), float(corners[1, 0]), float(corners[1, 1])),
    )


def _window_size(west_m: float, south_m: float, east_m: float, north_m: float, gsd_m: float) -> tuple[int, int]:
    if not (gsd_m > 0 and east_m > west_m and north_m > south_m):
        raise GeometryError(f"empty picture window {west_m}, {south_m} to {east_m}, {north_m} at {gsd_m} m")
    width = int(np.ceil((east_m - west_m) / gsd_m - 1e-6))
    height = int(np.ceil((north_m - south_m) / gsd_m - 1e-6))
    if max(width, height) > _LARGEST_WINDOW_PX:
        raise GeometryError(f"picture window of {width} x {height} pixels is too large; ask for a coarser one")
    return width, height


def _has_alpha(raster: rasterio.DatasetReader) -> bool:
    return ColorInterp.alpha in raster.colorinterp


def _picture_bands(raster: rasterio.DatasetReader) -> tuple[int, ...]:
    """Red, green and blue by their interpretation, else the first three; one band for grey."""
    wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in raster.colorinterp for colour in wanted):
        return tuple(raster.colorinterp.index(colour) + 1 for colour in wanted)
    visible = [i + 1 for i, colour in enumerate(raster.colorinterp) if colour is not ColorInterp.alpha]
    return tuple(visible[:3]) if len(visible) >= 3 else (visible[0],)


def _measure_stretch(raster: rasterio.DatasetReader, bands: tuple[int, ...]) -> NDArray[np.float64]:
    """Values shown as black and white, per band, from a reduced reading of the whole picture."""
    scale = min(1.0, _OVERVIEW_PX / max(raster.width, raster.height))
    shape = (len(bands), max(1, round(raster.height * scale)), max(1, round(raster.width * scale)))
    sample = raster.read(list(bands), out_shape=shape, masked=True).astype(np.float64)
    limits = np.zeros((len(bands), 2))
    for limit, band in zip(limits, sample, strict=True):
        known = band.compressed()
        known = known[np.isfinite(known)]
        if known.size == 0:
            raise InputError(f"{Path(raster.name).name}: holds no valid pixel")
        low, high = np.percentile(known, _STRETCH_PERCENT)
        limit[:] = low, max(high, low + 1)
    return limits


def _to_bytes(pixels: NDArray[np.generic], stretch: NDArray[np.float64] | None) -> NDArray[np.uint8]:
    if stretch is None:
        return pixels.astype(np.uint8)
    low, high = stretch[:, :1, None], stretch[:, 1:, None]
    share = (np.nan_to_num(pixels.astype(np.float64)) - low) / (high - low)
    return np.clip(np.rint(share * 255), 0, 255).astype(np.uint8)
