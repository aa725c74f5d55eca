"""Videos with telemetry in subtitles: cues, tracks, frames and gaps."""

import re
from dataclasses import replace

import av
import numpy as np
import pytest
from written_flight import exposed, facts, told

from pipeline.errors import ConfigError
from pipeline.simulator.scene.told import Exposed
from pipeline.simulator.writers import FORMATS, WriteOptions, open_writer
from pipeline.simulator.writers.mp4 import give_style
from pipeline.simulator.writers.stated_facts import write_sortie_toml
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest

VIDEOS = [name for name, known in FORMATS.items() if known.frames == "video"]
NUMBER = r"(-?\d+\.?\d*)"
BRACKET = re.compile(
    rf"\[latitude: {NUMBER}\] \[longitude: {NUMBER}\] \[rel_alt: {NUMBER} abs_alt: {NUMBER}\] "
    rf"\[gb_yaw: {NUMBER} gb_pitch: {NUMBER} gb_roll: {NUMBER}\]"
)
TIMES = re.compile(r"(\d\d):(\d\d):(\d\d),(\d\d\d) --> (\d\d):(\d\d):(\d\d),(\d\d\d)")


def write(folder, name, said, frames=None, options=None):
    writer = open_writer(name, folder, said, options)
    for index in range(said.frames) if frames is None else frames:
        writer.add(exposed(index))
    writer.close()
    return writer


def cues(text):
    """Start, end and text of each block."""
    found = []
    for block in text.strip().split("\n\n"):
        number, times, *lines = block.split("\n")
        parts = [int(part) for part in TIMES.fullmatch(times).groups()]
        start, end = (((h * 60 + m) * 60 + s) + ms / 1000 for h, m, s, ms in (parts[:4], parts[4:]))
        assert int(number) == len(found) + 1
        found.append((start, end, "\n".join(lines)))
    return found


def frame_tones(path):
    """Index that each decoded frame's blue tells, and its time."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        return [
            (round(float(frame.to_ndarray(format="rgb24")[..., 2].mean()) / 20), float(frame.pts * stream.time_base))
            for frame in file.decode(stream)
        ]


def test_cues_say_what_the_stream_said(tmp_path):
    stream = told(20, 0.14)
    write(tmp_path, "dji_video", facts(6, stream=stream))

    found = cues((tmp_path / "DJI_0001.SRT").read_text())

    shown = np.flatnonzero(stream.t_utc_ns < facts().start_utc_ns + 3_000_000_000)
    assert len(found) == len(shown)
    for n, (start, end, text) in enumerate(found):
        assert start == pytest.approx(0.02 + 0.14 * n, abs=6e-4) and end == pytest.approx(start + 0.14, abs=1.1e-3)
        numbers = [float(part) for part in BRACKET.search(text).groups()]
        assert numbers[:2] == pytest.approx([stream.lat_deg[n], stream.lon_deg[n]], abs=0.51e-6)
        assert numbers[2:4] == pytest.approx([stream.relative_alt_m[n], stream.alt_m[n]], abs=0.51e-3)
        angles = [stream.yaw_deg[n], stream.pitch_deg[n], stream.roll_deg[n]]
        assert numbers[4:] == pytest.approx(angles, abs=0.051)
    assert "\n2020-11-10 03:12:25.410\n" in found[1][2]


def test_track_and_sidecar_say_the_same(tmp_path):
    said = facts(6, stream=told(20, 0.14))
    write(tmp_path / "beside", "dji_video", said)
    write(tmp_path / "inside", "dji_video_track", said)

    with av.open(str(tmp_path / "inside" / "DJI_0001.MP4")) as file:
        track = [
            (float(packet.pts * packet.time_base), bytes(packet)[2:].decode())
            for packet in file.demux(file.streams.subtitles[0])
            if packet.size > 2
        ]
    beside = cues((tmp_path / "beside" / "DJI_0001.SRT").read_text())
    assert [text for _, text in track] == [text for *_, text in beside]
    assert [start for start, _ in track] == pytest.approx([start for start, *_ in beside], abs=6e-4)
    assert not (tmp_path / "inside" / "DJI_0001.SRT").exists()


def test_the_track_is_built_like_a_real_one(tmp_path, real_data):
    write(tmp_path, "dji_video_track", facts(6, stream=told(20, 0.14)))
    built = []
    for path in (tmp_path / "DJI_0001.MP4", real_data / "video" / "embedded_srt.mp4"):
        raw = path.read_bytes()
        at = raw.find(b"tx3g")
        with av.open(str(path)) as file:
            streams = [(s.type, s.codec_context.name, s.id) for s in file.streams]
        built.append((streams, raw[at - 4 : at + 46 + 18]))
    assert built[0] == built[1]


def test_cues_are_laid_out_like_a_real_file(tmp_path, real_data):
    write(tmp_path, "dji_video", facts(6))
    real = (real_data / "telemetry" / "dji_srt" / "MAVIC3_head.srt").read_text().split("\n\n")[0]
    ours = (tmp_path / "DJI_0001.SRT").read_text().split("\n\n")[0]

    def shape(block):
        """Lines with numbers as #, and names of the brackets that come before the position."""
        plain = re.sub(r"-?\d+", "#", block)
        return plain.split("\n")[:4], re.findall(r"\[(\w+)", block.partition("[latitude")[0])

    assert shape(ours)[0] == shape(real)[0]
    assert [n for n in shape(ours)[1] if n != "dzoom_ratio"] == shape(real)[1]


def test_lost_samples_are_zeros_and_a_lost_link_leaves_no_cue(tmp_path):
    rows = np.arange(20)
    stream = replace(told(20, 0.14), present=rows != 4, linked=(rows < 8) | (rows > 10))
    write(tmp_path, "dji_video", facts(6, stream=stream))

    found = cues((tmp_path / "DJI_0001.SRT").read_text())

    assert "[latitude: 0.000000] [longitude: 0.000000]" in found[4][2]
    assert len(found) == 20 - 3
    assert not any(0.02 + 0.14 * 7.5 < start < 0.02 + 0.14 * 10.5 for start, *_ in found)


def test_a_clock_that_steps_back_gets_no_cue_twice(tmp_path):
    back = told(20, 0.14)
    back.t_utc_ns[8:11] -= 700_000_000
    write(tmp_path, "dji_video", facts(6, stream=back))
    starts = [start for start, *_ in cues((tmp_path / "DJI_0001.SRT").read_text())]
    assert len(starts) == 17 and starts == sorted(starts)


def test_the_older_family_has_a_cue_a_second(tmp_path):
    stream = told(40, 0.14)
    write(tmp_path, "dji_video", facts(10, stream=stream), options=WriteOptions(subtitle_style="gps"))

    found = cues((tmp_path / "DJI_0001.SRT").read_text())

    assert [round(start) for start, *_ in found] == [0, 1, 2, 3, 4]
    for start, _, text in found:
        n = round((start - 0.02) / 0.14)
        lon, lat, sats, height = re.search(
            r"GPS\((-?\d+\.\d{4}),(-?\d+\.\d{4}),(\d+)\) BAROMETER:(-?\d+\.\d)", text
        ).groups()
        assert (float(lon), float(lat)) == pytest.approx((stream.lon_deg[n], stream.lat_deg[n]), abs=0.51e-4)
        assert int(sats) == stream.satellites[n]
        assert float(height) == pytest.approx(stream.relative_alt_m[n], abs=0.051)
    assert found[1][2].startswith("HOME(46.8438,39.9684) 2020.11.10 03:12:26\n")


def test_without_a_stream_each_frame_has_a_cue(tmp_path):
    write(tmp_path, "dji_video", facts(6))
    found = cues((tmp_path / "DJI_0001.SRT").read_text())
    assert [(start, end) for start, end, _ in found] == [(n / 2, n / 2 + 0.5) for n in range(6)]


@pytest.mark.parametrize("name", VIDEOS)
def test_frames_are_shown_at_their_times_under_the_names_of_ingest(tmp_path, name):
    writer = write(tmp_path, name, facts(6))

    (video,) = read_sortie(tmp_path, ReadSettings(0.0), CameraTable()).videos

    assert video.t_ns / 1e9 == pytest.approx(np.arange(6) * 0.5, abs=2e-5)
    assert [f"{video.stem}#{n:06d}" for n in video.indices] == [writer.frame_id(n) for n in range(6)]
    assert [tone for tone, _ in frame_tones(video.path)] == list(range(6))


@pytest.mark.parametrize("name", VIDEOS)
def test_a_lost_link_leaves_a_gap_in_time_and_none_in_the_count(tmp_path, name):
    linked = np.array([True, True, False, False, True, True, True])
    said = facts(7, at_frames=replace(told(7), linked=linked))
    early = open_writer(name, tmp_path / "early", said)
    before = [early.frame_id(n) for n in range(7)]
    early.add(exposed(0))
    early.close()
    writer = write(tmp_path / "all", name, said)

    path = next(p for p in (tmp_path / "all").iterdir() if p.suffix.lower() in (".mp4", ".ts"))
    tones = frame_tones(path)

    assert [tone for tone, _ in tones] == [0, 1, 4, 5, 6]
    assert np.diff([t for _, t in tones]) == pytest.approx([0.5, 1.5, 0.5, 0.5], abs=2e-5)
    after = [writer.frame_id(n) for n in range(7)]
    assert after == before
    assert [n.partition("#")[2] for n in after] == ["000000", "000001", "", "", "000002", "000003", "000004"]


def test_frames_that_are_left_out_do_not_count(tmp_path):
    writer = write(tmp_path, "video_csv", facts(9), frames=(0, 3, 4, 8))
    assert [tone for tone, _ in frame_tones(tmp_path / "flight.mp4")] == [0, 3, 4, 8]
    assert [writer.frame_id(n) for n in (0, 3, 4, 8, 5)] == [*(f"flight#{n:06d}" for n in range(4)), ""]


def test_ingest_puts_frames_of_a_video_with_a_table_where_it_said(tmp_path):
    folder = tmp_path / "S0007"
    said = facts(6, stream=told(40, 0.1, t_utc_ns=facts().start_utc_ns + np.arange(40) * 100_000_000 - 200_000_000))
    writer = write(folder, "video_csv", said)
    write_sortie_toml(folder, said)

    ingested = Ingest()(read_sortie(folder, ReadSettings(0.0), CameraTable()))

    assert [posed.ref.frame_id for posed in ingested.frames] == [writer.frame_id(n) for n in range(6)]
    for n, posed in enumerate(ingested.frames):
        row = 2 + 5 * n
        xy = ingested.site.from_lonlat(said.stream.lon_deg[row : row + 1], said.stream.lat_deg[row : row + 1])[0]
        assert np.allclose(posed.camera.K, said.lens.K, atol=1e-5, rtol=0)
        assert posed.pose.eye_m[:2] == pytest.approx(xy, abs=0.01)
        assert posed.pose.eye_m[2] == pytest.approx(said.stream.alt_m[row], abs=0.002)


def test_the_encoders_bytes_do_not_depend_on_what_memory_held_before(tmp_path):
    """The encoder once read beyond its rows: about one video in ten differed."""
    random = np.random.default_rng(1)
    seen = set()
    for run in range(60):
        held = [random.integers(0, 255, size, dtype=np.uint8) for size in random.integers(100, 200_000, 8)]
        write(tmp_path / str(run), "video_csv", facts(6))
        seen.add((tmp_path / str(run) / "flight.mp4").read_bytes())
        del held
    assert len(seen) == 1


def test_an_old_encoder_of_subtitles_is_told_of():
    with pytest.raises(ConfigError, match=r"dji_video\)"):
        give_style(object(), "DJI_0001.MP4")


def test_odd_sizes_are_refused(tmp_path):
    writer = open_writer("video_csv", tmp_path, facts())
    with pytest.raises(ConfigError, match="both must be even"):
        writer.add(Exposed(0, np.zeros((47, 64, 3), np.uint8), facts().start_utc_ns, 0.001, 100))
    writer.close()


def test_thermal_video_is_white_where_it_is_hot(tmp_path):
    writer = open_writer("video_csv", tmp_path, facts(2, thermal=True))
    for index in range(2):
        writer.add(exposed(index, thermal=True))
    writer.close()
    with av.open(str(tmp_path / "flight.mp4")) as file:
        grey = next(file.decode(video=0)).to_ndarray(format="gray")
    assert grey[0, 0] < 30 and grey[-1, -1] > 220
