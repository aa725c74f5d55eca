import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry.rotation import between_attitudes, camera_to_site
from pipeline.records.telemetry import Quality, TelemetryTrack
from pipeline.stages.time_matching import MatchSettings, TrackMatcher

SECOND = 10**9


def track(t_s, **columns):
    count = len(t_s)
    values = {name: np.full(count, math.nan) for name in TelemetryTrack.__slots__ if name.endswith(("_deg", "_m"))}
    values["lon_deg"], values["lat_deg"] = np.full(count, 46.75), np.full(count, 39.8)
    values |= {name: np.array(column, np.float64) for name, column in columns.items() if name != "quality"}
    t_ns = (np.array(t_s) * SECOND).astype(np.int64)
    quality = np.array(columns.get("quality", [0] * count), np.int64)
    return TelemetryTrack(t_utc_ns=t_ns, quality=quality, vertical_datum="unknown", source="x", **values)


angles = st.floats(-180, 180)


@given(yaw=angles, turn=st.floats(-170, 170), pitch=st.floats(-89.9, 20), share=st.floats(0.01, 0.99))
def test_a_turn_about_the_vertical_goes_the_shortest_way_round(yaw, turn, pitch, share):
    columns = {"yaw_deg": [yaw, yaw + turn], "pitch_deg": [pitch, pitch], "roll_deg": [0.0, 0.0]}

    moment = TrackMatcher(track([0, 1], **columns), MatchSettings()).attitude(round(share * SECOND), 0.0)

    wrong = (moment.values[0] - (yaw + turn * share) + 180) % 360 - 180
    assert wrong == pytest.approx(0, abs=1e-4)
    assert moment.values[1:] == pytest.approx((pitch, 0), abs=1e-4)
    assert -180 <= moment.values[0] <= 180


def test_a_camera_that_tilts_through_the_nadir_does_not_whirl_round():
    columns = {"yaw_deg": [40.0, -140.0], "pitch_deg": [-88.0, -86.0], "roll_deg": [0.0, 180.0]}
    matcher = TrackMatcher(track([0, 1], **columns), MatchSettings())

    before, after = matcher.attitude(SECOND // 6, 0.0), matcher.attitude(5 * SECOND // 6, 0.0)

    # 6 degrees in all, of which 2 before the nadir
    assert before.values == pytest.approx((40, -89, 0), abs=1e-5)
    assert after.values[:2] == pytest.approx((-140, -87), abs=1e-5)
    assert abs(after.values[2]) == pytest.approx(180, abs=1e-5)


@given(st.tuples(angles, angles, angles), st.tuples(angles, angles, angles), st.floats(0, 1))
def test_the_turn_between_two_attitudes_is_even(first, last, share):
    first, last = np.radians(first), np.radians(last)
    first[1], last[1] = first[1] / 2.01, last[1] / 2.01

    values, angle = between_attitudes(first, last, share)

    if angle < np.pi - 1e-3:
        way = camera_to_site(*first).T @ camera_to_site(*values)
        assert np.arccos(np.clip((np.trace(way) - 1) / 2, -1, 1)) == pytest.approx(share * angle, abs=2e-4)


def test_nothing_is_extrapolated_and_gaps_stay_gaps():
    matcher = TrackMatcher(track([0, 1, 4, 5]), MatchSettings(max_gap_s=2.0))

    assert [matcher.position(round(t * SECOND), 0.0) is not None for t in (-0.01, 0, 0.5, 1, 2, 4, 4.5, 5, 5.01)] == [
        False,
        True,
        True,
        True,
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_straight_flight_is_met_between_its_samples_with_an_error_that_is_largest_in_the_middle():
    matcher = TrackMatcher(track([0, 2], lat_deg=[39.8, 39.8001], alt_m=[800, 810]), MatchSettings())
    moments = [matcher.position(round(t * SECOND), 0.0) for t in (0, 0.5, 1.0, 2.0)]

    assert [m.values[1] for m in moments] == pytest.approx([39.8, 39.800025, 39.80005, 39.8001])
    assert [m.values[2] for m in moments] == pytest.approx([800, 802.5, 805, 810])
    assert [m.added_sigma for m in moments] == pytest.approx([0, 0.75, 1.0, 0])


def test_across_the_date_line():
    matcher = TrackMatcher(track([0, 1], lon_deg=[179.9999, -179.9999]), MatchSettings())

    moment = matcher.position(SECOND // 4, 0.0)

    assert moment.values[0] == pytest.approx(179.99995)


def test_an_uncertain_time_costs_distance_in_proportion_to_speed():
    matcher = TrackMatcher(track([0, 1, 2], lat_deg=39.8 + np.arange(3) * 10 / 111_320), MatchSettings())

    on_sample = matcher.position(SECOND, 0.5)
    between = matcher.position(SECOND // 2 * 3, 0.5)

    assert on_sample.added_sigma == pytest.approx(5.0, rel=1e-3)
    assert between.added_sigma == pytest.approx(math.hypot(5.0, 0.25), rel=1e-3)


def test_samples_without_a_place_are_passed_over_and_flags_are_carried():
    marked = track(
        [0, 1, 2],
        lon_deg=[46.75, math.nan, 46.75],
        lat_deg=[39.8, math.nan, 39.8],
        quality=[Quality.TIME_REPEATED, Quality.POSITION_INVALID, 0],
    )
    moment = TrackMatcher(marked, MatchSettings()).position(SECOND, 0.0)

    assert (moment.gap_s, moment.quality) == (2.0, Quality.TIME_REPEATED)


def test_a_roll_that_is_not_given_stays_unknown_and_no_samples_give_no_answer():
    matcher = TrackMatcher(track([0, 1], yaw_deg=[0, 10], pitch_deg=[-90, -90]), MatchSettings())

    assert math.isnan(matcher.attitude(SECOND // 2, 0.0).values[2])
    assert TrackMatcher(track([]), MatchSettings()).position(0, 0.0) is None
