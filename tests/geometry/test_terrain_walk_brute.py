"""The walk along rays against marching in tiny steps: all cells, slopes and views, 30° above the horizon too."""

import numpy as np
import pytest

from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

STEP = 0.01  # of a cell


def ground(grid, xy_m):
    """Bilinear heights, written down anew."""
    column, row = (xy_m[:, 0] - grid.x0_m) / grid.cell_m, (xy_m[:, 1] - grid.y0_m) / grid.cell_m
    rows, columns = grid.heights_m.shape
    inside = (column >= 0) & (row >= 0) & (column <= columns - 1) & (row <= rows - 1)
    c = np.clip(np.floor(np.where(inside, column, 0)).astype(int), 0, columns - 2)
    r = np.clip(np.floor(np.where(inside, row, 0)).astype(int), 0, rows - 2)
    u, v, h = column - c, row - r, grid.heights_m
    south = (1 - u) * h[r, c] + u * h[r, c + 1]
    north = (1 - u) * h[r + 1, c] + u * h[r + 1, c + 1]
    return np.where(inside, (1 - v) * south + v * north, np.nan)


def march(grid, eye, direction):
    """First step below the ground, and whether the one before was above known ground; None where there is none."""
    along = eye + np.arange(0, 250 * grid.cell_m, STEP * grid.cell_m)[:, None] * direction
    gap = along[:, 2] - ground(grid, along[:, :2])
    below = np.flatnonzero(gap < 0)
    if not len(below):
        return None, False
    return along[below[0]], below[0] > 0 and gap[below[0] - 1] >= 0


def made(rng, cell, with_holes):
    """Hills, roughness, and holes of unknown ground."""
    rows, columns = rng.integers(20, 60, 2)
    y, x = np.mgrid[:rows, :columns]
    heights = cell * (rng.uniform(0, 2) * rng.normal(size=x.shape) + rng.uniform(0, 8) * np.sin(x / 6) * np.cos(y / 5))
    if with_holes:
        heights[rng.random(x.shape) < 0.05] = np.nan
    return HeightGrid(heights, *rng.uniform(-1e4, 1e4, 2), cell, 0.1, "made")


@pytest.mark.parametrize("cell", [0.25, 1.0, 10.0, 90.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_first_meeting_is_the_one_that_marching_finds(cell, seed):
    """Rays that come in below the edge of what is known have no place; the march sees them leap under the ground."""
    rng = np.random.default_rng(seed)
    grid = made(rng, cell, with_holes=seed == 1)
    extent = cell * (np.array(grid.heights_m.shape[::-1]) - 1)
    eye = np.array([grid.x0_m, grid.y0_m, 0.0])
    eye[:2] += rng.uniform(-0.1, 1.1, 2) * extent
    eye[2] = grid.range_m()[1] + rng.uniform(0.2, 25) * cell
    yaw, pitch = rng.uniform(0, 2 * np.pi, 60), np.radians(np.append(rng.uniform(-89, 30, 58), [-90.0, -90.0]))
    directions = np.column_stack([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])

    landed = meet_terrain(eye, directions * rng.uniform(0.1, 50, (60, 1)), grid)

    found = 0
    for direction, place in zip(directions, landed, strict=True):
        expected, from_above = march(grid, eye, direction)
        if expected is not None and from_above:
            found += 1
            assert place == pytest.approx(expected, abs=3 * STEP * cell)
        elif np.isfinite(place).all():  # grazed between two steps, or met only after it was under the ground
            assert place[2] == pytest.approx(ground(grid, place[None, :2])[0], abs=1e-6 * cell)
    assert found > 4
    assert np.isnan(landed[pitch > np.radians(5)]).all()
