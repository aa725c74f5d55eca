"""PX4 logs: against the simulator's truth, PX4's own reader, damage and any bytes."""

import contextlib
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.geometry.attitude import euler_of
from pipeline.records.samples import TimeBase
from pipeline.simulator.writers import open_writer
from pipeline.simulator.writers.ulog_file import Topic, ULogFile
from pipeline.sources.telemetry.boot_clock import BootClock
from pipeline.sources.telemetry.ulog import TOPICS, ULogReader
from pipeline.sources.telemetry.ulog_messages import read_ulog

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "simulator"))
from written_flight import exposed, facts, told

GPS = Topic(
    "sensor_gps",
    "uint64_t timestamp;uint64_t time_utc_usec;double latitude_deg;double longitude_deg;double altitude_msl_m;"
    "double altitude_ellipsoid_m;float eph;float epv;float hdop;int32_t jamming_indicator;uint8_t fix_type;"
    "uint8_t jamming_state;uint8_t spoofing_state;uint8_t satellites_used",
)
GIMBAL = Topic(
    "gimbal_device_attitude_status", "uint64_t timestamp;float[4] q;uint16_t device_flags;uint8_t[6] _padding0"
)
ATTITUDE = Topic("vehicle_attitude", "uint64_t timestamp;float[4] q")
DOWN = (np.sqrt(0.5), 0.0, -np.sqrt(0.5), 0.0)
UTC_US = 1_700_000_000_000_000


def flight(folder, name, said, frames=6):
    writer = open_writer(name, folder, said)
    for index in range(frames):
        writer.add(exposed(index))
    writer.close()
    return folder / "log_0001.ulg"


def read(path):
    assert ULogReader().recognises(path, path.read_bytes()[:65536])
    (samples,) = ULogReader().read(path)
    return samples


@pytest.fixture
def simulated(tmp_path):
    stream = told(30, 0.1)
    return stream, flight(tmp_path, "ulog_stills", facts(6, stream=stream, geoid_m=-12.5))


def hand_made(path, topics, rows):
    with path.open("wb") as file:
        log = ULogFile(file, 0)
        log.declare(*topics)
        log.subscribe(*topics)
        for topic, values in rows:
            log.log(topic, *values)
    return path


def gps_row(second, *, utc_us=None, fix=3, spoofing=1, jamming_state=1):
    now = 5_000_000 + round(second * 1e6)
    told_us = UTC_US + now if utc_us is None else utc_us
    return GPS, (now, told_us, 48.5, 37.25, 180.0, 205.5, 1.5, 2.5, 0.8, 51, fix, jamming_state, spoofing, 17)


def test_every_number_is_the_simulated_one(simulated):
    stream, path = simulated
    samples = read(path)
    rows = np.searchsorted(samples.t_ns, stream.t_utc_ns)

    assert samples.time_base is TimeBase.UTC
    assert np.abs(samples.t_ns[rows] - stream.t_utc_ns).max() < 2_000
    assert samples.lon_deg[rows] == pytest.approx(stream.lon_deg, abs=1e-7)
    assert samples.lat_deg[rows] == pytest.approx(stream.lat_deg, abs=1e-7)
    assert (samples.vertical_datum, samples.alt_m[rows]) == ("ellipsoidal", pytest.approx(stream.alt_m, abs=1e-3))
    assert samples.position_sigma_m[rows] == pytest.approx(stream.position_sigma_m, abs=1e-5)
    assert samples.gnss.jamming[rows] == pytest.approx(np.asarray(stream.jamming) / 255)
    assert samples.gnss.satellites[rows].tolist() == stream.satellites.tolist()
    assert samples.gnss.hdop[rows] == pytest.approx(stream.hdop, abs=1e-6)
    assert samples.gnss.speed_mps[rows] == pytest.approx(np.hypot(*stream.velocity_mps[:, :2].T), abs=1e-5)
    assert set(samples.frame_names) == {""}


def test_the_gimbal_is_the_camera(simulated):
    stream, path = simulated
    samples = read(path)
    rows = np.searchsorted(samples.t_ns, stream.t_utc_ns)

    for name in ("yaw_deg", "pitch_deg", "roll_deg"):
        apart = (getattr(samples, name)[rows] - getattr(stream, name) + 180) % 360 - 180
        assert apart == pytest.approx(0, abs=0.01), name
    apart = (samples.aircraft_yaw_deg[rows] - stream.platform_yaw_deg + 180) % 360 - 180
    assert apart == pytest.approx(0, abs=0.01)


def test_stills_are_told_by_their_numbers(simulated):
    _, path = simulated
    captures = read(path).captures

    assert captures.fed_back
    assert captures.sequence.tolist() == list(range(6))
    assert np.diff(captures.t_ns) / 1e6 == pytest.approx(500, abs=0.01)


def test_a_single_trigger_begins_a_video(tmp_path):
    said = facts(6, stream=told(30, 0.1))
    samples = read(flight(tmp_path, "ulog_video", said))

    assert samples.video_start_utc_ns == pytest.approx(said.at_frames.t_utc_ns[0], abs=2000)
    assert not samples.captures.fed_back


def test_what_px4s_own_reader_finds(simulated, real_data):
    pyulog = pytest.importorskip("pyulog", reason="pyulog (extra dev) reads logs independently")
    logs = [simulated[1], *sorted((real_data / "telemetry" / "logs").glob("*.ulg"))]
    assert len(logs) == 3
    for path in logs:
        theirs = {(d.name, d.multi_id): d.data for d in pyulog.ULog(str(path)).data_list if d.name in TOPICS}
        with path.open("rb") as file:
            found = read_ulog(file, path.name, TOPICS)
        ours = {(one.topic, one.instance): one.table() for one in found.subscriptions if one.body}
        assert found.damaged == 0 and not found.cut
        assert ours.keys() == theirs.keys()
        for key, table in ours.items():
            for name in table.dtype.names:
                np.testing.assert_array_equal(table[name].astype(float), np.asarray(theirs[key][name], float))


@pytest.mark.real
def test_a_real_flight_log(real_data):
    samples = read(real_data / "telemetry" / "logs" / "sample_log_small.ulg")

    assert len(samples) == 32
    assert (samples.lon_deg[0], samples.lat_deg[0]) == pytest.approx((10.4082151, 63.4170622))
    assert (samples.alt_m[0], samples.vertical_datum) == (pytest.approx(106.766), "ellipsoidal")
    assert samples.gnss.jamming[0] == 54 / 255
    assert np.isnan(samples.pitch_deg).all(), "an airframe is not a camera"
    assert samples.aircraft_yaw_deg[0] == pytest.approx(13.2, abs=0.1)
    assert abs(samples.t_ns[0] - 1_618_986_658_600_345_000) < 20_000_000
    assert [fault.code for fault in samples.faults] == ["log_dropout"]


@pytest.mark.real
def test_a_real_bench_log_says_why_it_is_of_no_use(real_data):
    with pytest.raises(InputError, match="neither positions of a receiver nor attitudes of a gimbal"):
        ULogReader().read(real_data / "telemetry" / "logs" / "sample_appended_multiple.ulg")


def test_of_two_receivers_the_one_with_fixes(tmp_path):
    class Second(ULogFile):
        def subscribe(self, *topics):
            super().subscribe(*topics)
            self._put(b"A", struct.pack("<BH", 1, 9) + b"sensor_gps")

        def second(self, values):
            self._put(b"D", struct.pack("<H", 9) + GPS.layout.pack(*values))

    path = tmp_path / "two.ulg"
    with path.open("wb") as file:
        log = Second(file, 0)
        log.declare(GPS)
        log.subscribe(GPS)
        for second in range(8):
            log.log(GPS, *gps_row(second, fix=1)[1])
            log.second((*gps_row(second)[1][:2], 10.5, *gps_row(second)[1][3:]))
    samples = read(path)

    assert set(samples.lat_deg) == {10.5}
    assert any("sensor_gps 1, which has the most full fixes" in note for note in samples.notes)


def test_receivers_that_admit_interference(tmp_path):
    rows = [gps_row(0), gps_row(1, spoofing=2), gps_row(2, jamming_state=3), gps_row(3, fix=1), gps_row(4, spoofing=0)]
    samples = read(hand_made(tmp_path / "x.ulg", (GPS,), rows))

    assert samples.gnss.spoofed == pytest.approx([0, 1, 0, 0, np.nan], nan_ok=True)
    assert samples.gnss.jamming == pytest.approx([0.2, 0.2, 1.0, 0.2, 0.2])
    assert np.isnan(samples.lat_deg).tolist() == [False, False, False, True, False]
    assert (samples.alt_m[0], samples.vertical_datum) == (205.5, "ellipsoidal")


def test_a_receiver_that_lies_about_the_time_does_not_move_the_log(tmp_path):
    rows = [gps_row(s, utc_us=(UTC_US + 5_000_000 + s * 10**6 + (18_000_000 if s < 4 else 0))) for s in range(20)]
    rows[9] = gps_row(9, utc_us=0)
    samples = read(hand_made(tmp_path / "x.ulg", (GPS,), rows))

    assert samples.t_ns.tolist() == [(UTC_US + 5_000_000 + s * 10**6) * 1000 for s in range(20)]
    assert [(fault.code, fault.count) for fault in samples.faults] == [("clock_contradicted", 4)]


def test_without_utc_the_log_says_so(tmp_path):
    samples = read(hand_made(tmp_path / "x.ulg", (GPS,), [gps_row(s, utc_us=0) for s in range(3)]))

    assert samples.time_base is TimeBase.NONE
    assert [fault.code for fault in samples.faults] == ["no_utc"]


@pytest.mark.parametrize(("flags", "expected"), [(16, 0.0), (0, 90.0), (16 | 32, 90.0), (64, 0.0)])
def test_a_gimbals_yaw_counts_from_north_or_from_the_nose(tmp_path, flags, expected):
    level_30_down = (np.cos(np.radians(15)), 0.0, -np.sin(np.radians(15)), 0.0)
    east = (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
    rows = []
    for second in range(3):
        now = gps_row(second)[1][0]
        rows += [gps_row(second), (ATTITUDE, (now, *east)), (GIMBAL, (now, *level_30_down, flags))]
    samples = read(hand_made(tmp_path / "x.ulg", (GPS, ATTITUDE, GIMBAL), rows))

    assert samples.yaw_deg == pytest.approx(expected, abs=1e-3)
    assert samples.pitch_deg == pytest.approx(-30, abs=1e-3)
    assert samples.aircraft_yaw_deg == pytest.approx(90, abs=1e-3)


def test_nadir_has_one_yaw():
    yaw, pitch, roll = euler_of(*(np.array([part]) for part in DOWN))
    assert (yaw[0], pitch[0], roll[0]) == pytest.approx((0, -90, 0), abs=1e-5)
    assert np.isnan(euler_of(*(np.zeros(1) for _ in range(4)))[0]).all()


def test_drift_of_the_autopilots_clock_is_told():
    boot = np.arange(0, 3600 * 10**6, 200_000, dtype=np.int64)
    utc = UTC_US + boot + np.round(boot * 5e-5).astype(np.int64)
    clock = BootClock.of(boot, utc)

    assert clock.drift == pytest.approx(5e-5, rel=1e-3)
    assert np.abs(clock.utc_ns(boot) / 1e3 - utc).max() < 2_000


def test_damage_costs_only_what_it_hits(simulated):
    _, path = simulated
    raw = bytearray(path.read_bytes())
    whole = read(path)
    half = len(raw) * 2 // 3
    raw[half : half + 40] = bytes(40)
    path.write_bytes(raw)
    samples = read(path)

    assert len(whole) - 3 <= len(samples) <= len(whole)
    known = np.isin(samples.t_ns // 100_000, whole.t_ns // 100_000)
    assert known.all(), "no row that was not there before"
    assert {"log_damaged"} <= {fault.code for fault in samples.faults}


def test_a_cut_log_gives_what_comes_before(simulated):
    _, path = simulated
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 3 // 4 + 1])
    samples = read(path)

    assert 10 < len(samples) < 36
    assert "log_cut" in {fault.code for fault in samples.faults}


def test_a_definition_that_claims_too_much_is_not_believed(tmp_path):
    huge = Topic("vehicle_gps_position", "uint64_t timestamp;uint8_t[99999] lat;uint8_t fix_type")
    nested = Topic("vehicle_attitude", "uint64_t timestamp;vehicle_attitude[9999] q")
    with (tmp_path / "x.ulg").open("wb") as file:
        log = ULogFile(file, 0)
        log.declare(huge, nested)
        for number, topic in enumerate((huge, nested)):
            log._put(b"A", struct.pack("<BH", 0, number) + topic.name.encode())
            log._put(b"D", struct.pack("<H", number) + bytes(20))
    with pytest.raises(InputError, match="neither positions"):
        ULogReader().read(tmp_path / "x.ulg")


def test_unknown_features_are_refused(simulated):
    _, path = simulated
    raw = bytearray(path.read_bytes())
    raw[16 + 3 + 8] |= 2
    path.write_bytes(raw)
    with pytest.raises(InputError, match="features that this version does not know"):
        ULogReader().read(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    return flight(folder, "ulog_stills", facts(4, stream=told(8, 0.25)), 4).read_bytes()


def survives(folder, data):
    path = folder / "fuzz.ulg"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        for samples in ULogReader().read(path):
            assert (np.diff(samples.t_ns) > 0).all()


edits = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 40)), min_size=1, max_size=8)
CASES = {"max_examples": 120, "deadline": 2000, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def damaged(data, changes):
    for share, new, cut in changes:
        at = int(share * len(data))
        data = data[:at] + new + data[at + cut :]
    return data


@settings(**CASES)
@given(edits)
def test_damaged_logs_give_samples_or_an_input_error(tmp_path, sound, changes):
    survives(tmp_path, damaged(sound, changes))


@settings(**CASES)
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_magic(tmp_path, tail):
    survives(tmp_path, b"ULog\x01\x12\x35" + tail)


@pytest.mark.slow
@settings(**{**CASES, "max_examples": 6000})
@given(edits)
def test_many_damaged_logs(tmp_path, sound, changes):
    survives(tmp_path, damaged(sound, changes))
