"""Real subtitles of sixteen drones and firmwares: what a person reads in the file, figure by figure."""

import itertools
import re

import numpy as np
import pytest

from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader, DjiTrackReader
from pipeline.stages.held_positions import held_positions

SECONDS = re.compile(r"(\d+):(\d+):(\d+),(\d+) --> ")

EXPECTED = {
    # cues, clips, first longitude and latitude, longitude and latitude of the place farthest from there
    "MAVIC3_head.srt": (691, 1, -3.3744, 3.41531),
    "air2s.srt": (17, 1, 2.234156, 41.424724),
    "broken_incomplete.SRT": (20, 1, -58.4563, -34.7383),
    "broken_incomplete2.SRT": (6, 1, -57.823395, -34.86995),
    "matrice_300.srt": (381, 1, -6.112, 36.6146),
    "mavic_2_style.SRT": (468, 1, 149.0251, -20.2533),
    "mavic_2pro_new_head.SRT": (1454, 2, -60.286702, -35.080155),
    "mavic_air.SRT": (2, 1, np.nan, np.nan),
    "mavic_air2.srt": (25, 1, 2.162162, 41.420684),
    "mavic_pro.SRT": (468, 1, 149.0251, -20.2533),
    "mavic_pro_buggy.SRT": (546, 1, -1.2218, 42.4668),
    "old_format.SRT": (468, 1, 149.0251, -20.2533),
    "p4_rtk.SRT": (55, 1, -58.851745, -34.237922),
    "p4p_sample.SRT": (5, 1, 8.209, 47.4692),
}
REFUSED = {"broken_empty.SRT", "broken_empty2.SRT"}


@pytest.fixture(scope="module")
def folder(real_data):
    return real_data / "telemetry" / "dji_srt"


def read(path):
    return DjiSubtitleReader().read(path)


def blocks(path):
    """Cues by the plainest way: at blank lines."""
    text = path.read_text(encoding="utf-8-sig").replace("\r", "")
    return [block for block in re.split(r"\n\s*\n", text) if re.match(r"\s*\d+\n", block)]


def test_every_file_is_expected(folder):
    assert {path.name for path in folder.iterdir()} == set(EXPECTED) | REFUSED
    for name in REFUSED:
        assert not DjiSubtitleReader().recognises(folder / name, (folder / name).read_bytes())


@pytest.mark.parametrize("name", EXPECTED)
def test_cues_clips_and_place(folder, name):
    cues, clips, lon, lat = EXPECTED[name]
    assert DjiSubtitleReader().recognises(folder / name, (folder / name).read_bytes()[:65536])

    found = read(folder / name)

    assert (sum(map(len, found)), len(found)) == (cues, clips)
    assert cues == len(blocks(folder / name))
    assert found[0].lon_deg[0] == pytest.approx(lon, abs=1e-9, nan_ok=True)
    assert found[0].lat_deg[0] == pytest.approx(lat, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "mavic_2_style.SRT"])
def test_times_are_those_of_the_cues(folder, name):
    written = [int(h) * 3600 + int(m) * 60 + int(s) + int(part) / 1000
               for h, m, s, part in SECONDS.findall((folder / name).read_text(encoding="utf-8-sig"))]  # fmt: skip
    t_ns = np.concatenate([samples.t_ns for samples in read(folder / name)])
    assert t_ns / 1e9 == pytest.approx(written, abs=1e-9)


@pytest.mark.parametrize(("name", "pattern"), [
    ("mavic_2pro_new_head.SRT", r"\[latitude : (\S+)\] \[longtitude : (\S+)\]"),
    ("MAVIC3_head.srt", r"\[latitude: (\S+)\] \[longitude: (\S+)\]"),
    ("air2s.srt", r"\[latitude: (\S+)\] \[longitude: (\S+)\]"),
    ("matrice_300.srt", r"GPS\(([^,]+),([^,]+),"),
    ("mavic_pro_buggy.SRT", r"GPS\((?P<lon>[^,]+),(?P<lat>[^,]+),"),
    ("p4_rtk.SRT", r"GPS \((?P<lon>[^,]+), (?P<lat>[^,]+),"),
])  # fmt: skip
def test_every_position_is_the_written_one(folder, name, pattern):
    written = []
    for block in blocks(folder / name):
        match = re.search(pattern, block)
        if match is None or "N/A" in match[0]:
            written.append((np.nan, np.nan))
        elif "lon" in match.groupdict():
            written.append((float(match["lon"]), float(match["lat"])))
        else:
            written.append((float(match[2]), float(match[1])))
    found = read(folder / name)
    places = np.concatenate([np.column_stack([samples.lon_deg, samples.lat_deg]) for samples in found])
    written = np.array(written)
    told = np.isfinite(places[:, 0])
    assert places[told] == pytest.approx(written[told], abs=1e-12)
    assert not (~told & np.isfinite(written[:, 0])).any()


def test_the_merged_recording_is_two_clips_fourteen_seconds_apart(folder):
    """Cue 538: its frames count from 1 again, and its clock is 14.17 s ahead of its time."""
    first, second = read(folder / "mavic_2pro_new_head.SRT")

    assert (len(first), len(second)) == (537, 917)
    assert second.t_ns[0] == 24_160_000_000
    assert (second.video_start_local_ns - first.video_start_local_ns) / 1e9 == pytest.approx(14.173, abs=0.005)


def test_true_positions_come_ten_times_a_second_under_25_cues(folder):
    written = [
        re.search(r"\[latitude.*?\] \[longt.*?\]", block) for block in blocks(folder / "mavic_2pro_new_head.SRT")
    ]
    words = [match[0] for match in written if match]
    new = 1 + sum(after != before for before, after in itertools.pairwise(words))
    found = read(folder / "mavic_2pro_new_head.SRT")

    gates = [held_positions(samples.t_ns, samples.lon_deg, samples.lat_deg) for samples in found]
    kept = len(words) - sum(int(held.sum()) for held, _ in gates)
    assert (new, kept) == (597, 612)  # fifteen more while it stood for over half a second
    assert gates[0][1] == pytest.approx(10.0, abs=0.05)


def test_the_take_off_distance_settles_the_order_of_the_survey_drone(folder):
    (samples,) = read(folder / "p4_rtk.SRT")

    assert samples.notes[0].startswith("positions are longitude, latitude: the stated distance from take-off")
    assert (samples.pitch_deg[0], samples.roll_deg[0], samples.yaw_deg[0]) == (-24.4, 0.0, 110.4)
    assert samples.aircraft_yaw_deg[0] == 110.1
    assert samples.gnss.speed_mps[:3].tolist() == [0.0, 2.88, 5.61]
    assert samples.gnss.satellites[3] == 14
    assert samples.relative_alt_m[:2].tolist() == [85.8, 85.83]


def test_sixteen_cues_without_a_fix(folder):
    (samples,) = read(folder / "mavic_pro_buggy.SRT")

    assert np.count_nonzero(np.isnan(samples.lon_deg)) == 16
    assert samples.gnss.satellites[14] == 3
    assert samples.relative_alt_m.max() == 119.6


def test_the_track_in_a_video_says_what_the_file_beside_it_says(real_data, folder):
    path = real_data / "video" / "embedded_srt.mp4"
    assert DjiTrackReader().recognises(path, path.read_bytes()[:1000])

    (inside,) = DjiTrackReader().read(path)
    (beside,) = read(folder / "MAVIC3_head.srt")

    assert len(inside) == 100
    for column in ("t_ns", "lon_deg", "lat_deg", "alt_m", "relative_alt_m"):
        assert getattr(inside, column) == pytest.approx(getattr(beside, column)[:100])
    assert inside.video_start_local_ns == pytest.approx(beside.video_start_local_ns, abs=2e6)
    assert inside.bad_rows == 0


def test_a_video_without_subtitles_has_none(real_data):
    assert DjiTrackReader().read(real_data / "video" / "vfr_hevc.mp4") == ()
