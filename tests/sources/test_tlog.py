"""Ground stations' logs, written by MAVLink's own library."""

import contextlib
import math
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.telemetry.mavlink_frames import read_mavlink
from pipeline.sources.telemetry.tlog import TlogReader

T0_US = 1605204900 * 10**6  # 2020-11-12T18:15:00Z
DOWN = (math.sqrt(0.5), 0.0, -math.sqrt(0.5), 0.0)


@pytest.fixture(params=["v20", "v10"])
def mavlink(request):
    pytest.importorskip("pymavlink", reason="pymavlink (extra dev) writes logs independently")
    import importlib

    return importlib.import_module(f"pymavlink.dialects.{request.param}.ardupilotmega")


def record(library, received_us, message, system=1, sequence=[0]):  # noqa: B006 - frames are numbered
    sender = library.MAVLink(None, srcSystem=system, srcComponent=1)
    sender.seq = sequence[0] = (sequence[0] + 1) % 256
    return struct.pack(">Q", received_us) + message.pack(sender)


def second(m, s, *, boot_s=60, told=True, fix=3, system=1, gimbal=True):
    boot_ms = (boot_s + s) * 1000
    late = T0_US + s * 10**6 + 150_000
    rows = [
        m.MAVLink_attitude_message(boot_ms, 0.01, 0.02, math.radians(90), 0, 0, 0),
        m.MAVLink_global_position_int_message(boot_ms, 485000000, 372500000, 180500, 99500, 300, 400, -150, 9000),
        m.MAVLink_gps_raw_int_message(
            boot_ms * 1000,
            fix,
            485000000 + s,
            372500000 - s,
            180500,
            80,
            120,
            1250,
            9100,
            14,
            **({"alt_ellipsoid": 205500, "h_acc": 1200, "v_acc": 2500} if m.WIRE_PROTOCOL_VERSION == "2.0" else {}),
        ),
        m.MAVLink_heartbeat_message(2, 3, 0, 0, 4, 3),
    ]
    if told:
        rows.append(m.MAVLink_system_time_message(T0_US + s * 10**6, boot_ms))
    if gimbal and m.WIRE_PROTOCOL_VERSION == "2.0":
        rows.append(m.MAVLink_gimbal_device_attitude_status_message(0, 0, boot_ms, 16, list(DOWN), 0, 0, 0, 0))
    elif gimbal:
        rows.append(m.MAVLink_mount_status_message(0, 0, -8950, 50, 1500))
    return [record(m, late + place * 1000, row, system) for place, row in enumerate(rows)]


def placed(samples):
    return np.isfinite(samples.lat_deg)


def flat(rows):
    return b"".join(part for row in rows for part in row)


@pytest.fixture
def read(tmp_path):
    def reading(data):
        path = tmp_path / "flight.tlog"
        path.write_bytes(data)
        assert TlogReader().recognises(path, data[:65536])
        return TlogReader().read(path)

    return reading


def test_every_number_in_its_unit(mavlink, read):
    (samples,) = read(flat(second(mavlink, s) for s in range(5)))

    rows = placed(samples)
    assert samples.t_ns[rows].tolist() == [(T0_US + s * 10**6) * 1000 for s in range(5)]
    assert samples.lat_deg[rows] == pytest.approx(48.5 + 1e-7 * np.arange(5), abs=1e-9)
    assert samples.lon_deg[rows] == pytest.approx(37.25 - 1e-7 * np.arange(5), abs=1e-9)
    assert samples.relative_alt_m[0] == 99.5
    assert samples.aircraft_yaw_deg[0] == pytest.approx(90, abs=1e-4)
    gnss = samples.gnss
    assert [gnss.satellites[0], gnss.hdop[0], gnss.fix[0]] == [14, 0.8, 3]
    assert [gnss.speed_mps[0], gnss.climb_mps[0]] == pytest.approx([12.5, 1.5])
    if mavlink.WIRE_PROTOCOL_VERSION == "2.0":
        assert (samples.alt_m[0], samples.vertical_datum) == (205.5, "ellipsoidal")
        assert [samples.position_sigma_m[0], samples.alt_sigma_m[0]] == [1.2, 2.5]
        assert [samples.yaw_deg[0], samples.pitch_deg[0]] == pytest.approx([0, -90], abs=0.05)
    else:
        assert (samples.alt_m[0], samples.vertical_datum) == (180.5, "egm96")
        aimed = np.flatnonzero(np.isfinite(samples.pitch_deg))[0]
        angles = [samples.yaw_deg[aimed], samples.pitch_deg[aimed], samples.roll_deg[aimed]]
        assert angles == pytest.approx([105, -89.5, 0.5])
    assert not samples.faults


def test_without_the_autopilots_utc_the_stations_clock_serves(mavlink, read):
    (samples,) = read(flat(second(mavlink, s, told=False) for s in range(5)))

    assert np.abs(samples.t_ns[placed(samples)] / 1e3 - (T0_US + np.arange(5) * 1e6) - 150_000).max() < 5_000
    assert any("ground station's clock" in note for note in samples.notes)


def test_an_autopilot_that_was_switched_off_begins_a_clip(mavlink, read):
    first = flat(second(mavlink, s, boot_s=600) for s in range(3))
    clips = read(first + flat(second(mavlink, s, boot_s=-90) for s in range(100, 103)))

    assert [np.count_nonzero(placed(clip)) for clip in clips] == [3, 3]
    assert clips[1].t_ns[placed(clips[1])].tolist() == [(T0_US + s * 10**6) * 1000 for s in range(100, 103)]


def test_of_two_aircraft_one_is_read(mavlink, read):
    rows = [second(mavlink, s) for s in range(4)] + [second(mavlink, 4, system=7)]
    (samples,) = read(flat(rows))

    assert np.count_nonzero(placed(samples)) == 4
    assert "of 2 aircraft, system 1 is read" in samples.notes


def test_captures(mavlink, read):
    shots = [
        record(
            mavlink,
            T0_US + s * 10**6,
            mavlink.MAVLink_camera_feedback_message(
                T0_US + s * 10**6 + 500_000, 1, 1, 40 + s, 0, 0, 0, 0, 0, 0, 0, 0, 0
            ),
        )
        for s in range(2)
    ]
    captures = read(flat([*(second(mavlink, s) for s in range(3)), shots]))[0].captures

    assert captures.sequence.tolist() == [40, 41]
    assert captures.t_ns.tolist() == [(T0_US + s * 10**6 + 500_000) * 1000 for s in range(2)]


def test_no_damaged_value_comes_through(mavlink, read):
    data = flat(second(mavlink, s) for s in range(40))
    (whole,) = read(data)
    rng = np.random.default_rng(5)
    damaged = bytearray(data)
    for at in rng.integers(0, len(data), 15):
        damaged[at] ^= int(rng.integers(1, 256))
    for at in sorted(rng.integers(200, len(data) - 200, 5), reverse=True):
        del damaged[at : at + 11]
    (samples,) = read(bytes(damaged))

    rows = placed(samples)
    assert 20 <= rows.sum() < 40
    known = np.searchsorted(whole.t_ns, samples.t_ns[rows])
    assert (whole.t_ns[known] == samples.t_ns[rows]).all()
    assert (whole.lat_deg[known] == samples.lat_deg[rows]).all()
    assert samples.faults[0].code == "log_damaged"


def test_as_many_messages_as_mavlinks_own_reader(mavlink, tmp_path):
    from pymavlink import mavutil

    path = tmp_path / "x.tlog"
    path.write_bytes(flat(second(mavlink, s) for s in range(9)))
    theirs = mavutil.mavlink_connection(str(path), dialect="ardupilotmega")
    kinds = {}
    while (found := theirs.recv_match()) is not None:
        kinds.setdefault(found.get_type(), []).append(found)
    with path.open("rb") as file:
        ours = read_mavlink(file)

    assert ours.frames == sum(map(len, kinds.values()))
    attitude = ours.table(1, "ATTITUDE")
    assert attitude["yaw"].tolist() == [row.yaw for row in kinds["ATTITUDE"]]


def test_a_log_without_positions_says_so(mavlink, tmp_path):
    beat = mavlink.MAVLink_heartbeat_message(2, 3, 0, 0, 4, 3)
    (tmp_path / "x.tlog").write_bytes(b"".join(record(mavlink, T0_US + s, beat) for s in range(5)))
    with pytest.raises(InputError, match="5 MAVLink frames without a position"):
        TlogReader().read(tmp_path / "x.tlog")


def test_other_files_are_not_logs(tmp_path):
    for head in (b"", bytes(64), b"\xfe" * 64, b"\0\0\0\x18ftypmp42" + bytes(50), b"lat,lon,time\n1,2,3\n"):
        assert not TlogReader().recognises(tmp_path / "x", head)


@settings(max_examples=100, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 60)), min_size=1, max_size=8))
def test_damaged_logs_give_samples_or_an_input_error(mavlink, tmp_path, changes):
    data = flat(second(mavlink, s) for s in range(4))
    for share, new, cut in changes:
        at = int(share * len(data))
        data = data[:at] + new + data[at + cut :]
    path = tmp_path / "fuzz.tlog"
    path.write_bytes(data)
    TlogReader().recognises(path, data)
    with contextlib.suppress(InputError):
        for samples in TlogReader().read(path):
            assert (np.diff(samples.t_ns) > 0).all()
