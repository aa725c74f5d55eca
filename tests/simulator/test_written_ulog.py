"""Logs of an autopilot, read back by PX4's own reader and compared with a real one."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from written_flight import START_NS, exposed, facts, told

from pipeline.simulator.writers import open_writer
from pipeline.simulator.writers.ulog_file import ULogFile
from pipeline.simulator.writers.ulog_topics import TOPICS, quaternion

FRAMES = 6


@pytest.fixture
def pyulog():
    return pytest.importorskip("pyulog", reason="pyulog (extra dev) reads logs independently")


def flight(folder, name, said):
    writer = open_writer(name, folder, said)
    for index in range(said.frames):
        writer.add(exposed(index))
    writer.close()
    return folder / "log_0001.ulg"


def topics(pyulog, path):
    log = pyulog.ULog(str(path))
    assert not log.file_corruption
    return log, {found.name: found.data for found in log.data_list}


def test_every_number_comes_back(tmp_path, pyulog):
    stream = told(30, 0.1)
    log, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(FRAMES, stream=stream, geoid_m=-12.5)))

    gps = found["vehicle_gps_position"]
    assert gps["time_utc_usec"].tolist() == (stream.t_utc_ns // 1000).tolist()
    assert np.diff(gps["timestamp"].astype(np.int64)).tolist() == (np.diff(stream.t_utc_ns) // 1000).tolist()
    assert gps["lon"] / 1e7 == pytest.approx(stream.lon_deg, abs=0.51e-7)
    assert gps["lat"] / 1e7 == pytest.approx(stream.lat_deg, abs=0.51e-7)
    assert gps["alt_ellipsoid"] / 1e3 == pytest.approx(stream.alt_m, abs=0.51e-3)
    assert gps["alt"] / 1e3 == pytest.approx(stream.alt_m + 12.5, abs=0.51e-3)
    assert gps["jamming_indicator"].tolist() == stream.jamming.tolist()
    assert gps["satellites_used"].tolist() == stream.satellites.tolist()
    assert gps["hdop"] == pytest.approx(stream.hdop, abs=1e-6)
    assert gps["eph"] == pytest.approx(stream.position_sigma_m, abs=1e-6)
    ned = np.column_stack([gps[f"vel_{axis}_m_s"] for axis in "ned"])
    assert ned == pytest.approx(stream.velocity_mps[:, [1, 0, 2]] * [1, 1, -1], abs=1e-6)
    assert set(gps["fix_type"]) == {3}
    place = found["vehicle_global_position"]
    assert place["lon"] == pytest.approx(stream.lon_deg, abs=1e-12)
    assert place["alt_ellipsoid"] == pytest.approx(stream.alt_m, abs=1e-4)
    assert log.msg_info_dict["sys_name"] == "PX4"


@pytest.mark.parametrize(
    ("topic", "angles"),
    [
        ("vehicle_attitude", ("platform_yaw_deg", "platform_pitch_deg", "platform_roll_deg")),
        ("gimbal_device_attitude_status", ("yaw_deg", "pitch_deg", "roll_deg")),
    ],
)
def test_attitudes_come_back_by_another_algebra(tmp_path, pyulog, topic, angles):
    stream = told(30, 0.1)
    _, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(FRAMES, stream=stream)))

    q = np.column_stack([found[topic][f"q[{part}]"] for part in (1, 2, 3, 0)])
    expected = Rotation.from_euler("ZYX", np.column_stack([getattr(stream, a) for a in angles]), degrees=True)

    assert (Rotation.from_quat(q) * expected.inv()).magnitude() == pytest.approx(0, abs=1e-6)


@given(st.floats(-360, 360), st.floats(-90, 90), st.floats(-180, 180))
def test_quaternions_have_unit_length_and_one_sign(yaw, pitch, roll):
    w, x, y, z = quaternion(yaw, pitch, roll)
    assert w >= 0
    assert math.hypot(w, x, y, z) == pytest.approx(1)
    expected = Rotation.from_euler("ZYX", [yaw, pitch, roll], degrees=True)
    assert (Rotation.from_quat([x, y, z, w]) * expected.inv()).magnitude() == pytest.approx(0, abs=1e-7)


def test_without_a_fix_the_receiver_says_so_and_there_is_no_estimate(tmp_path, pyulog):
    stream = told(30, 0.1)
    for column in (stream.lon_deg, stream.lat_deg):
        column[10:14] = 0.0
    _, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(FRAMES, stream=stream)))
    gps = found["vehicle_gps_position"]
    assert np.flatnonzero(gps["fix_type"] < 2).tolist() == [10, 11, 12, 13]
    assert set(gps["time_utc_usec"][10:14]) == {0} and set(gps["lat"][10:14]) == {0}
    assert len(found["vehicle_global_position"]["lat"]) == 26
    assert len(found["vehicle_attitude"]["timestamp"]) == 30


@pytest.mark.parametrize(("sigma", "kind"), [(0.02, 6), (0.3, 5), (1.5, 3), (math.nan, 3)])
def test_kind_of_fix_goes_with_its_accuracy(tmp_path, pyulog, sigma, kind):
    stream = replace(told(3, 0.1), position_sigma_m=np.full(3, sigma))
    _, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(1, stream=stream)))
    assert set(found["vehicle_gps_position"]["fix_type"]) == {kind}


@pytest.mark.parametrize(("datum", "above_sea"), [("ellipsoidal", 0.0), ("egm96", 0.0)])
def test_a_receiver_without_a_geoid_states_one_height_twice(tmp_path, pyulog, datum, above_sea):
    _, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(2, vertical_datum=datum)))
    gps = found["vehicle_gps_position"]
    assert (gps["alt"] - gps["alt_ellipsoid"] == above_sea).all()


def test_lost_samples_are_a_dropout(tmp_path, pyulog):
    stream = replace(told(30, 0.1), present=(np.arange(30) < 5) | (np.arange(30) > 9))
    log, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(FRAMES, stream=stream)))
    assert len(found["vehicle_attitude"]["timestamp"]) == 25
    assert [drop.duration for drop in log.dropouts] == [500]


def test_captures_say_where_each_still_was_taken(tmp_path, pyulog):
    said = facts(FRAMES, stream=told(30, 0.1))
    _, found = topics(pyulog, flight(tmp_path, "ulog_stills", said))
    capture, at = found["camera_capture"], said.at_frames
    assert capture["seq"].tolist() == list(range(FRAMES))
    assert capture["timestamp_utc"].tolist() == (at.t_utc_ns // 1000).tolist()
    assert capture["lon"] == pytest.approx(at.lon_deg, abs=1e-12)
    assert capture["lat"] == pytest.approx(at.lat_deg, abs=1e-12)
    q = np.column_stack([capture[f"q[{part}]"] for part in (1, 2, 3, 0)])
    expected = Rotation.from_euler("ZYX", np.column_stack([at.yaw_deg, at.pitch_deg, at.roll_deg]), degrees=True)
    assert (Rotation.from_quat(q) * expected.inv()).magnitude() == pytest.approx(0, abs=1e-6)
    assert (np.diff(capture["timestamp"].astype(np.int64)) == 500_000).all()


def test_a_video_is_triggered_once(tmp_path, pyulog):
    _, found = topics(pyulog, flight(tmp_path, "ulog_video", facts(FRAMES)))
    boot_us = int(found["camera_trigger"]["timestamp"][0]) - 20_000
    assert len(found["camera_trigger"]["timestamp"]) == 1 and "camera_capture" not in found
    assert int(found["camera_trigger"]["timestamp_utc"][0]) - 20_000 == START_NS // 1000
    assert boot_us == 60_000_000


def test_messages_are_laid_out_as_in_a_real_log(tmp_path, pyulog, real_data):
    """Every topic that the real autopilot declares too has the same fields of the same types in the same order."""
    ours = pyulog.ULog(str(flight(tmp_path, "ulog_video", facts(FRAMES)))).message_formats
    theirs = pyulog.ULog(str(real_data / "telemetry" / "logs" / "sample_log_small.ulg")).message_formats
    shared = sorted(ours.keys() & theirs.keys())
    assert len(shared) == len(TOPICS) - 1  # gimbals are told of since a later version
    for name in shared:
        assert ours[name].fields == theirs[name].fields, name


def test_a_dropout_is_never_longer_than_its_field(tmp_path, pyulog):
    path = tmp_path / "long.ulg"
    with path.open("wb") as file:
        log = ULogFile(file, 0)
        log.declare(*TOPICS)
        log.subscribe(*TOPICS)
        log.dropout(1_000_000)
    assert [drop.duration for drop in pyulog.ULog(str(path)).dropouts] == [65_535]
