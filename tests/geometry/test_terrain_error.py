"""Pose and ground err together, against drawn elevation models: poses are fitted to their heights, pixels located."""

import numpy as np
import pytest

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays
from pipeline.geometry.locate import locate_pixels
from pipeline.geometry.pose_from_points import PosePrior, fit_pose, small_rotation
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_error import LENGTHS_M, Leverage
from pipeline.geometry.terrain_ray import HeightGrid

SIZE = (800, 600)
K, LENS = camera_matrix(700.0, SIZE), Brown()
SIGMA_M, FOCAL_SIGMA = 0.8, 0.003
HALF_M, CELL_M = 200.0, 10.0
SLOPE = 0.05
DRAWS, POINTS = 100, 100
CASES = {
    # pitch, height above ground, standard deviations of position, height, tilt and yaw
    "nadir, sure of its height": (-88.0, 70.0, (0.03, 0.05, 0.005, 0.014)),
    "oblique, weak telemetry": (-45.0, 50.0, (1.5, 2.5, 0.014, 0.04)),
}


def plane_met(eye, rays):
    reach = (SLOPE * eye[0] - eye[2]) / (rays[:, 2] - SLOPE * rays[:, 0])
    return eye + reach[:, None] * rays


def error_fields(rng, count):
    """``(count, rows, columns)`` of standard deviation 1, alike over the stated lengths in equal shares."""
    axis = np.arange(-HALF_M, HALF_M + 1, CELL_M)
    x, y = (each.ravel() for each in np.meshgrid(axis, axis))
    squared = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    alike = sum(np.exp(-squared / length**2) for length in LENGTHS_M) / len(LENGTHS_M)
    root = np.linalg.cholesky(alike + 1e-6 * np.eye(len(x)))
    return (root @ rng.normal(size=(len(x), count))).T.reshape(count, len(axis), len(axis)), axis


def scores(case):
    """Mean normalised squared error over 2 of located pixels: pose and ground taken as they are, and independent."""
    pitch, height_m, (position, up, tilt, yaw) = CASES[case]
    rng = np.random.default_rng(11)
    fields, axis = error_fields(rng, DRAWS)
    told = np.diag([position, position, up, tilt, tilt, yaw]) ** 2
    together, apart = [], []
    for field in fields:
        eye = np.array([-30.0, 5.0, height_m - SLOPE * 30])
        rotation = camera_to_site(np.pi / 2 + rng.normal(0, 0.3), np.radians(pitch), 0.0)
        grid = HeightGrid(SLOPE * axis[None] + SIGMA_M * field, -HALF_M, -HALF_M, CELL_M, SIGMA_M, "drawn")
        pixels = rng.uniform([0, 0], SIZE, (POINTS, 2))
        points = plane_met(eye, pixel_rays(pixels, K, LENS, rotation))
        points[:, 2] = grid.height_at(points[:, :2])
        off = rng.multivariate_normal(np.zeros(6), told)
        start = eye + off[:3], small_rotation(off[3:]) @ rotation
        fit = fit_pose(
            pixels + rng.normal(0, 0.5, pixels.shape),
            points,
            K,
            LENS,
            sigma_px=4.0,
            votes=np.ones(POINTS),
            start=start,
            prior=PosePrior(*start, np.linalg.inv(told), FOCAL_SIGMA, FOCAL_SIGMA * rng.normal()),
            height_sigma_m=SIGMA_M,
        )
        leverage = fit.by_terrain.solved(fit.covariance)
        spread = fit.covariance + leverage.covariance()
        lens = K.copy()
        lens[:2, :2] *= np.exp(fit.log_focal)
        asked = rng.uniform([60, 60], [740, 540], (4, 2))
        true = plane_met(eye, pixel_rays(asked, K, LENS, rotation))
        for known, out in ((leverage, together), (None, apart)):
            found = locate_pixels(
                asked + rng.normal(size=asked.shape) * 0.5,
                lens,
                LENS,
                float(np.sqrt(spread[6, 6])),
                fit.eye_m,
                fit.rotation,
                spread[:6, :6],
                grid,
                pixel_sigma_px=0.5,
                focal_covariance=spread[:6, 6],
                leverage=known,
            )
            miss = (found.points_m - true)[:, :2]
            out.append(np.einsum("ni,nij,nj->n", miss, np.linalg.inv(found.covariance_m2), miss).mean() / 2)
    return np.mean(together), np.mean(apart)


@pytest.mark.parametrize("case", CASES)
def test_stated_errors_of_places_are_the_true_ones(case):
    """1 is right; `sigma_px` of the fit is more than the noise, so that somewhat less is right too."""
    together, apart = scores(case)

    assert 0.6 < together < 1.25
    assert apart < 0.9 * together


def leverage_of(places, rng):
    points = np.column_stack([places, np.zeros(len(places))])
    return Leverage.of_points(points, np.ones(len(points)), rng.normal(size=(len(points), 7)))


def test_ground_far_from_the_matched_points_errs_on_its_own():
    rng = np.random.default_rng(1)
    leverage = leverage_of(rng.uniform(-50, 50, (200, 2)), rng)

    near, far = leverage.with_heights(np.array([[0.0, 0, 0], [6000, 0, 0]]))

    assert np.abs(far).max() < 1e-6 * np.abs(near).max()


def test_the_joint_covariance_is_one():
    """No combination of pose and heights has a negative variance, on the points and beside them."""
    rng = np.random.default_rng(2)
    leverage = leverage_of(rng.normal(0, 60, (300, 2)) * [3, 1], rng)
    for place in rng.uniform(-400, 400, (50, 3)):
        joint = np.ones((8, 8))
        joint[:7, :7] = leverage.covariance()
        joint[7, :7] = joint[:7, 7] = leverage.with_heights(place[None])[0]
        assert np.linalg.eigvalsh(joint)[0] > -1e-9 * np.trace(joint)


def test_groups_hold_all_that_points_pull_and_points_without_weight_nothing():
    rng = np.random.default_rng(3)
    points, weights = rng.uniform(-50, 50, (100, 3)), rng.uniform(0.1, 1, 100)
    weights[::4] = 0.0
    pulls = rng.normal(size=(100, 7))
    leverage = Leverage.of_points(points, weights, pulls)

    assert leverage.moves.sum(axis=0) == pytest.approx(pulls[weights > 0].sum(axis=0))
    assert len(leverage.moves) == 32


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_points_make_few_groups(count):
    rng = np.random.default_rng(4)
    leverage = leverage_of(rng.uniform(-5, 5, (count, 2)), rng)

    assert len(leverage.moves) == count
    assert leverage.covariance().shape == (7, 7)
    assert leverage.with_heights(np.zeros((2, 3))).shape == (2, 7)
