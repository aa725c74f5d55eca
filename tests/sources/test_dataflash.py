"""ArduPilot's DataFlash logs, written by the documented format and read back by ArduPilot's own reader."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.telemetry.dataflash import KINDS, DataflashReader
from pipeline.sources.telemetry.dataflash_messages import read_dataflash

CODES = {"Q": "Q", "I": "I", "H": "H", "h": "h", "B": "B", "b": "b", "f": "f", "c": "h", "C": "H", "e": "i", "L": "i"}
CODES |= {"n": "4s", "N": "16s", "Z": "64s", "E": "I", "d": "d"}
LAYOUTS = {
    "FMT": (128, "BBnNZ", "Type,Length,Name,Format,Columns"),
    "MSG": (129, "QZ", "TimeUS,Message"),
    "GPS": (130, "QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U"),
    "GPA": (131, "QBCCCCfBIH", "TimeUS,I,VDop,HAcc,VAcc,SAcc,YAcc,VV,SMS,Delta"),
    "UBX1": (132, "QBHBBHI", "TimeUS,Instance,noisePerMS,jamInd,aPower,agcCnt,config"),
    "ATT": (133, "QccccCCCCB", "TimeUS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw,ErrRP,ErrYaw,AEKF"),
    "POS": (134, "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt"),
    "MNT": (135, "QBffffffff", "TimeUS,I,DesRoll,Roll,DesPitch,Pitch,DesYawB,YawB,DesYawE,YawE"),
    "CAM": (136, "QBHIHLLeeeccC", "TimeUS,I,Img,GPSTime,GPSWeek,Lat,Lng,Alt,RelAlt,GPSAlt,R,P,Y"),
    "VIBE": (137, "QBfffI", "TimeUS,IMU,VibeX,VibeY,VibeZ,Clip"),
}
WEEK, MILLISECONDS = 2131, 411_318_000  # 2020-11-12T18:15:00Z and 18 leap seconds
T0 = 1605204900 * 10**9
NAN = float("nan")


def message(name, *values):
    number, codes, _ = LAYOUTS[name]
    return struct.pack("<BBB" + "".join(CODES[code] for code in codes), 0xA3, 0x95, number, *values)


def definitions():
    lines = b""
    for name, (number, codes, labels) in LAYOUTS.items():
        size = 3 + struct.calcsize("<" + "".join(CODES[code] for code in codes))
        lines += message("FMT", number, size, name.encode(), codes.encode(), labels.encode())
    return lines


def second(s, *, fix=3, yaw_earth=-170.0):
    now = 60_000_000 + s * 1_000_000
    gps = (MILLISECONDS + s * 1000, WEEK, 14, 80, 485000000 + s, 372500000 - s, 18050, 12.5, 91.0, -1.5, 0.0, 1)
    return [
        message("ATT", now - 50_000, 0, 100, 0, -200, 9000, 9000, 0, 0, 3),
        message("ATT", now + 50_000, 0, 100, 0, -200, 9000, 9000, 0, 0, 3),
        message("GPS", now, 0, 1, *gps[:5], 999_999_999, *gps[6:]),
        message("GPS", now, 1, fix, *gps),
        message("GPA", now, 0, 150, 900, 900, 20, 0.0, 1, 1, 200),
        message("GPA", now, 1, 150, 120, 250, 20, 0.0, 1, 1, 200),
        message("UBX1", now - 300_000, 1, 90, 51, 3, 2000, 0),
        message("POS", now, 485000000, 372500000, 180.5, 99.5, 100.0),
        message("MNT", now, 0, 0.0, 0.5, -89.0, -89.5, 0.0, 15.0, NAN, yaw_earth),
        message("VIBE", now, 0, 1.0, 1.0, 1.0, 0),
    ]


def log_of(*rows):
    version = message("MSG", 1000, b"ArduCopter V4.5.7 (2a3dc4b7)")
    return definitions() + version + b"".join(part for row in rows for part in row)


@pytest.fixture
def read(tmp_path):
    def reading(data):
        path = tmp_path / "00000001.BIN"
        path.write_bytes(data)
        assert DataflashReader().recognises(path, data[:65536])
        (samples,) = DataflashReader().read(path)
        return samples

    return reading


def test_every_number_in_its_unit(read):
    samples = read(log_of(*(second(s) for s in range(5))))

    assert samples.t_ns.tolist() == [T0 + s * 10**9 for s in range(5)]
    assert samples.lat_deg == pytest.approx(48.5 + 1e-7 * np.arange(5), abs=1e-9)
    assert samples.lon_deg == pytest.approx(37.25 - 1e-7 * np.arange(5), abs=1e-9)
    assert (samples.alt_m[0], samples.vertical_datum) == (pytest.approx(180.5), "egm96")
    assert samples.relative_alt_m[0] == 99.5
    assert [samples.position_sigma_m[0], samples.alt_sigma_m[0]] == pytest.approx([1.2, 2.5])
    assert [samples.yaw_deg[0], samples.pitch_deg[0], samples.roll_deg[0]] == pytest.approx([-170, -89.5, 0.5])
    assert samples.aircraft_yaw_deg[0] == pytest.approx(90)
    gnss = samples.gnss
    assert [gnss.satellites[0], gnss.hdop[0], gnss.fix[0], gnss.jamming[0]] == pytest.approx([14, 0.8, 3, 0.2])
    assert [gnss.speed_mps[0], gnss.climb_mps[0]] == [12.5, 1.5]
    assert samples.platform.startswith("ArduCopter V4.5.7")
    assert any("GPS 1, which has the most full fixes" in note for note in samples.notes)
    assert not samples.faults


def test_a_mount_that_only_knows_the_nose(read):
    samples = read(log_of(*(second(s, yaw_earth=NAN) for s in range(3))))
    assert samples.yaw_deg == pytest.approx(105)


def test_without_a_fix_there_is_no_position(read):
    samples = read(log_of(second(0), second(1, fix=1), second(2)))
    assert np.isnan(samples.lat_deg).tolist() == [False, True, False]


def test_captures(read):
    shots = [message("CAM", 60_500_000 + s * 10**6, 0, 7 + s, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) for s in range(3)]
    captures = read(log_of(*(second(s) for s in range(4)), shots)).captures

    assert captures.fed_back and captures.sequence.tolist() == [7, 8, 9]
    assert captures.t_ns.tolist() == [T0 + s * 10**9 + 500_000_000 for s in range(3)]


def test_an_airframe_is_not_a_camera(read):
    rows = [[part for part in second(s) if part[2] != LAYOUTS["MNT"][0]] for s in range(3)]
    samples = read(log_of(*rows))

    assert np.isnan(samples.pitch_deg).all()
    assert any("not where the camera looked" in note for note in samples.notes)


def test_what_ardupilots_own_reader_finds(tmp_path):
    reader = pytest.importorskip("pymavlink.DFReader", reason="pymavlink (extra dev) reads logs independently")
    path = tmp_path / "x.bin"
    shots = [message("CAM", 60_500_000, 0, 7, MILLISECONDS, WEEK, 1, 2, 3, 4, 5, 6, 7, 8)]
    path.write_bytes(log_of(*(second(s) for s in range(5)), shots))
    theirs = reader.DFReader_binary(str(path))
    rows = {}
    while (found := theirs.recv_msg()) is not None:
        rows.setdefault(found.get_type(), []).append(found)
    with path.open("rb") as file:
        ours = read_dataflash(file, KINDS).kinds

    assert len(ours) == 8
    for name, kind in ours.items():
        assert len(kind) > 0
        assert len(kind) == len(rows[name])
        for label in kind.scales:
            np.testing.assert_allclose(kind.column(label), [getattr(row, label) for row in rows[name]], rtol=1e-12)


def test_damage_costs_what_it_hits_and_no_value_is_wrong(read):
    data = bytearray(log_of(*(second(s) for s in range(20))))
    whole = read(bytes(data))
    del data[len(data) // 2 : len(data) // 2 + 37]
    data[len(data) // 3] ^= 0xFF
    samples = read(bytes(data))

    assert 17 <= np.isfinite(samples.lat_deg).sum() <= 20
    known = np.searchsorted(whole.t_ns, samples.t_ns)
    given_ = np.isfinite(samples.lat_deg)
    assert (samples.lat_deg[given_] == whole.lat_deg[known[given_]]).all()
    assert "log_damaged" in {fault.code for fault in samples.faults}


def test_blank_flash_behind_a_log_is_no_damage(read):
    assert not read(log_of(*(second(s) for s in range(3))) + b"\xff" * 5000).faults


def test_a_log_of_nothing_says_so(tmp_path):
    (tmp_path / "x.bin").write_bytes(definitions())
    with pytest.raises(InputError, match="neither positions of a receiver nor attitudes"):
        DataflashReader().read(tmp_path / "x.bin")


CASES = {"max_examples": 120, "deadline": 2000, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
edits = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 60)), min_size=1, max_size=8)
SOUND = log_of(*(second(s) for s in range(6)))


def survives(folder, changes):
    data = SOUND
    for share, new, cut in changes:
        at = int(share * len(data))
        data = data[:at] + new + data[at + cut :]
    path = folder / "fuzz.bin"
    path.write_bytes(data)
    DataflashReader().recognises(path, data)
    with contextlib.suppress(InputError):
        for samples in DataflashReader().read(path):
            assert (np.diff(samples.t_ns) > 0).all()


@settings(**CASES)
@given(edits)
def test_damaged_logs_give_samples_or_an_input_error(tmp_path, changes):
    survives(tmp_path, changes)


@pytest.mark.slow
@settings(**{**CASES, "max_examples": 5000})
@given(edits)
def test_many_damaged_logs(tmp_path, changes):
    survives(tmp_path, changes)
