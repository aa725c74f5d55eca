import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays
from pipeline.geometry.locate import CHI2_95, error_ellipse, locate_pixels
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

SIZE = (4000, 3000)
K = camera_matrix(2900, SIZE)
LENS = Brown(-0.05, 0.02, 3e-4, -2e-4, 0.0)
DRAWS = 600


def turned_by(vectors):
    """Rotation matrices of small rotation vectors, ``(N, 3)``: Rodrigues."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    axis = vectors / np.maximum(angle[:, :, 0], 1e-300)
    cross = np.zeros((len(vectors), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= cross.transpose(0, 2, 1)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def slope(along_east, along_north):
    axis = np.arange(-1500.0, 1501.0, 50.0)
    x, y = np.meshgrid(axis, axis)
    return HeightGrid(along_east * x + along_north * y, -1500, -1500, 50.0, 0.8, "slope")


STRATA = {
    "nadir over a plain": (slope(0, 0), -90.0, (2000, 1500)),
    "nadir, corner, over a slope": (slope(0.3, -0.2), -90.0, (100, 80)),
    "oblique over a plain": (slope(0, 0), -45.0, (2000, 1500)),
    "oblique up a slope": (slope(0.1, 0.15), -35.0, (3500, 2200)),
    "low over a plain": (slope(0, 0), -20.0, (2000, 1500)),
}


@pytest.mark.parametrize("stratum", STRATA)
def test_ellipses_hold_95_percent_of_drawn_errors(stratum):
    """Truth: the ground point of one pixel. Pose, focal length, pixel and terrain are then drawn with their errors."""
    terrain, pitch, pixel = STRATA[stratum]
    rng = np.random.default_rng(8)
    eye, rotation = np.array([10.0, -20.0, 120.0]), camera_to_site(0.4, np.radians(pitch), 0.02)
    mixed = np.diag([1.2, 0.9, 1.5, *np.radians([0.5, 0.6, 1.2])]) @ (np.eye(6) + 0.15 * rng.normal(size=(6, 6)))
    covariance = mixed @ mixed.T
    pixels = np.array([pixel], np.float64)
    located = locate_pixels(pixels, K, LENS, 0.004, eye, rotation, covariance, terrain, pixel_sigma_px=2.0)

    draws = rng.multivariate_normal(np.zeros(6), covariance, DRAWS)
    turns = turned_by(draws[:, 3:])
    inside = 0
    shaped = np.linalg.inv(located.covariance_m2[0])
    for draw, turn in zip(draws, turns, strict=True):
        bent = K.copy()
        bent[:2, :2] *= 1 + 0.004 * rng.normal()
        ray = pixel_rays(pixels + rng.normal(0, 2.0, (1, 2)), bent, LENS, turn @ rotation)
        lift = np.array([0, 0, rng.normal(0, terrain.sigma_m)])
        off = (meet_terrain(eye + draw[:3] - lift, ray, terrain) - located.points_m)[0, :2]
        inside += off @ shaped @ off <= CHI2_95

    low, high = binom.interval(0.999, DRAWS, 0.95)
    low -= 0.01 * DRAWS * (pitch > -30)  # the first order leaves out the long tail of a very low look
    assert low <= inside <= high


def test_low_looks_have_long_thin_ellipses_along_the_line_of_sight():
    pixels = np.array([[1999.5, 1499.5]])
    covariance = np.diag([1, 1, 1, *np.radians([0.5, 0.5, 0.5])]) ** 2
    site_yaw = np.radians(30)
    rotation = camera_to_site(site_yaw, np.radians(-15), 0.0)
    located = locate_pixels(pixels, K, Brown(), 0.0, np.array([0, 0, 100.0]), rotation, covariance, slope(0, 0))

    major, minor, azimuth = error_ellipse(located.covariance_m2[0], 0.0)

    assert azimuth == pytest.approx(30, abs=1)
    assert major > 3 * minor


@given(
    major=st.floats(1.0, 50),
    ratio=st.floats(0.05, 0.9),
    azimuth=st.floats(0, 179.9),
    convergence=st.floats(-0.05, 0.05),
)
def test_ellipse_comes_back_from_its_covariance(major, ratio, azimuth, convergence):
    on_grid = np.radians(azimuth) - convergence
    axes = np.array([[np.sin(on_grid), np.cos(on_grid)], [np.cos(on_grid), -np.sin(on_grid)]]).T
    covariance = axes @ np.diag([major**2, (ratio * major) ** 2]) @ axes.T / CHI2_95

    found = error_ellipse(covariance, convergence)

    assert found[:2] == pytest.approx((major, ratio * major), rel=1e-6)
    assert np.sin(np.radians(found[2] - azimuth)) == pytest.approx(0, abs=1e-6)
    assert 0 <= found[2] < 180


def test_pixels_that_see_no_ground_have_no_place():
    rotation = camera_to_site(0.0, np.radians(5), 0.0)
    located = locate_pixels(
        np.array([[2000.0, 100.0], [2000.0, 2900.0]]),
        K,
        LENS,
        0.01,
        np.array([0, 0, 100.0]),
        rotation,
        np.eye(6) * 1e-4,
        slope(0, 0),
    )

    assert np.isnan(located.points_m[0]).all()
    assert np.isnan(located.covariance_m2[0]).all()
    assert np.isfinite(located.covariance_m2[1]).all()
    assert np.isnan(error_ellipse(located.covariance_m2[0], 0.0)).all()
