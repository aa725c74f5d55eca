"""From a picture of evidence to boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey
from detectors.movement.settings import MovementSettings

Plane = NDArray[np.float32]
Points = NDArray[np.float32]

SAMPLE = 64
"""Pixels that stand for a blob when it is looked for elsewhere."""

MAX_BLOBS = 150
"""Strongest blobs of a picture that are kept: bounds the work where everything differs."""

REACH = 0.3
"""Widest gap between fragments, as a share of the smaller one's size."""

MIN_FILL = 0.3
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


def find_blobs(score: Plane | Grey, settings: MovementSettings, one: float = 1.0) -> list[Blob]:
    """Connected regions above the weak threshold that hold something strong; fragments of one thing joined.

    Args:
        score: ``(h, w)``.
        settings: The detector's.
        one: Score of what differs by as much as its threshold.
    """
    weak = (score > settings.weak_share * one).astype(np.uint8)
    if not weak.any():
        return []
    closed = cv2.morphologyEx(weak, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_16U)
    columns, rows = np.asarray(cv2.findNonZero(weak)).reshape(-1, 2).T
    label = np.asarray(labels[rows, columns], np.int64)
    peak = np.zeros(count, np.float32)
    np.maximum.at(peak, label, score[rows, columns] / np.float32(one))
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
        pixels = np.stack([columns[own], rows[own]], axis=1).astype(np.float32)
        kept.append(Blob(left, top, width, height, float(area[k]), float(peak[k]), pixels))
    kept.sort(key=lambda b: (-b.peak * np.sqrt(b.area), b.top, b.left))
    return join(kept[:MAX_BLOBS])


def join(blobs: list[Blob]) -> list[Blob]:
    """Join fragments whose gap is small against their size, as long as the box stays well filled.

    The largest takes the first that fits it, then the next; what has grown is offered to larger ones again.
    """
    parts = _Parts(sorted(blobs, key=lambda b: (-b.area, b.top, b.left)))
    at = 0
    while at < len(parts.blobs):
        later = parts.fitting(at, at + 1, len(parts.blobs))
        if later is None:
            at += 1
            continue
        parts.unite(at, later)
        while (earlier := parts.fitting(at, 0, at)) is not None:
            parts.unite(earlier, at)
            at = earlier
    return parts.blobs


class _Parts:
    """Blobs that are being joined, and their boxes and areas as one table."""

    def __init__(self, blobs: list[Blob]) -> None:
        self.blobs = blobs
        self._table = np.array([_row(blob) for blob in blobs], np.float64).reshape(-1, 5)

    def fitting(self, at: int, begin: int, end: int) -> int | None:
        """The first blob from `begin` up to `end` that may be joined with the one `at`."""
        left, top, right, bottom, area = self._table[begin:end].T
        own_left, own_top, own_right, own_bottom, own_area = self._table[at].tolist()
        width, height = right - left, bottom - top
        own_width, own_height = own_right - own_left, own_bottom - own_top
        whole_width = np.maximum(right, own_right) - np.minimum(left, own_left)
        whole_height = np.maximum(bottom, own_bottom) - np.minimum(top, own_top)
        gap = np.maximum(whole_width - width - own_width, whole_height - height - own_height)
        near = gap <= np.maximum(2.0, REACH * np.sqrt(np.minimum(width * height, own_width * own_height)))
        filled = area + own_area >= MIN_FILL * whole_width * whole_height
        found = np.flatnonzero(near & filled)
        return begin + int(found[0]) if len(found) else None

    def unite(self, at: int, gone: int) -> None:
        """Join the blob `gone` to the one `at`."""
        self.blobs[at] = _union(self.blobs[at], self.blobs[gone])
        self._table[at] = _row(self.blobs[at])
        del self.blobs[gone]
        self._table = np.delete(self._table, gone, axis=0)


def _row(blob: Blob) -> tuple[float, ...]:
    return blob.left, blob.top, blob.left + blob.width, blob.top + blob.height, blob.area


def _union(a: Blob, b: Blob) -> Blob:
    left, top = min(a.left, b.left), min(a.top, b.top)
    right, bottom = max(a.left + a.width, b.left + b.width), max(a.top + a.height, b.top + b.height)
    pixels = np.concatenate([a.pixels, b.pixels])
    return Blob(left, top, right - left, bottom - top, a.area + b.area, max(a.peak, b.peak), pixels)
