"""Lens models against OpenCV's own, over whole pictures, out to the corners of wide-angle lenses."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import GeometryError
from pipeline.geometry.brown import PINHOLE, Brown
from pipeline.geometry.camera import pixel_rays, project
from pipeline.geometry.distortion import distortion_of, distortion_of_count
from pipeline.geometry.fisheye import Fisheye

SIZE = (4000, 3000)
WITHIN_PX = 1e-3
small = st.floats(-1, 1, allow_nan=False)


def whole_picture():
    """Centres and outer corners of pixels, all over the picture."""
    columns, rows = np.linspace(-0.5, SIZE[0] - 0.5, 23), np.linspace(-0.5, SIZE[1] - 0.5, 17)
    return np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)


def matrix_for(lens, corner_deg, off_px=(12.0, -9.0)):
    """Camera matrix that puts a ray of so many degrees off the axis into the corner, with its centre off the middle."""
    angle = np.radians(corner_deg)
    reach = np.hypot(*lens.distort(np.array([[np.sin(angle), 0.0, np.cos(angle)]]))[0])
    middle = (np.array(SIZE) - 1) / 2 + off_px
    focal = np.linalg.norm(np.array(SIZE) / 2 + np.abs(off_px)) / reach
    return np.array([[focal, 0.0, middle[0]], [0.0, 1.003 * focal, middle[1]], [0.0, 0.0, 1.0]])


def by_opencv(rays, K, lens):
    """Pixels of rays by OpenCV's projection."""
    nowhere = np.zeros(3)
    if isinstance(lens, Fisheye):
        coefficients = np.array(lens.coefficients)
        return cv2.fisheye.projectPoints(rays[:, None], nowhere[None, None], nowhere[None, None], K, coefficients)[0][
            :, 0
        ]
    return cv2.projectPoints(rays, nowhere, nowhere, K, np.array(lens.coefficients))[0][:, 0]


def grown_radius(lens, radius):
    """Of a ray on the plane, by the radial part alone."""
    return radius * (1 + lens.k1 * radius**2 + lens.k2 * radius**4 + lens.k3 * radius**6)


def hold_each_other(lens, K):
    """Pixel to ray and back: by this project, and with OpenCV's projection on the way back."""
    pixels = whole_picture()
    rays = pixel_rays(pixels, K, lens, np.eye(3))

    assert np.isfinite(rays).all()
    assert np.abs(project(7 * rays, np.zeros(3), K, lens, np.eye(3)) - pixels).max() < WITHIN_PX
    assert np.abs(by_opencv(3 * rays, K, lens) - pixels).max() < WITHIN_PX


@settings(max_examples=60, deadline=None)
@given(k=st.tuples(small, small, small, small), corner_deg=st.floats(75, 88))
def test_fisheye_round_trips_with_opencv_out_to_far_corners(k, corner_deg):
    """Coefficients as strong as calibrated lenses have them, and twice that."""
    lens = Fisheye(*np.array(k) * [0.2, 0.06, 0.02, 0.006])
    assume(lens.widest_rad > np.radians(corner_deg + 1.5))

    hold_each_other(lens, matrix_for(lens, corner_deg))


@settings(max_examples=60, deadline=None)
@given(k=st.tuples(small, small, small, small, small), corner_deg=st.floats(10, 55))
@example(k=(0.0, 1.0, 0.0, 0.0, -0.75), corner_deg=53.0)  # Newton's method goes to and fro from one pixel
def test_brown_round_trips_with_opencv_up_to_strong_barrels(k, corner_deg):
    """Wherever the model is one-to-one a little beyond the corner, by more than its tangential part moves the fold."""
    lens = Brown(*np.array(k) * [0.4, 0.2, 0.003, 0.003, 0.08])
    assume(lens.widest_rad > np.radians(corner_deg + 4))
    corner, beyond = np.tan(np.radians([corner_deg, corner_deg + 4]))
    grown = grown_radius(lens, beyond) - grown_radius(lens, corner)
    assume(grown > 6 * (abs(lens.p1) + abs(lens.p2)) * beyond**2)

    hold_each_other(lens, matrix_for(lens, corner_deg))


@pytest.mark.parametrize("corner_deg", [75.0, 80.0, 85.0])
@pytest.mark.parametrize("lens", [PINHOLE, Brown(-0.02, 0.0004), Brown(0.01, 0.0, 1e-4, -1e-4)], ids=str)
def test_brown_round_trips_with_opencv_far_off_the_axis(lens, corner_deg):
    """Weak coefficients are strong where the radius on the plane is four to eleven times the focal length."""
    hold_each_other(lens, matrix_for(lens, corner_deg))


def test_a_fisheye_sees_behind_its_own_plane():
    """105° off the axis: OpenCV's projection ends at 90°, the model does not."""
    lens = Fisheye(-0.02, 0.003, -0.001, 0.0001)
    K = matrix_for(lens, 105.0)
    pixels = whole_picture()

    rays = pixel_rays(pixels, K, lens, np.eye(3))

    angle = np.arccos(rays[:, 2])
    radius = angle + sum(k * angle ** (2 * i + 3) for i, k in enumerate(lens.coefficients))
    outward = rays[:, :2] / np.sin(angle)[:, None]
    assert angle.max() > np.radians(100)
    assert (radius[:, None] * outward) * np.diag(K)[:2] + K[:2, 2] == pytest.approx(pixels, abs=WITHIN_PX)
    assert project(4 * rays, np.zeros(3), K, lens, np.eye(3)) == pytest.approx(pixels, abs=WITHIN_PX)


@pytest.mark.parametrize("lens", [Fisheye(-0.3, 0.0), Brown(-0.3), Brown(-0.3, 0.02, 1e-3, 1e-3)], ids=str)
def test_beyond_the_fold_there_is_nothing(lens):
    """Rays beyond the turning point would fold back into the picture, and radii beyond it belong to no ray."""
    angles = lens.widest_rad + np.array([0.02, 0.2])
    rays = np.column_stack([np.sin(angles), np.zeros(2), np.cos(angles)])

    assert np.isnan(lens.distort(rays)).all()
    assert np.isnan(lens.undistort(np.array([[1.4, 0.0], [30.0, 5.0]]))[:, 0]).all()


@settings(max_examples=80, deadline=None)
@given(
    coefficients=st.tuples(small, small, small, small, small),
    fisheye=st.booleans(),
    angle=st.floats(0, 1.2),
    around=st.floats(0, 6.3),
    length=st.floats(0.1, 300),
)
def test_slopes_are_the_derivative(coefficients, fisheye, angle, around, length):
    """Against central differences, along each axis of the ray."""
    scale = np.array(coefficients) * [0.1, 0.02, 0.002, 0.002, 0.01]
    lens = Fisheye(*scale[:4]) if fisheye else Brown(*scale)
    assume(angle < lens.widest_rad - 0.05)
    ray = length * np.array([np.sin(angle) * np.cos(around), np.sin(angle) * np.sin(around), np.cos(angle)])

    step = 1e-5 * length * np.eye(3)
    measured = (lens.distort(ray + step) - lens.distort(ray - step)).T / (2e-5 * length)

    assert lens.slopes(ray[None])[0] * length == pytest.approx(measured * length, abs=2e-6)


def test_a_ray_along_the_axis_has_a_place_and_a_slope():
    """Where the direction outward is not defined."""
    for lens in (Fisheye(-0.02, 0.003), Brown(-0.1, 0.01), PINHOLE):
        axis = np.array([[0.0, 0.0, 50.0]])
        assert lens.distort(axis) == pytest.approx(np.zeros((1, 2)))
        assert lens.slopes(axis)[0] == pytest.approx(np.array([[0.02, 0, 0], [0, 0.02, 0]]))
        assert lens.undistort(np.zeros((1, 2)))[0] == pytest.approx([0, 0, 1])


def test_wrong_numbers_of_coefficients_are_refused():
    """The message says what the lens wants."""
    with pytest.raises(GeometryError, match="fisheye lens has 4 coefficients, not 5: k1 k2 k3 k4"):
        distortion_of("fisheye", (0.1, 0, 0, 0, 0))
    assert distortion_of("brown", ()) == PINHOLE
    assert distortion_of_count((0.1, 0.2, 0.3, 0.4)) == Fisheye(0.1, 0.2, 0.3, 0.4)
    assert distortion_of_count((0.1, 0.2, 0.3, 0.4, 0.5)) == Brown(0.1, 0.2, 0.3, 0.4, 0.5)
