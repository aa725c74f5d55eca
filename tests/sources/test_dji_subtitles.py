"""Subtitles of drones: made cues with every number different, deformed in the ways that files in the wild are."""

import contextlib
import datetime as dt
import time

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records.samples import TimeBase
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.sources.telemetry import srt_cues
from pipeline.sources.telemetry.cue_clips import MAX_CLIPS
from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader
from pipeline.stages.telemetry_gates import COLUMNS, GateSettings, gate
from pipeline.stages.time_matching import MatchSettings, TrackMatcher
from tests.sources.drone_files import START, bracket_words, file_of, gps_words

LOCAL_NS = 1_640_435_272_373_000_000  # the same, by `date -u -d '2021-12-25 12:27:52.373' +%s%N`


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "DJI_0001.SRT"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        assert DjiSubtitleReader().recognises(path, path.read_bytes()[:65536])
        return DjiSubtitleReader().read(path)

    return of


def codes(samples):
    return {fault.code: fault.count for fault in samples.faults}


def expect_bracket(samples, count=6):
    n = np.arange(count)
    assert samples.t_ns == pytest.approx(n * 100_000_000)
    assert samples.lat_deg == pytest.approx(41.5 + n * 1e-5, abs=1e-9)
    assert samples.lon_deg == pytest.approx(2.1 - n * 2e-5, abs=1e-9)
    assert samples.relative_alt_m == pytest.approx(50.0 + n)
    assert samples.alt_m == pytest.approx(400.0 + n)
    assert samples.yaw_deg == pytest.approx(-170.0 + n)
    assert samples.pitch_deg == pytest.approx([round(-60 + i / 10, 1) for i in n])


BRACKET = file_of(bracket_words(n) for n in range(6))


def test_every_number_arrives_in_its_column(read):
    (samples,) = read(BRACKET)

    expect_bracket(samples)
    assert samples.time_base is TimeBase.VIDEO_START
    assert samples.video_start_local_ns == pytest.approx(LOCAL_NS, abs=2e6)
    assert samples.vertical_datum == "unknown" and samples.datum_reason
    assert samples.view.hfov_deg == pytest.approx(np.degrees(2 * np.arctan(18 / 36)))  # 24 mm × 1.5
    assert not samples.faults


@pytest.mark.parametrize(
    "deform",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\r\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("] [", "]  ["),
        lambda text: text.replace(": ", " : "),
        lambda text: text.replace("longitude", "longtitude"),
        lambda text: text.replace("<font", "<b><font").replace("</font>", "</font></b>"),
        lambda text: text.rstrip("\n"),
        lambda text: "\n\n" + text,
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.replace("DiffTime", "DiffTime °").encode("latin-1"),
        lambda text: text.replace("DiffTime", "DiffTime °"),
        lambda text: text.replace("latitude: 41.", "latitude: 41,").replace("longitude: 2.", "longitude: 2,"),
        lambda text: "".join(line for line in text.splitlines(keepends=True) if not line.strip().isdigit()),
    ],
)
def test_deformed_files_say_the_same(read, deform):
    (samples,) = read(deform(BRACKET))

    expect_bracket(samples)
    assert samples.bad_rows == 0


def test_blocks_say_the_same_as_the_whole(read, monkeypatch):
    """Wherever a block of bytes ends."""
    for size in (997, 64, 7):
        monkeypatch.setattr(srt_cues, "BLOCK_BYTES", size)
        for text in (BRACKET, BRACKET.replace("\n", "\r\n")):
            (samples,) = read(text)
            expect_bracket(samples)


def test_a_cue_cut_off_anywhere_gives_its_whole_numbers_or_none(read):
    """`41.50` cut from `41.500050` must not count."""
    start = BRACKET.index("\n6\n") + 3
    for end in range(start, len(BRACKET)):
        (samples,) = read(BRACKET[:end])
        expect = 6 if len(samples) == 6 else 5
        n = np.arange(expect)
        for column, values in (("lat_deg", 41.5 + n * 1e-5), ("lon_deg", 2.1 - n * 2e-5), ("alt_m", 400.0 + n)):
            found = getattr(samples, column)
            assert len(found) == expect
            told = np.isfinite(found)
            assert told[:5].all() and found[told] == pytest.approx(values[told], abs=1e-9), BRACKET[:end][-60:]


def test_a_damaged_time_line_does_not_lend_its_words_to_the_cue_before(read):
    words = [bracket_words(n) for n in range(4)]
    words[1] = words[1].replace("[latitude", "[attitude").replace("[longitude", "[magnitude")
    text = file_of(words).replace("00:00:00,200 -->", "00:00:00,2")

    (samples,) = read(text)

    assert samples.t_ns.tolist() == [0, 100_000_000, 300_000_000]
    assert np.isnan(samples.lat_deg[1])
    assert samples.bad_rows == 1


def test_older_recorders_count_tenths(read):
    old = BRACKET.replace("fnum: 3.2", "fnum: 280").replace("focal_len: 24.00", "focal_len: 240")
    old = old.replace("dzoom_ratio: 1.50]", "dzoom_ratio: 15000, delta:0]")
    (samples,) = read(old)
    assert samples.view.hfov_deg == pytest.approx(np.degrees(2 * np.arctan(18 / 36)))

    (samples,) = read(BRACKET.replace("focal_len: 24.00", "focal_len: 240.00"))
    assert samples.view.hfov_deg == pytest.approx(np.degrees(2 * np.arctan(18 / 360)))  # a long lens of today


@pytest.mark.parametrize(
    ("place", "lon", "lat"),
    [
        ("GPS(8,2090,47,4692,18)", 8.209, 47.4692),
        ("GPS (8,2090, 47,4692, 18)", 8.209, 47.4692),
        ("GPS(8.2090;47.4692;18)", 8.209, 47.4692),
        ("GPS(W:6.1120,N:36.6146,10.0m)", -6.112, 36.6146),
        ("GPS(36.6146,-6.1120,0.0M)", -6.112, 36.6146),
        ("GPS(149.0251,-20.2533,16)", 149.0251, -20.2533),
        ("GPS(-20.2533,149.0251,16)", 149.0251, -20.2533),
    ],
)
def test_tuples_in_all_their_forms(read, place, lon, lat):
    (samples,) = read(file_of([f"2022.06.21 16:06:1{n}\n{place} BAROMETER:0.3M\n" for n in range(3)], step_ms=1000))

    assert samples.lon_deg == pytest.approx(lon) and samples.lat_deg == pytest.approx(lat)
    assert samples.relative_alt_m == pytest.approx(0.3)


def test_coordinates_whose_order_nothing_tells_are_not_guessed(read):
    (samples,) = read(file_of([gps_words(n, third="0") for n in range(4)], step_ms=1000))

    assert np.isnan(samples.lon_deg).all() and np.isnan(samples.lat_deg).all()
    assert codes(samples)["axis_order_unsettled"] == 4
    assert samples.unnamed_deg[2] == pytest.approx([2.102, 41.504])
    assert samples.relative_alt_m == pytest.approx([10.5, 11.5, 12.5, 13.5])  # the rest is still true


def test_no_fix_is_no_position_but_keeps_its_satellites(read):
    words = [gps_words(n) for n in range(4)]
    words[2] = words[2].replace("GPS(2.1020,41.5040,14)", "GPS(N/A,N/A,3)")
    (samples,) = read(file_of(words, step_ms=1000))

    assert np.isfinite(samples.lon_deg).tolist() == [True, True, False, True]
    assert samples.gnss.satellites.tolist() == [14, 14, 3, 14]
    assert samples.gnss.fix[2] == 0 and codes(samples)["no_fix"] == 1


def test_null_positions_stay_for_the_gates_to_count(read):
    words = [gps_words(n) for n in range(4)]
    words[1] = words[1].replace("GPS(2.1010,41.5020,", "GPS(0.0000,0.0000,")
    (samples,) = read(file_of(words, step_ms=1000))

    assert samples.lon_deg[1] == samples.lat_deg[1] == 0


def test_positions_rounded_to_eleven_metres_say_so(read):
    (samples,) = read(file_of([gps_words(n) for n in range(4)], step_ms=1000))
    assert samples.position_sigma_m == pytest.approx(np.hypot(2.0, 11.132 / 12**0.5))
    assert np.isnan(read(BRACKET)[0].position_sigma_m).all()


def test_a_position_written_again_is_read_as_written(read):
    """Which of them are new is for the gates, which see all telemetry alike."""
    words = [bracket_words(3 * (n // 3)) for n in range(12)]
    (samples,) = read(file_of(words, step_ms=20))

    assert samples.lat_deg.tolist() == pytest.approx([41.5 + n // 3 * 3e-5 for n in range(12)])
    assert "position_held" not in codes(samples)


def test_a_leap_of_the_clock_begins_a_clip(read):
    """Two recordings joined into one video: 973 s lie between them."""
    first = [bracket_words(n) for n in range(10)]
    second = [bracket_words(n, clock=START + dt.timedelta(seconds=973), count=n - 9) for n in range(10, 20)]
    clips = read(file_of([*first, *second]))

    assert [len(clip) for clip in clips] == [10, 10]
    assert [clip.stream for clip in clips] == ["clip 1", "clip 2"]
    assert clips[1].t_ns[0] == 1_000_000_000
    assert clips[1].video_start_local_ns - clips[0].video_start_local_ns == pytest.approx(973e9, abs=5e6)
    assert codes(clips[0])["clock_leaps"] == 1 and "+973 s" in clips[0].faults[0].reason


def test_cue_times_that_begin_anew_follow_the_clip_before(read):
    """Subtitle files joined by ``cat``, as for videos joined the same way."""
    later = START + dt.timedelta(minutes=10)
    text = file_of([bracket_words(n) for n in range(10)]) + file_of([bracket_words(n, clock=later) for n in range(5)])
    clips = read(text)

    assert [len(clip) for clip in clips] == [10, 5]
    assert clips[1].t_ns.tolist() == [1_000_000_000 + n * 100_000_000 for n in range(5)]
    wanted = LOCAL_NS + 599 * 10**9
    assert clips[1].video_start_local_ns == pytest.approx(wanted, abs=2e6)  # the clock at video time 0
    assert codes(clips[0])["cues_restart"] == 1


def test_counts_that_begin_anew_begin_a_clip(read):
    clips = read(file_of([bracket_words(n, count=n + 1 if n < 7 else n - 6) for n in range(12)]))
    assert [len(clip) for clip in clips] == [7, 5]


def test_a_clock_in_whole_seconds_beats_against_the_cues(read):
    """A cue a second, cut off below the second: no leap, and half a second is added back."""
    words = [gps_words(n).replace(f"12:27:{52 + n}", f"12:27:{52 + n + (n % 4 == 3)}") for n in range(7)]
    clips = read(file_of(words, step_ms=1000))

    assert len(clips) == 1
    assert clips[0].video_start_local_ns == pytest.approx(LOCAL_NS - 373_000_000 + 500_000_000)
    assert 0.2 < clips[0].video_start_sigma_s < 0.5


def test_cues_without_times_take_the_clocks(read):
    blocks = [
        f"{n + 1}\n2017.08.05 14:11:{51 + n},393,525\n[latitude : -20.25{n}] [longtitude : 149.02{n}]\n"
        for n in range(5)
    ]
    (samples,) = read("\n".join(blocks))

    assert samples.t_ns.tolist() == [n * 10**9 for n in range(5)]
    assert samples.lon_deg == pytest.approx([149.02 + n / 1000 for n in range(5)])
    assert codes(samples)["untimed_cues"] == 5


def test_a_clock_that_is_no_date_is_none(read):
    (samples,) = read(BRACKET.replace("2021-12-25", "2021-13-25"))
    assert samples.video_start_local_ns is None
    (samples,) = read(BRACKET.replace("2021-12-25", "2021-02-30"))
    assert samples.video_start_local_ns is None


@pytest.mark.parametrize(
    "text", ["1\n", "1\n00:00:00,000 --> 00:00:01,000\nHello there\n", "", "GPS(1,2,3)\n", "x" * 9]
)
def test_other_texts_are_not_recognised(tmp_path, text):
    assert not DjiSubtitleReader().recognises(tmp_path / "a.SRT", text.encode())


def test_a_file_without_a_readable_cue_says_why(tmp_path):
    path = tmp_path / "a.SRT"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\n[iso : ")
    with pytest.raises(InputError, match=r"a\.SRT: no cue"):
        DjiSubtitleReader().read(path)


def test_thousands_of_leaps_give_a_bounded_number_of_clips(read):
    words = [bracket_words(n, clock=START + dt.timedelta(hours=n % 2)) for n in range(1500)]
    clips = read(file_of(words))
    assert len(clips) == MAX_CLIPS


CUE = b"1\n00:00:00,000 --> 00:00:01,000\n"


@pytest.mark.parametrize(
    "junk",
    [
        b"\n" * 600_000,
        b" \n1 " * 150_000,
        b"\n1\n" * 100_000,
        b"\n" + b" " * 600_000,
        b"GPS(" * 150_000,
        b"20" * 300_000,
        CUE + b"[latitude : " * 50_000,
        CUE + b"[latitude" + b" " * 600_000,
        CUE + b"[latitude: 1]" * 50_000,
        CUE + b"GPS(N/A,2,3)" * 20_000,
        (CUE + b"GPS(N/A,N/A,3)\n") * 15_000,
    ],
)
def test_what_almost_is_a_cue_ends_in_linear_time(tmp_path, junk):
    path = tmp_path / "junk.SRT"
    path.write_bytes(junk)
    begin = time.process_time()

    with contextlib.suppress(InputError):
        DjiSubtitleReader().read(path)

    assert time.process_time() - begin < 3.0  # quadratic would be minutes


def test_counts_out_of_order_are_no_new_clip(read):
    order = [0, 1, 3, 2, 4, 5, 8, 6, 7, 9]
    assert len(read(file_of([bracket_words(n, count=order[n] + 1) for n in range(10)]))) == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_the_rest_of_the_sortie_tells_the_order(tmp_path, make_still, swapped):
    """A still of the same flight stands 200 m away; without it no position is taken."""
    folder = tmp_path / "S1"
    folder.mkdir()
    at = {"first": 46.75, "second": 39.8} if not swapped else {"first": 39.8, "second": 46.75}
    (folder / "DJI_0001.SRT").write_text(file_of([gps_words(n, third="0", **at) for n in range(4)], step_ms=1000))
    (alone,) = read_sortie(folder, ReadSettings(), CameraTable()).telemetry
    (folder / "DJI_0002.JPG").write_bytes(make_still())

    (settled,) = read_sortie(folder, ReadSettings(), CameraTable()).telemetry

    assert np.isnan(alone.lon_deg).all() and codes(alone) == {"axis_order_unsettled": 4}
    n = np.arange(4)
    steps = (2e-3 * n, 1e-3 * n) if swapped else (1e-3 * n, 2e-3 * n)
    assert settled.lon_deg == pytest.approx(46.75 + steps[0]) and settled.lat_deg == pytest.approx(39.8 + steps[1])
    assert settled.unnamed_deg is None and not settled.faults
    assert "rest of the sortie" in settled.notes[-1]


def test_the_way_between_fixes_is_even(read):
    """10 m/s north, 50 cues and 7 fixes a second: taken as they stand, positions lag by up to 1.2 m."""
    words = []
    for n in range(300):
        fix = n // 7 * 7
        text = bracket_words(n, step_ms=20, lon=2.1)
        text = text.replace(f"latitude: {41.5 + n * 1e-5:.6f}", f"latitude: {41.5 + fix * 0.02 * 10 / 111_320:.6f}")
        words.append(text.replace(f"longitude: {2.1 - n * 2e-5:.6f}", "longitude: 2.100000"))
    (samples,) = read(file_of(words, step_ms=20))
    columns = {name: getattr(samples, name).copy() for name in COLUMNS}
    columns["position_sigma_m"] = np.full(len(samples), 2.0)
    matcher = TrackMatcher(gate(samples.t_ns, columns, "unknown", "x", GateSettings()).track, MatchSettings())

    worst_m = 0.0
    for n in range(290):
        found = matcher.position(n * 20_000_000, 0.0)
        worst_m = max(worst_m, abs(found.values[1] - (41.5 + n * 0.02 * 10 / 111_320)) * 111_320)

    assert worst_m < 0.12  # the sixth decimal
