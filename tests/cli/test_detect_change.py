"""``trucewatch detect change`` on files."""

import json

import cv2
import numpy as np
from click.testing import CliRunner

from pipeline.cli.detect_change import change


def picture(*, vehicle: bool) -> np.ndarray:
    rng = np.random.default_rng(3)
    noise = cv2.GaussianBlur(rng.standard_normal((400, 400)).astype(np.float32), (0, 0), 3)
    image = np.clip(120 + 12 * noise / noise.std(), 0, 255).astype(np.uint8)
    image = np.dstack([image] * 3)
    if vehicle:
        cv2.rectangle(image, (150, 170), (250, 214), (210, 215, 220), cv2.FILLED)
    return image


def folders(tmp_path, before: dict, after: dict):
    for side, files in (("a", before), ("b", after)):
        (tmp_path / side).mkdir()
        for name, data in files.items():
            if isinstance(data, bytes):
                (tmp_path / side / name).write_bytes(data)
            else:
                cv2.imwrite(str(tmp_path / side / name), data)
    return [str(tmp_path / "a"), str(tmp_path / "b"), "--gsd", "0.05", "--out", str(tmp_path / "out")]


def test_a_pair_gives_mask_outlines_and_overview(tmp_path):
    arguments = folders(tmp_path, {"x.png": picture(vehicle=False)}, {"x.png": picture(vehicle=True)})

    result = CliRunner().invoke(change, arguments)

    assert result.exit_code == 0, result.output
    mask = cv2.imread(str(tmp_path / "out" / "x.png"), cv2.IMREAD_UNCHANGED)
    assert mask[192, 200] == 1
    (feature,) = json.loads((tmp_path / "out" / "x.geojson").read_text())["features"]
    assert feature["properties"]["direction"] == "new"
    assert feature["properties"]["area_m2"] > 5
    assert (tmp_path / "out" / "overview" / "x.jpg").stat().st_size > 1000


def test_bad_pairs_are_named_and_the_others_go_on(tmp_path):
    good = picture(vehicle=False)
    before = {"good.png": good, "size.png": good, "bad.jpg": b"no picture", "alone.png": good}
    after = {"good.png": picture(vehicle=True), "size.png": good[:-8], "bad.jpg": b""}

    result = CliRunner().invoke(change, folders(tmp_path, before, after))

    assert result.exit_code == 1
    assert "good: 1 changes" in result.output
    assert "size: the pictures differ in size (400x400 and 400x392)" in result.output
    assert "bad: " in result.output
    assert "cannot be decoded" in result.output
    assert "alone.png: no partner" in result.output


def test_a_picture_against_a_folder_is_wrong_use(tmp_path):
    arguments = folders(tmp_path, {"x.png": picture(vehicle=False)}, {})
    arguments[0] += "/x.png"

    assert CliRunner().invoke(change, arguments).exit_code == 2
