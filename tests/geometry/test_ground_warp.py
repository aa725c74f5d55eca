"""Images that paint the ground coordinate into the pixel, so that a warp checks itself."""

import cv2
import numpy as np
import pytest

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays, project
from pipeline.geometry.ground_warp import GroundRaster, ImageView, ground_warp
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

SIZE = (800, 600)
LENS = Brown(-0.08, 0.02, 4e-4, -3e-4, 0.0)
RASTER = GroundRaster(-40.0, 40.0, 80.0 / 1024, 1024)


def view_from(east, north, up, pitch_deg, yaw_deg=25.0):
    rotation = camera_to_site(np.radians(yaw_deg), np.radians(pitch_deg), 0.0)
    return ImageView(SIZE, camera_matrix(620, SIZE), LENS, np.array([east, north, up]), rotation)


def painted(view, terrain):
    """Every pixel holds the east and north of the ground it shows, by ray casting."""
    columns, rows = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    pixels = np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float64)
    ground = meet_terrain(view.eye_m, pixel_rays(pixels, view.K, view.distortion, view.rotation), terrain)
    return np.nan_to_num(ground[:, :2]).reshape(SIZE[1], SIZE[0], 2).astype(np.float32)


def hills(rough_m=0.0):
    axis = np.arange(-90, 90.1, 0.5)
    x, y = np.meshgrid(axis, axis)
    rough = rough_m * np.random.default_rng(2).normal(size=x.shape)
    return HeightGrid(4 * np.sin(x / 15) + 3 * np.cos(y / 11) + rough, -90, -90, 0.5, 0.2, "hills")


def walls():
    axis = np.arange(-90, 90.1, 0.5)
    x, _ = np.meshgrid(axis, axis)
    return HeightGrid(np.where((x > 5) & (x < 9), 12.0, 0.0), -90, -90, 0.5, 0.2, "a wall")


@pytest.mark.parametrize("pitch", [-90.0, -65.0, -40.0])
def test_each_ground_pixel_shows_the_ground_that_is_painted_there(pitch):
    terrain = hills()
    view = view_from(3.0, -25.0 * (pitch > -80), 50.0, pitch, yaw_deg=0.0)
    image = painted(view, terrain)
    errors, seen = [], 0
    for block in ground_warp(view, terrain, [RASTER]):
        shown = cv2.remap(image, block.pixels, None, cv2.INTER_LINEAR)
        rows, columns = np.nonzero(block.seen)
        inner = (np.abs(block.pixels[rows, columns] - np.array(SIZE) / 2) < np.array(SIZE) / 2 - 3).all(axis=1)
        rows, columns = rows[inner], columns[inner]
        places = np.column_stack(
            [
                RASTER.west_m + (block.left + columns + 0.5) * RASTER.gsd_m,
                RASTER.north_m - (block.top + rows + 0.5) * RASTER.gsd_m,
            ]
        )
        errors.append(np.abs(shown[rows, columns] - places).max(axis=1))
        seen += len(rows)
    errors = np.concatenate(errors)

    assert seen > 150_000
    assert np.median(errors) < 0.05 * RASTER.gsd_m
    assert np.quantile(errors, 0.98) < 0.5  # the rims of hidden ground


@pytest.mark.parametrize("rough_m", [0.0, 0.25])
def test_coarse_grid_agrees_with_projecting_every_pixel(rough_m):
    terrain = hills(rough_m)
    view = view_from(0.0, 0.0, 55.0, -82.0)
    off = []
    for block in ground_warp(view, terrain, [RASTER]):
        axis = np.arange(256.0)
        places = RASTER.places(block.left + axis, block.top + axis)
        points = np.column_stack([places, terrain.height_at(places)])
        exact = project(points, view.eye_m, view.K, view.distortion, view.rotation).reshape(256, 256, 2)
        off.append(np.abs(block.pixels - exact).max(axis=2)[block.seen > 0])
    off = np.concatenate(off)

    assert np.median(off) < 0.1
    assert np.quantile(off, 0.99) < 1.0


def test_ground_behind_a_wall_is_not_seen():
    terrain, view = walls(), view_from(-25.0, 0.0, 70.0, -90.0, yaw_deg=0.0)
    seen = np.zeros((1024, 1024), np.bool_)
    for block in ground_warp(view, terrain, [RASTER]):
        seen[block.top : block.top + 256, block.left : block.left + 256] = block.seen > 0

    def at(x, y):
        return bool(seen[int((RASTER.north_m - y) / RASTER.gsd_m), int((x - RASTER.west_m) / RASTER.gsd_m)])

    shadow_end = 8.5 + 12 * (8.5 + 25) / (70 - 12)  # the last node on the wall stands at 8.5
    assert [at(0, 0), at(7, 0), at(12, 0), at(shadow_end - 1, 0), at(shadow_end + 1.5, 0)] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_unknown_ground_is_not_seen():
    terrain = hills()
    heights = terrain.heights_m.copy()
    heights[:, 200:] = np.nan
    half = HeightGrid(heights, -90, -90, 0.5, 0.2, "half")
    first_unknown = int((-90 + 199 * 0.5 - RASTER.west_m) / RASTER.gsd_m)
    for block in ground_warp(view_from(0, 0, 60.0, -90), half, [RASTER]):
        columns = block.left + np.nonzero(block.seen)[1]
        assert not len(columns) or columns.max() <= first_unknown + 16


def test_a_camera_that_looks_elsewhere_gives_no_blocks():
    assert list(ground_warp(view_from(500.0, 0, 60.0, -90), HeightGrid.flat(0, 1, "plain"), [RASTER])) == []
