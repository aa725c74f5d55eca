"""Small sound pictures, videos and rasters, to be damaged."""

import cv2
import numpy as np
from pyproj import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.writers.preview import with_preview
from tests.fuzz.seeds import of_kind
from tests.sources.conftest import plain_jpeg, tiff_block, with_segments, xmp_packet
from tests.sources.drone_files import camera_record, flir, plain, scene

LON, LAT = 46.75, 39.82
SITE = SiteFrame.at(LON, LAT)


def packets() -> list[bytes]:
    """XMP as attributes and as elements."""
    values = {"AbsoluteAltitude": "+810.00", "GimbalYawDegree": "-170.10", "RtkFlag": "50", "GpsLongtitude": "46.7"}
    return [xmp_packet(values), xmp_packet(values, as_elements=True)]


def exif_blocks() -> list[bytes]:
    main = [(0x010F, 2, "Maker"), (0x0110, 2, "Model 1"), (0x0112, 3, (6,))]
    exif = [(0x9003, 2, "2020:11:12 22:15:00"), (0x920A, 5, (24.0,)), (0xA405, 3, (35,))]
    gps = [
        (1, 2, "N"),
        (2, 5, (39.0, 49.0, 12.0)),
        (3, 2, "E"),
        (4, 5, (46.0, 45.0, 1.0)),
        (5, 1, (0,)),
        (6, 5, (810.0,)),
    ]
    return [tiff_block(main, exif, gps, order) for order in "<>"]


def jpegs() -> list[bytes]:
    tagged = [
        with_segments(plain_jpeg(), b"Exif\0\0" + block, b"http://ns.adobe.com/xap/1.0/\0" + packet)
        for block, packet in zip(exif_blocks(), packets(), strict=True)
    ]
    picture = cv2.resize(np.random.default_rng(1).integers(0, 255, (12, 16, 3), np.uint8), (800, 600))
    plain_picture = cv2.imencode(".jpg", picture)[1].tobytes()
    progressive = cv2.imencode(".jpg", picture[:48, :64], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    return [*tagged, *of_kind(".jpg", "dji_stills"), with_preview(plain_picture, picture, 640), progressive]


def thermal_jpegs() -> list[bytes]:
    made = scene()
    return [plain(made), flir(made), flir(made, png="swapped"), flir(made, order=">", index_order="<")]


def camera_records() -> list[bytes]:
    return [camera_record(), camera_record(">")]


def pngs() -> list[bytes]:
    colour = np.random.default_rng(2).integers(0, 255, (24, 32, 3), np.uint8)
    pictures = (colour, colour[:, :, 0], colour.astype(np.uint16) * 257, np.dstack([colour, colour[:, :, 0]]))
    return [cv2.imencode(".png", picture)[1].tobytes() for picture in pictures]


def tiffs() -> list[bytes]:
    found = of_kind(".tif", "tiff_csv", "thermal_stills") + of_kind(".tiff", "tiff_csv", "thermal_stills")
    rng = np.random.default_rng(3)
    for packing in ("lzw", "deflate", "none"):
        for bands, kind in ((3, "uint8"), (1, "uint16")):
            found.append(_raster(rng.integers(0, 255, (bands, 24, 32)).astype(kind), None, compress=packing))
    return found


def elevation_models() -> list[bytes]:
    heights = (500 + np.add.outer(np.arange(60.0), np.arange(60.0))).astype(np.float32)[None]
    grid = from_origin(LON - 0.006, LAT + 0.006, 2e-4, 2e-4)
    return [
        _raster(heights, "EPSG:4326", transform=grid, nodata=-9999.0),
        _raster(heights, "EPSG:4979", transform=grid, compress="deflate", predictor=3),
        _raster(heights.astype(np.int16), "EPSG:4326", transform=grid, tags={"VERTICAL_DATUM": "egm96"}),
    ]


def orthophotos() -> list[bytes]:
    grid = from_origin(SITE.east0_m - 50, SITE.north0_m + 50, 2.0, 2.0)
    colour = np.random.default_rng(4).integers(0, 255, (3, 50, 50), np.uint8)
    return [
        _raster(colour, SITE.epsg, transform=grid),
        _raster(colour, SITE.epsg, transform=grid, compress="jpeg", photometric="ycbcr"),
        _raster(colour.astype(np.uint16) * 200, SITE.epsg, transform=grid, compress="deflate", nodata=0),
    ]


def geoids() -> list[bytes]:
    """A grid of the right shape with few different heights, so that it is small."""
    heights = np.zeros((1, 721, 1440), np.float32) + np.arange(721, dtype=np.float32)[:, None] / 10
    grid = from_origin(-180.125, 90.125, 0.25, 0.25)
    return [_raster(heights, "EPSG:4326", transform=grid, compress="deflate", zlevel=9)]


def _raster(
    bands: np.ndarray, crs: str | int | None, *, tags: dict[str, str] | None = None, **profile: object
) -> bytes:
    count, height, width = bands.shape
    shape = {"count": count, "height": height, "width": width, "dtype": bands.dtype}
    named = {} if crs is None else {"crs": CRS.from_user_input(crs).to_wkt()}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", **shape, **named, **profile) as out:
            out.write(bands)
            out.update_tags(**(tags or {}))
        return bytes(memory.read())


def films() -> list[bytes]:
    return of_kind(".mp4", "dji_video", "dji_video_track")
