"""From a picture of evidence to boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.settings import MovementSettings

Plane = NDArray[np.float32]
Points = NDArray[np.float32]

SAMPLE = 32
"""Pixels that stand for a blob when it is looked for elsewhere."""

MAX_BLOBS = 150
"""Strongest blobs of a picture that are kept: bounds the work where everything differs."""

REACH = 0.3
"""Widest gap between fragments, as a share of the smaller one's size."""

MIN_FILL = 0.25
"""Least share of a joined box that is above the weak threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """Something that differs.

    Attributes:
        left, top, width, height: Box in analysed pixels.
        area: Pixels above the weak threshold.
        peak: Largest score.
        pixels: ``(n, 2)`` column and row of at most `SAMPLE` pixels above the weak threshold.
    """

    left: float
    top: float
    width: float
    height: float
    area: float
    peak: float
    pixels: Points

    @property
    def centre(self) -> tuple[float, float]:
        """Column, row; pixel centres at whole numbers."""
        return self.left + (self.width - 1) / 2, self.top + (self.height - 1) / 2


def find_blobs(score: Plane, settings: MovementSettings) -> list[Blob]:
    """Connected regions above the weak threshold that hold something strong; fragments of one thing joined."""
    weak = (score > settings.weak_share).astype(np.uint8)
    closed = cv2.morphologyEx(weak, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    if count <= 1:
        return []
    where = np.nonzero(weak)
    label = np.asarray(labels[where], np.int64)
    peak = np.zeros(count, np.float32)
    np.maximum.at(peak, label, score[where])
    area = np.bincount(label, minlength=count)
    largest = settings.max_area_share * score.size
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(count + 1))
    kept = []
    for k in range(1, count):
        left, top, width, height = (float(v) for v in stats[k, :4])
        if peak[k] < 1.0 or area[k] < settings.min_area_px or width * height > largest:
            continue
        own = order[ends[k] : ends[k + 1]]
        own = own[:: -(-len(own) // SAMPLE)]
        pixels = np.stack([where[1][own], where[0][own]], axis=1).astype(np.float32)
        kept.append(Blob(left, top, width, height, float(area[k]), float(peak[k]), pixels))
    kept.sort(key=lambda b: (-b.peak * np.sqrt(b.area), b.top, b.left))
    return join(kept[:MAX_BLOBS])


def join(blobs: list[Blob]) -> list[Blob]:
    """Join fragments whose gap is small against their size, as long as the box stays well filled."""
    parts = sorted(blobs, key=lambda b: (-b.area, b.top, b.left))
    merged = True
    while merged:
        merged = False
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                union = _union(parts[i], parts[j])
                if union is not None:
                    parts[i] = union
                    del parts[j]
                    merged = True
                    break
            if merged:
                break
    return parts


def _union(a: Blob, b: Blob) -> Blob | None:
    left, top = min(a.left, b.left), min(a.top, b.top)
    right, bottom = max(a.left + a.width, b.left + b.width), max(a.top + a.height, b.top + b.height)
    gap = max(right - left - a.width - b.width, bottom - top - a.height - b.height)
    if gap > max(2.0, REACH * np.sqrt(min(a.width * a.height, b.width * b.height))):
        return None
    if (a.area + b.area) < MIN_FILL * (right - left) * (bottom - top):
        return None
    return Blob(
        left,
        top,
        right - left,
        bottom - top,
        a.area + b.area,
        max(a.peak, b.peak),
        np.concatenate([a.pixels, b.pixels]),
    )
