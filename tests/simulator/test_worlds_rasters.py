"""A user's rasters as a land."""

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.simulator.worlds.rasters import RasterLand


class Painted:
    """A picture whose red grows with x and whose green grows with y; known for x below 60 m."""

    name, sha256, sigma_m, gsd_m = "reference", "0" * 64, 0.1, 0.5

    def read(self, west_m, south_m, east_m, north_m, gsd_m):
        x = np.arange(west_m + gsd_m / 2, east_m, gsd_m)
        y = np.arange(north_m - gsd_m / 2, south_m, -gsd_m)
        red, green = np.meshgrid(np.clip(100 + x, 0, 255), np.clip(100 + y, 0, 255))
        codes = np.stack([red, green, np.full_like(red, 60)], axis=-1).astype(np.uint8)
        return codes, np.broadcast_to(x < 60, red.shape)


def grid() -> HeightGrid:
    rows, columns = np.mgrid[0:41, 0:51]
    return HeightGrid(300 + 0.3 * rows + np.sin(columns / 5.0), -50.0, -40.0, 2.0, 0.1, "a test")


def test_terrain_is_the_grid_and_its_edges_go_on():
    land, model = RasterLand(grid()), grid()
    x, y = np.linspace(-49, 49, 31), np.linspace(-39, 39, 17)

    up = land.terrain(x, y)

    places = np.stack([v.ravel() for v in np.meshgrid(x, y)], axis=1)
    assert up.ravel() == pytest.approx(model.height_at(places), abs=1e-3)
    assert land.terrain(np.array([-500.0]), y)[:, 0] == pytest.approx(land.terrain(np.array([-50.0]), y)[:, 0])


def test_ground_shows_the_picture_where_it_lies():
    land = RasterLand(grid(), Painted(), seed=2)
    cells = -20 + 0.5 * (np.arange(80) + 0.5)

    albedo = land.ground(cells, cells).albedo

    ratio = albedo[..., 0] / albedo[..., 1]  # evening and texture change brightness, not colour
    expected = ((100 + cells[None, :]) / (100 + cells[:, None])) ** 2.2
    assert np.abs(ratio / expected - 1).max() < 0.06


def test_tiles_of_a_picture_join():
    land = RasterLand(grid(), Painted(), seed=2)
    cells = 0.125 * (np.arange(64) + 0.5)

    whole, part = land.ground(cells, cells).albedo, land.ground(cells[20:], cells[32:]).albedo

    assert part == pytest.approx(whole[32:, 20:], abs=2e-3)


def test_a_model_with_gaps_is_refused():
    heights = grid().heights_m.copy()
    heights[3, 4] = np.nan

    with pytest.raises(ConfigError, match="gaps"):
        RasterLand(HeightGrid(heights, 0.0, 0.0, 1.0, 0.1, "a test"))
