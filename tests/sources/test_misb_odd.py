"""Wrong bits that cancel in a packet's checksum, told by what other packets of a damaged stream keep to."""

import numpy as np
import pytest

from pipeline.sources.telemetry.klv_outliers import lacking
from pipeline.sources.telemetry.klv_stream import KlvStream, KlvTable
from pipeline.sources.telemetry.klv_values import Mapping, Number
from pipeline.sources.telemetry.st0903 import TargetReader
from tests.sources.misb_packets import TIME_US, items, length, packet, position

MARK = items((1, b"\x01"), (2, b"\x01"), (3, b"//US"))
CENTRE = ((23, b"\x31\x61\x96\x0a"), (24, b"\xc2\x5a\xb9\xb9"))


def read(packets: list[bytes]) -> tuple[KlvTable, KlvStream]:
    stream = KlvStream()
    stream.feed(b"".join(packets))
    return stream.finish()[0], stream


def cancelled(data: bytes, one: int, bit: int) -> bytes:
    """With a bit turned over and another, of the same place in its word and behind it, turned back the other way."""
    spoilt = bytearray(data)
    for other in range(one + 2, len(data) - 4, 2):
        if (data[other] ^ data[one]) & 1 << bit:
            spoilt[one] ^= 1 << bit
            spoilt[other] ^= 1 << bit
            return bytes(spoilt)
    raise ValueError("no such bit")


def wrong(data: bytes) -> bytes:
    """Damage that the checksum shows."""
    return data[:30] + bytes([data[30] ^ 4]) + data[31:]


def targets(n: int, *, told: bool, version: int = 3, count: int = 3) -> bytes:
    """A set of targets that drift; what it says twice agrees. Latitude and longitude by the older mapping."""
    series = b""
    for number in range(1, count + 1):
        row, column = 40 * number + n, 100 + 2 * n
        lat, lon = (round(share * 0xFFFFFFFF) for share in ((34.7069 + 90 + n * 1e-6) / 180, (-86.67 + 180) / 360))
        place = lat.to_bytes(4, "big") + lon.to_bytes(4, "big") + b"\x0d\xd0"
        pixel = {1: (row, column), 2: (row - 5, column - 5), 3: (row + 5, column + 5)}
        pack = items(
            *((tag, (r * 640 + c + 1).to_bytes(3, "big")) for tag, (r, c) in pixel.items()),
            (5, b"\x64"),
            (12, b"\x0d\xd0"),
            (17, place),
            (19, (row + 1).to_bytes(2, "big")),
            (20, (column + 1).to_bytes(2, "big")),
        )
        series += length(len(pack) + 1) + bytes([number]) + pack
    head = ((4, bytes([version])), (8, b"\x02\x80"), (9, b"\x01\xe0")) if told else ()
    return items(*head, (6, bytes([count])), (101, series))


def flight(told: range, count: int = 40) -> list[bytes]:
    return [
        packet(*position(), *CENTRE, (48, MARK), (74, targets(n, told=n in told)), time_us=TIME_US + 33_333 * n)
        for n in range(count)
    ]


@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("in_place", [17, 22])
def test_a_wrong_bit_in_a_target_leaves_its_packet_out(bit, in_place):
    """Half a checksum's blind spot lies in targets, which are most of a packet's bytes."""
    packets = flight(range(40))
    at = packets[20].index(b"\x65", packets[20].index(b"\x4a")) + in_place
    packets[3], packets[20] = wrong(packets[3]), cancelled(packets[20], at, bit)
    table, stream = read(packets)
    assert len(table) == 38
    assert (stream.counts["checksum_wrong"], stream.counts["checksum_by_chance"]) == (1, 1)
    assert np.ptp(table.targets.lon_deg) == 0 and set(table.targets.number.tolist()) == {1, 2, 3}


def test_a_wrong_bit_in_a_mark_raises_no_mark():
    packets = flight(range(0))
    at = packets[20].index(MARK) + 2
    packets[3], packets[20] = wrong(packets[3]), cancelled(packets[20], at, 2)
    table, stream = read(packets)
    assert len(table) == 38 and set(stream.markings.values()) == {"UNCLASSIFIED"}


def test_without_damage_nothing_is_left_out():
    """The same packet, in a stream whose checksums are all right, was sent so."""
    packets = flight(range(40))
    packets[20] = cancelled(packets[20], packets[20].index(MARK) + 2, 2)
    table, stream = read(packets)
    assert len(table) == 40 and not +stream.counts


def test_a_damaged_stream_keeps_all_that_is_alike():
    packets = flight(range(0, 40, 15))
    packets[3] = wrong(packets[3])
    table, stream = read(packets)
    assert len(table) == 39 and len(table.targets) == 3 * 39
    assert stream.counts["checksum_by_chance"] == 0


@pytest.mark.parametrize("told", [range(30, 31), range(0)])
def test_the_version_of_targets_may_come_late_or_never(told):
    """By the newer mapping these places would lie 100 degrees away; told late, it holds for the sets before."""
    table, _ = read(flight(told))
    assert len(table.targets) == 120
    assert table.targets.lon_deg == pytest.approx(-86.67, abs=1e-6)
    assert table.targets.lat_deg == pytest.approx(34.7069, abs=1e-4)
    assert np.isfinite(table.targets.box_px).all() == bool(told)


def test_sets_that_wait_for_a_version_are_bounded(monkeypatch):
    monkeypatch.setattr("pipeline.sources.telemetry.st0903._MAX_WAITING_BYTES", 1000)
    reader = TargetReader()
    for n in range(50):
        reader.take(n, targets(n, told=False), -86.67, 34.7069)
        assert sum(len(one[1]) for one in reader.waiting) <= 1000
    found = reader.targets()
    assert len(found) == 150 and found.row.tolist() == np.repeat(np.arange(50), 3).tolist()
    assert found.lon_deg == pytest.approx(-86.67, abs=1e-6)


def test_newer_places_are_told_by_the_frame_centre_too():
    lat, lon = Number(Mapping.IMAPB, -90.0, 90.0), Number(Mapping.IMAPB, -180.0, 180.0)
    pack = items((17, b"\x3e\x5a\x1c\xac\x2e\xaa\x8f\x5c\x10\x00"))
    expected = lat.one(b"\x3e\x5a\x1c\xac"), lon.one(b"\x2e\xaa\x8f\x5c")
    reader = TargetReader()
    reader.take(0, items((101, length(len(pack) + 1) + b"\x01" + pack)), expected[1] + 0.01, expected[0] - 0.01)
    found = reader.targets()
    assert (found.lat_deg[0], found.lon_deg[0]) == expected


def test_only_one_set_without_a_tag_is_odd():
    usual = [{1, 2, 3}] * 20
    assert not lacking(usual).any()
    assert np.flatnonzero(lacking([*usual, {1, 2, 4}])).tolist() == [20]
    assert not lacking([*usual, {1, 2}, {1, 2}]).any() and not lacking([{1}, {2}]).any()
