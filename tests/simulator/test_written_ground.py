"""Elevation model, orthophoto and agreement of a simulated land, read back by the pipeline's own readers."""

import numpy as np
import pytest
import rasterio
from shapely.geometry import Point

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.scene.ground import Ground
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.writers.agreement import Notified, write_agreement, write_line
from pipeline.simulator.writers.ground import write_orthophoto, write_terrain
from pipeline.sources.agreement import load_agreement
from pipeline.sources.terrain import load_terrain

SITE = SiteFrame.at(46.8438, 39.9684)
EXTENT = Extent(100.0, 200.0, 220.0, 290.0)


class Ramp:
    """Rises to the east and, less, to the north; a dark strip lies along its north."""

    roads = ()

    def terrain(self, x_m, y_m):
        return (400 + 0.1 * x_m[None, :] + 0.03 * y_m[:, None]).astype(np.float32)

    def ground(self, x_m, y_m):
        shape = (len(y_m), len(x_m))
        albedo = np.full((*shape, 3), 0.3, np.float32)
        albedo[y_m > 280] = 0.05
        return Ground(albedo, np.zeros(shape, np.float32), np.zeros(shape, np.uint8))

    def things(self, extent, detail_m):
        return ()


@pytest.mark.parametrize("cell_m", [1.0, 2.5])
def test_terrain_is_the_land_where_its_cells_lie(tmp_path, cell_m):
    write_terrain(tmp_path / "terrain.tif", Ramp(), SITE, EXTENT, 3, cell_m=cell_m, exact=True)

    with rasterio.open(tmp_path / "terrain.tif") as file:
        assert file.tags()["VERTICAL_DATUM"] == "ellipsoidal"
        rows, columns = np.mgrid[: file.height, : file.width]
        east, north = rasterio.transform.xy(file.transform, rows.ravel(), columns.ravel())
        xy = SITE.from_utm(np.column_stack([east, north]))
        heights = file.read(1).ravel()
    assert heights == pytest.approx(400 + 0.1 * xy[:, 0] + 0.03 * xy[:, 1], abs=0.006)
    assert xy[:, 0].min() <= 100 + cell_m and xy[:, 0].max() >= 220 - cell_m


def test_terrain_reader_takes_it_as_ellipsoidal(tmp_path):
    write_terrain(tmp_path / "terrain.tif", Ramp(), SITE, EXTENT, 3)

    model = load_terrain(tmp_path / "terrain.tif", SITE, (110.0, 210.0, 210.0, 280.0))

    assert model.vertical_datum == "ellipsoidal"
    assert model.grid.height_at(np.array([[160.0, 240.0]]))[0] == pytest.approx(400 + 16 + 7.2, abs=0.6)


def test_survey_errors_are_small_and_there(tmp_path):
    for name, exact in (("with", False), ("without", True)):
        write_terrain(tmp_path / f"{name}.tif", Ramp(), SITE, EXTENT, 3, exact=exact)
    with rasterio.open(tmp_path / "with.tif") as a, rasterio.open(tmp_path / "without.tif") as b:
        error = a.read(1) - b.read(1)
    assert 0.03 < error.std() < 0.25


def test_blocks_meet_without_a_seam(tmp_path, monkeypatch):
    sun = np.array([0.5, -0.3, 0.8])
    write_orthophoto(tmp_path / "whole.tif", Ramp(), SITE, EXTENT, sun, cell_m=1.0)
    monkeypatch.setattr("pipeline.simulator.writers.ground._BLOCK_ROWS", 17)
    write_orthophoto(tmp_path / "parts.tif", Ramp(), SITE, EXTENT, sun, cell_m=1.0)
    with rasterio.open(tmp_path / "whole.tif") as a, rasterio.open(tmp_path / "parts.tif") as b:
        whole, parts = a.read(), b.read()
    assert np.array_equal(whole, parts)
    assert whole[0, 2].mean() < 0.6 * whole[0, -3].mean()  # the dark strip lies in the north, at the top


def test_agreement_and_notifications_are_read_as_written(tmp_path):
    middle = SITE.from_lonlat(np.array([46.8438]), np.array([39.9684]))[0]
    ys = np.linspace(-300, 300, 13)
    line = np.column_stack([middle[0] + 8 * np.sin(ys / 60), middle[1] + ys])
    area = middle + np.array([[20, 20], [20, 60], [80, 60], [80, 20]])
    notified = (Notified("N-1", area, 1_604_963_545_000_000_000, 1_604_970_000_000_000_000, 4),)
    write_line(tmp_path / "line.geojson", SITE, line, 400.0, notified)
    write_agreement(tmp_path / "agreement.toml", "line.geojson", notified=notified)

    agreement = load_agreement(tmp_path / "agreement.toml")

    found = agreement.notifications[0]
    assert (found.notification_id, found.max_count, found.notified_by) == ("N-1", 4, "a")
    assert found.window.start_utc_ns == 1_604_963_545_000_000_000
    assert found.window.end_utc_ns == 1_604_970_000_000_000_000
    inside, outside = (Point(*SITE.to_lonlat(np.array([middle + off]))[0]) for off in ([50, 40], [50, 70]))
    assert found.area.contains(inside) and not found.area.contains(outside)
    east, west = (Point(*SITE.to_lonlat(middle[None] + np.array([off, 0.0]))[0]) for off in (30.0, -30.0))
    assert agreement.lines[0].side_a.contains(east) and agreement.lines[0].side_b.contains(west)


def test_a_line_that_turns_back_is_refused(tmp_path):
    line = np.array([[0.0, 0.0], [100.0, 0.0], [40.0, 20.0], [140.0, 30.0]])
    with pytest.raises(ConfigError, match="turn back"):
        write_line(tmp_path / "line.geojson", SITE, line, 15.0)


def test_an_empty_extent_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no cell"):
        write_terrain(tmp_path / "t.tif", Ramp(), SITE, Extent(5.0, 0.0, -5.0, 3.0), 1)
