"""What lies behind the rates: counts, recall by size, time to a declaration, and pictures of hits, misses and false."""

import csv
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.cli.film_strips import FilmStrips
from pipeline.records.evidence import ImageTrack

SIZES_PX = (0, 6, 12, 24, 48, 96, np.inf)
"""Bounds of the mean side of a box, √(width × height)."""

FOUND_SHARE = 0.2
"""A mover is found when it is hit in this share of its frames."""


def read_truth(path):
    """``{mover: {frame from 1: (left, top, width, height)}}``"""
    movers = defaultdict(dict)
    with Path(path).open(newline="") as handle:
        for row in csv.reader(handle):
            if row and row[0].strip().replace(".", "", 1).isdigit():
                movers[int(float(row[1]))][int(float(row[0]))] = np.array([float(v) for v in row[2:6]])
    return movers


class Matched:
    """Tracks against truth by centre, as the scorer does, but each box against its nearest mover alone."""

    def __init__(self, tracks, movers):
        self.movers = movers
        self.hit = defaultdict(set)  # mover: frames
        self.true_share = {}  # track: share of its boxes on a mover
        by_frame = defaultdict(list)
        for number, boxes in movers.items():
            for frame, box in boxes.items():
                by_frame[frame].append((number, box))
        for track in tracks:
            on = []
            for frame, box in zip(track.frames + 1, track.boxes_px, strict=True):
                near = [(np.hypot(*(_middle(box) - _middle(b))) / _reach(b), number) for number, b in by_frame[frame]]
                away, number = min(near, default=(np.inf, 0))
                on.append(away <= 1)
                if away <= 1:
                    self.hit[number].add(int(frame))
            self.true_share[track.track_id] = float(np.mean(on))
        self.false = [track for track in tracks if self.true_share[track.track_id] < 0.5]
        self.missed = [n for n, boxes in movers.items() if len(self.hit[n]) < FOUND_SHARE * len(boxes)]

    def lines(self, tracks):
        """Sentences with the counts."""
        boxes = sum(len(track.frames) for track in tracks)
        truth = sum(len(frames) for frames in self.movers.values())
        hits = sum(len(frames) for frames in self.hit.values())
        yield f"{hits} of {truth} boxes hit, {boxes} told; {len(self.false)} of {len(tracks)} tracks false"
        yield f"{len(self.movers) - len(self.missed)} of {len(self.movers)} movers found"
        counts = []
        for low, high in pairwise(SIZES_PX):
            own = [
                frame in self.hit[number]
                for number, frames in self.movers.items()
                for frame, box in frames.items()
                if low <= np.sqrt(box[2] * box[3]) < high
            ]
            if own:
                counts.append(f"{low:g}-{high:g} px {np.mean(own):.2f} of {len(own)}")
        yield "recall by size: " + ", ".join(counts)
        waits = [
            value
            for track in tracks
            for reason in track.reasons
            if reason.code == "declared_after" and self.true_share[track.track_id] >= 0.5
            for _, value in reason.parameters
        ]
        if waits:
            middle, worst = np.median(waits), np.max(waits)
            yield f"declared {middle:.1f} s after the first sight (median of {len(waits)}), {worst:.1f} s at most"


def write_sheets(folder: Path, images, rate_hz, tracks, matched):
    """Film strips under ``hits/``, ``misses/`` and ``false/``."""
    false = {track.track_id for track in matched.false}
    kinds = {
        "hits": [track for track in tracks if track.track_id not in false],
        "false": matched.false,
        "misses": [_as_track(number, matched.movers[number]) for number in matched.missed],
    }
    for name, own in kinds.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        strips = FilmStrips(own, range(1, len(images) + 1))
        for k, image in enumerate(images):
            strips.take(k + 1, round(k * 1e9 / rate_hz), image)
        strips.write(folder / name)


def _as_track(number, boxes):
    frames = np.array(sorted(boxes))
    return ImageTrack(number, frames - 1, np.array([boxes[f] for f in frames]), np.ones(len(frames), bool), 1.0, (), ())


def _middle(box):
    return box[:2] + box[2:] / 2


def _reach(box):
    return max(8.0, 0.5 * float(np.hypot(box[2], box[3])))
