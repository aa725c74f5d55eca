"""What becomes of a flight whose satellite navigation was disturbed."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.records.candidate import Candidate, RecordKind, Side
from pipeline.records.frame import GeorefStatus
from pipeline.records.telemetry import Quality
from pipeline.stages.impeded import impeded_rows
from pipeline.stages.telemetry_gates import COLUMNS, GateSettings, gate
from tests.stages.judged_scene import FRAMES, PROVENANCE, SITE, SORTIE, T0, frame

SECOND = 10**9
COUNT = 120


def telemetry(lost=(), from_start=0, deceived=()):
    """Two minutes eastward, a sample a second; `lost` and `deceived` are pairs of first and last row."""
    columns = {name: np.full(COUNT, np.nan) for name in COLUMNS}
    lonlat = SITE.to_lonlat(np.column_stack([np.arange(COUNT) * 10.0, np.zeros(COUNT)]))
    columns["lon_deg"], columns["lat_deg"] = lonlat[:, 0].copy(), lonlat[:, 1].copy()
    columns["alt_m"] = np.full(COUNT, 900.0)
    columns["position_sigma_m"] = np.full(COUNT, 2.0)
    for first, last in lost:
        columns["lon_deg"][first : last + 1] = columns["lat_deg"][first : last + 1] = 0.0
    columns["lon_deg"][:from_start] = columns["lat_deg"][:from_start] = 0.0
    track = gate(T0 + np.arange(COUNT) * SECOND, columns, "unknown", "flight.srt", GateSettings()).track
    for first, last in deceived:
        track.quality[first : last + 1] |= Quality.SPOOF_SUSPECTED
    return track


def rows(frames=(), tracks=()) -> list[Candidate]:
    return impeded_rows(SORTIE, SITE, frames, tracks, PROVENANCE, "a" * 64)


def spans(found):
    return [((row.t_start_utc_ns - T0) // SECOND, (row.t_end_utc_ns - T0) // SECOND) for row in found]


def test_a_sound_flight_is_not_impeded():
    assert not rows(FRAMES, [telemetry()])


def test_loss_of_positions_is_told_though_no_frame_has_a_place():
    (row,) = rows((), [telemetry(lost=[(40, 70)])])

    assert row.record_kind is RecordKind.MONITOR_IMPEDED
    assert row.event_subtype == "gnss_interference"
    assert row.side is Side.NOT_DETERMINED and row.p_a is None
    assert spans([row]) == [(40, 70)]
    assert row.frame_ids == ()
    x, _ = SITE.from_lonlat(*np.array([row.geometry.coords[0]]).T)[0]
    assert x == pytest.approx(390, abs=1)  # the last place before


def test_a_receiver_that_comes_and_goes_is_one_disturbance():
    assert spans(rows((), [telemetry(lost=[(40, 44), (47, 52), (90, 99)])])) == [(40, 52), (90, 99)]


def test_single_lost_samples_and_the_wait_for_the_first_fix_are_normal():
    assert not rows((), [telemetry(lost=[(30, 31), (60, 60)], from_start=20)])


def test_deception_is_told_apart_from_loss():
    found = rows((), [telemetry(lost=[(20, 30)], deceived=[(60, 80)])])

    assert [row.georef_status for row in found] == ["degraded_gnss", "spoof_suspected"]
    assert spans(found) == [(20, 30), (60, 80)]


def test_frames_and_telemetry_of_one_time_are_one_row():
    frames = [frame(i, GeorefStatus.DEGRADED_GNSS, 10.0 * i) for i in range(40, 60)]

    (row,) = rows(frames, [telemetry(lost=[(50, 70)])])

    assert spans([row]) == [(40, 70)]
    assert len(row.frame_ids) == 20
    assert row.reasons[0].parameters == (("frames", 20.0), ("seconds", 30.0))


def test_two_receivers_that_agree_are_one_row():
    track = telemetry(lost=[(40, 70)])

    assert len(rows((), [track, replace(track, source="other.csv")])) == 1
