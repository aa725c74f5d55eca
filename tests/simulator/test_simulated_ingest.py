"""Simulated flights through the pipeline's own readers: with perfect telemetry, poses are the true ones."""

import numpy as np
import pytest

from pipeline.simulator.simulate import simulate
from pipeline.simulator.truth.reader import Truth
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest, IngestSettings
from tests.simulator.small_night import SMALL, described

FORMATS = {"stills": "dji_stills", "video": "video_csv", "tiff": "tiff_csv", "heat": "thermal_stills"}
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


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    out = tmp_path_factory.mktemp("formats")
    simulate(out, described(HEAD + "".join(sortie(name, form) for name, form in FORMATS.items())))
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
        assert frame.pose.eye_m[2] == pytest.approx(pose.height_hae_m, abs=0.06)
        assert frame.ref.t_utc_ns == pytest.approx(pose.t_utc_ns, abs=2e6)
        turn = frame.pose.rotation.T @ pose.camera_to_site
        assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 0.15  # tags state tenths of a degree
