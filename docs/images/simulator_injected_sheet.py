"""The sheet of injected events: a simulated flight stands for a real one."""

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from simulator_studio import Picture, Tiles

from pipeline.simulator.truth.reader import Truth, VisibilityTruth

NIGHT = """
name = "canvas"
seed = 5
folders = "flat"
[place]
lon_deg = 46.8438
lat_deg = 39.9684
utc_offset_h = 4
[world]
biome = "steppe"
[[nights]]
date = 2021-05-17
[[sorties]]
id = "canvas"
start = 10:30:00
plan = { kind = "survey", length_m = 130, strips = 1, height_m = 48, speed_mps = 10 }
lens = { name = "consumer_wide", size_px = [1200, 900] }
format = "dji_stills"
frames = 6
interval_s = 2.2
truth = []
"""
EVENTS = {
    "trench": (-24, 14, "length_m = 16, start_m = 16"),
    "crater": (-22, -10, "diameter_m = 4"),
    "burn": (0, 13, "radius_m = 5"),
    "sandbag_post": (12, -6, ""),
    "parked_vehicle": (28, 9, 'form = "truck", cargo = "tarpaulin", paint = "olive"'),
    "tarpaulin": (40, -11, ""),
}
"""East and north of the flight's middle, and options."""


def injected() -> Tiles:
    """Each event in two frames, before and after."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        (out / "night.toml").write_text(NIGHT)
        (out / "events.toml").write_text("\n".join(_entry(kind) for kind in EVENTS))
        _run("night.toml", "--out", "sim", "--workers", "1", cwd=out)
        _run("--inject", "events.toml", "--into", "sim/flights/canvas", "--poses", "sim/truth/canvas",
             "--terrain", "sim/terrain.tif", "--out", "injected", cwd=out)  # fmt: skip
        truth = Truth(out / "injected/truth")
        for kind in EVENTS:
            for place, (frame, corner, size) in enumerate(_crops(truth, kind)):
                before = _crop(out / f"sim/flights/canvas/{frame}.JPG", corner, size)
                after = _crop(out / f"injected/flights/canvas/{frame}.JPG", corner, size)
                yield f"{kind}: frame {frame[-1]}" if place == 0 else f"frame {frame[-1]}", before
                yield "injected", after


def _entry(kind: str) -> str:
    east, north, options = EVENTS[kind]
    return (
        f'[[events]]\nid = "{_id(kind)}"\nkind = "{kind}"\nat = {{ east_m = {east}, north_m = {north} }}\n'
        f"heading_deg = 60\nbegins = 2021-05-15T20:00:00Z\noptions = {{ {options} }}\n"
    )


def _id(kind: str) -> str:
    return kind.replace("_", "-")


def _run(*words: str, cwd: Path) -> None:
    command = Path(sys.executable).with_name("trucewatch")
    subprocess.run([str(command), "simulate", *words], cwd=cwd, check=True)  # noqa: S603  our own command, fixed words


def _crops(truth: Truth, kind: str) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Two frames that show all of an event, as far apart as there are, with a window around it."""
    things = [row for row in truth.objects("canvas") if row.event_id == _id(kind)]
    vehicles = [row for row in things if row.kind.startswith("vehicle.")]  # their tracks lead far away
    parts = {row.thing_id for row in vehicles or things}
    boxes: dict[str, list[VisibilityTruth]] = {}
    for row in truth.visibility("canvas"):
        if row.thing_id in parts:
            boxes.setdefault(row.frame_id, []).append(row)
    whole = sorted(frame for frame, rows in boxes.items() if not any(row.at_border for row in rows))
    return [(frame, *_window(boxes[frame])) for frame in (whole[0], whole[-1])]


def _window(rows: list[VisibilityTruth]) -> tuple[tuple[int, int], tuple[int, int]]:
    low = np.array([[r.left_px, r.top_px] for r in rows]).min(axis=0)
    high = np.array([[r.left_px + r.width_px, r.top_px + r.height_px] for r in rows]).max(axis=0)
    width = round(float(np.clip(1.7 * max(high[0] - low[0], (high[1] - low[1]) / 0.75), 180, 800)))
    size = np.array([width, round(0.75 * width)])
    corner = np.clip((low + high - size) / 2, 0, np.array([1200, 900]) - size).astype(int)
    return (int(corner[0]), int(corner[1])), (int(size[0]), int(size[1]))


def _crop(path: Path, corner: tuple[int, int], size: tuple[int, int]) -> Picture:
    image: NDArray[np.uint8] = np.asarray(cv2.imread(str(path)), np.uint8)[..., ::-1]
    return np.ascontiguousarray(image[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]])
