import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records.telemetry import Quality
from pipeline.stages.telemetry_gates import COLUMNS, GateSettings, gate

SECOND = 10**9


def flight(count=20, speed_mps=10.0):
    """Northward along 46.75° E, one sample a second."""
    columns = {name: np.full(count, math.nan) for name in COLUMNS}
    columns["lat_deg"] = 39.8 + np.arange(count) * speed_mps / 111_320
    columns["lon_deg"] = np.full(count, 46.75)
    columns["alt_m"] = np.full(count, 800.0)
    columns["yaw_deg"] = np.zeros(count)
    columns["pitch_deg"] = np.full(count, -90.0)
    columns["position_sigma_m"] = np.full(count, 2.0)
    return 1605204900 * SECOND + np.arange(count) * SECOND, columns


def gated(t_ns, columns, **limits):
    return gate(t_ns, columns, "unknown", "flight.csv", replace(GateSettings(), **limits))


def test_a_sound_flight_passes_untouched():
    t_ns, columns = flight()

    track = gated(t_ns, columns).track

    assert not track.quality.any()
    assert track.lat_deg.tolist() == columns["lat_deg"].tolist()


@pytest.mark.parametrize("place", [(0.0, 0.0), (1e-6, -1e-6), (math.nan, 39.8), (46.75, 91.0), (500.0, 10.0)])
def test_no_place_is_no_place_and_keeps_its_attitude(place):
    t_ns, columns = flight()
    columns["lon_deg"][5], columns["lat_deg"][5] = place

    track = gated(t_ns, columns).track

    assert np.isnan([track.lon_deg[5], track.lat_deg[5]]).all()
    assert track.quality[5] == Quality.POSITION_INVALID
    assert track.pitch_deg[5] == -90
    assert np.count_nonzero(track.quality) == 1


@pytest.mark.parametrize("bad", [[0], [19], [7], [7, 8, 9], [3, 12]])
def test_jumps_are_found_wherever_they_are(bad):
    t_ns, columns = flight()
    columns["lon_deg"][bad] += 0.05  # 4 km

    track = gated(t_ns, columns).track

    assert np.flatnonzero(track.quality & Quality.POSITION_JUMP).tolist() == bad
    assert np.isnan(track.lon_deg[bad]).all()


def test_the_longer_part_of_a_track_that_jumps_for_good_is_believed():
    t_ns, columns = flight()
    columns["lat_deg"][:8] += 1.0

    track = gated(t_ns, columns).track

    assert np.flatnonzero(track.quality & Quality.POSITION_JUMP).tolist() == list(range(8))


def test_flying_on_after_a_gap_is_no_jump():
    t_ns, columns = flight()
    t_ns[10:] += 60 * SECOND
    columns["lat_deg"][10:] += 0.03  # 3.3 km in a minute

    assert not gated(t_ns, columns).track.quality.any()


def test_repeated_and_backward_times_are_sorted_and_flagged():
    t_ns, columns = flight()
    order = [0, 1, 2, 2, 3, 4, 9, 5, 6, 7, 8]

    result = gated(t_ns[order], {name: column[order] for name, column in columns.items()})

    assert np.all(np.diff(result.track.t_utc_ns) > 0)
    assert result.repeated == 1
    assert np.flatnonzero(result.track.quality & Quality.TIME_REPEATED).tolist() == [2]
    assert np.flatnonzero(result.track.quality & Quality.TIME_BACKWARD).tolist() == [5, 6, 7, 8]
    assert result.track.lat_deg.tolist() == columns["lat_deg"][:10].tolist()
    assert [order[row] for row in result.origin] == list(range(10))


def test_of_two_samples_at_one_time_the_one_with_a_place_is_kept():
    t_ns, columns = flight(4)
    t_ns[1] = t_ns[2]
    columns["lon_deg"][1] = math.nan

    result = gated(t_ns, columns)

    assert result.origin.tolist() == [0, 2, 3]


def test_a_held_position_gets_an_error_that_grows_with_the_speed_of_the_flight():
    t_ns, columns = flight(40)
    columns["lat_deg"][10:30] = columns["lat_deg"][10]

    track = gated(t_ns, columns, max_speed_mps=500).track

    frozen = np.flatnonzero(track.quality & Quality.POSITION_FROZEN)
    assert frozen.tolist() == list(range(11, 30))
    assert track.position_sigma_m[20] == pytest.approx(math.hypot(2.0, 10 * 10.0), rel=0.02)


def test_impossible_heights_and_angles_become_unknown():
    t_ns, columns = flight(3)
    columns["alt_m"][:] = [-9000, 1e9, 800]
    columns["yaw_deg"][1] = 1e6

    track = gated(t_ns, columns).track

    assert np.isnan(track.alt_m).tolist() == [True, True, False]
    assert track.quality.tolist() == [0, Quality.ATTITUDE_MISSING, 0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),
            st.sampled_from([0.0, math.nan, 46.75, 46.76, 1e9]),
            st.sampled_from([0.0, math.nan, 39.8, 39.81, -1e9]),
        ),
        max_size=15,
    )
)
def test_any_samples_give_a_sorted_track_of_places_on_earth(rows):
    columns = {name: np.full(len(rows), math.nan) for name in COLUMNS}
    columns["lon_deg"] = np.array([row[1] for row in rows], float)
    columns["lat_deg"] = np.array([row[2] for row in rows], float)

    track = gated(np.array([row[0] for row in rows], np.int64) * SECOND, columns).track

    known = np.isfinite(track.lon_deg)
    assert np.all(np.diff(track.t_utc_ns) > 0)
    assert np.all(np.abs(track.lon_deg[known]) <= 180)
    assert not np.any(known & ((track.quality & (Quality.POSITION_INVALID | Quality.POSITION_JUMP)) > 0))


def test_an_aircraft_that_flies_on_under_a_held_position_has_not_jumped():
    t_ns, columns = flight(40)
    for name in ("lon_deg", "lat_deg"):
        columns[name][10:26] = columns[name][10]  # 150 m in the next second

    track = gated(t_ns, columns).track

    assert not np.any(track.quality & Quality.POSITION_JUMP)
    assert np.flatnonzero(track.quality & Quality.POSITION_FROZEN).tolist() == list(range(11, 26))


def test_fixes_written_again_between_new_ones_are_not_positions():
    t_ns, columns = flight(100)
    t_ns = t_ns[0] + np.arange(100) * SECOND // 20  # 20 samples and 4 fixes a second
    for name in ("lon_deg", "lat_deg"):
        columns[name] = columns[name][0] + (np.arange(100) // 5) * 2.5 / 111_320

    found = gated(t_ns, columns)

    assert np.flatnonzero(np.isfinite(found.track.lat_deg)).tolist() == list(range(0, 100, 5))
    assert not found.track.quality.any()
    assert (found.held, found.rate_hz) == (80, pytest.approx(4.0))


def test_seven_fixes_a_second_are_seen_under_fifty_samples():
    t_ns, columns = flight(140)
    t_ns = t_ns[0] + np.arange(140) * SECOND // 50
    columns["lat_deg"] = columns["lat_deg"][0] + (np.arange(140) // 7) * 1e-5

    found = gated(t_ns, columns)

    assert np.flatnonzero(np.isfinite(found.track.lat_deg)).tolist() == list(range(0, 140, 7))
    assert np.isfinite(found.track.pitch_deg).all()
    assert (found.held, found.rate_hz) == (120, pytest.approx(50 / 7))


def test_of_a_standstill_only_the_beginning_is_a_repetition():
    """From four of the receiver's periods on a position that stays is one that stands, or is frozen."""
    t_ns, columns = flight(300)
    t_ns = t_ns[0] + np.arange(300) * SECOND // 20
    steps = np.arange(300)
    columns["lat_deg"] = columns["lat_deg"][0] + (np.minimum(steps // 2, 50) + np.maximum(steps // 2 - 140, 0)) * 1e-5

    track = gated(t_ns, columns).track

    seconds = (track.t_utc_ns[np.isfinite(track.lat_deg)] - t_ns[0]) / 1e9
    assert np.diff(seconds).max() <= 1.0
    assert np.count_nonzero((seconds > 6.2) & (seconds < 14)) > 100
    assert np.isnan(track.lat_deg[1:100:2]).all()


def test_a_hover_keeps_its_positions():
    t_ns, columns = flight(20)
    for name in ("lon_deg", "lat_deg"):
        columns[name][3:9] = columns[name][3]

    assert np.isfinite(gated(t_ns, columns).track.lat_deg).all()


def test_samples_between_fixes_lack_nothing_and_a_longer_pause_does():
    t_ns, columns = flight(60, speed_mps=1)
    t_ns = t_ns[0] + np.arange(60) * SECOND // 10
    between = np.ones(60, bool)
    between[::3] = False
    between[30:50] = True
    for name in ("lon_deg", "lat_deg"):
        columns[name][between] = np.nan

    invalid = np.flatnonzero(gated(t_ns, columns).track.quality & Quality.POSITION_INVALID)

    assert invalid.tolist() == [28, 29, *range(30, 50), 50]


def test_a_table_of_attitudes_lacks_no_position():
    t_ns, columns = flight()
    for name in ("lon_deg", "lat_deg"):
        columns[name][:] = np.nan

    assert not gated(t_ns, columns).track.quality.any()


def test_a_gimbal_of_zeros_was_not_read():
    t_ns, columns = flight()
    columns["roll_deg"] = np.zeros(20)
    columns["pitch_deg"][4:7] = 0.0

    track = gated(t_ns, columns).track

    assert np.flatnonzero(track.quality & Quality.ATTITUDE_ZERO).tolist() == [4, 5, 6]
    assert np.isnan(track.yaw_deg[4:7]).all() and np.isfinite(track.yaw_deg[7:]).all()
