import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays, project
from pipeline.geometry.fisheye import Fisheye
from pipeline.geometry.footprint import aim_pixel, footprint, ground_sample_distance
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

SIZE = (4000, 3000)
K = camera_matrix(2500, SIZE)
LENS = Brown()
EYE = np.array([30.0, -10.0, 100.0])
PLAIN = HeightGrid.flat(0, 1, "plain")


def look(yaw_deg, pitch_deg):
    return camera_to_site(np.radians(yaw_deg), np.radians(pitch_deg), 0.0)


@given(yaw=st.floats(-180, 180))
def test_nadir_footprint_on_a_plain_is_the_image_at_scale(yaw):
    outline = Polygon(footprint(SIZE, K, LENS, EYE, look(yaw, -90), PLAIN))

    assert outline.area == pytest.approx(160 * 120, rel=1e-6)
    assert (outline.centroid.x, outline.centroid.y) == pytest.approx((30, -10), abs=0.03)
    assert outline.exterior.is_ccw


@given(yaw=st.floats(-180, 180), pitch=st.floats(-90, -5), x=st.floats(-1500, 1500), y=st.floats(-1500, 1500))
def test_ground_lies_in_the_footprint_exactly_when_it_lies_in_the_image(yaw, pitch, x, y):
    """The footprint's definition, the other way round: through projection instead of ray casting."""
    reach = 900.0
    rotation = look(yaw, pitch)
    outline = Polygon(footprint(SIZE, K, LENS, EYE, rotation, PLAIN, max_range_m=reach))
    place = np.array([x, y, 0.0])
    pixel = project(place[None], EYE, K, LENS, rotation)[0]
    in_image = bool(((pixel > -0.5) & (pixel < np.array(SIZE) - 0.5)).all()) and np.linalg.norm(place - EYE) < reach

    assert outline.is_valid
    if outline.exterior.distance(Point(x, y)) > 12:  # the horizon's arc is drawn with straight pieces
        assert outline.contains(Point(x, y)) == in_image


def test_footprint_ends_where_the_terrain_does():
    small = HeightGrid(np.zeros((41, 41)), -20.0, -60.0, 2.0, 0.5, "small")
    outline = Polygon(footprint(SIZE, K, LENS, EYE, look(0, -90), small))

    assert outline.bounds == pytest.approx((-20, -60, 60, 20), abs=0.2)


def test_a_hole_in_the_terrain_does_not_cut_off_the_ground_behind_it():
    """A surface model made from pictures has holes; what lies beyond them is in the frame all the same."""
    heights = np.zeros((41, 41))
    heights[:, 31:34] = np.nan  # x from 42 to 46
    outline = Polygon(footprint(SIZE, K, LENS, EYE, look(0, -90), HeightGrid(heights, -20.0, -60.0, 2.0, 0.5, "holed")))

    assert outline.bounds == pytest.approx((-20, -60, 60, 20), abs=0.2)


def test_footprint_over_a_wall_is_still_a_simple_ring():
    axis = np.arange(-150, 151.0)
    heights = np.where((np.abs(axis) % 40 < 6)[None, :] & (np.abs(axis) % 30 < 9)[:, None], 25.0, 0.0)
    town = HeightGrid(heights, -150, -150, 1.0, 0.5, "town")

    assert Polygon(footprint(SIZE, K, LENS, EYE, look(20, -60), town)).is_valid


def test_ground_sample_distance_at_nadir_is_height_over_focal_length():
    centre = aim_pixel(SIZE, K, LENS, EYE, look(70, -90), PLAIN)

    assert ground_sample_distance(centre, K, LENS, EYE, look(70, -90), PLAIN) == pytest.approx(100 / 2500)


@given(pitch=st.floats(-90, -20), column=st.floats(0, 3999), row=st.floats(0, 2999))
def test_ground_sample_distance_is_the_root_of_a_pixels_area(pitch, column, row):
    from pipeline.geometry.camera import pixel_rays
    from pipeline.geometry.terrain_ray import meet_terrain

    rotation, pixel = look(15, pitch), np.array([column, row])
    corners = pixel + 0.5 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1.0]])
    ground = meet_terrain(EYE, pixel_rays(np.vstack([corners, pixel]), K, LENS, rotation), PLAIN)
    if np.isfinite(ground).all():
        expected = np.sqrt(Polygon(ground[:4, :2]).area)
        assert ground_sample_distance(pixel, K, LENS, EYE, rotation, PLAIN) == pytest.approx(expected, rel=2e-3)


def test_aim_is_the_nearest_pixel_below_the_horizon():
    aim = aim_pixel(SIZE, K, LENS, EYE, look(0, 10), PLAIN)

    assert aim[0] == pytest.approx(1999.5)
    assert 1500 < aim[1] < 2999


def test_camera_that_looks_up_sees_no_ground():
    with pytest.raises(GeometryError, match="sees no ground within 5000 m"):
        footprint(SIZE, K, LENS, EYE, look(0, 60), PLAIN)


@pytest.mark.parametrize("lens", [Brown(), Brown(-0.1, 0.02, 1e-3, -1e-3), Fisheye(-0.02, 0.003)], ids=str)
@pytest.mark.parametrize("pixel", [(200.0, 150.0), (30.0, 20.0), (390.0, 160.0)])
def test_ground_sample_distance_is_that_of_a_small_square_of_pixels(lens, pixel):
    """Its outline, projected onto the plain, has the area of as many pixels."""
    K, eye, rotation = camera_matrix(250.0, (400, 300)), np.array([0.0, 0.0, 90.0]), camera_to_site(0.3, -1.2, 0.05)
    plain = HeightGrid.flat(0.0, 0.1, "plain")
    corners = np.array(pixel) + np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    places = meet_terrain(eye, pixel_rays(corners, K, lens, rotation), plain)

    gsd = ground_sample_distance(np.array(pixel), K, lens, eye, rotation, plain)

    assert gsd**2 == pytest.approx(Polygon(places[:, :2]).area, rel=1e-3)
