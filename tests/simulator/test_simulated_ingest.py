"""Simulated flights through the pipeline's own readers: with perfect telemetry, poses are the true ones."""

import numpy as np
import pytest

from pipeline.simulator.simulate import simulate
from pipeline.simulator.truth.reader import Truth
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest, IngestSettings
from tests.simulator.small_night import SMALL, described

FORMATS = {
    "stills": "dji_stills",
    "video": "video_csv",
    "cues": "dji_video",
    "klv": "misb_ts",
    "track": "dji_video_track",
    "tiff": "tiff_csv",
    "heat": "thermal_stills",
}
HEAD = SMALL[: SMALL.index("[[events]]")] + SMALL[SMALL.index("[lenses.tiny]") : SMALL.index("[[sorties]]")]


def sortie(name: str, form: str) -> str:
    lens = '{ name = "thermal_wide", size_px = [96, 72] }' if name == "heat" else "{ size_px = [96, 72] }"
    return f"""
[[sorties]]
id = "{name}"
nights = [1]
start = 11:10:00
plan = "strip"
lens = {lens}
frames = 3
interval_s = 0.5
format = "{form}"
truth = []
"""


FAULTY = """
folder_faults = { truncated_share = 0.2, junk = true }
faults = { preset = "consumer", turned_frames = [{ begin = 0.5, end = 0.8 }], lost_link = [{ begin = 0.1, end = 0.3 }] }
"""


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    out = tmp_path_factory.mktemp("formats")
    text = HEAD + "".join(sortie(name, form) for name, form in FORMATS.items())
    text += sortie("faulty", "dji_stills").replace("frames = 3", "frames = 8") + FAULTY
    simulate(out, described(text))
    return Truth(out)


@pytest.mark.parametrize("name", FORMATS)
def test_perfect_telemetry_gives_the_true_poses(flights, name):
    result = Ingest(IngestSettings())(read_sortie(flights.flight_folder(name), ReadSettings(), CameraTable()))
    found = {frame.ref.frame_id: frame for frame in result.frames}
    site = result.site

    assert not [drop for drop in result.dropped if "frame" in drop.item]
    assert set(found) == {pose.frame_id for pose in flights.poses(name)}
    for pose in flights.poses(name):
        frame = found[pose.frame_id]
        true = site.from_lonlat(np.array([pose.lon_deg]), np.array([pose.lat_deg]))[0]
        assert frame.pose.eye_m[:2] == pytest.approx(true, abs=0.06)
        step_m = 0.31 if name == "klv" else 0.1  # heights of 16 bits over 19,900 m
        assert frame.pose.eye_m[2] == pytest.approx(pose.height_hae_m, abs=step_m / 2 + 0.01)
        assert frame.ref.t_utc_ns == pytest.approx(pose.t_utc_ns, abs=2e6)
        turn = frame.pose.rotation.T @ pose.camera_to_site
        assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 0.15  # tags state tenths of a degree


def test_faults_are_in_the_files_and_in_the_truth(flights):
    """Without a link there is no frame; turned frames are turned in their files only; spoilt files are named."""
    poses = flights.poses("faulty")
    folder = flights.flight_folder("faulty")

    assert [(pose.index, pose.turned_180) for pose in poses] == [
        (0, False), (3, False), (4, True), (5, True), (6, False), (7, False)
    ]  # fmt: skip
    faults = flights.faults("faulty")
    kinds = {row["kind"]: row for row in faults["telemetry"]}
    assert {"lost_link", "turned_frames"} <= set(kinds)
    assert kinds["lost_link"]["begin_s"] == pytest.approx(0.35)
    cut = [row for row in faults["files"] if row["kind"] == "truncated"]
    assert cut
    for row in cut:
        assert (folder / row["item"]).stat().st_size == row["bytes_after"] < row["bytes_before"]
