"""Whole sorties as folders: the same bytes, resumed, read back, and ingested."""

import hashlib
import json
from dataclasses import replace

import geopandas
import numpy as np
import pytest

from pipeline.errors import ConfigError, PublishError
from pipeline.simulator.nights.sortie_files import ASIDE
from pipeline.simulator.simulate import plan, simulate
from pipeline.simulator.truth.reader import Truth
from tests.simulator.small_night import SMALL, described

LEAN = SMALL.replace("frames = 3\n", "frames = 2\n")


def hashes(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def night():
    return described(LEAN)


@pytest.fixture(scope="module")
def made(night, tmp_path_factory):
    out = tmp_path_factory.mktemp("night")
    simulate(out, night)
    return out


def test_an_interrupted_sortie_leaves_nothing_and_the_next_run_goes_on_to_the_same_bytes(night, made, tmp_path):
    def stop(sortie_id, done, total):
        if sortie_id == "after":
            raise KeyboardInterrupt

    (tmp_path / ASIDE / "before" / "flight").mkdir(parents=True)  # as a killed process would leave it
    (tmp_path / ASIDE / "before" / "flight" / "DJI_0001.JPG").write_bytes(b"cut")
    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path, night, progress=stop)
    assert not (tmp_path / ASIDE).exists()
    assert [path.name for path in (tmp_path / "flights").iterdir()] == ["before"]
    assert not (tmp_path / "truth" / "after").exists()
    assert [task.made for task in plan(tmp_path, night)] == [True, False]

    again = simulate(tmp_path, night)

    assert (again.made, again.kept) == (("after",), ("before",))
    assert hashes(tmp_path) == hashes(made)


def test_what_lies_there_is_made_anew_only_when_it_is_described_otherwise(night, made):
    assert all(task.made for task in plan(made, night))
    darker = described(LEAN.replace('id = "after"', 'id = "after"\nsensor = { brightness = 0.3 }'))
    assert [task.made for task in plan(made, darker)] == [True, False]
    assert not any(task.made for task in plan(made, replace(night, seed=6)))
    assert [task.made for task in plan(made, night, frames=(0, 1))] == [False, False]


@pytest.mark.slow
def test_the_number_of_processes_changes_no_byte(night, made, tmp_path):
    simulate(tmp_path, night, workers=2)

    assert hashes(tmp_path) == hashes(made)


@pytest.mark.slow
def test_one_sortie_alone_is_the_same_as_among_others(night, made, tmp_path):
    simulate(tmp_path, night, only=["after"])

    alone = hashes(tmp_path)
    assert {name for name in alone if name.startswith("flights/")} == {
        "flights/after/DJI_0001.JPG",
        "flights/after/DJI_0002.JPG",
    }
    assert alone.items() <= hashes(made).items()


def test_the_reader_gives_back_what_happened(made):
    truth = Truth(made)

    assert truth.sorties == ("after", "before")
    changes = {change.event_id: change for change in truth.changes_between("before", "after")}
    assert {name: (c.kind, c.direction) for name, c in changes.items()} == {
        "E01": ("burn", "new"), "E02": ("vehicle", "new")
    }  # fmt: skip
    back = truth.changes_between("after", "before")
    assert {change.direction for change in back} == {"vanished"}
    assert changes["E02"].area_m2 == pytest.approx(11.0 * 2.55, rel=0.1)  # a bus
    log = {(row.night_id, row.state.event_id): row for row in truth.night_events()}
    assert not log["2021-05-17", "E01"].state.there
    assert [delta.direction for delta in log["2021-05-18", "E01"].deltas] == ["new"]
    assert log["2021-05-18", "M01"].state.change_kind is None


def test_tables_and_pictures_of_a_frame_agree(made):
    truth = Truth(made)
    pose = truth.poses("after")[0]
    mask, depth, shadow = (get("after", pose.frame_id) for get in (truth.mask, truth.depth, truth.shadow))

    assert mask.shape == depth.shape == shadow.shape == (150, 200)
    rows = truth.visibility("after", pose.frame_id)
    assert {row.number: row.pixels for row in rows} == {
        int(n): int((mask == n).sum()) for n in np.unique(mask) if n
    }  # fmt: skip
    known = {thing.thing_id: thing for thing in truth.objects("after")}
    assert {row.thing_id for row in rows} <= set(known)
    for row in rows:
        ys, xs = np.nonzero(mask == row.number)
        assert (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1) == (
            row.left_px, row.top_px, row.width_px, row.height_px
        )  # fmt: skip
        assert row.depth_m == pytest.approx(depth[mask == row.number].mean(), abs=0.02)
        assert known[row.thing_id].pixels_max >= row.pixels
    assert all(thing.geometry is not None for thing in known.values())


def test_geopandas_opens_every_table_with_places(made):
    for name in ("poses", "objects", "events"):
        table = geopandas.read_parquet(made / "truth" / "after" / f"{name}.parquet")
        assert table.crs.to_string() == "OGC:CRS84"
        west, south, east, north = table.total_bounds
        assert 46.84 < west <= east < 46.85 and 39.965 < south <= north < 39.972
    assert len(geopandas.read_parquet(made / "truth" / "nights.parquet")) == 6


def test_what_lies_beside_the_sorties_fits_them(made):
    line = json.loads((made / "line.geojson").read_text())
    assert {"line", "side-a", "side-b", "area"} <= {feature["id"] for feature in line["features"]}
    assert (made / "terrain.tif").is_file() and (made / "agreement.toml").is_file()
    assert Truth(made).manifest("after")["flight"] == "flights/after"


def test_a_plan_that_ends_too_early_is_refused_before_anything_is_rendered(tmp_path):
    long = described(SMALL.replace("frames = 3", "frames = 30"))
    with pytest.raises(ConfigError, match="its plan ends after 4 of 30 frames"):
        simulate(tmp_path, long)
    assert not (tmp_path / "flights").exists()


def test_terrain_that_cannot_be_written_says_so_and_leaves_nothing(night, tmp_path, monkeypatch):
    def cut(path, *_, **__):
        path.write_bytes(b"II*")
        raise OSError("Write failed. See previous exception for details.")

    monkeypatch.setattr("pipeline.simulator.nights.world_files.write_terrain", cut)

    with pytest.raises(PublishError, match=r"terrain.tif cannot be written .*; is the disk full"):
        simulate(tmp_path, night)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
