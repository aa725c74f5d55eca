"""``trucewatch detect movement`` on bare folders, good and bad."""

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli.detect_movement import movement
from pipeline.errors import InputError


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    ground = np.asarray(cv2.resize(rng.integers(60, 190, (60, 80), np.uint8), (480, 360)), np.uint8)
    for k in range(14):
        image = ground[40:280, 60 + k : 380 + k].copy()
        image[100 + 2 * k : 108 + 2 * k, 60 + 5 * k : 74 + 5 * k] = 255
        cv2.imwrite(str(tmp_path / f"{k:04d}.png"), image)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(movement, [str(a) for a in arguments], standalone_mode=False)


def rows(path):
    return [line.split(",") for line in path.read_text().splitlines()]


def test_rows_are_motchallenge_from_frame_one(folder, tmp_path):
    out = tmp_path / "out" / "tracks.csv"

    result = call(folder, "--fps", 10, "--out", out)

    assert result.return_value == 0
    found = rows(out)
    assert found
    assert all(len(row) == 10 and row[7:] == ["-1", "-1", "-1"] for row in found)
    assert min(int(row[0]) for row in found) >= 1
    assert max(int(row[0]) for row in found) <= 14


def test_a_damaged_frame_is_named_and_keeps_its_number(folder, tmp_path):
    (folder / "0006.png").write_bytes(b"not a picture")
    out = tmp_path / "tracks.csv"

    result = call(folder, "--fps", 10, "--out", out)

    assert result.return_value == 1
    assert "0006.png" in result.stderr
    assert max(int(row[0]) for row in rows(out)) > 8


def test_a_folder_needs_a_rate_and_pictures(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments in ((folder,), (tmp_path / "empty", "--fps", 1), (tmp_path / "nowhere", "--fps", 1)):
        result = call(*arguments, "--out", tmp_path / "t.csv")
        assert isinstance(result.exception, InputError)


def test_preview_shows_every_frame(folder, tmp_path):
    result = call(folder, "--fps", 10, "--out", tmp_path / "t.csv", "--preview", tmp_path / "preview")

    assert result.return_value == 0
    pictures = sorted((tmp_path / "preview").glob("*.jpg"))
    assert len(pictures) == 14
    assert cv2.imread(str(pictures[-1])).shape == (240, 320, 3)
