"""The writer's files, read back by GDAL and word by word."""

import struct

import numpy as np
import pytest
import rasterio

from pipeline.archive.cog import BLOCK_PX, Georeference, cog_bytes

PLACE = Georeference(32733, 334_233.6, 6_251_000.0, 0.02)
SIDE = 2 * BLOCK_PX


def picture(seed=0):
    rng = np.random.default_rng(seed)
    whole = [rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8) for _ in range(4)]
    return [whole, [plane[::2, 1::2] for plane in whole]]


def numbers():
    whole = np.random.default_rng(1).integers(-1, 3000, (SIDE, SIDE)).astype(np.int16)
    whole[:BLOCK_PX] = -1
    return [[whole], [whole[::2, ::2]]]


def blocks_of(data):
    """Offsets and byte counts of all directories, in their order, read without any library."""
    found, start = [], struct.unpack_from("<I", data, 4)[0]
    while start:
        count = struct.unpack_from("<H", data, start)[0]
        tags = {}
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, length, at = struct.unpack_from("<HHII", data, entry)
            if kind == 4:
                tags[tag] = struct.unpack_from(f"<{length}I", data, entry + 8 if length == 1 else at)
        found.append(list(zip(tags[324], tags[325], strict=True)))
        start = struct.unpack_from("<I", data, start + 2 + 12 * count)[0]
    return found


@pytest.mark.parametrize(("levels", "nodata"), [(picture(), None), (numbers(), -1)], ids=["picture", "numbers"])
def test_gdal_reads_every_level_where_it_lies(tmp_path, levels, nodata):
    path = tmp_path / "a.tif"
    path.write_bytes(cog_bytes(levels, PLACE, nodata))

    with rasterio.open(path) as source:
        assert (source.read() == np.stack(levels[0])).all()
        assert source.crs.to_epsg() == PLACE.epsg
        assert source.transform.almost_equals(rasterio.Affine(0.02, 0, PLACE.west_m, 0, -0.02, PLACE.north_m), 1e-9)
        assert source.nodata == nodata
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.overviews(1) == [2]
    with rasterio.open(path, overview_level=0) as overview:
        assert (overview.read() == np.stack(levels[1])).all()


def test_colours_and_alpha_are_named(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(cog_bytes(picture(), PLACE))

    with rasterio.open(path) as source:
        assert [band.name for band in source.colorinterp] == ["red", "green", "blue", "alpha"]


def test_blocks_lie_overview_first_each_between_its_length_and_its_last_bytes():
    data = cog_bytes(picture(), PLACE)
    whole, half = blocks_of(data)

    assert len(whole) == 16
    assert len(half) == 4
    assert [offset for offset, _ in half + whole] == sorted(offset for offset, _ in half + whole)
    for offset, length in half + whole:
        assert struct.unpack_from("<I", data, offset - 4) == (length,)
        assert data[offset + length : offset + length + 4] == data[offset + length - 4 : offset + length]
    last, length = whole[-1]
    assert len(data) == last + length + 4


def test_pixels_that_are_not_contiguous_are_written_as_they_are():
    columns_first = [[np.asfortranarray(plane) for plane in planes] for planes in picture()]

    assert cog_bytes(columns_first, PLACE) == cog_bytes(picture(), PLACE)
