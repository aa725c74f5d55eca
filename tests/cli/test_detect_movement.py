"""``trucewatch detect movement`` on bare folders, good and bad."""

import av
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


def test_preview_is_a_video_of_every_frame_and_a_strip_of_every_mover(folder, tmp_path):
    result = call(folder, "--fps", 10, "--out", tmp_path / "t.csv", "--preview", tmp_path / "preview")

    assert result.return_value == 0
    with av.open(str(tmp_path / "preview" / "overlay.webm")) as film:
        times = [(float(picture.pts * picture.time_base), picture.height) for picture in film.decode(video=0)]
    assert [round(t, 3) for t, _ in times] == [round(k / 10, 3) for k in range(14)]
    assert times[0][1] > 240
    strips = sorted((tmp_path / "preview").glob("track-*.png"))
    assert len(strips) == len({row[1] for row in rows(tmp_path / "t.csv")}) > 0
    strip = cv2.imread(str(strips[0]))
    assert strip.shape[0] * 2 < strip.shape[1]
    assert not list((tmp_path / "preview").glob("*.part"))


def test_preview_says_where_nothing_can_be_told(tmp_path):
    """The banner tells it: its colour is not that of a frame that can be judged."""
    (tmp_path / "blank").mkdir()
    for k in range(6):
        cv2.imwrite(str(tmp_path / "blank" / f"{k:04d}.png"), np.full((240, 320), 90, np.uint8))
    result = call(tmp_path / "blank", "--fps", 10, "--out", tmp_path / "t.csv", "--preview", tmp_path / "preview")

    assert "no frame could be assessed" in result.stderr
    with av.open(str(tmp_path / "preview" / "overlay.webm")) as film:
        picture = next(film.decode(video=0)).to_ndarray(format="rgb24")
    banner = picture[241:].reshape(-1, 3).astype(int)
    assert (banner[:, 0] - banner[:, 2] > 60).any()
