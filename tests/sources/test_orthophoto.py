"""Orthophotos whose pixels are painted with their own coordinates, so that a window checks itself."""

import hashlib

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from pipeline.errors import GeometryError, InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.sources.orthophoto import OrthophotoSettings, open_orthophoto

SITE = SiteFrame.at(46.7, 39.8)
SIDE = 200
GSD_M = 0.5


def paint(epsg=SITE.epsg, dtype=np.uint8, bands=3, **profile):
    """A raster of 100 m x 100 m about the site's origin; red grows eastward, green northward."""
    ramp = np.arange(SIDE)
    red, green = np.broadcast_to(ramp, (SIDE, SIDE)), np.broadcast_to(ramp[::-1, None], (SIDE, SIDE))
    image = np.stack([red, green, np.full((SIDE, SIDE), 77)])[:bands].astype(dtype)
    corner = SITE.east0_m - 50.0, SITE.north0_m + 50.0
    transform = from_origin(*corner, GSD_M, GSD_M)
    return image, {
        "driver": "GTiff",
        "width": SIDE,
        "height": SIDE,
        "count": bands,
        "dtype": dtype,
        "crs": CRS.from_epsg(epsg),
        "transform": transform,
        **profile,
    }


def save(path, image, profile, alpha=None):
    if alpha is not None:
        profile = {**profile, "count": profile["count"] + 1}
        image = np.concatenate([image, alpha[None]])
    with rasterio.open(path, "w", **profile) as out:
        out.write(image)
        if alpha is not None:
            out.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    return path


def opened(path, sigma_m=0.0):
    return open_orthophoto(path, SITE, OrthophotoSettings(sigma_m))


def test_each_pixel_lies_where_it_says(tmp_path):
    picture = opened(save(tmp_path / "a.tif", *paint()))

    image, valid = picture.read(-20.0, -10.0, 20.0, 10.0, 0.25)

    assert image.shape == (80, 160, 3)
    assert valid.all()
    east = (-20.0 + (np.arange(160) + 0.5) * 0.25) * SITE.scale
    north = (10.0 - (np.arange(80) + 0.5) * 0.25) * SITE.scale
    assert image[40, :, 0] == pytest.approx((east + 50) / GSD_M - 0.5, abs=0.6)
    assert image[:, 80, 1] == pytest.approx((north + 50) / GSD_M - 0.5, abs=0.6)


def test_another_projection_gives_the_same_ground(tmp_path):
    """The same places, stored in the neighbouring zone."""
    image, profile = paint()
    with rasterio.open(save(tmp_path / "own.tif", image, profile)) as source:
        other = CRS.from_epsg(SITE.epsg + 1)
        transform, width, height = calculate_default_transform(source.crs, other, SIDE, SIDE, *source.bounds)
        moved = np.zeros((3, height, width), np.uint8)
        reproject(
            image,
            moved,
            src_transform=profile["transform"],
            src_crs=source.crs,
            dst_transform=transform,
            dst_crs=other,
            resampling=Resampling.bilinear,
        )
    there = {**profile, "crs": other, "transform": transform, "width": width, "height": height}
    window = (-10.0, -10.0, 10.0, 10.0, 0.5)

    own, _ = opened(tmp_path / "own.tif").read(*window)
    again, valid = opened(save(tmp_path / "other.tif", moved, there)).read(*window)

    assert valid.all()
    assert np.abs(own[..., :2].astype(int) - again[..., :2]).max() <= 2


def test_a_coarser_window_averages(tmp_path):
    image, profile = paint()
    image[:, ::2, :] = 0
    image[:, 1::2, :] = 200
    picture = opened(save(tmp_path / "stripes.tif", image, profile))

    coarse, _ = picture.read(-20.0, -20.0, 20.0, 20.0, 4.0)

    assert np.abs(coarse.astype(int) - 100).max() <= 15


def test_beyond_the_edge_is_invalid(tmp_path):
    picture = opened(save(tmp_path / "a.tif", *paint()))

    image, valid = picture.read(40.0, 40.0, 60.0, 60.0, 1.0)

    assert valid[-5:, :5].all()
    assert not valid[:8].any()
    assert not image[~valid].any()
    assert not picture.read(5000.0, 0.0, 5010.0, 10.0, 1.0)[1].any()


@pytest.mark.parametrize("how", ["nodata", "alpha"])
def test_masked_pixels_are_invalid(tmp_path, how):
    image, profile = paint()
    if how == "nodata":
        image[:, :100] = 255
        path = save(tmp_path / "m.tif", image, {**profile, "nodata": 255})
    else:
        alpha = np.full((SIDE, SIDE), 255, np.uint8)
        alpha[:100] = 0
        path = save(tmp_path / "m.tif", image, profile, alpha)

    _, valid = opened(path).read(-20.0, -20.0, 20.0, 20.0, 0.5)

    assert not valid[:38].any()
    assert valid[42:].all()


def test_sixteen_bit_is_stretched(tmp_path):
    image, profile = paint(dtype=np.uint16)
    picture = opened(save(tmp_path / "deep.tif", image * 40 + 1000, profile))

    shown, _ = picture.read(-49.0, -49.0, 49.0, 49.0, 0.5)

    assert shown[..., 0].min() <= 3
    assert shown[..., 0].max() >= 252
    assert np.all(np.diff(shown[90, :, 0].astype(int)) >= 0)


def test_grey_is_shown_as_grey(tmp_path):
    picture = opened(save(tmp_path / "grey.tif", *paint(bands=1)))

    image, _ = picture.read(-5.0, -5.0, 5.0, 5.0, 0.5)

    assert np.array_equal(image[..., 0], image[..., 2])


def test_what_is_known_of_the_file(tmp_path):
    path = save(tmp_path / "a.tif", *paint())

    picture = opened(path)

    assert picture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert picture.gsd_m == pytest.approx(GSD_M / SITE.scale, rel=1e-6)
    assert picture.sigma_m == pytest.approx(picture.gsd_m / 2)
    assert opened(path, sigma_m=1.5).sigma_m == 1.5
    assert picture.name == "reference"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_other_files_are_refused(tmp_path):
    text = tmp_path / "notes.tif"
    text.write_text("no picture")
    bare = tmp_path / "bare.tif"
    image, profile = paint()
    save(bare, image, {key: value for key, value in profile.items() if key not in {"crs", "transform"}})
    vrt = tmp_path / "sly.tif"
    vrt.write_text('<VRTDataset rasterXSize="2" rasterYSize="2"></VRTDataset>')

    for path, words in ((text, "not a GeoTIFF"), (bare, "no map coordinates"), (vrt, "not a GeoTIFF")):
        with pytest.raises(InputError, match=words):
            opened(path)


def test_absurd_windows_are_refused(tmp_path):
    picture = opened(save(tmp_path / "a.tif", *paint()))

    with pytest.raises(GeometryError, match="empty"):
        picture.read(5.0, 0.0, 5.0, 10.0, 1.0)
    with pytest.raises(GeometryError, match="too large"):
        picture.read(-50_000.0, 0.0, 50_000.0, 10.0, 0.1)
