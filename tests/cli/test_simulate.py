"""``trucewatch simulate``: words in, flights out, and what is refused."""

import json
import sys

import pytest

from pipeline.cli.main import call
from pipeline.errors import InputError
from pipeline.simulator.nights.describe import EXAMPLE
from tests.simulator.small_night import SMALL

TINY = SMALL.replace("frames = 3\n", "frames = 2\n").replace('truth = ["masks", "depths", "shadows"]\n', "truth = []\n")


@pytest.fixture
def night(tmp_path):
    path = tmp_path / "night.toml"
    path.write_text(TINY)
    return path


def test_the_example_it_prints_is_one_it_understands(tmp_path, capsys):
    assert call(["simulate", "--example"]) == 0
    printed = capsys.readouterr().out
    assert printed == EXAMPLE.read_text()
    (tmp_path / "night.toml").write_text(printed)

    assert call(["simulate", str(tmp_path / "night.toml"), "--out", str(tmp_path / "o"), "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["sorties"]) == 53
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("name", "word"),
    [("events", "trench"), ("biomes", "steppe"), ("lenses", "fisheye"), ("formats", "dji_stills"),
     ("faults", "offset_s"), ("plans", "strips")],
)  # fmt: skip
def test_catalogues_are_printed_with_their_options(name, word, capsys):
    assert call(["simulate", "--list", name]) == 0
    assert word in capsys.readouterr().out


def test_one_sortie_and_a_range_of_frames_are_rendered_and_then_passed_over(night, tmp_path, capsys):
    words = ["simulate", str(night), "--out", str(tmp_path / "o"), "--only", "after", "--frames", "0:1", "--json"]

    assert call(words) == 0
    assert json.loads(capsys.readouterr().out)["made"] == ["after"]
    assert [path.name for path in (tmp_path / "o/flights/after").iterdir()] == ["DJI_0001.JPG"]
    assert call(words) == 0
    assert json.loads(capsys.readouterr().out) | {"out": ""} == {
        "schema": "trucewatch-simulate/1", "out": "", "workers": 1, "made": [], "kept": ["after"], "frames": 0
    }  # fmt: skip


def test_a_dry_run_finds_what_a_run_would_stumble_over(night, tmp_path, capsys):
    night.write_text(TINY.replace("length_m = 30", "length_m = 3"))

    assert call(["simulate", str(night), "--out", str(tmp_path / "o"), "--dry-run"]) == 2

    assert "its plan ends after 1 of 2 frames" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "nanx48"], "--size must be two finite numbers"),
        (["--size", "64.7x48"], "give whole pixels"),
        (["--frames", "²"], "how many frames a flight has"),
        (["--frames", "99999999999999"], "1 to 1000000"),
        (["--boresight", "nan", "0", "0"], "nan is not a finite number"),
        (["--date", "0001-01-01"], "not within the years 1980 to 2199"),
        (["--strips", "100000000"], "--strips"),
        (["--biome", "step"], "did you mean 'steppe'"),
    ],
)
def test_quick_flights_that_cannot_be_are_refused_at_once(words, said, tmp_path, capsys):
    assert call(["simulate", "--out", str(tmp_path / "o"), *words]) == 2

    assert said in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_without_the_ray_tracer_it_says_how_to_get_it(night, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "embreex", None)

    assert call(["simulate", str(night), "--out", str(tmp_path / "o")]) == 2
    assert "trucewatch[simulator]" in capsys.readouterr().err


def test_events_are_injected_into_a_flight(night, tmp_path, capsys):
    out = tmp_path / "o"
    assert call(["simulate", str(night), "--out", str(out), "--only", "before", "--json"]) == 0
    events = tmp_path / "events.toml"
    events.write_text('[[events]]\nid = "C1"\nkind = "crater"\nat = { lon_deg = 46.8438, lat_deg = 39.9684 }\n')
    capsys.readouterr()

    words = ["simulate", "--inject", str(events), "--into", str(out / "flights/before"), "--json"]
    words += ["--poses", str(out / "truth/before"), "--terrain", str(out / "terrain.tif"), "--out", str(tmp_path / "i")]
    assert call(words) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "trucewatch-inject/1"
    assert said["frames"] and not said["skipped"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--out"),
        (["--out", "o", "--sample", "--seed", "3"], "leave out --seed"),
        (["NIGHT", "--out", "o", "--gsd", "0.1"], "leave out --gsd"),
        (["NIGHT", "--out", "o", "--only", "befor"], "did you mean 'before'"),
        (["NIGHT", "--out", "o", "--frames", "5:9"], "none of them lies in 5:9"),
        (["NIGHT", "--out", "o", "--frames", "x"], "must be written A:B"),
        (["missing.toml", "--out", "o"], "missing.toml"),
        (["--out", "o", "--frames", "0:3"], "without NIGHT.toml"),
        (["--out", "o", "--size", "9x9"], "at least 32 pixels"),
        (["--out", "o", "--inject", "e.toml"], "go together"),
        (["--out", "o", "--place", "46"], "--place must be two numbers"),
    ],
)
def test_wrong_words_are_refused_with_exit_code_2(words, said, night, capsys):
    words = [str(night) if word == "NIGHT" else word for word in words]

    assert call(["simulate", *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("stated", "wanted"), [(None, "Snight"), ("S0312", "S0312"), ("S9", None)])
def test_poses_of_a_run_over_many_sorties_are_those_of_the_flight(stated, wanted, tmp_path, monkeypatch):
    """OUT of a batch holds all of a night's sorties; the flight's folder says which."""
    asked = []

    def read_poses(_, __, sortie_id):
        asked.append(sortie_id)
        raise InputError("seen")

    monkeypatch.setattr("pipeline.cli.simulate_inject.read_poses", read_poses)
    for name in ("Sbaseline", "Snight", "S0312"):
        (tmp_path / "out/work" / name).mkdir(parents=True)
    flight = tmp_path / "night"
    flight.mkdir()
    if stated:
        (flight / "sortie.toml").write_text(f'id = "{stated}"\n')
    words = ["--into", flight, "--poses", tmp_path / "out", "--terrain", "t.tif", "--out", tmp_path / "o"]

    assert call(["simulate", "--inject", "e.toml", *map(str, words)]) == 1

    assert asked == [wanted]


def test_two_worlds_do_not_share_a_folder(tmp_path, capsys):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "world.json").write_text('{"name": "other", "seed": 4}')

    assert call(["simulate", "--out", str(tmp_path), "--frames", "2", "--dry-run"]) == 2
    assert "another world, 'other' with seed 4" in capsys.readouterr().err
    (tmp_path / "truth" / "world.json").write_text("{")
    assert call(["simulate", "--out", str(tmp_path), "--frames", "2", "--dry-run"]) == 0
