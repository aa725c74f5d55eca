"""The pose of a camera from points, against numbers that were made from a known pose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.pose_from_points import (
    LEAST_FOCAL_SIGMA,
    PosePrior,
    fit_pose,
    projection_jacobian,
    rotation_between,
    small_rotation,
    with_focal,
)
from pipeline.geometry.rotation import camera_to_site

K = camera_matrix(900.0, (1200, 900))
BENT = Brown(-0.05, 0.02, 0.001, -0.0005, 0.0)
STRAIGHT = Brown()
NOTHING = np.zeros((6, 6))


def seen_points(rng, eye_m, rotation, count=80, relief_m=6.0):
    """Points of a rough plane that appear in the picture, and where."""
    points = np.column_stack([rng.uniform(-60, 60, (count * 6, 2)), rng.uniform(0, relief_m, count * 6)])
    pixels = project(points, eye_m, K, BENT, rotation)
    inside = np.all((pixels > 0) & (pixels < [1200, 900]), axis=1)
    return points[inside][:count], pixels[inside][:count]


def solve(pixels, points, start, prior=None, sigma_px=1.0):
    known = PosePrior(start[0], start[1], NOTHING) if prior is None else prior
    votes = np.ones(len(points))
    return fit_pose(pixels, points, K, BENT, sigma_px=sigma_px, votes=votes, start=start, prior=known)


@settings(max_examples=40, deadline=None)
@given(yaw=st.floats(-3.1, 3.1), pitch=st.floats(-1.57, -0.5), roll=st.floats(-0.3, 0.3), height_m=st.floats(30, 300))
def test_derivatives_are_those_of_project(yaw, pitch, roll, height_m):
    """Against central differences of the projection itself."""
    eye, rotation = np.array([3.0, -7.0, height_m]), camera_to_site(yaw, pitch, roll)
    far = eye + (rotation @ np.array([[0.1, -0.2, 1.0], [-0.4, 0.3, 1.0], [0.0, 0.0, 1.0]]).T).T * height_m

    pixels, by_pose, by_point = projection_jacobian(far, K, BENT, eye, rotation)

    assert pixels == pytest.approx(project(far, eye, K, BENT, rotation), abs=1e-9)
    step = 1e-5
    for axis in range(3):
        unit = step * np.eye(3)[axis]
        moved = (project(far, eye + unit, K, BENT, rotation) - project(far, eye - unit, K, BENT, rotation)) / (2 * step)
        turned = (
            project(far, eye, K, BENT, small_rotation(unit) @ rotation)
            - project(far, eye, K, BENT, small_rotation(-unit) @ rotation)
        ) / (2 * step)
        lifted = (project(far + unit, eye, K, BENT, rotation) - project(far - unit, eye, K, BENT, rotation)) / (
            2 * step
        )
        assert by_pose[:, :, axis] == pytest.approx(moved, rel=1e-4, abs=1e-4)
        assert by_pose[:, :, 3 + axis] == pytest.approx(turned, rel=1e-4, abs=1e-2)
        assert by_point[:, :, axis] == pytest.approx(lifted, rel=1e-4, abs=1e-4)


def test_perfect_points_give_the_perfect_pose():
    rng = np.random.default_rng(1)
    eye, rotation = np.array([2.0, 3.0, 80.0]), camera_to_site(0.7, -1.4, 0.05)
    points, pixels = seen_points(rng, eye, rotation)
    start = eye + np.array([1.0, -1.0, 2.0]), small_rotation(np.array([0.01, -0.01, 0.02])) @ rotation

    fit = solve(pixels, points, start, sigma_px=30.0)

    assert fit.eye_m == pytest.approx(eye, abs=1e-4)
    assert rotation_between(fit.rotation, rotation) == pytest.approx(np.zeros(3), abs=1e-6)


def test_a_third_of_wrong_points_counts_nothing():
    rng = np.random.default_rng(2)
    eye, rotation = np.array([2.0, 3.0, 80.0]), camera_to_site(0.7, -1.4, 0.05)
    points, pixels = seen_points(rng, eye, rotation)
    pixels = pixels + rng.normal(0, 0.5, pixels.shape)
    pixels[::3] += rng.uniform(20, 300, pixels[::3].shape)

    fit = solve(pixels, points, (eye + np.array([0.3, 0, 0]), rotation), sigma_px=2.0)

    assert np.linalg.norm(fit.eye_m - eye) < 0.3
    assert np.median(fit.error_px[1::3]) < 1.0


def test_stated_covariance_is_the_true_one():
    """Normalised squared errors of 200 draws have the mean of χ² with six degrees of freedom, within 3 σ."""
    rng = np.random.default_rng(3)
    eye, rotation = np.array([2.0, 3.0, 80.0]), camera_to_site(0.7, -1.4, 0.05)
    points, clean = seen_points(rng, eye, rotation)
    told = np.diag([2.0, 2.0, 3.0, 0.02, 0.02, 0.04]) ** 2
    scores = []
    for _ in range(200):
        off = rng.multivariate_normal(np.zeros(6), told)
        prior = PosePrior(eye + off[:3], small_rotation(off[3:]) @ rotation, np.linalg.inv(told))
        fit = solve(clean + rng.normal(0, 1.0, clean.shape), points, (eye, rotation), prior)
        error = np.concatenate([eye - fit.eye_m, rotation_between(fit.rotation, rotation)])
        scores.append(error @ np.linalg.solve(fit.covariance[:6, :6], error))
    # Tukey's weights cost 5 % of efficiency, which the covariance leaves out
    assert np.mean(scores) == pytest.approx(6.0, abs=3 * np.sqrt(12 / 200) + 0.4)


def test_a_focal_length_that_is_wrong_is_found_with_the_pose():
    """Normalised squared errors of pose and focal length together, under an oblique look that tells them apart."""
    rng = np.random.default_rng(5)
    eye, rotation = np.array([2.0, -30.0, 60.0]), camera_to_site(0.0, -1.0, 0.02)
    points, clean = seen_points(rng, eye, rotation)
    told = np.diag([2.0, 2.0, 3.0, 0.02, 0.02, 0.04]) ** 2
    scores, found = [], []
    for _ in range(100):
        log_focal = rng.normal(0, 0.1)
        off = rng.multivariate_normal(np.zeros(6), told)
        prior = PosePrior(eye + off[:3], small_rotation(off[3:]) @ rotation, np.linalg.inv(told), 0.1)
        pixels = clean + rng.normal(0, 1.0, clean.shape)
        fit = fit_pose(
            pixels,
            points,
            with_focal(K, -log_focal),
            BENT,
            sigma_px=1.0,
            votes=np.ones(len(points)),
            start=(eye, rotation),
            prior=prior,
            log_focal=log_focal,
        )
        error = np.concatenate([eye - fit.eye_m, rotation_between(fit.rotation, rotation), [log_focal - fit.log_focal]])
        scores.append(error @ np.linalg.solve(fit.covariance, error))
        found.append(fit.log_focal - log_focal)
    assert np.std(found) < 0.02
    assert np.mean(scores) == pytest.approx(7.0, abs=3 * np.sqrt(14 / 100) + 0.4)


def test_without_points_the_prior_stands():
    eye, rotation = np.array([2.0, 3.0, 80.0]), camera_to_site(0.7, -1.4, 0.05)
    told = np.diag([2.0, 2.0, 3.0, 0.02, 0.02, 0.04]) ** 2
    prior = PosePrior(eye, rotation, np.linalg.inv(told))

    fit = solve(np.zeros((0, 2)), np.zeros((0, 3)), (eye + 1.0, rotation), prior)

    assert fit.eye_m == pytest.approx(eye)
    assert fit.covariance[:6, :6] == pytest.approx(told)
    assert fit.covariance[6, 6] == pytest.approx(LEAST_FOCAL_SIGMA**2)


def test_two_points_and_no_prior_are_refused():
    eye, rotation = np.array([0.0, 0.0, 80.0]), camera_to_site(0.0, -1.4, 0.0)
    points = np.array([[0.0, 0.0, 0.0], [5.0, 5.0, 0.0]])

    with pytest.raises(GeometryError):
        solve(project(points, eye, K, BENT, rotation), points, (eye + 0.1, rotation))
