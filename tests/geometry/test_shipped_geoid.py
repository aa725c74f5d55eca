"""The geoid grid that ships: against published undulations, its source, and the ways heights come in."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from pipeline.errors import DatumError
from pipeline.geometry import datum as heights
from pipeline.geometry.datum import grid_in_use, shipped_grid, to_ellipsoidal
from pipeline.sources.geoid_file import STEP_M, write_geoid

PUBLISHED = np.array(
    [
        (38.6281550, 269.7791550, -31.628),
        (-14.6212170, 305.0211140, -2.969),
        (46.8743190, 102.4487290, -43.575),
        (-23.6174460, 133.8747120, 15.871),
        (38.6254730, 359.9995000, 50.066),
        (-0.4667440, 0.0023000, 17.329),
    ]
)
"""Latitude, longitude, undulation: NGA's OUTINTPT.DAT, which goes with the grid's interpolation program."""

BILINEAR_M = 0.06
"""NGA's program lays a spline through the nodes, PROJ a plane: they differ by up to this at the published places."""


def undulation(lon, lat, grid=None):
    lon, lat = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
    return to_ellipsoidal(lon, lat, np.zeros(len(lon)), "egm96", grid)


@pytest.fixture
def shipped():
    grid = shipped_grid("egm96")
    assert grid is not None
    return grid


@pytest.fixture
def bare_proj(monkeypatch):
    """PROJ as a wheel brings it, whatever this machine has."""
    heights._from_proj.cache_clear()
    monkeypatch.setattr(heights, "_by_proj", lambda datum: None)
    yield
    heights._from_proj.cache_clear()


@pytest.mark.parametrize("turn", [0, -360])
def test_published_undulations(shipped, turn):
    lat, lon, expected = PUBLISHED.T
    lon = np.where(lon > 180, lon + turn, lon)

    assert undulation(lon, lat, shipped) == pytest.approx(expected, abs=BILINEAR_M)


def test_nodes_lie_where_they_should(shipped):
    """A shift by half a cell would pass unnoticed between them: at a node the value is the node's."""
    with rasterio.open(shipped) as grid:
        values = grid.read(1)
    rows, columns = np.array([40, 200, 360, 500, 680]), np.array([0, 333, 720, 1001, 1439])

    found = undulation(-180 + 0.25 * columns, 90 - 0.25 * rows, shipped)

    assert found == pytest.approx(values[rows, columns] * STEP_M, abs=1e-5)


def test_date_line_and_poles_have_no_seam(shipped):
    across = undulation([179.999999, 180.0, -180.0, -179.999999], [10.1] * 4, shipped)
    assert np.ptp(across) < 1e-3
    between = undulation([179.75, 179.875, -180.0], [10.0] * 3, shipped)
    assert between[1] == pytest.approx((between[0] + between[2]) / 2, abs=1e-6)
    poles = undulation([0, 77, -140, 0, 77, -140], [90, 90, 90, -90, -90, -90], shipped)
    assert poles == pytest.approx([13.606] * 3 + [-29.534] * 3, abs=STEP_M / 2 + 1e-3)


@pytest.mark.real
def test_source_and_what_ships_agree_to_the_rounding(real_data, shipped):
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-180, 180, 20_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000)))

    apart = undulation(lon, lat, shipped) - undulation(lon, lat, real_data / "terrain" / "egm96_15.gtx")

    assert np.abs(apart).max() <= STEP_M / 2 + 1e-5
    assert abs(apart.mean()) < 1e-4


@pytest.mark.real
def test_what_ships_is_what_the_script_writes(real_data, shipped, tmp_path):
    write_geoid(real_data / "terrain" / "egm96_15.gtx", tmp_path / "again.tif")

    with rasterio.open(tmp_path / "again.tif") as again, rasterio.open(shipped) as grid:
        assert (again.read(1) == grid.read(1)).all()
        assert again.tags() == grid.tags()
        assert "Public domain" in grid.tags()["TIFFTAG_COPYRIGHT"]


def test_heights_above_the_sea_need_no_grid_from_elsewhere(bare_proj):
    assert undulation(-91.994, 46.8426) == pytest.approx(-28.68, abs=0.05)
    assert "egm96_15.tif" in grid_in_use("egm96")


def test_without_a_grid_a_conversion_refuses(bare_proj):
    with pytest.raises(DatumError, match=r"us_nga_egm08_25\.tif"):
        to_ellipsoidal(np.zeros(1), np.zeros(1), np.zeros(1), "egm2008")
    assert not grid_in_use("egm2008")


def test_a_grid_may_be_named_from_the_working_folder(shipped, monkeypatch):
    """PROJ alone would look for it in its own data folder."""
    monkeypatch.chdir(shipped.parent)
    assert undulation(0.0023, -0.466744, Path(shipped.name)) == pytest.approx(17.33, abs=BILINEAR_M)
