"""Attitude and site frame against the ellipsoid itself: pyproj's geodesics and Earth-centred coordinates."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from pipeline.errors import GeometryError
from pipeline.geometry.projection import SiteFrame, utm_epsg
from pipeline.geometry.rotation import attitude_of, camera_to_ned, camera_to_site, skew, wrap_angle

GEOD = Geod(ellps="WGS84")
longitudes = st.floats(-179.9, 179.9)
latitudes = st.floats(-79, 83)
bearings = st.floats(-180, 180)


@given(lon=longitudes, lat=latitudes, bearing=bearings, metres=st.floats(1, 3000))
def test_distance_and_bearing_are_those_of_the_ellipsoid(lon, lat, bearing, metres):
    site = SiteFrame.at(lon, lat)
    here = site.from_lonlat(np.array([lon]), np.array([lat]))
    lon2, lat2, _ = GEOD.fwd(lon, lat, bearing, metres)
    east, north = (site.from_lonlat(np.array([lon2]), np.array([lat2])) - here)[0]

    assert np.hypot(east, north) == pytest.approx(metres, rel=2e-5)
    off = np.degrees(wrap_angle(np.arctan2(east, north) + site.convergence_rad)) - bearing
    assert (off + 180) % 360 - 180 == pytest.approx(0, abs=0.35)  # the convergence itself varies over 4 km


@given(lon=longitudes, lat=latitudes)
def test_longitude_and_latitude_come_back(lon, lat):
    site = SiteFrame.at(lon, lat)

    assert site.to_lonlat(site.from_lonlat(np.array([lon]), np.array([lat])))[0] == pytest.approx([lon, lat], abs=1e-9)


@given(lon=longitudes, lat=st.floats(-65, 65), yaw=bearings, pitch=st.floats(-80, 20))  # nearer to a pole north turns
def test_optical_axis_points_where_the_attitude_says_on_the_real_earth(lon, lat, yaw, pitch):
    """A point far along the axis, found through Earth-centred coordinates, lies in the axis of the site frame."""
    site = SiteFrame.at(lon, lat)
    to_ecef = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    reach = 50.0
    level, rise = reach * np.cos(np.radians(pitch)), reach * np.sin(np.radians(pitch))
    lam, phi = np.radians([lon, lat])
    east = np.array([-np.sin(lam), np.cos(lam), 0])
    north = np.array([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])
    up = np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    aim = level * (np.sin(np.radians(yaw)) * east + np.cos(np.radians(yaw)) * north) + rise * up
    ecef = np.array(to_ecef.transform(lon, lat, 100.0)) + aim
    lon2, lat2, height2 = to_ecef.transform(*ecef, direction="INVERSE")
    here = site.from_lonlat(np.array([lon]), np.array([lat]))[0]
    there = site.from_lonlat(np.array([lon2]), np.array([lat2]))[0]

    forward = camera_to_site(np.radians(yaw), np.radians(pitch), 0.0, site.convergence_rad)[:, 2]

    assert np.array([*(there - here), height2 - 100.0]) == pytest.approx(reach * forward, abs=0.02)


@given(
    yaw=st.floats(-3.1, 3.1), pitch=st.floats(-1.5, 1.5), roll=st.floats(-1.5, 1.5), convergence=st.floats(-0.05, 0.05)
)
def test_attitude_comes_back_from_its_rotation(yaw, pitch, roll, convergence):
    rotation = camera_to_site(yaw, pitch, roll, convergence)
    assume(abs(wrap_angle(yaw)) < 3.1)

    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert attitude_of(rotation, convergence) == pytest.approx((yaw, pitch, roll), abs=1e-9)


@given(yaw=st.floats(-3.1, 3.1), roll=st.floats(-1.5, 1.5))
def test_at_nadir_yaw_and_roll_are_one_freedom(yaw, roll):
    again, pitch, level = attitude_of(camera_to_site(yaw, -np.pi / 2, roll))

    assert (pitch, level) == (pytest.approx(-np.pi / 2), 0.0)
    assert camera_to_site(again, pitch, level) == pytest.approx(camera_to_site(yaw, -np.pi / 2, roll), abs=1e-9)


def test_camera_that_looks_north_sees_east_on_its_right_and_the_ground_below():
    right, down, forward = camera_to_ned(0, 0, 0).T

    assert (right, down, forward) == (pytest.approx([0, 1, 0]), pytest.approx([0, 0, 1]), pytest.approx([1, 0, 0]))


def test_at_nadir_the_top_of_the_picture_points_along_the_heading():
    east = camera_to_site(np.pi / 2, -np.pi / 2, 0)

    assert -east[:, 1] == pytest.approx([1, 0, 0], abs=1e-12)
    assert east[:, 2] == pytest.approx([0, 0, -1], abs=1e-12)


def test_roll_is_clockwise_from_behind():
    """The right wing goes down."""
    assert camera_to_site(0, 0, 0.3)[:, 0] == pytest.approx([np.cos(0.3), 0, -np.sin(0.3)])


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=6))
def test_skew_is_the_cross_product(values):
    a, b = np.array(values[:3]), np.array(values[3:])

    assert skew(a) @ b == pytest.approx(np.cross(a, b))


@pytest.mark.parametrize(
    ("lon", "lat", "code"), [(-91.9, 46.8, 32615), (46.7, 39.8, 32638), (18, -33, 32734), (180, 5, 32660)]
)
def test_zone_of_a_place(lon, lat, code):
    assert utm_epsg(lon, lat) == code


def test_exchanged_longitude_and_latitude_are_named():
    with pytest.raises(GeometryError, match="exchanged"):
        utm_epsg(39.8, 146.7)
