import json

import numpy as np
import pytest

from pipeline.cli.main import call


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "S1").mkdir()
    (tmp_path / "S1" / "f.JPG").write_bytes(b"no picture")
    return tmp_path


def test_sortie_that_was_not_run_is_named(folder, capsys):
    assert call(["locate", str(folder / "S1"), "f", "1", "1", "--out", str(folder / "out")]) == 1
    assert "S1: there is no run of this sortie" in capsys.readouterr().err


def test_folder_that_is_not_there_is_wrong_use(folder, capsys):
    assert call(["locate", str(folder / "S9"), "f", "1", "1", "--out", str(folder / "out")]) == 2
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.real
def test_pixel_of_a_run_sortie(real_data, tmp_path, capsys):
    """The frame's middle lies under the camera; other options than the run's are refused; the question is noted."""
    flight = real_data / "flights" / "brighton_beach"
    few = tmp_path / "flight"
    few.mkdir()
    for name in ("DJI_0030.JPG", "DJI_0031.JPG"):
        (few / name).write_bytes((flight / "frames" / name).read_bytes())
    options = ["--terrain", str(flight / "reference" / "dsm_025.tif"), "--out", str(tmp_path / "out")]
    assert call(["run", str(few), *options]) == 0
    capsys.readouterr()

    assert call(["locate", str(few), "DJI_0030", "2000", "1125", "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    away_m = np.hypot((found["lon_deg"] + 91.9941) * 76_200, (found["lat_deg"] - 46.8423) * 111_200)
    assert away_m < 200
    assert 0 < found["minor_m"] <= found["major_m"] < 30
    assert "located" in (tmp_path / "out" / "custody.jsonl").read_text()

    assert call(["locate", str(few), "DJI_0030", "2000", "1125", "--out", str(tmp_path / "out")]) == 2
    assert "same options" in capsys.readouterr().err
    assert call(["locate", str(few), "DJI_9999", "2000", "1125", *options]) == 2
    assert "such as DJI_0030" in capsys.readouterr().err
    assert call(["locate", str(few), "DJI_0030", "2000", "9000", *options]) == 2
    assert "outside the picture" in capsys.readouterr().err
