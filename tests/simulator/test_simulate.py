"""Whole small flights: same seed same bytes, tags that parse, truth that agrees."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio

from pipeline.geometry.camera import project
from pipeline.simulator.flight import Faults, FlightPlan, fly, report
from pipeline.simulator.settings import SimulationSettings, tiny_settings
from pipeline.simulator.simulate import simulate
from pipeline.sources.stills import read_still_head


def small(seed: int = 1) -> SimulationSettings:
    return replace(tiny_settings(seed, frames=2), size_px=(160, 120), gsd_m=0.4)


def hashes(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    out = tmp_path_factory.mktemp("flights")
    settings = small()
    return out, settings, simulate(out, settings)


def test_same_seed_same_bytes_and_another_seed_others(flights, tmp_path):
    out, settings, _ = flights

    simulate(tmp_path / "again", settings)
    simulate(tmp_path / "other", small(2))

    assert hashes(tmp_path / "again") == hashes(out)
    name = "flights/night/DJI_0001.JPG"
    assert hashes(tmp_path / "other")[name] != hashes(out)[name]


def test_tags_say_the_truth_but_for_the_faults_asked_for(flights):
    out, _, _ = flights
    truth = pq.read_table(out / "truth/night/poses.parquet").to_pylist()

    for row in truth:
        tags = read_still_head(out / "flights" / "night" / f"{row['frame_id']}.JPG", row["frame_id"]).tags
        assert tags.gps_utc.timestamp() * 1e9 == pytest.approx(row["t_utc_ns"], abs=1e6)
        assert tags.utc_offset_s == 4 * 3600
        metres = np.hypot((tags.lon_deg - row["lon_deg"]) * 85_000, (tags.lat_deg - row["lat_deg"]) * 111_000)
        assert 0.01 < metres < 8
        assert abs(tags.alt_m - row["height_hae_m"]) < 3
        assert abs(tags.pitch_deg - row["pitch_deg"]) < 2


def test_movers_lie_in_their_boxes(flights):
    out, _, scenario = flights
    poses = {row["frame_id"]: row for row in pq.read_table(out / "truth/night/poses.parquet").to_pylist()}
    rows = pq.read_table(out / "truth/night/tracks.parquet").to_pylist()

    assert rows
    for row in rows:
        pose = poses[row["frame_id"]]
        K = np.array([[pose["fx"], 0, pose["cx"]], [0, pose["fy"], pose["cy"]], [0, 0, 1]])
        eye = np.array([pose["site_x_m"], pose["site_y_m"], pose["height_hae_m"]])
        xy = scenario.site.from_lonlat(np.array([row["lon_deg"]]), np.array([row["lat_deg"]]))[0]
        roof = np.array([[*xy, row["height_hae_m"] + 0.7]])
        place = project(roof, eye, K, np.array(pose["distortion"]), np.array(pose["rotation"]).reshape(3, 3))[0]
        whole = row["left_px"] > 3 and row["left_px"] + row["width_px"] < 157
        whole = whole and row["top_px"] > 3 and row["top_px"] + row["height_px"] < 117
        if whole:
            middle = (row["left_px"] + row["width_px"] / 2 - 0.5, row["top_px"] + row["height_px"] / 2 - 0.5)
            assert place == pytest.approx(middle, abs=1.5)


def test_terrain_line_and_changes_lie_beside_the_flights(flights):
    out, _, scenario = flights
    with rasterio.open(out / "terrain.tif", driver="GTiff") as model:
        assert model.tags()["VERTICAL_DATUM"] == "ellipsoidal"
        east, north = scenario.site.to_utm(scenario.centre_m[None])[0]
        height = next(iter(model.sample([(east, north)])))[0]
    assert height == pytest.approx(scenario.land.height_at(*scenario.centre_m), abs=0.6)

    line = json.loads((out / "line.geojson").read_text())
    assert [feature["id"] for feature in line["features"]] == ["line", "side-a", "side-b", "area"]
    changes = json.loads((out / "truth/changes.geojson").read_text())["features"]
    assert {f["properties"]["kind"] for f in changes} == {"linear_earthwork", "structure", "vehicle", "crater", "burn"}
    assert {f["properties"]["direction"] for f in changes} == {"new", "vanished"}


def test_faults_have_the_size_that_was_asked_for():
    plan = FlightPlan(strips=1)
    true = fly(plan, 400, np.zeros(3), 0.0, np.random.default_rng(1))
    faults = replace(Faults.none(), height_sigma_m=0.5, height_bias_m=2.0, clock_offset_s=0.25, dropout_share=0.1)

    told = report(true, faults, np.random.default_rng(2))

    error = told.eye_m - true.eye_m
    assert np.abs(error[:, :2]).max() == 0
    assert error[:, 2].mean() == pytest.approx(2.0, abs=0.1)
    assert error[:, 2].std() == pytest.approx(0.5, rel=0.15)
    assert np.allclose(told.t_s - true.t_s, 0.25)
    assert (~told.present).mean() == pytest.approx(0.1, abs=0.06)
    assert np.array_equal(told.yaw_deg, true.yaw_deg)


def test_a_video_with_its_table_has_the_same_bytes_twice(tmp_path):
    settings = replace(small(), video=True, events=False)
    settings = replace(settings, sorties=settings.sorties[:1])

    for name in ("one", "two"):
        simulate(tmp_path / name, settings)

    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    table = (tmp_path / "one/flights/baseline/telemetry.csv").read_text().splitlines()
    assert table[0].startswith("time_utc,video_time_s,longitude_deg")
    assert len(table) == 3
