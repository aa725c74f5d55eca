import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays, project
from pipeline.geometry.rotation import camera_to_site

SIZE = (4000, 2250)
# wide action camera, its lens bent inwards; and a longer lens bent outwards with decentring
LENSES = {
    "straight": (2300.0, Brown()),
    "barrel": (2300.0, Brown(-0.13, 0.11, 5e-4, -4e-4, -0.04)),
    "pincushion": (3700.0, Brown(0.06, -0.02, -1e-3, 8e-4, 0.01)),
}
angles = st.floats(-3.1, 3.1)


def corner_to_corner():
    columns, rows = np.meshgrid(np.linspace(-0.5, SIZE[0] - 0.5, 15), np.linspace(-0.5, SIZE[1] - 0.5, 9))
    return np.column_stack([columns.ravel(), rows.ravel()])


@pytest.mark.parametrize("lens", LENSES)
@given(yaw=angles, pitch=st.floats(-1.57, 0.5), roll=st.floats(-0.6, 0.6), reach=st.floats(1, 4000))
def test_every_pixel_comes_back_to_where_it_was(lens, yaw, pitch, roll, reach):
    focal, distortion = LENSES[lens]
    K, rotation = camera_matrix(focal, SIZE, (1987.3, 1131.9)), camera_to_site(yaw, pitch, roll)
    eye = np.array([120.0, -340.0, 215.0])
    pixels = corner_to_corner()

    again = project(eye + reach * pixel_rays(pixels, K, distortion, rotation), eye, K, distortion, rotation)

    assert np.abs(again - pixels).max() < 1e-3


@pytest.mark.parametrize("lens", LENSES)
@given(yaw=angles, pitch=st.floats(-1.57, 0.5), roll=st.floats(-0.6, 0.6))
def test_projection_agrees_with_opencv(lens, yaw, pitch, roll):
    focal, distortion = LENSES[lens]
    K, rotation = camera_matrix(focal, SIZE), camera_to_site(yaw, pitch, roll)
    eye = np.array([3.0, -8.0, 90.0])
    points = eye + 60 * pixel_rays(corner_to_corner(), K, distortion, rotation)
    turn, _ = cv2.Rodrigues(rotation.T)

    expected, _ = cv2.projectPoints(points, turn, -rotation.T @ eye, K, np.array(distortion.coefficients))

    assert project(points, eye, K, distortion, rotation) == pytest.approx(expected[:, 0], abs=1e-3)


def test_points_behind_the_camera_have_no_pixel():
    K = camera_matrix(1000, SIZE)
    pixels = project(np.array([[0.0, 0, 5], [0, 0, 0], [0, 0, -5]]), np.zeros(3), K, Brown(), np.eye(3))

    assert pixels[0] == pytest.approx([1999.5, 1124.5])
    assert np.isnan(pixels[1:]).all()


def test_points_far_aside_do_not_fold_back_into_a_barrel_image():
    """Beyond its turning point the polynomial shrinks again, and a house at 80° would appear in the middle."""
    focal, distortion = LENSES["barrel"][0], Brown(-0.3, 0.0, 0.0, 0.0, 0.0)
    aside = np.array([[np.tan(np.radians(80)), 0.0, 1.0]])

    assert np.isnan(project(aside, np.zeros(3), camera_matrix(focal, SIZE), distortion, np.eye(3))).all()


def test_resized_picture_sees_the_same_rays():
    from pipeline.records.camera import CameraModel

    camera = CameraModel("c", SIZE, camera_matrix(2300, SIZE, (1990.0, 1100.0)), LENSES["barrel"][1], 0.01, "table")
    half = camera.scaled(0.5)
    pixels = corner_to_corner()
    in_half = (pixels + 0.5) * 0.5 - 0.5

    full_rays = pixel_rays(pixels, camera.K, camera.distortion, np.eye(3))

    assert pixel_rays(in_half, half.K, half.distortion, np.eye(3)) == pytest.approx(full_rays, abs=1e-12)


def test_points_of_a_wrong_shape_are_refused():
    with pytest.raises(GeometryError, match=r"\(N, 3\)"):
        project(np.zeros((4, 2)), np.zeros(3), np.eye(3), Brown(), np.eye(3))
