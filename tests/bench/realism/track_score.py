"""Tracks against true movers: F1 by centre, and false tracks a minute."""

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pipeline.records.evidence import ImageTrack

REACH_PX = 8.0
EDGE = 3  # frames at either end that aren't scored: some methods need neighbours


@dataclass(frozen=True, slots=True)
class TrackScore:
    """Of one method on one sequence. A track is false when fewer than half of its boxes lie on a mover."""

    f1: float
    recall: float
    false_per_minute: float


def score(tracks: Many[ImageTrack], truth: NDArray[np.float64], frames: int, rate_hz: float) -> TrackScore:
    """Match boxes frame by frame, each to at most one mover, within 8 px or half its diagonal.

    Args:
        tracks: Found.
        truth: ``(N, 6)`` frame, mover, left, top, width, height.
        frames: Length of the sequence.
        rate_hz: Frames a second.
    """
    found = np.array(
        [[f, t.track_id, *box] for t in tracks for f, box in zip(t.frames, t.boxes_px, strict=True)], np.float64
    ).reshape(-1, 6)
    hits = misses = extra = 0
    marks: dict[int, list[float]] = {}
    for frame in range(EDGE, frames - EDGE):
        want, got = truth[truth[:, 0] == frame], found[found[:, 0] == frame]
        matched = _match(want[:, 2:], got[:, 2:])
        hits, misses = hits + len(matched), misses + len(want) - len(matched)
        for j, row in enumerate(got):
            within = j not in matched and _inside(row[2:], want[:, 2:])
            extra += j not in matched and not within
            marks.setdefault(int(row[1]), []).append(1.0 if j in matched else 0.5 if within else 0.0)
    false = sum(float(np.mean(m)) < 0.5 for m in marks.values())
    precision, recall = hits / max(1, hits + extra), hits / max(1, hits + misses)
    minutes = (frames - 2 * EDGE) / rate_hz / 60
    return TrackScore(2 * precision * recall / max(1e-9, precision + recall), recall, false / minutes)


def _match(want: NDArray[np.float64], got: NDArray[np.float64]) -> set[int]:
    """Rows of `got` that are matched."""
    if not len(want) or not len(got):
        return set()
    gap = np.linalg.norm(_centres(want)[:, None] - _centres(got)[None], axis=2)
    reach = np.maximum(REACH_PX, 0.5 * np.hypot(want[:, 2], want[:, 3]))[:, None]
    value = np.where(gap <= reach, 1 - gap / (2 * reach), -1.0)
    return {int(j) for i, j in zip(*linear_sum_assignment(-value), strict=True) if value[i, j] >= 0}


def _centres(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return boxes[:, :2] + boxes[:, 2:] / 2


def _inside(box: NDArray[np.float64], want: NDArray[np.float64]) -> bool:
    """Whether a box's middle lies in a true one: a second piece of one mover is no false alarm."""
    low = _centres(box[None]) - want[:, :2]
    return bool(((low >= 0) & (low <= want[:, 2:])).all(axis=1).any())
