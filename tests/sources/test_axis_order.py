"""Which coordinate is the longitude: told by what the file shows, or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry.projection import SiteFrame
from pipeline.sources.telemetry.axis_order import Tuples, settle_by_area, settle_order

COUNT = 40


def tuples(lon, lat, *, swapped=False, third=None, metres=False, step_deg=1e-6, **measured):
    first, second = (lat, lon) if swapped else (lon, lat)
    nan = np.full(len(lon), np.nan)
    rows = {
        "first": first,
        "second": second,
        "third": nan if third is None else np.broadcast_to(np.asarray(third, float), (len(lon),)),
        "third_metres": np.full(len(lon), float(metres)),
        "home_first": nan,
        "home_second": nan,
        "home_distance_m": nan,
        "speed_mps": nan,
        "t_ns": np.arange(len(lon)) * 10**9,
        "step_deg": step_deg,
    }
    return Tuples(**(rows | measured))


def path(lon=46.8, lat=39.9, north_mps=3.0, east_mps=9.0):
    """A straight flight; metres by the project's own plane, not by degrees."""
    site = SiteFrame.at(lon, lat)
    seconds = np.arange(COUNT)
    places = site.to_lonlat(np.column_stack([east_mps * seconds, north_mps * seconds]))
    return places[:, 0], places[:, 1], np.hypot(east_mps, north_mps)


@pytest.mark.parametrize("swapped", [False, True])
def test_numbers_beyond_90_are_no_latitudes(swapped):
    order = settle_order(tuples(np.full(3, 149.0), np.full(3, -20.0), swapped=swapped))
    assert order.longitude_first is not swapped


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("third", [17, 0])
def test_a_stated_distance_decides_over_the_form(swapped, third):
    lon, lat, speed = path()
    home = (lat[0], lon[0]) if swapped else (lon[0], lat[0])
    order = settle_order(
        tuples(
            lon,
            lat,
            swapped=swapped,
            third=third,
            home_first=np.full(COUNT, home[0]),
            home_second=np.full(COUNT, home[1]),
            home_distance_m=speed * np.arange(COUNT),
        )
    )
    assert order.longitude_first is not swapped
    assert "distance from take-off" in order.reason
    assert order.contradicted == (swapped and third == 17)


@pytest.mark.parametrize("swapped", [False, True])
def test_stated_speeds_decide(swapped):
    lon, lat, speed = path(east_mps=11.0, north_mps=1.0, lat=60.0, lon=20.0)
    order = settle_order(tuples(lon, lat, swapped=swapped, speed_mps=np.full(COUNT, speed)))
    assert order.longitude_first is not swapped
    assert "speeds" in order.reason


@pytest.mark.parametrize(("third", "metres", "first"), [(15, False, True), (0.0, True, False), (87.9, False, False)])
def test_what_stands_third_decides_where_nothing_is_measured(third, metres, first):
    lon, lat, _ = path()
    assert settle_order(tuples(lon, lat, third=third, metres=metres)).longitude_first is first


@pytest.mark.parametrize("third", [None, 0, 3])
def test_nothing_is_guessed(third):
    lon, lat, _ = path()
    assert settle_order(tuples(lon, lat, third=third)).longitude_first is None


def test_two_numbers_beyond_90_are_no_place():
    assert settle_order(tuples(np.full(3, 149.0), np.full(3, 98.0), third=12)).longitude_first is None


def test_null_positions_tell_nothing():
    assert settle_order(tuples(np.zeros(5), np.zeros(5), third=12)).longitude_first is None


def test_rounded_positions_prove_nothing_by_their_distances():
    """At 1e-4 degrees a short flight fits either order."""
    lon, lat, speed = (
        np.round(column, 4) if np.ndim(column) else column for column in path(east_mps=1.0, north_mps=1.0)
    )
    order = settle_order(tuples(lon, lat, step_deg=1e-4, speed_mps=np.full(COUNT, speed)))
    assert order.longitude_first is None


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-180, 180), st.floats(-66, 66), st.floats(-20, 20), st.floats(-20, 20), st.booleans(), st.integers(0, 30)
)
def test_measurements_never_decide_wrongly(lon, lat, east, north, swapped, third):
    """Whatever is stated is true here: then the true order or none is found, whatever stands third."""
    lon, lat, speed = path(lon, lat, north, east)
    home = (lat[0], lon[0]) if swapped else (lon[0], lat[0])
    measured = {
        "home_first": np.full(COUNT, home[0]),
        "home_second": np.full(COUNT, home[1]),
        "home_distance_m": speed * np.arange(COUNT),
        "speed_mps": np.full(COUNT, speed),
    }
    order = settle_order(tuples(lon, lat, swapped=swapped, **measured))
    assert order.longitude_first in (None, not swapped)


def test_the_rest_of_the_sortie_decides():
    lon, lat, _ = path()
    assert settle_by_area(lon, lat, 46.9, 39.8).longitude_first is True
    assert settle_by_area(lat, lon, 46.9, 39.8).longitude_first is False
    assert settle_by_area(lon, lat, 10.0, 10.0).longitude_first is None
    assert settle_by_area(np.full(3, 40.1), np.full(3, 40.0), 40.0, 40.0).longitude_first is None
