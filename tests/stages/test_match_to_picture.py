"""When matches are believed: pixels and points drawn without any picture, so that thousands can be tried."""

import numpy as np
import pytest

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.rotation import camera_to_site
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, Pose
from pipeline.stages.lifted import Lifted, checkerboard, ground_miss_m
from pipeline.stages.match_to_picture import TrustSettings, solve_pose

SIZE = (4000, 2250)
CAMERA = CameraModel("test", SIZE, camera_matrix(2300.0, SIZE), Brown(), 0.01, "test")
EYE = np.array([3.0, -5.0, 60.0])
ROTATION = camera_to_site(0.6, np.radians(-88.0), 0.0)
TELEMETRY = np.diag([3.0, 3.0, 4.0, 0.015, 0.015, 0.04]) ** 2
PRIOR = Pose(EYE + np.array([2.0, -1.0, 1.5]), ROTATION, TELEMETRY, GeorefMethod.TELEMETRY_ONLY)
PIXEL_PX = 5.5
TRUST = TrustSettings()


def random_matches(rng, count):
    """Pixels with points somewhere in the window: what a picture of another place gives."""
    pixels = rng.uniform([0, 0], SIZE, (count, 2))
    points = np.column_stack([rng.uniform(-70, 70, (count, 2)), rng.uniform(0, 3, count)])
    return pixels, points


def right_matches(rng, count, eye_m=EYE, rotation=ROTATION):
    points = np.column_stack([rng.uniform(-60, 60, (count * 4, 2)), rng.uniform(0, 3, count * 4)])
    pixels = project(points, eye_m, CAMERA.K, CAMERA.distortion, rotation)
    inside = np.flatnonzero(np.all((pixels > 0) & (pixels < SIZE), axis=1))[:count]
    return pixels[inside] + rng.normal(0, 2.0, (len(inside), 2)), points[inside]


def test_right_matches_among_wrong_ones_place():
    rng = np.random.default_rng(1)
    wrong, right = random_matches(rng, 150), right_matches(rng, 80)
    matches = Lifted(np.vstack([wrong[0], right[0]]), np.vstack([wrong[1], right[1]]), PIXEL_PX)

    match = solve_pose(matches, CAMERA, PRIOR, TRUST)

    assert match.outcome == "registered"
    assert np.linalg.norm(match.fit.eye_m - EYE) < 1.0
    assert match.inliers[150:].mean() > 0.9
    assert match.inliers[:150].mean() < 0.05
    lens = CAMERA.refocused(match.fit.log_focal, 0.0)
    assert np.median(ground_miss_m(matches, lens, match.fit.eye_m, match.fit.rotation)[150:]) < 0.1


@pytest.mark.parametrize("count", [20, 60, 200])
def test_random_matches_place_nothing(count):
    rng = np.random.default_rng(count)
    for _ in range(15):
        match = solve_pose(Lifted(*random_matches(rng, count), PIXEL_PX), CAMERA, PRIOR, TRUST)
        assert match.outcome in {"no_match", "inconsistent", "too_few"}
        assert match.fit is None


@pytest.mark.slow
def test_fewer_than_one_in_a_thousand_wrong_matches_is_believed():
    """Random matches, and matches that agree on a place far from where telemetry allows it."""
    rng = np.random.default_rng(7)
    believed = 0
    for trial in range(1500):
        pixels, points = random_matches(rng, int(rng.integers(20, 120)))
        if trial % 3 == 0:
            away = EYE + np.append(rng.choice([-1, 1], 2) * rng.uniform(25, 60, 2), 0.0)
            alike = right_matches(rng, 12, away)
            pixels, points = np.vstack([pixels, alike[0]]), np.vstack([points, alike[1]])
        believed += solve_pose(Lifted(pixels, points, PIXEL_PX), CAMERA, PRIOR, TRUST).fit is not None
    assert believed <= 1


def test_a_pose_that_telemetry_forbids_is_inconsistent():
    rng = np.random.default_rng(3)
    elsewhere = EYE + np.array([40.0, 0.0, 0.0])

    match = solve_pose(Lifted(*right_matches(rng, 100, elsewhere), PIXEL_PX), CAMERA, PRIOR, TRUST)

    assert match.outcome == "inconsistent"


def test_matches_in_one_half_of_the_board_only_are_not_believed():
    """Nothing is left to confirm them."""
    rng = np.random.default_rng(4)
    pixels, points = right_matches(rng, 300)
    held_out = checkerboard(pixels, SIZE)
    pixels[held_out] += rng.uniform(100, 500, (held_out.sum(), 2))

    match = solve_pose(Lifted(pixels, points, PIXEL_PX), CAMERA, PRIOR, TRUST)

    assert match.fit is None


def test_points_in_a_line_are_no_crash():
    points = np.column_stack([np.linspace(-20, 20, 60), np.zeros(60), np.zeros(60)])
    pixels = project(points, EYE, CAMERA.K, CAMERA.distortion, ROTATION)

    match = solve_pose(Lifted(pixels, points, PIXEL_PX), CAMERA, PRIOR, TRUST)

    assert match.outcome in {"registered", "no_match", "inconsistent", "too_few"}
    if match.fit is not None:
        assert np.linalg.norm((match.fit.eye_m - EYE)[:2]) < 3.0
