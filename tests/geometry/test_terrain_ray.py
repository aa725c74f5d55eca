import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import GeometryError
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain, visible

metres = st.floats(-40, 40)


def grid_of(function, half_m=60.0, cell_m=1.0):
    axis = np.arange(-half_m, half_m + cell_m / 2, cell_m)
    x, y = np.meshgrid(axis, axis)
    return HeightGrid(function(x, y).astype(np.float64), -half_m, -half_m, cell_m, 0.1, "a made surface")


def brute_force(eye, ray, grid, reach_m=250.0, step_m=0.002):
    ray = ray / np.linalg.norm(ray)
    t = np.arange(0, reach_m, step_m)
    places = eye + t[:, None] * ray
    below = np.flatnonzero(places[:, 2] < grid.height_at(places[:, :2]))
    return places[below[0]] if len(below) else np.full(3, np.nan)


@given(x=metres, y=metres, slope=st.floats(-0.5, 0.5), stretch=st.floats(0.01, 100))
def test_ray_aimed_at_a_point_of_a_sloping_plane_lands_on_it(x, y, slope, stretch):
    """Ray length never matters."""
    grid = grid_of(lambda gx, gy: slope * gx + 0.1 * gy)
    eye = np.array([3.0, -7.0, 80.0])
    target = np.array([x, y, slope * x + 0.1 * y])

    landed = meet_terrain(eye, stretch * (target - eye)[None], grid)

    assert landed[0] == pytest.approx(target, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_first_meeting_on_rough_ground_is_the_one_that_brute_force_finds(seed):
    rng = np.random.default_rng(seed)
    grid = HeightGrid(rng.uniform(0, 12, (33, 57)), -28.0, -16.0, 1.0, 0.1, "noise")
    eye = np.array([rng.uniform(-40, 40), rng.uniform(-30, 30), 25.0])
    rays = np.column_stack([rng.normal(size=(40, 2)), rng.uniform(-1.5, -0.05, 40)])

    landed = meet_terrain(eye, rays, grid)

    for ray, place in zip(rays, landed, strict=True):
        expected = brute_force(eye, ray, grid)
        entered_below = np.isfinite(expected).all() and abs(expected[2] - grid.height_at(expected[None, :2])[0]) > 0.05
        if entered_below:  # came in under the edge of what is known
            assert np.isnan(place).all()
        else:
            assert place == pytest.approx(expected, abs=0.02, nan_ok=True)


@settings(max_examples=30)
@given(angle=st.floats(0, 2 * np.pi), drop=st.floats(0.05, 2.0))
def test_ray_meets_a_cone_where_algebra_says(angle, drop):
    """Cone z = 10 - r/2 on fine cells; the eye stands over its tip."""
    grid = grid_of(lambda gx, gy: 10 - np.hypot(gx, gy) / 2, cell_m=0.25)
    eye = np.array([0.0, 0.0, 30.0])
    ray = np.array([np.cos(angle), np.sin(angle), -0.5 - drop])
    radius = 20.0 / drop

    landed = meet_terrain(eye, ray[None], grid)[0]

    if radius < 59:
        assert np.hypot(*landed[:2]) == pytest.approx(radius, abs=0.05)
    elif radius > 86:
        assert np.isnan(landed).all()


def test_a_wall_hides_what_lies_behind_it():
    grid = grid_of(lambda gx, gy: np.where((gx >= 10) & (gx <= 12), 8.0, 0.0))
    eye = np.array([0.0, 0.0, 12.0])
    points = np.array([[5.0, 0, 0], [15.0, 0, 0], [13.5, 20, 0], [50.0, 0, 0], [11.0, 0, 8.0], [np.nan, 0, 0]])

    assert visible(points, eye, grid).tolist() == [True, False, False, True, True, False]


def test_ray_straight_down_lands_under_the_eye():
    grid = grid_of(lambda gx, gy: 0.01 * gx * gy)

    landed = meet_terrain(np.array([10.3, -4.2, 50.0]), np.array([[0.0, 0.0, -2.0]]), grid)

    assert landed[0] == pytest.approx([10.3, -4.2, -0.4326], abs=0.03)


def test_rays_above_the_horizon_and_beyond_the_grid_give_nan():
    grid = grid_of(lambda gx, gy: 0 * gx)
    eye = np.array([0.0, 0.0, 50.0])
    rays = np.array([[1.0, 0, 0.2], [1.0, 0, 0], [0, 0, 1.0], [1.0, 0, -0.1], [np.nan, 0, -1.0]])

    assert np.isnan(meet_terrain(eye, rays, grid)).all()


def test_ray_that_rises_still_meets_a_mountain():
    grid = grid_of(lambda gx, gy: np.maximum(0, 3 * (gx - 20)))
    landed = meet_terrain(np.array([0.0, 0.0, 5.0]), np.array([[1.0, 0.0, 0.2]]), grid)

    assert landed[0, 0] == pytest.approx(65 / 2.8, abs=1e-6)


def test_unknown_ground_gives_nan_but_does_not_hide_what_lies_behind_it():
    grid = grid_of(lambda gx, gy: np.where(np.abs(gx - 10) < 3, np.nan, 0.0))
    eye = np.array([0.0, 0.0, 20.0])
    landed = meet_terrain(eye, np.array([[10.0, 0, -20], [20.0, 0, -20], [5.0, 0, -20]]), grid)

    assert np.isnan(landed[0]).all()
    assert landed[1:, 0] == pytest.approx([20, 5])


def test_flat_ground_reaches_beyond_every_view():
    landed = meet_terrain(np.array([1.0, 2.0, 100.0]), np.array([[30.0, -4, -1]]), HeightGrid.flat(20, 1, "flat"))

    assert landed[0] == pytest.approx([1 + 30 * 80, 2 - 4 * 80, 20])


def test_camera_below_the_terrain_names_the_amount_and_the_likely_cause():
    grid = grid_of(lambda gx, gy: 0 * gx + 100)
    with pytest.raises(GeometryError, match=r"38\.4 m below the terrain.*ellipsoidal\?"):
        meet_terrain(np.array([0.0, 0.0, 61.6]), np.array([[0.0, 0.0, -1.0]]), grid)
