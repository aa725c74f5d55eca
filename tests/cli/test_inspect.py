import json
import shutil
from dataclasses import asdict

import cv2
import numpy as np
import pytest

from pipeline.cli.inspect_findings import findings_of
from pipeline.cli.inspect_screen import lines_of, time_line, track_sketch
from pipeline.cli.main import call
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest, NothingPlacedError


@pytest.fixture
def folder(tmp_path):
    """Three frames that a table names, with a gap; junk and a damaged file beside them."""
    folder = tmp_path / "N7"
    folder.mkdir()
    for number in range(3):
        picture = np.full((48, 64, 3), 40 * number, np.uint8)
        (folder / f"F{number}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (folder / "bad.JPG").write_bytes(b"\xff\xd8\xff\xe0")
    (folder / "Thumbs.db").write_bytes(b"x")
    rows = [f"2020-11-12T18:15:{s:02d}Z,F{n}.png,39.8,46.75,800,0,-90" for n, s in enumerate((0, 1, 40))]
    rows.append("2020-11-12T18:15:41Z,,0,0,800,0,-90")
    (folder / "t.csv").write_text("time_utc,file,lat,lon,alt_hae_m,yaw,pitch\n" + "\n".join(rows))
    (folder / "sortie.toml").write_text("[camera]\nfocal_px = 60\n")
    return folder


def look(folder):
    contents = read_sortie(folder, ReadSettings(), CameraTable())
    try:
        return findings_of(contents, Ingest()(contents))
    except NothingPlacedError as error:
        return findings_of(contents, error)


def test_one_screen_says_what_was_found_and_what_is_wrong(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    lines = lines_of(look(folder))

    text = "\n".join(lines)
    assert len(lines) < 45
    for words in (
        "SN7, night of 2020-11-12",
        "3 of 3 frames have a time, a camera and a pose",
        "heights: 3 ellipsoidal",
        "visible stills, 64 × 48: 3 of 3 used",
        "focal length 60 px ± 0.3 % (sortie.toml)",
        "2020-11-12T18:15:00Z to 2020-11-12T18:15:40Z; longest gaps 39 s",
        "telemetry (csv), UTC, 3 rows name a frame",
        "position_from_table 3",
        "1 unreadable: bad.JPG",
        "1 junk: Thumbs.db",
        "1 position_invalid: t.csv (1 rows)",
    ):
        assert words in text
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_folder_without_a_placed_frame_is_shown_with_its_reasons(folder):
    (folder / "t.csv").unlink()

    findings = look(folder)

    assert findings.placed == 0
    assert "no_time" in {fault.code for fault in findings.dropped}
    assert "can be placed" in findings.trouble


def test_machines_get_the_same(folder):
    findings = look(folder)

    assert json.loads(json.dumps(asdict(findings)))["streams"][0]["name"] == findings.streams[0].name


def test_the_command_ends_with_1_when_no_frame_can_be_placed(folder, capsys):
    assert call(["inspect", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["placed"] == 3
    (folder / "t.csv").unlink()
    assert call(["inspect", str(folder)]) == 1
    shutil.rmtree(folder)
    assert call(["inspect", str(folder)]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_the_time_line_shows_where_a_stream_pauses(folder):
    stills, table = look(folder).streams

    assert len(time_line(table.presence)) == 60
    assert stills.presence[0] > 0 and stills.presence[-2] > 0
    assert not any(stills.presence[5:50])  # a second, then a pause of 39 s


def test_the_sketch_is_to_scale_and_north_is_up():
    north, east = 100 / 111_320, 100 / 111_320 / np.cos(np.radians(39.8))
    sketch = track_sketch([(46.75, 39.8), (46.75, 39.8 + north), (46.75 + 2 * east, 39.8 + north)])

    marks = {cell: (row, column) for row, line in enumerate(sketch[:-1]) for column, cell in enumerate(line)}
    assert marks["S"][0] > marks["E"][0] and marks["S"][1] < marks["E"][1]
    wide, high = marks["E"][1] - marks["S"][1], marks["S"][0] - marks["E"][0]
    assert wide / (2 * high) == pytest.approx(2, rel=0.1)
    bar, length_m = sketch[-1].split()[:2]
    assert float(length_m) / len(bar) == pytest.approx(200 / wide, rel=0.1)


def test_one_place_has_no_sketch():
    assert track_sketch([(46.75, 39.8)]) == []
    assert len(track_sketch([(46.75, 39.8)] * 2)) == 2
