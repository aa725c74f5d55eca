"""Damaged files of drones: every reader gives samples or an `InputError`, in time and memory that the size bounds."""

import contextlib
import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.radiometric import read_radiometric
from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader, DjiTrackReader
from pipeline.sources.telemetry.mp4_boxes import sample_kinds
from pipeline.sources.telemetry.mrk import MrkReader
from tests.sources.drone_files import bracket_words, file_of, film, flir, gps_words, mark, plain, scene

P4 = (
    "F/5.6, SS 400, ISO 100, EV 0, GPS (-58.851745, -34.237922, 15), HOME (-58.847509, -34.232707, -57.98m), "
    "D 698.70m, H 85.80m, H.S 0.00m/s, V.S 0.00m/s, F.PRY (2.7°, -7.0°, 110.1°), G.PRY (-24.4°, 0.0°, 110.4°)\n"
)
SUBTITLES = [
    file_of(bracket_words(n) for n in range(8)).encode(),
    file_of((gps_words(n) for n in range(8)), step_ms=1000).encode(),
    file_of([P4] * 6, step_ms=1000).encode(),
    file_of(bracket_words(n) for n in range(4)).encode("utf-16"),
    "".join(
        f"{n}\n2017.08.05 14:11:5{n},393,525\n[latitude : -20.2] [longtitude : 149]\n\n" for n in range(9)
    ).encode(),
]
TOKENS = [
    *b"--> GPS( ) , N/A [latitude: ] - . 00:00:00,000 99:99:99,999 1e308 nan inf M GPS(1,2,3) HOME(1,2)".split(),
    *(b", D 9m", b"[rel_alt: 1 abs_alt: 2]", b"G.PRY (1, 2, 3)", b"SrtCnt: 5,", b"2021-12-25 12:27:52.373"),
    *(b"\n", b"\n\n", b"9" * 30, b"\0", b"\xff\xfe", b"2000-00-00 99:99:99", b"\n7\n"),
]
CORNERS = [
    b"1\n00:00:00,000 --> 00:00:01,000\nGPS(,)\n",
    b"1\n00:00:00,000 --> 00:00:01,000\nGPS(N/A,N/A)\nGPS(N/A,N/A,)\n",
    b"1\n999:99:99,999 --> 0:0:0,0\n[latitude: 1] 2099-12-31 23:59:60\n",
    b"1\n00:00:00,000 --> 00:00:01,000\nGPS(S:,N:1)\n",
]
quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
long = settings(quick, max_examples=20_000)
edits = st.lists(
    st.tuples(st.floats(0, 1), st.one_of(st.sampled_from(TOKENS), st.binary(max_size=6)), st.integers(0, 40)),
    min_size=1,
    max_size=8,
)


def mutated(data, changes):
    for share, new, cut in changes:
        at = int(share * len(data))
        data = data[:at] + new + data[at + cut :]
    return data


def read_all(path, data, *readers):
    path.write_bytes(data)
    for reader in readers:
        if reader.recognises(path, data[:65536]):
            with contextlib.suppress(InputError):
                for samples in reader.read(path):
                    assert len(samples)
                    assert np.abs(samples.t_ns).max() < 2**62
                    for column in (samples.lon_deg, samples.lat_deg, samples.alt_m):
                        assert not np.isinf(column).any()


def subtitles(path, data, changes):
    read_all(path, mutated(data, changes), DjiSubtitleReader())


@quick
@given(data=st.sampled_from(SUBTITLES), changes=edits)
def test_damaged_subtitles(tmp_path, data, changes):
    subtitles(tmp_path / "x.srt", data, changes)


@pytest.mark.slow
@long
@given(data=st.sampled_from(SUBTITLES), changes=edits)
def test_damaged_subtitles_for_long(tmp_path, data, changes):
    subtitles(tmp_path / "x.srt", data, changes)


@quick
@given(st.lists(st.sampled_from(TOKENS), max_size=60))
def test_words_of_subtitles_in_any_order(tmp_path, words):
    read_all(tmp_path / "x.srt", b"1\n00:00:00,000 --> 00:00:01,000\n[iso " + b" ".join(words), DjiSubtitleReader())


@pytest.mark.parametrize("data", CORNERS)
def test_corners_that_chance_seldom_finds(tmp_path, data):
    read_all(tmp_path / "x.srt", data, DjiSubtitleReader())


@quick
@given(changes=edits)
def test_damaged_marks(tmp_path, changes):
    data = "".join(mark(n, 411318.0 + n) for n in range(1, 6)).encode()
    read_all(tmp_path / "x.MRK", mutated(data, changes), MrkReader())


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return film(tmp_path_factory.mktemp("film") / "x.mp4", [bracket_words(n) for n in range(4)])


@settings(quick, max_examples=60)
@given(changes=edits)
def test_damaged_tracks(tmp_path, video, changes):
    read_all(tmp_path / "x.mp4", mutated(video, changes), DjiTrackReader())
    sample_kinds(io.BufferedReader(io.BytesIO(mutated(video, changes))))


@pytest.mark.slow
@settings(quick, max_examples=5000)
@given(changes=edits)
def test_damaged_tracks_for_long(tmp_path, video, changes):
    read_all(tmp_path / "x.mp4", mutated(video, changes), DjiTrackReader())


def counts(data, changes):
    with contextlib.suppress(InputError):
        found = read_radiometric(io.BytesIO(mutated(data, changes)), "x")
        assert found is None or found.counts.dtype == np.uint16


THERMAL = [plain(scene()), flir(scene()), flir(scene(), png="swapped"), flir(scene(), order=">", index_order="<")]


@quick
@given(data=st.sampled_from(THERMAL), changes=edits)
def test_damaged_counts(data, changes):
    counts(data, changes)


@pytest.mark.slow
@long
@given(data=st.sampled_from(THERMAL), changes=edits)
def test_damaged_counts_for_long(data, changes):
    counts(data, changes)


def test_the_shortest_cues_take_no_more_memory_than_they_may(tmp_path):
    """Two bytes each: matches take a hundred times what they found."""
    path = tmp_path / "x.srt"
    path.write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\n[latitude: 1]\n" + b"\n1" * 1_000_000)
    program = (
        "import sys; from pathlib import Path; "
        "from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader; "
        "DjiSubtitleReader().read(Path(sys.argv[1])); "
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"  # getrusage counts the parent's
    )

    told = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True)

    assert int(told.stdout) < 256 * 1024  # KiB, the interpreter and its libraries included
