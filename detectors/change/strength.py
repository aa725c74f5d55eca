"""One strength of change per cell, and the regions that reach far enough."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.calibration import Calibration
from detectors.change.distance import Distances
from detectors.change.picture import F32
from detectors.change.settings import ChangeSettings
from pipeline.records.arrays import Bool

WEIGHTS = np.array([6.0, 2.0, 4.0])
"""Of structure, tone and colour: brings a plain change of each to about 1. Structure has most: light moves it least."""

MOST_SPREADS = 10.0
"""More says nothing further."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Places that differ.

    Attributes:
        labels: ``(h, w)`` 0 for none, else 1 …
        cut: Share of each one's outer cells that lie at the edge of what may be judged.
        peaks: ``(N + 1,)`` strongest cell of each; entry 0 is no region.
        count: N.
    """

    labels: NDArray[np.int32]
    peaks: F32
    cut: F32
    count: int


def strength(found: Distances, usual: Calibration, cell_m: float) -> F32:
    """``(h, w)``: high where a difference is both unusual for its texture and large in itself."""
    unusual = np.clip(usual.excess(found), 0, MOST_SPREADS).sum(axis=0)
    large = np.tensordot(WEIGHTS, found.parts, axes=1)
    side = 2 * round(0.35 / cell_m) + 1
    smooth = [cv2.blur(part.astype(np.float32), (side, side)) for part in (unusual, large)]
    return np.asarray(np.sqrt(np.maximum(smooth[0], 0) * np.maximum(smooth[1], 0) * 20), np.float32)


def regions(power: F32, allowed: Bool, cell_m: float, settings: ChangeSettings, part_of_more: bool = False) -> Regions:
    """Connected cells above `ChangeSettings.low` that somewhere reach `ChangeSettings.high`.

    With `part_of_more` the picture's own border cuts nothing: the ground goes on there.
    """
    grown = ((power > settings.low) & allowed).astype(np.uint8)
    closed = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    total, numbers, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_32S)
    labels = np.asarray(numbers, np.int32)
    peaks = np.zeros(total, np.float32)
    np.maximum.at(peaks, labels.ravel(), (power * allowed).ravel())
    least = max(settings.min_area_cells, settings.min_area_m2 / cell_m**2)
    keep = (peaks >= settings.high) & (stats[:, cv2.CC_STAT_AREA] >= least)
    keep[0] = False
    number = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    kept = np.concatenate([[0], peaks[keep]]).astype(np.float32)
    places = number[labels]
    return Regions(places, kept, _cut(places, allowed, int(keep.sum()), part_of_more), int(keep.sum()))


def _cut(places: NDArray[np.int32], allowed: Bool, count: int, part_of_more: bool) -> F32:
    """Share of the outer cells of each region beyond which nothing may be said."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    framed = np.pad(allowed.astype(np.uint8), 1, mode="edge" if part_of_more else "constant")
    last = cv2.erode(framed, cross)[1:-1, 1:-1] == 0
    marks = places.astype(np.float32)
    outer = cv2.erode(np.pad(marks, 1), cross)[1:-1, 1:-1] != marks
    of_all = np.bincount(places[outer], minlength=count + 1)
    at_edge = np.bincount(places[outer & last], minlength=count + 1)
    return (at_edge / np.maximum(of_all, 1)).astype(np.float32)
