"""Any bytes as MISB metadata: an answer or an InputError, in linear time and bounded memory."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.telemetry.klv_packets import MAX_PACKET, find_packets
from pipeline.sources.telemetry.klv_stream import KlvStream
from pipeline.sources.telemetry.misb import MisbReader
from tests.sources.misb_packets import KEY, items, length, packet, position

PREDATOR = bytes.fromhex("060e2b34020101010e01010201010000")
SECURITY = bytes.fromhex("060e2b34020301010e01030302000000")
VMTI = bytes.fromhex("060e2b34020b01010e01030306000000")

CORPUS = [
    b"",
    KEY,
    KEY + b"\x80",
    KEY + b"\x84\xff\xff\xff\xff",
    KEY + b"\x04\x01\x02\x00\x00",
    KEY + b"\x00",
    PREDATOR + b"\x00",
    PREDATOR + b"\x11" + PREDATOR + b"\x00",
    SECURITY + b"\x00" + VMTI + b"\x00",
    packet(time_us=None),
    packet(time_us=(1 << 64) - 1),
    packet((136, b"\x7f\xff\xff\xff"), (137, b"\x7f" + b"\xff" * 7)),
    packet((137, b"\x80" + b"\0" * 7)),
    packet((74, items((101, b"\x01\x81"), (8, b"\xff" * 6), (4, b"\x05")))),
    packet((74, items((8, b"\0"), (101, length(9) + b"\x01\x01\x06" + b"\xff" * 6)))),
    packet((74, items((4, b"\x03"), (8, b"\x01"), (101, length(8) + b"\xff\xff\x7f\x02\x03\xff\xff\xff")))),
    packet((13, b"\x7f\xff\xff\xff"), (14, b"\x7f\xff\xff\xff"), (23, b"\x7f\xff\xff\xff"), (24, b"\x7f\xff\xff\xff")),
    packet((48, b"\xff" * 100), (10, b"\xff\xfe\x00" * 60), (11, b"")),
    packet(*[(tag, b"") for tag in range(1, 144)]),
    packet(*[(tag, b"\xff" * 8) for tag in range(1, 144) if tag != 1]),
    bytes(n for _ in range(40) for n in KEY) + b"\x10" * 50,
]

any_item = st.tuples(st.integers(0, 150), st.binary(max_size=12))
pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([KEY, PREDATOR, SECURITY, VMTI, b"\x06\x0e\x2b\x34"]),
    st.sampled_from(CORPUS),
    st.lists(any_item, max_size=8).map(lambda pairs: packet(*pairs)),
    st.lists(any_item, max_size=6).map(lambda pairs: packet((74, items((4, b"\x05"), *pairs)), *position())),
    st.lists(any_item, max_size=6).map(lambda pairs: packet((48, items(*pairs)))),
    st.lists(st.binary(min_size=1, max_size=9), max_size=4).map(
        lambda values: packet((74, items((8, b"\x02\x80"), (101, b"".join(length(len(v)) + v for v in values)))))
    ),
)


def survives(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with suppress(InputError):
        for samples in MisbReader().read(path):
            assert len(samples) <= 1 + len(data) // 17
            assert np.isfinite(samples.lon_deg[np.isfinite(samples.lon_deg)]).all()


@pytest.mark.parametrize("number", range(len(CORPUS)))
def test_what_once_was_hard(tmp_path, number):
    survives(tmp_path / "x.klv", CORPUS[number])
    survives(tmp_path / "x.klv", CORPUS[number] * 7 + packet(*position()))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces, max_size=12))
def test_any_bytes(tmp_path, parts):
    survives(tmp_path / "x.klv", b"".join(parts))


@pytest.mark.slow
@settings(deadline=None, max_examples=20_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces, max_size=20))
def test_any_bytes_for_long(tmp_path, parts):
    survives(tmp_path / "x.klv", b"".join(parts))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_transport_streams(tmp_path, real_data, data):
    """Bits turned over in the container too."""
    raw = bytearray((real_data / "flights/aphill/h264_klv.ts").read_bytes()[: 188 * 200])
    for _ in range(data.draw(st.integers(0, 12))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    at = data.draw(st.integers(0, len(raw) - 1))
    survives(tmp_path / "x.ts", bytes(raw[:at] + raw[at + data.draw(st.integers(0, 400)) :]))


@pytest.mark.parametrize(
    "unit",
    [
        KEY + b"\x83\x03\xff\xff",  # every key claims the longest packet
        KEY + b"\x20" + b"\x02\x08",
        packet(*position())[:-1],
        b"\x06\x0e\x2b\x34",
        packet(*[(n, b"") for n in range(3, 40)]),
    ],
    ids=["nested", "malformed", "cut", "heads", "empty"],
)
def test_time_grows_with_the_bytes_alone(unit):
    """Three megabytes of the worst in seconds."""
    start = time.perf_counter()
    stream = KlvStream()
    data = unit * (3_000_000 // len(unit))
    for at in range(0, len(data), 65_536):
        stream.feed(data[at : at + 65_536])
    stream.finish()
    assert time.perf_counter() - start < 12


def test_packets_of_ever_new_builds_are_read_in_linear_time():
    def build(n: int) -> bytes:
        return packet(*position(), *[(20 + (n >> bit) % 2 * 40 + bit, b"\x01") for bit in range(12)])

    data = b"".join(build(n) for n in range(4000))
    start = time.perf_counter()
    stream = KlvStream()
    stream.feed(data)
    [table] = stream.finish()
    assert len(table) == 4000 and time.perf_counter() - start < 6


@pytest.mark.parametrize("claimed", [MAX_PACKET, MAX_PACKET + 1, 0x7FFFFFFF])
def test_a_false_length_hides_nothing(claimed):
    """Up to the cap more bytes are waited for; what the false packet claimed is then looked through."""
    data = KEY + b"\x84" + claimed.to_bytes(4, "big") + packet(*position()) * 9
    block = find_packets(data, final=False)
    assert len(block.start) == (0 if claimed <= MAX_PACKET else 9)
    assert len(find_packets(data, final=True).start) == 9


def test_memory_stays_flat(tmp_path):
    """Sixty megabytes of the shortest packets."""
    path = tmp_path / "x.klv"
    with path.open("wb") as file:
        for _ in range(60):
            file.write(packet((10, b"A")) * (1_000_000 // len(packet((10, b"A")))))
    code = (
        "import resource, sys; from pathlib import Path; from pipeline.sources.telemetry.misb import MisbReader;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "samples = MisbReader().read(Path(sys.argv[1]));"
        "print(len(samples[0]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True, timeout=120)
    count, grown_kib = map(int, done.stdout.split())
    assert count == 250_000 and grown_kib < 256 * 1024
