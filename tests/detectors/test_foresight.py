"""Foreseen parallax against cameras projected independently, over sloping terrain, with poses that err."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.movement.foresight import TALLEST_M, Ground, foresee
from pipeline.geometry.brown import Brown
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, Pose
from pipeline.records.terrain_view import TerrainView

SIZE = (640, 360)
LENS = np.array([[520.0, 0, 319.5], [0, 520.0, 179.5], [0, 0, 1.0]])
CAMERA = CameraModel("test", SIZE, LENS, Brown(), 0.01, "table")
X, Y = np.meshgrid(np.arange(81) * 10.0 - 400, np.arange(81) * 10.0 - 400)
TERRAIN = HeightGrid(0.06 * X + 12 * np.sin(Y / 90), -400.0, -400.0, 10.0, 0.5, "made up")


def looking(eye, yaw_deg, down_deg):
    """``(3, 3)`` camera to site: to the right, down, ahead."""
    yaw, down = np.radians(yaw_deg), np.radians(down_deg)
    ahead = np.array([np.sin(yaw) * np.cos(down), np.cos(yaw) * np.cos(down), -np.sin(down)])
    right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    return np.array(eye, float), np.column_stack([right, np.cross(ahead, right), ahead])


def seen(points, eye, rotation):
    """Pixels by the pinhole equation."""
    camera = (points - eye) @ rotation
    return camera[:, :2] / camera[:, 2:] * 520.0 + [319.5, 179.5]


def view(eye, rotation):
    return Ground.under(
        TerrainView(CAMERA, Pose(eye, rotation, np.eye(6) * 1e-4, GeorefMethod.TELEMETRY_ONLY), TERRAIN), SIZE, 1.0
    )


def scene(first, second, seed=0, tall=0.3):
    """Points on the terrain and above it that both cameras show; a plane's homography between the two."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-260, 260, (6000, 2))
    height = np.where(rng.random(6000) < tall, rng.uniform(2, 12, 6000), 0.0)
    points = np.column_stack([places, TERRAIN.height_at(places) + height])
    here, there = seen(points, *first), seen(points, *second)
    both = np.ones(len(points), bool)
    for pixels in (here, there):
        both &= (pixels > 5).all(axis=1) & (pixels < np.array(SIZE) - 5).all(axis=1)
    assert both.sum() > 60
    homography, _ = cv2.findHomography(there[both], here[both], cv2.RANSAC, 2.0)
    return points[both], height[both], here[both], there[both], homography


def aligned(pixels, homography):
    return cv2.perspectiveTransform(pixels[:, None].copy(), homography).reshape(-1, 2)


FIRST, SECOND = looking((0, -60, 90), 5, 55), looking((7, -57, 91), 7, 53)


@settings(max_examples=15, deadline=None)
@given(
    way=st.tuples(st.floats(-8, 8), st.floats(-8, 8), st.floats(-2, 2)).filter(lambda w: np.linalg.norm(w) > 2),
    turn=st.floats(-4, 4),
    error=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
)
def test_ground_and_tops_lie_where_they_are_foreseen(way, turn, error):
    second = looking(np.array([0, -60, 90]) + way, 5 + turn, 55 - turn / 2)
    _, height, here, there, homography = scene(FIRST, second)
    told = looking(second[0], 5 + turn + error[0], 55 - turn / 2 + error[1])  # attitude errs
    found = aligned(there, homography)

    foresight = foresee(view(*FIRST), view(*told), homography, here.astype(np.float32), found.astype(np.float32))

    assert foresight is not None
    near, reach = foresight.at(here)
    away = found - here - near
    on_ground = height == 0
    assert np.quantile(np.hypot(*away[on_ground].T), 0.9) < 0.5
    length2 = (reach[~on_ground] ** 2).sum(axis=1)
    share = np.clip((away[~on_ground] * reach[~on_ground]).sum(axis=1) / length2, 0, 1)
    left = away[~on_ground] - share[:, None] * reach[~on_ground]
    assert np.quantile(np.hypot(*left.T), 0.9) < 0.5
    assert foresight.unexplained < 0.05


def test_the_height_that_corners_show_bounds_the_reach():
    low = scene(FIRST, SECOND, tall=0.0)
    high = scene(FIRST, SECOND, tall=0.5)
    reach = []
    for _, _, here, there, homography in (low, high):
        found = aligned(there, homography).astype(np.float32)
        foresight = foresee(view(*FIRST), view(*SECOND), homography, here.astype(np.float32), found)
        reach.append(np.median(np.hypot(*np.moveaxis(foresight.reach, -1, 0))))

    assert reach[0] < 0.5 * reach[1]
    assert 4 / TALLEST_M < 0.5


def test_a_pose_that_moved_the_wrong_way_is_not_believed():
    _, _, here, there, homography = scene(FIRST, SECOND, tall=0.6)
    found = aligned(there, homography).astype(np.float32)
    eye, rotation = SECOND
    across = np.array([-3.0, -52.0, 90.0])

    assert foresee(view(*FIRST), view(eye, rotation), homography, here.astype(np.float32), found) is not None
    assert foresee(view(*FIRST), view(across, rotation), homography, here.astype(np.float32), found) is None


def test_cameras_at_one_place_foresee_nothing():
    eye, rotation = FIRST
    points = np.random.default_rng(0).uniform(20, 300, (80, 2)).astype(np.float32)

    assert foresee(view(eye, rotation), view(eye + 0.3, rotation), np.eye(3), points, points) is None


def test_a_flow_is_kept_to_what_still_things_can_do():
    _, _, here, there, homography = scene(FIRST, SECOND)
    found = aligned(there, homography).astype(np.float32)
    foresight = foresee(view(*FIRST), view(*SECOND), homography, here.astype(np.float32), found)
    flow = np.zeros((23, 40, 2), np.float32)
    x, y = np.meshgrid((np.arange(40) + 0.5) * 16 - 0.5, (np.arange(23) + 0.5) * 16 - 0.5)
    near, reach = (part.reshape(23, 40, 2) for part in foresight.at(np.column_stack([x.ravel(), y.ravel()])))
    flow[:] = near + 0.5 * reach
    off = near - 30 * reach / np.hypot(*np.moveaxis(reach, -1, 0))[..., None]

    np.testing.assert_allclose(foresight.bounded(flow, 16, 1.5), flow, atol=0.02)
    kept = foresight.bounded(off.astype(np.float32), 16, 1.5)
    assert np.hypot(*np.moveaxis(kept - near, -1, 0)).max() == pytest.approx(1.5, abs=0.05)


def test_a_picture_of_the_sky_has_no_ground():
    eye, rotation = looking((0, -60, 90), 5, 2)

    assert view(eye, rotation) is None
