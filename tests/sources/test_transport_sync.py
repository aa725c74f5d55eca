"""Transport streams as recorders of links leave them: cut at the start, stamped, with error correction, behind junk."""

import random

import pytest

from pipeline.simulator.writers.transport_stream import TransportStream
from pipeline.sources.telemetry.misb import MisbReader
from pipeline.sources.transport_sync import holds_transport_stream
from tests.sources.misb_packets import TIME_US, packet, position

JUNK = random.Random(7).randbytes(6000)  # noqa: S311 - any bytes


def stamped(data: bytes) -> bytes:
    """Packets of 192 bytes, as M2TS."""
    return b"".join((at * 300).to_bytes(4, "big") + data[at : at + 188] for at in range(0, len(data) - 187, 188))


def corrected(data: bytes) -> bytes:
    """Packets of 204 bytes."""
    return b"".join(data[at : at + 188] + b"\x5a" * 16 for at in range(0, len(data) - 187, 188))


FORMS = {
    "stamped": stamped,
    "corrected": corrected,
    "behind junk": lambda data: JUNK + data,
    "behind zeros": lambda data: bytes(4096) + data,
    "cut within a packet": lambda data: data[50:],
    "stamped and cut": lambda data: stamped(data)[77:],
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "whole.ts"
    with path.open("wb") as file:
        stream = TransportStream(file, "pes")
        for n in range(60):
            stream.video(3600 * n, b"\0\0\0\1\x09\xf0" + bytes(700), key=n % 10 == 0)
            stream.klv(3600 * n, packet(*position(), time_us=TIME_US + 40_000 * n))
    return path.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_every_packet_of_metadata_is_read(tmp_path, recording, form):
    path = tmp_path / "link.ts"
    path.write_bytes(FORMS[form](recording))
    reader = MisbReader()
    assert reader.recognises(path, path.read_bytes()[:65536])
    [samples] = reader.read(path)
    lost = 1 if "cut" in form else 0
    assert len(samples) >= 60 - lost and not samples.faults
    assert samples.video_start_utc_ns == pytest.approx(TIME_US * 1000, abs=1e6)


@pytest.mark.parametrize("size", [188, 192, 204])
def test_what_repeats_the_letter_is_no_stream(size):
    """Lines of one length, and metadata of one length whose texts hold a G at one place."""
    line = b"USGS;GPS;".ljust(size - 1, b"1") + b"\n"
    assert not holds_transport_stream(line * 300)
    [sent] = [made for pad in range(150) if len(made := packet(*position(), (10, b"GULL"), (3, bytes(pad)))) == size]
    assert not holds_transport_stream(sent * 300)
    assert not holds_transport_stream(b"") and not holds_transport_stream(b"G" * 65536)


def test_real_recordings_in_every_form(tmp_path, real_data):
    for name, count in (
        ("klv_simulator/sample-stream", 277),
        ("aphill/aphill_short", 48),
        ("aphill/h264_klv", 30),
    ):
        data = (real_data / f"flights/{name}.ts").read_bytes()
        for form, make in FORMS.items():
            path = tmp_path / "real.ts"
            path.write_bytes(make(data))
            assert sum(map(len, MisbReader().read(path))) == count, (name, form)


def test_other_real_files_are_no_transport_streams(real_data):
    for path in sorted(real_data.rglob("*")):
        if path.is_file() and path.suffix.lower() != ".ts":
            with path.open("rb") as file:
                assert not holds_transport_stream(file.read(65536)), path
