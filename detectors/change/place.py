"""One region that differs, as it goes through the checks, and its outline in the input's pixels."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.distance import STRIDE, Distances
from detectors.change.picture import F32, Pair
from detectors.change.score import Magnitude
from detectors.change.strength import Regions
from detectors.change.verify import Sight, look_at
from pipeline.records.arrays import Bool

Outlined = tuple[Bool, NDArray[np.float64], tuple[int, int]]
"""Mask within its box, ``(N, 2)`` outline, and the box's left and top, in input pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One region among those of a pair.

    Attributes:
        pair, found, power: Of the whole pair.
        cells: ``(h, w)`` True on the region, within its box.
        left, top: Corner of the box, in cells.
        peak: Strongest cell.
        cut: Share of its outer cells at the edge of what may be judged.
    """

    pair: Pair
    found: Distances
    power: F32
    cells: Bool
    left: int
    top: int
    peak: float
    cut: float

    @property
    def window(self) -> tuple[slice, slice]:
        """The box among the pair's cells."""
        return np.s_[self.top : self.top + self.cells.shape[0], self.left : self.left + self.cells.shape[1]]

    @property
    def pixels(self) -> Bool:
        """The region in working pixels."""
        return np.repeat(np.repeat(self.cells, STRIDE, 0), STRIDE, 1)

    def without(self, pixels: Bool) -> "Place | None":
        """The largest solid part that is left of the region, None where there is none.

        Args:
            pixels: What to take away, in working pixels.
        """
        height, width = self.cells.shape
        taken = pixels.reshape(height, STRIDE, width, STRIDE).mean(axis=(1, 3)) >= 0.5
        left = (self.cells & ~taken).astype(np.uint8)
        solid = cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
        if len(stats) < 2:
            return None
        cells = labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        peak = float(self.power[self.window][cells].max())
        return replace(self, cells=np.asarray(cells, np.bool_), peak=peak)

    def area_m2(self) -> float:
        """By its cells."""
        return float(self.cells.sum()) * (STRIDE * self.pair.gsd_m) ** 2

    def look(self) -> Sight:
        """The evidence on it."""
        return look_at(self.pair, self.pixels.astype(np.uint8), self.left * STRIDE, self.top * STRIDE)

    def magnitude(self, area_m2: float) -> Magnitude:
        """How large and strong it is."""
        return Magnitude(area_m2, self.peak, float(self.power[self.window][self.cells].mean()), self.cut)


def places(pair: Pair, found: Distances, power: F32, all_of_them: Regions) -> list[Place]:
    """From the top down."""
    out = []
    for index in range(1, all_of_them.count + 1):
        rows, columns = np.nonzero(all_of_them.labels == index)
        top, left = int(rows.min()), int(columns.min())
        cells = all_of_them.labels[top : rows.max() + 1, left : columns.max() + 1] == index
        peak, cut = float(all_of_them.peaks[index]), float(all_of_them.cut[index])
        out.append(Place(pair, found, power, np.asarray(cells, np.bool_), left, top, peak, cut))
    return out


def drawn(place: Place, low: float, valid: Bool) -> Outlined | None:
    """Mask and outline in input pixels: the cells' strength interpolated and cut at the lower threshold."""
    scale = STRIDE * place.pair.factor
    rows, columns = place.power.shape
    height, width = place.cells.shape
    x0, y0 = max(place.left - 1, 0), max(place.top - 1, 0)
    x1, y1 = min(place.left + width + 1, columns), min(place.top + height + 1, rows)
    cells = np.zeros((y1 - y0, x1 - x0), np.float32)
    cells[place.top - y0 : place.top - y0 + height, place.left - x0 : place.left - x0 + width] = place.cells
    near = cv2.resize(cells, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    fine = cv2.resize(place.power[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    mask = (((fine > low) & (near > 0.3)) | (near > 0.9)).astype(np.uint8)
    mask &= valid[y0 * scale : y1 * scale, x0 * scale : x1 * scale]
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    contour = max(contours, key=cv2.contourArea)
    outline = cv2.approxPolyDP(contour, 1.0, closed=True)[:, 0]
    if len(outline) < 3:
        return None
    whole = np.zeros_like(mask)
    cv2.drawContours(whole, [contour], -1, 1, cv2.FILLED)
    corner = (x0 * scale, y0 * scale)
    return whole.astype(np.bool_), outline.astype(np.float64) + corner, corner
