"""What `inspect` says of pictures and shutters, on the screen and to machines."""

import json

import cv2
import numpy as np
import pytest

from pipeline.cli.inspect_pictures import picture_lines, pictures_of
from pipeline.cli.main import call
from pipeline.records.triage import Flaw, StillVerdict


def test_flaws_are_counted_with_examples():
    verdicts = [StillVerdict(f"f{n}", (Flaw.NO_TEXTURE,), True) for n in range(5)]
    verdicts += [StillVerdict("g", (), True), StillVerdict("t", (), False, "thermal", False)]
    verdicts += [StillVerdict("s", (Flaw.BLURRED, Flaw.SAME_VIEW), False, "the preview shows another picture")]
    pictures = pictures_of(verdicts)

    assert (pictures.judged, pictures.by_preview) == (7, 6)
    assert [(found.code, found.count, found.examples) for found in pictures.flaws] == [
        ("no_texture", 5, ("f0", "f1", "f2")),
        ("blurred", 1, ("s",)),
        ("same_view", 1, ("s",)),
    ]
    text = "\n".join(picture_lines(pictures))
    assert "5 no_texture: f0, f1, f2, …" in text and "shows another picture" in text and "1 not_judged: t" in text


def test_a_folder_without_stills_says_nothing_of_pictures():
    assert picture_lines(pictures_of([])) == []


@pytest.fixture
def folder(tmp_path):
    """Three good frames and a black one, with a table; one of them shows what the one before showed."""
    folder = tmp_path / "N8"
    folder.mkdir()
    rng = np.random.default_rng(3)
    ground = [cv2.resize(rng.integers(0, 255, (60, 80)).astype(np.uint8), (640, 480)) for _ in range(2)]
    shown = [ground[0], ground[1], ground[1] // 8 * 8, np.zeros((480, 640), np.uint8)]
    for number, picture in enumerate(shown):
        (folder / f"F{number}.jpg").write_bytes(cv2.imencode(".jpg", cv2.merge([picture] * 3))[1].tobytes())
    rows = [f"2020-11-12T18:15:{3 * n:02d}Z,F{n}.jpg,39.8,{46.75 + n * 1e-4:.4f},800,60,0,-90" for n in range(4)]
    (folder / "t.csv").write_text("time_utc,file,lat,lon,alt_hae_m,relative_alt_m,yaw,pitch\n" + "\n".join(rows))
    return folder


def test_screen_and_json_say_the_same(folder, capsys):
    (folder / "sortie.toml").write_text("[camera]\nfocal_px = 600\nreadout_ms = 50\n")

    assert call(["inspect", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert call(["inspect", str(folder)]) == 0
    screen = capsys.readouterr().out

    flaws = {found["code"]: found["examples"] for found in said["pictures"]["flaws"]}
    assert flaws == {"black_frame": ["F3"], "same_view": ["F2"]}
    assert "1 black_frame: F3" in screen and "1 same_view: F2" in screen
    stream = next(one for one in said["streams"] if one["shutter"] is not None)
    assert "50 ms from first row to last (sortie.toml)" in stream["shutter"]["words"]
    assert "50 ms from first row to last (sortie.toml)" in screen
    assert said["placed"] == 3
