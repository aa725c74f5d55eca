"""Hours of simulated film before the movement detector: false tracks, and movers found.

    python tests/bench/bench_hours.py [--films=N] [--first=SEED] [--rate=HZ] [--movers=N] [--keep=DIR] [--sheets=DIR]

Films of two minutes are cast from grounds that the simulator renders once (``hours_ground.py``, ``hours_film.py``) and
pushed into the detector in memory. DIR of ``--keep`` holds the grounds and a line a film: with the same detector and
options a film that stands there is not cast again, so a run can be stopped, and several may share a folder.
``--sheets`` takes five moments of each false track and of each mover that was missed. ``--tell`` only adds up.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hours_camera import Film, table
from movers_judged import detectable, most_an_hour, owner, share

from detectors.movement import MotionDetector

HERE = Path(__file__).resolve().parent
SECONDS = 120.0
SOURCES = (*(HERE.parents[1] / "detectors" / "movement").glob("*.py"), *HERE.glob("hours_*.py"))


def fingerprint():
    """Of the detector and of what makes the films: another one, and nothing that is kept counts."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCES))).hexdigest()[:12]


def run(film, keep, grounds, sheets):
    """Cast a film and judge what the detector says of it, as a record for the file of results."""
    session, rows = MotionDetector().session(), []
    began = time.process_time()
    for index, (image, here) in enumerate(film.cast(keep, grounds)):
        rows += here
        session.push(round(film.time_s(index) * 1e9), image)
    tracks, rows = session.finish(), table(rows)
    spent_s = round(time.process_time() - began, 1)
    owners = [owner(track.frames, track.boxes_px, rows) for track in tracks]
    false = [track for track, name in zip(tracks, owners, strict=True) if name is None]
    ought = [name for name, mine in rows.groupby("thing_id") if detectable(mine, 640)]
    missed = [name for name in ought if name not in owners]
    if sheets and (false or missed):
        draw(film, keep, grounds, sheets, false, rows[rows.thing_id.isin(missed)])
    return {
        "seed": film.seed, "rate_hz": film.rate_hz, "seconds": film.seconds, "movers": film.movers,
        "sources": fingerprint(), "thermal": film.thermal, "biome": film.biome, "plan": film.plan,
        "assessable": float(np.mean(session.assessable())), "in_view": int(rows.thing_id.nunique()),
        "ought": len(ought), "found": len(ought) - len(missed), "missed": missed,
        "false": [told(track) for track in false],
        "spent_s": spent_s,
    }  # fmt: skip


def told(track):
    """A false track in short."""
    box = np.round(track.boxes_px[len(track.frames) // 2], 1).tolist()
    return {"first": int(track.frames[0]), "last": int(track.frames[-1]), "box": box, "score": round(track.score, 3)}


def draw(film, keep, grounds, sheets, false, rows):
    """Strips of five moments of each false track (red) and each missed mover (green)."""
    wanted = {f"false{t.track_id}": (dict(zip(t.frames.tolist(), t.boxes_px, strict=True)), (0, 0, 255)) for t in false}
    for name, mine in rows.groupby("thing_id"):
        boxes = mine[["left_px", "top_px", "width_px", "height_px"]].to_numpy()
        wanted[f"missed_{name}"] = dict(zip(mine.frame_id, boxes, strict=True)), (0, 255, 0)
    chosen = {label: sorted(boxes)[:: max(1, len(boxes) // 5)][:5] for label, (boxes, _) in wanted.items()}
    every = {index for indices in chosen.values() for index in indices}
    kept = {index: image for index, (image, _) in enumerate(film.cast(keep, grounds)) if index in every}
    sheets.mkdir(parents=True, exist_ok=True)
    for label, (boxes, colour) in wanted.items():
        parts = [_crop(kept[index], boxes[index], colour) for index in chosen[label]]
        light = "night" if film.thermal else "day"
        name = f"{film.seed:04d}_{film.biome}_{light}_{film.plan}_{film.movers}_{label}.png"
        cv2.imwrite(str(sheets / name), np.hstack(parts))


def _crop(image, box, colour, side=120, scale=3):
    if image.dtype != np.uint8:
        image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)
    image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image
    left, top = (int(np.clip(box[k] + box[k + 2] / 2 - side / 2, 0, image.shape[1 - k] - side)) for k in (0, 1))
    part = cv2.resize(image[top : top + side, left : left + side], None, fx=scale, fy=scale)
    x, y, wide, high = np.round(scale * (np.asarray(box, float) - (left, top, 0, 0))).astype(int)
    cv2.rectangle(part, (x - 4, y - 4), (x + wide + 4, y + high + 4), colour, 1)
    return part


def tell(label, records):
    """What films add up to."""
    hours = sum(r["seconds"] for r in records) / 3600
    false = sum(len(r["false"]) for r in records)
    print(f"{label}: {hours:.2f} h, {len(records)} films; {np.mean([r['assessable'] for r in records]):.0%} assessable")
    print(f"  false tracks {false}, in {sum(bool(r['false']) for r in records)} films: "
          f"{false / hours:.2f} an hour, at most {most_an_hour(false, hours):.2f} (95 %)")  # fmt: skip
    if any(r["in_view"] for r in records):
        found, ought = sum(r["found"] for r in records), sum(r["ought"] for r in records)
        print(f"  movers in view {sum(r['in_view'] for r in records)}, detectable ones found {share(found, ought)}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--films", type=int, default=6)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--rate", type=float, default=2.0)
    options.add_argument("--movers", type=int, default=0)
    options.add_argument("--keep", type=Path)
    options.add_argument("--sheets", type=Path)
    options.add_argument("--tell", action="store_true")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        keep = chosen.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        results = keep / "films.jsonl"
        wanted = {"rate_hz": chosen.rate, "seconds": SECONDS, "movers": chosen.movers, "sources": fingerprint()}
        grounds = {}
        for seed in sorted(range(chosen.first, chosen.first + chosen.films), key=by_ground):
            if chosen.tell or any(r["seed"] == seed for r in matching(results, wanted)):
                continue
            record = run(Film(seed, chosen.rate, SECONDS, chosen.movers), keep, grounds, chosen.sheets)
            with results.open("a") as file:
                file.write(json.dumps(record) + "\n")
            print(json.dumps(record), flush=True)
        records = list({r["seed"]: r for r in matching(results, wanted)}.values())
    for label, thermal in (("day", False), ("thermal by night", True)):
        if some := [r for r in records if r["thermal"] == thermal]:
            tell(label, some)
    if records:
        tell("all", records)
        frames = sum(r["seconds"] * r["rate_hz"] for r in records)
        spent = sum(r["spent_s"] for r in records)
        print(f"{frames / spent:.1f} frames cast and looked at in a second of processor time")


def by_ground(seed):
    """Films over one ground one after the other."""
    film = Film(seed, 1.0, 1.0, 0)
    return film.biome, film.thermal, seed


def matching(path, wanted):
    """Records of a file of results made with the same sources and options."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [r for r in records if all(r[name] == value for name, value in wanted.items())]


if __name__ == "__main__":
    main()
