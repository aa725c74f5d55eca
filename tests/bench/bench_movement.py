"""Movement: our detector and plain methods with one tracker, by a scorer that is handed in.

    python tests/bench/bench_movement.py DATA SCORER [SEQUENCE …] [--tune | --sheets=DIR]

``--tune`` searches the thresholds of the plain methods instead: best F1 by centre of each sequence, and of their mean.
``--sheets`` writes film strips of hits, misses and false tracks of ours, and prints what lies behind its rates.
DATA holds a folder per sequence with ``frames/`` and ``truth.csv``; SCORER is called as
``SCORER TRACKS.csv TRUTH.csv --fps N [--single]`` and prints JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from movement_baselines import GRID, METHODS, follow, prepare, watch
from movement_details import Matched, read_truth, write_sheets

from detectors.movement import MotionDetector

SEQUENCES = (("small_targets", 10, False), ("one_fps", 1, False), ("parallax", 10, False), ("oblique_town", 30, True))


def ours(images, rate_hz):
    session = MotionDetector().session()
    for k, image in enumerate(images):
        session.push(round(k * 1e9 / rate_hz), image)
    return session.finish()


def read(folder):
    return [cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in sorted(folder.glob("*.jpg"))]


def decode_s(folder):
    """Median of what a picture takes to decode: the first ones also pay for memory."""
    data = [np.frombuffer(p.read_bytes(), np.uint8) for p in sorted(folder.glob("*.jpg"))[:40]]
    spent = []
    for one in data * 2:
        began = time.process_time()
        cv2.imdecode(one, cv2.IMREAD_COLOR)
        spent.append(time.process_time() - began)
    return float(np.median(spent))


def score(scorer, tracks, truth, rate_hz, single):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        for track in tracks:
            for frame, box in zip(track.frames, track.boxes_px, strict=True):
                file.write(f"{frame + 1},{track.track_id},{','.join(f'{v:.2f}' for v in box)},1,-1,-1,-1\n")
        file.flush()
        command = [sys.executable, scorer, file.name, str(truth), "--fps", str(rate_hz), *(["--single"] * single)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def tune(data, scorer, only):
    """Best F1 by centre of each plain method over the grid of its thresholds."""
    reached = {}
    for name, rate_hz, single in SEQUENCES:
        if single or (only and name not in only):
            continue
        folder = Path(data) / name
        images = read(folder / "frames")
        prepared = prepare(images, rate_hz)
        for label, method in METHODS.items():
            for chosen in GRID:
                tracks = follow(method, prepared, len(images), rate_hz, chosen)
                found = score(scorer, tracks, folder / "truth.csv", rate_hz, single)["centre"]["f1"]
                reached.setdefault((label, chosen), {})[name] = found
            best = max(GRID, key=lambda chosen: reached[label, chosen][name])
            print(f"{name} | {label} | {reached[label, best][name]:.3f} | {best}", flush=True)
    for label in METHODS:
        means = {chosen: float(np.mean(list(reached[label, chosen].values()))) for chosen in GRID}
        best = max(means, key=means.get)
        print(f"mean of {len(reached[label, best])} | {label} | {means[best]:.3f} | {best}")


def sheets(data, folder, only):
    """What lies behind the rates of ours, and pictures of it."""
    for name, rate_hz, single in SEQUENCES:
        if only and name not in only:
            continue
        images = read(Path(data) / name / "frames")
        tracks = ours(images, rate_hz)
        matched = Matched(tracks, read_truth(Path(data) / name / "truth.csv"))
        for line in matched.lines(tracks):
            if not (single and "false" in line):
                print(f"{name}: {line}", flush=True)
        write_sheets(Path(folder) / name, images, rate_hz, tracks, matched)


def main(data, scorer, only=()):
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # two processors that share a core would count it twice
    print("sequence | method | F1 centre | F1 IoU | recall | false/min | CPU ms a frame | x JPEG decode")
    for name, rate_hz, single in SEQUENCES:
        if only and name not in only:
            continue
        folder = Path(data) / name
        images, unit_s = read(folder / "frames"), decode_s(folder / "frames")
        runs = {"ours": ours} | {label: lambda i, r, m=method: watch(m, i, r) for label, method in METHODS.items()}
        for label, run in runs.items():
            began = time.process_time()
            tracks = run(images, rate_hz)
            each_s = (time.process_time() - began) / len(images)
            found = score(scorer, tracks, folder / "truth.csv", rate_hz, single)
            if single:
                cells = ["", "", f"{found['recall']:.2f}", f"({len(tracks)} tracks)"]
            else:
                f1, iou, false = found["centre"], found["iou"], found["tracks"]["false_per_minute"]
                cells = [f"{f1['f1']:.3f}", f"{iou['f1']:.3f}", f"{f1['recall']:.2f}", f"{false:.1f}"]
            print(" | ".join([name, label, *cells, f"{each_s * 1e3:.0f}", f"{each_s / unit_s:.0f}"]), flush=True)


if __name__ == "__main__":
    named = [word for word in sys.argv[3:] if not word.startswith("--")]
    into = [word.removeprefix("--sheets=") for word in sys.argv if word.startswith("--sheets=")]
    if into:
        sheets(sys.argv[1], into[0], named)
    else:
        (tune if "--tune" in sys.argv else main)(sys.argv[1], sys.argv[2], named)
