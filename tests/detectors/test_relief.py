"""What parallax may explain, against cameras of known way."""

import numpy as np
import pytest

from detectors.movement.relief import Relief, found_again, measure_relief, most_parallax_px

SIZE = (1280, 720)
FOCAL = 1100.0
LENS = np.array([[FOCAL, 0, 639.5], [0, FOCAL, 359.5], [0, 0, 1.0]])


def over_ground(way_m, height_m, turn_rad):
    """Homography of level ground between two nadir views: the camera goes along x and pans about y."""
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return LENS @ (turn + np.outer([-way_m, 0.0, 0.0], [0, 0, 1.0]) / height_m) @ np.linalg.inv(LENS)


@pytest.mark.parametrize("turn_rad", [0.0, 0.03, -0.05])
@pytest.mark.parametrize("way_m", [0.0, 1.0, 8.0])
def test_the_bound_is_the_parallax_of_a_thing_half_as_tall_as_the_camera_flies(way_m, turn_rad):
    height_m = 60.0
    thing = np.array([4.0, 3.0, height_m / 2])  # depth below the camera: half of the ground's
    shown = LENS @ thing / thing[2]
    rotation = over_ground(0.0, height_m, turn_rad)
    after = rotation @ shown * thing[2] + LENS @ np.array([-way_m, 0.0, 0.0])
    by_plane = over_ground(way_m, height_m, turn_rad) @ shown
    parallax_px = np.hypot(*(after[:2] / after[2] - by_plane[:2] / by_plane[2]))

    bound_px = most_parallax_px(over_ground(way_m, height_m, turn_rad), SIZE)

    assert bound_px > 0.75 * parallax_px
    assert bound_px < 1.3 * parallax_px + 8.0


def moving(count, step):
    rng = np.random.default_rng(0)
    points = rng.uniform([50, 50], [1200, 650], (count + 200, 2)).astype(np.float32)
    there = points.copy()
    there[:count] += step
    return points, there


def test_what_moved_further_than_the_camera_allows_is_no_relief():
    points, there = moving(60, np.array([9.0, 0.0], np.float32))

    assert measure_relief(points, there) is not None
    assert measure_relief(points, there, most_px=4.0) is None


def test_a_still_thing_on_the_plane_is_found_where_the_smooth_flow_was_wrong():
    rng = np.random.default_rng(1)
    scene = rng.integers(0, 255, (200, 300)).astype(np.uint8)
    relief = Relief(np.array([1.0, 0.0, 0.0]), 0, 12.0, np.zeros((20, 2), np.float32))
    pixels = np.array([[x, y] for x in range(150, 158) for y in range(90, 96)], np.float32)
    beside = np.roll(scene, 5, axis=1)

    on_plane = found_again(
        scene, scene, np.eye(3), [relief.stretch(pixels.mean(axis=0))], [pixels], [np.array([3.0, -4.0])]
    )
    along = found_again(scene, beside, np.eye(3), [relief.stretch(pixels.mean(axis=0))], [pixels], [np.zeros(2)])
    across = found_again(
        scene, np.roll(scene, 5, axis=0), np.eye(3), [relief.stretch(pixels.mean(axis=0))], [pixels], [np.zeros(2)]
    )

    assert on_plane[0] < 0.1
    assert along[0] < 0.1
    assert across[0] > 0.6
