"""Tracks of newer drones through ExifTool: a stand-in that prints, and the real one where it is installed."""

import math
import shutil
import struct

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.sources.telemetry.djmd import LEAST_VERSION, DjmdReader
from pipeline.sources.telemetry.mp4_boxes import sample_kinds
from tests.sources.drone_files import film


def number(value):
    out = b""
    while True:
        value, low = value >> 7, value & 127
        out += bytes([low | (128 if value else 0)])
        if not value:
            return out


def whole(field, value):
    return number(field << 3) + number(value & (2**64 - 1))


def part(field, *inner):
    body = b"".join(inner)
    return number(field << 3 | 2) + number(len(body)) + body


def real(field, value, code="d"):
    return number(field << 3 | (1 if code == "d" else 5)) + struct.pack("<" + code, value)


def sample(n):
    """As ExifTool's table of the Mini 4 Pro lays it out: radians, millimetres, tenths of degrees; zeros left out."""
    place = part(1, real(2, math.radians(41.5 + n * 1e-5)), real(3, math.radians(2.1 + n * 2e-5)))
    flight = part(3, part(4, place, whole(2, 100_000 + n)), part(5, real(1, 50_500.0, "f")), part(3, whole(3, 915)))
    gimbal = part(4, part(3, whole(1, -453), whole(3, -1001 - 10 * n)))
    head = part(1, part(1, part(1, b"dvtm_Mini4_Pro.proto"), part(10, b"Mini 4 Pro"))) if not n else b""
    return head + part(3, part(1, whole(1, n)), flight, gimbal)


@pytest.fixture
def video(tmp_path):
    """A film whose second track is renamed to what drones call it."""
    path = tmp_path / "S1" / "DJI_0001.MP4"
    path.parent.mkdir()
    film(path, [sample(n) for n in range(10)])
    path.write_bytes(path.read_bytes().replace(b"tx3g", b"djmd"))
    return path


def stand_in(tmp_path, prints, version="13.52"):
    """A program of ExifTool's name that prints; what it was called with lies beside it."""
    program = tmp_path / "exiftool"
    program.write_text(
        f'#!/bin/sh\nfor word in "$@"; do last="$word"; done\nif [ "$last" = -ver ]; then echo {version}; exit; fi\n'
        f"echo \"$@\" > {tmp_path / 'called'}\ncat > /dev/null\ncat <<'E'\n{prints}\nE\n"
    )
    program.chmod(0o755)
    return DjmdReader(str(program))


PRINTED = """-,-,-,-,-,-,-,-,-,-
0,41.5,2.1,100,50,-100.1,-45.3,-,91.5,Mini 4 Pro
0.1,-,-,-,-,-,-,-,-,-
0.1,41.50001,2.10002,100.001,-,-101.1,-,-,91.5,-
0.2,41.50002,nonsense,1e99,50,-,-,-,91.5,-
Warning: something"""


def test_a_track_is_recognised_by_its_kind(video, tmp_path):
    other = tmp_path / "other.mp4"
    other.write_bytes(video.read_bytes().replace(b"djmd", b"tx3g"))

    assert DjmdReader().recognises(video, video.read_bytes()[:65536])
    assert not DjmdReader().recognises(other, other.read_bytes()[:65536])
    assert not DjmdReader().recognises(video, b"1\n00:00:00,000 --> ")


def test_what_is_printed_is_read(video, tmp_path):
    (samples,) = stand_in(tmp_path, PRINTED).read(video)

    assert samples.t_ns.tolist() == [0, 100_000_000, 200_000_000]
    assert samples.lat_deg == pytest.approx([41.5, 41.50001, 41.50002])
    assert samples.alt_m == pytest.approx([100, 100.001, np.nan], nan_ok=True)
    assert samples.yaw_deg == pytest.approx([-100.1, -101.1, np.nan], nan_ok=True)
    assert samples.pitch_deg == pytest.approx([-45.3, 0, np.nan], nan_ok=True)  # zeros are left out of such tracks
    assert samples.roll_deg == pytest.approx([0, 0, np.nan], nan_ok=True)
    assert samples.platform == "Mini 4 Pro"
    called = (tmp_path / "called").read_text()
    assert video.name not in called and called.startswith("-config  -ee")  # the file is handed over open


def test_a_missing_program_is_asked_for_and_the_frames_stay(video):
    with pytest.raises(InputError, match=r"needs ExifTool 13\.52 or later; install that"):
        DjmdReader("no-such-program-here").read(video)
    contents = read_sortie(video.parent, ReadSettings(), CameraTable(), readers=(DjmdReader("no-such-program-here"),))
    assert len(contents.videos) == 1
    (dropped,) = contents.dropped
    assert dropped.code == "unreadable" and "ExifTool" in dropped.reason


@pytest.mark.parametrize("version", ["12.57", "13.05", "9", "nonsense"])
def test_an_old_program_is_refused(video, tmp_path, version):
    with pytest.raises(InputError, match=r"needs ExifTool 13\.52 or later; .* is installed"):
        stand_in(tmp_path, PRINTED, version).read(video)


def test_a_model_that_it_does_not_know_says_so(video, tmp_path):
    with pytest.raises(InputError, match="does not know"):
        stand_in(tmp_path, "0,-,-,-,-,-,-,-,-,-\n0.1,-,-,-,-,-,-,-,-,-").read(video)


def test_a_program_that_hangs_is_ended(video, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.telemetry.djmd.START_TIMEOUT_S", 0.3)
    program = tmp_path / "exiftool"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(InputError, match="does not start"):
        DjmdReader(str(program)).read(video)


def test_the_real_program(video):
    """Where ExifTool is installed: its answer to a track that was laid out by its own table."""
    try:
        (samples,) = DjmdReader().read(video)
    except InputError as error:
        pytest.skip(str(error))
    assert shutil.which("exiftool") and LEAST_VERSION
    assert samples.lat_deg == pytest.approx(41.5 + np.arange(10) * 1e-5, abs=1e-9)
    assert samples.alt_m == pytest.approx(100 + np.arange(10) / 1000)
    assert samples.yaw_deg == pytest.approx(-100.1 - np.arange(10))
    assert samples.aircraft_yaw_deg == pytest.approx(91.5)


@pytest.mark.parametrize("junk", [b"", b"\0" * 4000, b"\0\0\0\x01moov" + b"\xff" * 8, b"\0\0\0\x08moov" * 5000])
def test_boxes_of_any_size_end(tmp_path, junk):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + junk)
    with path.open("rb") as file:
        assert sample_kinds(file) == set()
