"""Movers in simulated flights, through the whole chain: found, missed, false, and how well measured.

    python tests/bench/bench_movers.py [--flights=N] [--first=SEED] [--keep=DIR] [--sheets=DIR]

Flights differ by seed: place, plan, movers; by turns by day and thermal by night; every third without movers. DIR of
``--keep`` holds what was rendered for the next time; ``--sheets`` takes a picture of each false track and each miss.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from movers_judged import detectable, most_an_hour, owner, share
from movers_nights import Flight

from pipeline.records.evidence import Track
from pipeline.records.frame import GroundFrame
from pipeline.runner.workspace import StageFolder
from pipeline.simulator.truth.reader import Truth
from pipeline.sources.frames import FrameReader


@dataclass
class Counts:
    """Sums over flights."""

    hours: float = 0.0
    false: int = 0
    movers: int = 0
    detectable: int = 0
    found: int = 0
    right: dict[str, list[bool]] = field(default_factory=lambda: {"speed": [], "heading": []})
    kinds: Counter = field(default_factory=Counter)


def command(*words):
    subprocess.run([sys.executable, "-m", "pipeline.cli.main", *map(str, words)], check=True, capture_output=True)


def render(flight, folder):
    """Seconds that rendering took; 0 where it was kept."""
    if (folder / "truth" / "flight" / "manifest.json").exists():
        return 0.0
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "night.toml").write_text(flight.described())
    began = time.perf_counter()
    command("simulate", folder / "night.toml", "--out", folder, "--workers", 1)
    return time.perf_counter() - began


def analyse(flight, folder, out):
    """Tracks and frames of the whole chain, which looks at every picture of the video; seconds that it took."""
    began = time.perf_counter()
    config = out.with_suffix(".toml")
    terrain = (folder / "terrain.tif").resolve()
    config.write_text(f'[read]\nvideo_every_s = {0.9 / flight.rate_hz:.3f}\n[terrain]\npath = "{terrain}"\n')
    command("batch", folder / "flights", "--config", config, "--out", out, "--workers", 1, "--json")
    work = out / "work" / "Sflight"
    tracks = StageFolder(work / "tracks", "").load("tracks", Track)
    frames = StageFolder(work / "register", "").load("frames", GroundFrame)
    return tracks, {f.ref.frame_id: f for f in frames}, time.perf_counter() - began


def measured(track, rows, site):
    """Deviations of speed and heading in their own standard deviations, over the track's own time."""
    rows = rows[rows.frame_id.isin(track.frame_ids)]
    xy = site.from_lonlat(rows.lon_deg.to_numpy(), rows.lat_deg.to_numpy())
    way = xy[-1] - xy[0]
    speed = np.hypot(*way) / ((rows.t_utc_ns.iloc[-1] - rows.t_utc_ns.iloc[0]) / 1e9)
    heading = np.degrees(np.arctan2(way[0], way[1]))
    turned = (track.heading_deg - heading + 180) % 360 - 180
    return (track.speed_mps - speed) / track.speed_sigma_mps, turned / track.heading_sigma_deg


def thing_under(box, rows):
    """The smallest still thing whose box holds the centre of a found one."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    over = rows[(rows.left_px <= x) & (x <= rows.left_px + rows.width_px)
                & (rows.top_px <= y) & (y <= rows.top_px + rows.height_px)]  # fmt: skip
    return "bare ground" if over.empty else over.loc[(over.width_px * over.height_px).idxmin()].thing_id


def nearest_mover(box, rows):
    """How far the nearest true mover of the frame is from a found box, in words."""
    if rows.empty:
        return "no mover in view"
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    off = np.hypot(rows.left_px + rows.width_px / 2 - x, rows.top_px + rows.height_px / 2 - y)
    return f"{off.min():.0f} px from {rows.thing_id.loc[off.idxmin()]}"


def draw(path, frame, boxes):
    """A frame with boxes: red found, green true."""
    with FrameReader() as reader:
        image = cv2.cvtColor(reader.read(frame.ref), cv2.COLOR_RGB2BGR)
    if image.dtype != np.uint8:  # thermal counts fill a small part of their range
        image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)
    for box, colour in boxes:
        left, top, width, height = np.round(box).astype(int)
        cv2.rectangle(image, (left - 3, top - 3), (left + width + 3, top + height + 3), colour, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def judge(flight, folder, tracks, frames, counts, sheets):
    """Add a flight to the counts; print what went wrong in it."""
    truth = Truth(folder)
    seen = truth.table("flight", "visibility").to_pandas()
    rows = truth.table("flight", "movers").to_pandas()
    rows = rows[(rows.visible_px > 0) & rows.frame_id.isin(frames)].sort_values("t_utc_ns")
    owners = {track.track_id: owner(track.frame_ids, track.boxes_px, rows) for track in tracks}
    site = truth.site
    for track in tracks:
        mine = rows[rows.thing_id == owners[track.track_id]] if owners[track.track_id] else rows[:0]
        middle = len(track.frame_ids) // 2
        frame_id, box = track.frame_ids[middle], track.boxes_px[middle]
        if mine.empty:
            counts.false += 1
            on = thing_under(box, seen[seen.frame_id == frame_id])
            near = nearest_mover(box, rows[rows.frame_id == frame_id])
            print(f"  false {flight.name} {track.track_id} {frame_id} on {on}, {near}: {track.kind}, "
                  f"{len(track.frame_ids)} frames, {track.speed_mps:.2f} ± {track.speed_sigma_mps:.2f} m/s, "
                  f"score {track.score:.2f}, against {[r.code for r in track.against]}")  # fmt: skip
            if sheets:
                draw(sheets / f"{flight.name}_false_{track.track_id}.png", frames[frame_id], [(box, (0, 0, 255))])
            continue
        counts.kinds[mine.kind.iloc[0].split(".")[0], str(track.kind)] += 1
        if mine.frame_id.isin(track.frame_ids).sum() > 1:
            for word, sigmas in zip(("speed", "heading"), measured(track, mine, site), strict=True):
                counts.right[word].append(bool(abs(sigmas) <= 2.0))
                if abs(sigmas) > 2.0:
                    print(f"  off   {flight.name} {track.track_id}: {word} by {sigmas:+.1f} σ, {len(mine)} frames")
    long_side_px = max(next(iter(frames.values())).ref.size_px)
    for name, mine in rows.groupby("thing_id"):
        counts.movers += 1
        if not detectable(mine, long_side_px):
            continue
        counts.detectable += 1
        if name in owners.values():
            counts.found += 1
            continue
        row = mine.iloc[len(mine) // 2]
        box = (row.left_px, row.top_px, row.width_px, row.height_px)
        print(f"  missed {flight.name} {name} {row.frame_id}: {row.kind}, {len(mine)} frames, {row.speed_mps:.1f} m/s, "
              f"{row.width_px:.0f} x {row.height_px:.0f} px, {row.visible_px} visible")  # fmt: skip
        if sheets:
            draw(sheets / f"{flight.name}_missed_{name}.png", frames[row.frame_id], [(box, (0, 255, 0))])
    counts.hours += flight.seconds / 3600


def tell(label, counts):
    bound = most_an_hour(counts.false, counts.hours)
    print(f"{label}: {counts.hours * 3600:.0f} s flown, {counts.movers} movers in view")
    print(f"  detectable ones found {share(counts.found, counts.detectable)}")
    print(f"  false tracks {counts.false}: {counts.false / counts.hours:.0f} an hour, at most {bound:.0f} (95 %)")
    for word, right in counts.right.items():
        print(f"  {word} within 2 σ: {share(sum(right), len(right))}")
    for (true, said), n in sorted(counts.kinds.items()):
        print(f"  {true} said to be {said}: {n}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--flights", type=int, default=6)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--keep", type=Path)
    options.add_argument("--sheets", type=Path)
    chosen = options.parse_args()
    sums = {"day": Counts(), "thermal by night": Counts()}
    spent = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(chosen.first, chosen.first + chosen.flights):
            flight = Flight(seed, thermal=seed % 2 == 0, movers=seed % 3 != 0)
            folder = (chosen.keep or Path(temporary)) / flight.name
            rendered_s = render(flight, folder)
            tracks, frames, analysed_s = analyse(flight, folder, Path(temporary) / f"{flight.name}_out")
            spent["analysed"] += analysed_s
            if rendered_s:
                spent["rendered"] += rendered_s
                spent["rendered flights"] += flight.seconds
            print(f"{flight.name}: {flight.plan} over {flight.biome}, {len(frames)} frames, {len(tracks)} tracks; "
                  f"rendered {rendered_s:.0f} s, analysed {analysed_s:.0f} s", flush=True)  # fmt: skip
            counts = sums["thermal by night" if flight.thermal else "day"]
            judge(flight, folder, tracks, frames, counts, chosen.sheets)
    for label, counts in sums.items():
        if counts.hours:
            tell(label, counts)
    if spent["rendered flights"]:
        print(f"an hour of flight takes {spent['rendered'] / spent['rendered flights']:.1f} h to render")


if __name__ == "__main__":
    main()
