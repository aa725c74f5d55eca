"""The pair detector: two registered pictures in, changes out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.alignment import aligned
from detectors.change.calibration import Calibration
from detectors.change.describe import direction, kind, measure
from detectors.change.distance import STRIDE, Distances, distances
from detectors.change.picture import F32, Pair, comparable
from detectors.change.score import Magnitude, probability
from detectors.change.settings import ChangeSettings
from detectors.change.strength import Regions, regions, strength
from detectors.change.verify import Sight, look_at
from pipeline.records.arrays import Bool
from pipeline.records.evidence import ImageChange, Reason

Rgb = NDArray[np.uint8]

EDGE_SIGMA_M = 0.15
"""Standard deviation of where the outline lies, all along it at once: half a comparison cell at 5 cm."""

SMALLEST_CELLS = 24
"""Cells on a side below which a picture holds too little ground to know what is usual."""


@dataclass(frozen=True, slots=True, eq=False)
class PairDetector:
    """Finds what differs between two pictures of the same ground beyond light, relief and registration.

    Attributes:
        settings: Tunables.
        usual: Differences that are usual on this flight; None: each pair speaks for itself.
    """

    settings: ChangeSettings = field(default_factory=ChangeSettings)
    usual: Calibration | None = None
    name: str = "pair"
    version: str = "1"

    def calibrated(self, pairs: Iterable[tuple[Rgb, Rgb]], gsd_m: float) -> "PairDetector":
        """The same detector, knowing what is usual on the whole flight that these pairs come from."""
        known = []
        for before, after in pairs:
            found = self._compared(before, after, gsd_m, np.ones(before.shape[:2], np.bool_))
            if found is not None:
                known.append(Calibration.measure(found[1]))
        return replace(self, usual=Calibration.pooled(known)) if known else self

    def compare(
        self,
        before: Rgb,
        after: Rgb,
        gsd_m: float,
        before_valid: Bool | None = None,
        after_valid: Bool | None = None,
    ) -> list[ImageChange]:
        """Compare ``(H, W, 3)`` RGB pictures of one size, registered to a few pixels.

        Returns:
            Changes from the top down; empty where less ground is shared than can be judged.

        Raises:
            ValueError: The pictures differ in size or the ground sample distance is not positive.
        """
        if before.shape != after.shape or before.ndim != 3 or before.shape[2] != 3:
            raise ValueError(f"two RGB pictures of one size are needed, not {before.shape} and {after.shape}")
        if not gsd_m > 0:
            raise ValueError(f"the ground sample distance must be positive, not {gsd_m}")
        valid = np.ones(before.shape[:2], np.bool_)
        for mask in (before_valid, after_valid):
            if mask is not None:
                valid &= mask
        compared = self._compared(before, after, gsd_m, valid)
        if compared is None:
            return []
        pair, found = compared
        cell_m = pair.gsd_m * STRIDE
        own = Calibration.measure(found)
        power = strength(found, own if self.usual is None else self.usual, cell_m)
        places = regions(power, _well_inside(found.valid, self.settings.edge_margin_m / cell_m), cell_m, self.settings)
        boxes = _boxes(places)
        changes = (_Place(pair, found, power, places, index, box) for index, box in enumerate(boxes, start=1))
        return [made for place in changes if (made := _describe(place, self.settings, gsd_m, valid)) is not None]

    def _compared(self, before: Rgb, after: Rgb, gsd_m: float, valid: Bool) -> tuple[Pair, Distances] | None:
        factor = int(np.clip(round(self.settings.working_gsd_m / gsd_m), 1, self.settings.max_factor))
        if min(valid.shape) < SMALLEST_CELLS * STRIDE * factor or valid.mean() < 0.01:
            return None
        pair = comparable(before, after, valid, gsd_m, factor)
        reach_px = max(self.settings.max_displacement_m / pair.gsd_m, self.settings.max_displacement_px / factor)
        pair = aligned(pair, reach_px)
        return pair, distances(pair, self.settings.texture_window_m)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """One region among those of a pair; its box is left, top, right, bottom in cells."""

    pair: Pair
    found: Distances
    power: F32
    places: Regions
    index: int
    box: tuple[int, int, int, int]

    @property
    def window(self) -> tuple[slice, slice]:
        left, top, right, bottom = self.box
        return np.s_[top:bottom, left:right]

    @property
    def cells(self) -> Bool:
        return np.asarray(self.places.labels[self.window] == self.index, np.bool_)


def _well_inside(valid: Bool, margin: float) -> Bool:
    """Cells further than a margin from what either picture does not show, the picture's own edge among it."""
    framed = np.pad(valid.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] > margin, np.bool_)


def _boxes(places: Regions) -> list[tuple[int, int, int, int]]:
    out = []
    for index in range(1, places.count + 1):
        rows, columns = np.nonzero(places.labels == index)
        out.append((int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))
    return out


def _describe(place: _Place, settings: ChangeSettings, gsd_m: float, valid: Bool) -> ImageChange | None:
    cells, (left, top, _, _) = place.cells, place.box
    working = np.repeat(np.repeat(cells.astype(np.uint8), STRIDE, 0), STRIDE, 1)
    sight = look_at(place.pair, working, left * STRIDE, top * STRIDE)
    drawn = _drawn(place, settings.low, valid)
    if drawn is None:
        return None
    mask, outline, corner = drawn
    area_px = float(mask.sum())
    size = Magnitude(
        area_px * gsd_m**2,
        float(place.places.peaks[place.index]),
        float(place.power[place.window][cells].mean()),
        float(place.places.cut[place.index]),
    )
    score = probability(size, sight)
    if score < settings.min_score:
        return None
    shape = measure(outline.astype(np.float32), area_px, gsd_m)
    way = direction(sight)
    girth_px = float(cv2.arcLength(outline.astype(np.float32), closed=True))
    reasons, against = _reasons(place, sight, size, settings)
    return ImageChange(
        mask=mask,
        left_px=corner[0],
        top_px=corner[1],
        outline_px=outline,
        direction=way,
        kind=kind(shape, sight, way),
        score=score,
        area_px=area_px,
        area_sigma_px=girth_px * EDGE_SIGMA_M / gsd_m,
        reasons=reasons,
        against=against,
    )


def _drawn(place: _Place, low: float, valid: Bool) -> tuple[Bool, NDArray[np.float64], tuple[int, int]] | None:
    """Mask and outline in input pixels: the cells' strength interpolated and cut at the lower threshold."""
    scale = STRIDE * place.pair.factor
    left, top, right, bottom = place.box
    rows, columns = place.power.shape
    x0, y0, x1, y1 = max(left - 1, 0), max(top - 1, 0), min(right + 1, columns), min(bottom + 1, rows)
    cells = (place.places.labels[y0:y1, x0:x1] == place.index).astype(np.float32)
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


def _reasons(
    place: _Place, sight: Sight, size: Magnitude, settings: ChangeSettings
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    structure, tones, colours = place.found.parts[:, *place.window][:, place.cells].mean(axis=1)
    for_it = [
        Reason("structure", (("distance", _rounded(structure)),)),
        Reason("tone", (("difference_log", _rounded(tones)), ("later_minus_earlier_log", _rounded(sight.tone_change)))),
        Reason("colour", (("difference_log", _rounded(colours)),)),
        Reason("strength", (("peak", _rounded(size.peak)), ("mean", _rounded(size.mean)))),
        Reason("contrast", (("before", _rounded(sight.before.contrast)), ("after", _rounded(sight.after.contrast)))),
    ]
    against: list[Reason] = []
    parallax = Reason("parallax_check", (("best_twin", _rounded(sight.twin)),))
    (against if sight.twin > settings.max_twin else for_it).append(parallax)
    if size.cut > 0:
        against.append(Reason("cut_by_edge", (("share", _rounded(size.cut)),)))
    if sight.shadow_like:
        shade = (("likeness", _rounded(sight.likeness)), ("colour_change_log", _rounded(sight.colour_change)))
        against.append(Reason("shadow_like", shade))
    return tuple(for_it), tuple(against)


def _rounded(value: float) -> float:
    return round(float(value), 3)
