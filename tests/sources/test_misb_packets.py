"""MISB packets to numbers: mappings, reserved values, checksums, damage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources.telemetry import st0601_items
from pipeline.sources.telemetry.klv_bytes import ber_length, ber_oid, walk_local
from pipeline.sources.telemetry.klv_outliers import singular, strays
from pipeline.sources.telemetry.klv_stream import KlvStream, KlvTable
from pipeline.sources.telemetry.klv_values import Mapping, Number
from tests.sources.misb_packets import KEY, TIME_US, damaged, items, packet, position, published, targets_agree

FIELDS = {
    "time_us": "timestamp_us",
    "heading_deg": "platform_heading_deg",
    "pitch_deg": "platform_pitch_deg",
    "roll_deg": "platform_roll_deg",
    "lat_deg": "sensor_lat_deg",
    "lon_deg": "sensor_lon_deg",
    "alt_msl_m": "sensor_alt_m",
    "hfov_deg": "sensor_hfov_deg",
    "vfov_deg": "sensor_vfov_deg",
    "relative_azimuth_deg": "sensor_rel_az_deg",
    "relative_elevation_deg": "sensor_rel_el_deg",
    "relative_roll_deg": "sensor_rel_roll_deg",
    "slant_range_m": "slant_range_m",
    "target_width_m": "target_width_m",
    "centre_lat_deg": "frame_center_lat_deg",
    "centre_lon_deg": "frame_center_lon_deg",
    "centre_msl_m": "frame_center_elev_m",
}
MORE = {
    **{
        f"corner_{c}_{axis}_offset_deg": f"corner_{axis}_offset_p{c}_deg"
        for c in range(1, 5)
        for axis in ("lat", "lon")
    },
    **{f"corner_{c}_{axis}_deg": f"corner_{axis}_p{c}_deg" for c in range(1, 5) for axis in ("lat", "lon")},
    "pitch_full_deg": "platform_pitch_full_deg",
    "roll_full_deg": "platform_roll_full_deg",
    "alt_ellipsoidal_m": "sensor_ellipsoid_height_m",
    "alt_ellipsoidal_long_m": "sensor_ellipsoid_height_extended_m",
    "centre_ellipsoidal_m": "frame_center_ellipsoid_height_m",
    "north_mps": "sensor_north_velocity",
    "east_mps": "sensor_east_velocity",
    "climb_mps": "platform_vertical_speed",
    "target_width_long_m": "target_width_extended_m",
    "above_ground_m": "altitude_agl_m",
    "radar_height_m": "radar_altimeter_m",
    "course_deg": "platform_course_angle_deg",
    "azimuth_rate_dps": "sensor_azimuth_rate_dps",
    "elevation_rate_dps": "sensor_elevation_rate_dps",
    "roll_rate_dps": "sensor_roll_rate_dps",
    "zoom_percent": "zoom_percentage",
    "range_to_recovery_km": "range_to_recovery_km",
    "satellites": "navsats_in_view",
    "leap_s": "leap_seconds",
    "time_correction_us": "correction_offset_us",
    "target_ce90_m": "target_error_ce90_m",
    "target_le90_m": "target_error_le90_m",
    "target_lat_deg": "target_location_lat_deg",
    "target_lon_deg": "target_location_lon_deg",
    "target_msl_m": "target_location_elev_m",
    "ground_range_m": "ground_range_m",
    "magnetic_heading_deg": "platform_magnetic_heading_deg",
    "time_airborne_s": "time_airborne_s",
    "take_off_us": "take_off_time_us",
}


def read(data: bytes) -> tuple[KlvTable | None, KlvStream]:
    stream = KlvStream()
    stream.feed(data)
    tables = stream.finish()
    return (tables[0] if tables else None), stream


def one(*pairs: tuple[int, bytes]) -> KlvTable:
    table, _ = read(packet(*pairs))
    assert table is not None and len(table) == 1
    return table


def demuxed(path) -> list[bytes]:
    av = pytest.importorskip("av")
    with av.open(str(path), format="mpegts") as file:
        return [bytes(p) for p in file.demux(file.streams.data[0]) if p.size]


@pytest.fixture(scope="module")
def sample(real_data):
    """The 277 packets of a real recording."""
    return demuxed(real_data / "flights/klv_simulator/sample-stream.ts")


@given(st.integers(0, (1 << 20) - 1))
def test_tags_of_any_size(number):
    parts = [number & 0x7F]
    while number >> 7 * len(parts):
        parts.append(0x80 | number >> 7 * len(parts) & 0x7F)
    raw = bytes(reversed(parts))
    assert ber_oid(raw, 0, len(raw)) == (number, len(raw))
    assert ber_oid(raw, 0, len(raw) - 1) is None


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("7f", (1, 127)),
        ("8180", (2, 128)),
        ("82012c", (3, 300)),
        ("80", None),
        ("8500", None),
        ("82", None),
        ("", None),
    ],
)
def test_lengths(raw, place):
    data = bytes.fromhex(raw)
    assert ber_length(data, 0, len(data)) == place


@settings(deadline=None)  # the first call imports the decoder
@given(st.floats(-19.2, 19.2), st.integers(2, 6))
def test_mapped_numbers_agree_with_another_decoder(value, size):
    imap = pytest.importorskip("stanag4609.imap", reason="stanag4609 (extra dev) decodes ST 1201 independently")
    raw = imap.IMAPB(-19.2, 19.2, size).encode(value)
    theirs = imap.IMAPB(-19.2, 19.2, size).decode(raw)
    ours = Number(Mapping.IMAPB, -19.2, 19.2).decode(np.frombuffer(raw, np.uint8)[None])[0]
    expected = float(np.clip(getattr(theirs, "value", theirs), -19.2, 19.2))  # no step leads out of the range
    assert ours == pytest.approx(expected, abs=1e-12)
    assert Number(Mapping.IMAPB, -19.2, 19.2).one(raw) == ours


@pytest.mark.parametrize("raw", ["c80000", "e80000", "d00000", "900000", "ffffff"])
def test_special_mapped_values_are_nothing(raw):
    assert math.isnan(
        Number(Mapping.IMAPB, -900.0, 40_000.0).decode(np.frombuffer(bytes.fromhex(raw), np.uint8)[None])[0]
    )


def test_the_end_of_a_range_that_is_a_power_of_two_is_no_special_value():
    assert Number(Mapping.IMAPB, 0.0, 1024.0).decode(np.array([[0x80, 0]], np.uint8))[0] == 1024.0


@pytest.mark.parametrize("size", range(1, 9))
def test_whole_numbers_of_any_size(size):
    for value in (0, 1, -1, -(1 << 8 * size - 1), (1 << 8 * size - 1) - 1):
        raw = np.frombuffer(value.to_bytes(size, "big", signed=True), np.uint8)[None]
        assert Number(Mapping.WHOLE).decode(raw)[0] == pytest.approx(float(value), rel=1e-15)
        assert Number(Mapping.COUNT).decode(raw)[0] == pytest.approx(float(value % (1 << 8 * size)), rel=1e-15)


@pytest.mark.parametrize("number", [13, 14, 19, 23, 26, 6, 7, 90, 79])
def test_reserved_numbers_are_nothing(number):
    name, mapping = st0601_items.NUMBERS[number]
    assert math.isnan(one((number, b"\x80" + bytes(mapping.size - 1))).columns[name][0])
    assert one((number, b"\x80" + bytes(mapping.size - 2) + b"\x01")).columns[name][0] == mapping.low


def test_an_empty_value_is_nothing_and_not_zero():
    table = one((13, b""), *position()[1:])
    assert math.isnan(table.column("lat_deg")[0]) and table.column("lon_deg")[0] == pytest.approx(-86.68913, abs=1e-5)


def test_a_value_of_another_length_is_nothing_and_counted():
    table, stream = read(packet((13, b"\x31\x61"), *position()[1:]))
    assert table is not None and math.isnan(table.columns["lat_deg"][0])
    assert stream.counts["value_length_wrong"] == 1


def test_tags_of_two_bytes_do_not_throw_the_others_out_of_step():
    table = one((123, b"\x09"), (131, b"\x05\x6f\x27\x1b\x5e\x41\xb7"), (134, b"\x37\x00"), (136, b"\xff"), *position())
    assert (table.column("satellites")[0], table.column("leap_s")[0]) == (9, -1)
    assert table.column("zoom_percent")[0] == pytest.approx(55.0)
    assert table.column("lat_deg")[0] == pytest.approx(34.721153, abs=1e-6)


def test_a_packet_whose_checksum_is_wrong_is_left_out_and_counted():
    good, bad = packet(*position()), bytearray(packet(*position(), time_us=TIME_US + 1))
    bad[40] ^= 1
    table, stream = read(good + bytes(bad) + good)
    assert table is not None and len(table) == 2
    assert stream.counts["checksum_wrong"] == 1


def test_a_packet_without_a_checksum_is_left_out_and_counted():
    body = items((2, TIME_US.to_bytes(8, "big")), *position())
    bare = KEY + bytes([len(body)]) + body
    table, stream = read(packet() + bare)
    assert table is not None and len(table) == 1
    assert stream.counts["checksum_missing"] == 1


def test_a_stream_without_any_checksum_is_read_and_said():
    body = items((2, TIME_US.to_bytes(8, "big")), *position())
    table, stream = read((KEY + bytes([len(body)]) + body) * 5)
    assert table is not None and len(table) == 5
    assert stream.counts["stream_without_checksums"] == 1 and stream.counts["checksum_missing"] == 0


def test_a_length_beyond_the_cap_does_not_swallow_what_follows():
    table, stream = read(KEY + b"\x84\x7f\xff\xff\xff" + packet(*position()) * 3)
    assert table is not None and len(table) == 3 and stream.counts["cut_off"] == 0


@pytest.mark.parametrize("chunk", [1, 7, 188, 5000])
def test_packets_may_come_in_any_pieces(chunk):
    data = b"junk" + b"".join(packet(*position(), time_us=TIME_US + n) for n in range(9))
    stream = KlvStream()
    for at in range(0, len(data), chunk):
        assert stream.feed(data[at : at + chunk]) == at
    [table] = stream.finish()
    assert table.columns["time_us"].tolist() == [TIME_US + n for n in range(9)]
    assert table.offset[0] == 4


def test_blocks_join_without_a_seam(monkeypatch):
    monkeypatch.setattr("pipeline.sources.telemetry.klv_stream.BLOCK_BYTES", 300)
    data = b"".join(packet(*position(), time_us=TIME_US + n) for n in range(50))
    stream = KlvStream()
    for at in range(0, len(data), 97):
        stream.feed(data[at : at + 97])
    [table] = stream.finish()
    assert table.columns["time_us"].tolist() == [TIME_US + n for n in range(50)]
    assert np.diff(table.offset).tolist() == [len(data) // 50] * 49
    assert not +stream.counts


def test_a_packet_within_a_sound_packet_is_its_value():
    table, _ = read(packet((94, packet(time_us=1)), *position()))
    assert table is not None and table.columns["time_us"].tolist() == [TIME_US]


def test_damaged_tags_are_restored_where_the_checksum_then_fits():
    packets = [bytearray(packet(*position(), time_us=TIME_US + n)) for n in range(20)]
    packets[7][3] ^= 4  # the key
    packets[11][28] ^= 32  # a tag
    packets[15][16] ^= 1  # the length
    table, stream = read(b"".join(packets))
    assert table is not None and table.columns["time_us"].tolist() == [TIME_US + n for n in range(20)]
    assert stream.counts["packet_repaired"] == 3


def test_values_are_never_restored():
    packets = [bytearray(packet(*position(), time_us=TIME_US + n)) for n in range(20)]
    packets[7][30] ^= 4
    table, stream = read(b"".join(packets))
    assert table is not None and len(table) == 19 and not stream.counts["packet_repaired"]


def test_wrong_bits_that_cancel_in_the_checksum_show_by_their_neighbours():
    """The checksum is a sum of words: one bit up and one down at the same place leave it as it was."""
    packets = [bytearray(packet(*position(), time_us=TIME_US + 33_333 * n)) for n in range(40)]
    packets[3][30] ^= 4  # what shows that the stream is damaged
    first, second = packets[20][31], packets[20][37]
    assert first & 0x20 == 0 and second & 0x20
    packets[20][31] ^= 0x20
    packets[20][37] ^= 0x20
    table, stream = read(b"".join(packets))
    assert table is not None and len(table) == 38
    assert (stream.counts["checksum_wrong"], stream.counts["checksum_by_chance"]) == (1, 1)
    assert np.ptp(table.columns["lat_deg"]) == np.ptp(table.columns["lon_deg"]) == 0


def test_steps_and_turns_are_no_strays():
    n = np.arange(60.0)
    assert not strays({"step": np.where(n < 30, 1.0, 9.0), "turn": 360 * np.sin(n / 9), "wrap": 40 * n % 360}, 60).any()
    assert np.flatnonzero(strays({"line": np.where(n == 30, 99.0, n)}, 60)).tolist() == [30]
    assert not singular([b"a", b"b"] * 30).any() and singular([b"a"] * 30 + [b"b"]).sum() == 1


def test_seventeen_numbers_of_each_real_packet_agree_with_another_decoder(sample):
    klv = pytest.importorskip("tstrans.klv", reason="tstrans (extra dev) decodes MISB metadata independently")
    table, stream = read(b"".join(sample))
    assert table is not None and len(table) == len(sample) == 277 and not +stream.counts
    theirs = [klv.decode_uas_datalink(raw, strict=True) for raw in sample]
    for ours, name in FIELDS.items():
        expected = np.array([getattr(row, name) for row in theirs], np.float64)
        assert np.abs(table.columns[ours] - expected).max() <= 1e-9, ours


def test_all_items_of_a_test_stream_agree_with_another_decoder(real_data):
    """A stream that shows every item of the standard, tags of two bytes among them."""
    klv = pytest.importorskip("tstrans.klv", reason="tstrans (extra dev) decodes MISB metadata independently")
    packets = demuxed(real_data / "flights/aphill/h264_klv.ts")
    table, stream = read(b"".join(packets))
    assert table is not None and len(table) == len(packets) == 30 and not +stream.counts
    theirs = [klv.decode_uas_datalink(raw, strict=False) for raw in packets]
    compared = 0
    for ours, name in {**FIELDS, **MORE}.items():
        expected = np.array([np.nan if (v := getattr(row, name)) is None else v for row in theirs], np.float64)
        assert table.column(ours) == pytest.approx(expected, abs=1e-9, nan_ok=True), ours
        compared += int(np.isfinite(expected).sum())
    assert compared > 1200


def _right_and_wrong(truth: KlvTable, table: KlvTable) -> tuple[int, int]:
    rows = {int(t): n for n, t in enumerate(truth.columns["time_us"])}
    wrong = 0
    for n, time in enumerate(table.columns["time_us"]):
        row = rows.get(int(time) if np.isfinite(time) else -1)
        wrong += row is None or any(
            np.isfinite(column[n]) and not (name in truth.columns and column[n] == truth.columns[name][row])
            for name, column in table.columns.items()
        )
    return len(table) - wrong, wrong


@pytest.mark.parametrize("seed", range(8))
def test_damage_costs_few_packets_and_no_value(sample, seed):
    """60 wrong bits and 10 cuts: at least 211 of 277 packets come back, and not one wrong value."""
    truth, _ = read(b"".join(sample))
    table, stream = read(damaged(b"".join(sample), seed))
    assert truth is not None and table is not None
    right, wrong = _right_and_wrong(truth, table)
    assert right >= 211 and wrong == 0
    assert stream.counts["checksum_wrong"] and stream.counts["packet_repaired"]


@pytest.mark.slow
def test_damage_over_many_seeds(sample):
    """Two wrong bits may cancel and stay below what values stray by: that is three recordings in a thousand."""
    truth, said = published(*read(b"".join(sample)))
    wrong = 0
    for seed in range(1000, 1600):
        table, stream = read(damaged(b"".join(sample), seed))
        found, words = published(table, stream)
        bad = [
            time
            for time, (numbers, targets) in found.items()
            if time not in truth
            or not (numbers.items() <= truth[time][0].items() and targets_agree(targets, truth[time][1]))
        ]
        assert len(found) - len(bad) >= 211 and words <= said
        wrong += len(bad)
    assert wrong <= 6


def test_a_local_set_must_fill_its_space():
    assert walk_local(b"\x05\x02\x00\x00", 0, 4) == [(5, 2, 2)]
    assert walk_local(b"\x05\x03\x00\x00", 0, 4) is None
    assert walk_local(b"\x05", 0, 1) is None
    assert walk_local(b"\x05\x00" * 2000, 0, 4000) is None
