"""What a changed region is: its shape in metres, its direction and its kind."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.verify import Look, Sight
from pipeline.records.evidence import ChangeKind, Direction

EVEN = 0.06
"""Both pictures show something there, and equally: altered rather than new or vanished."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Metric shape of a region.

    Attributes:
        area_m2: Size.
        length_m, width_m: Sides of the rectangle of the same area and girth: follows bends.
        box_length_m, box_width_m: Sides of the smallest rectangle round it.
        roundness: 1 for a disc.
        solidity: Area over that of the convex hull.
    """

    area_m2: float
    length_m: float
    width_m: float
    box_length_m: float
    box_width_m: float
    roundness: float
    solidity: float

    @property
    def fill(self) -> float:
        """Area over that of the smallest rectangle."""
        return self.area_m2 / max(self.box_length_m * self.box_width_m, 1e-6)


def measure(outline_px: NDArray[np.float32], area_px: float, gsd_m: float) -> Shape:
    """Shape of ``(N, 2)`` an outline in input pixels."""
    hull = cv2.convexHull(outline_px)
    smooth = cv2.approxPolyDP(outline_px, 0.15 / gsd_m, closed=True)
    girth = cv2.arcLength(smooth, closed=True) * gsd_m
    area = area_px * gsd_m**2
    root = np.sqrt(max(girth**2 / 4 - 4 * area, 0.0))
    length = max((girth / 2 + root) / 2, np.sqrt(area))
    sides = sorted(side * gsd_m for side in cv2.minAreaRect(outline_px)[1])
    return Shape(
        area,
        float(length),
        float(area / length),
        max(sides[1], gsd_m),
        max(sides[0], gsd_m),
        float(min(4 * np.pi * area / max(girth**2, 1e-6), 1.0)),
        float(min(area / max(cv2.contourArea(hull) * gsd_m**2, 1e-6), 1.0)),
    )


def direction(sight: Sight) -> Direction:
    """In which picture the place stands out from its surroundings."""
    before, after = sight.before, sight.after
    lean = (
        3 * (after.contrast - before.contrast)
        + np.log((after.step + 0.01) / (before.step + 0.01))
        + 0.5 * np.log((after.spread + 0.03) / (before.spread + 0.03))
    )
    if abs(lean) < EVEN:
        return Direction.ALTERED
    return Direction.NEW if lean > 0 else Direction.VANISHED


def kind(shape: Shape, sight: Sight, way: Direction) -> ChangeKind:
    """By metric size, shape and tone in the picture that shows it. Never by cause."""
    shown = sight.before if way == Direction.VANISHED else sight.after
    if shape.length_m >= 5 and shape.length_m >= 3.2 * shape.width_m:
        return ChangeKind.LINEAR_EARTHWORK
    if _pit(shape, shown):
        return ChangeKind.CRATER
    if shape.area_m2 >= 4 and shown.tone < -0.2 and shown.hollow < 0.12 and shown.spread < 0.3 and shape.fill < 0.82:
        return ChangeKind.BURN
    if shape.box_length_m <= 10 and 1.2 <= shape.box_width_m <= 4.2 and 3 <= shape.area_m2 <= 26:
        return ChangeKind.VEHICLE
    if shape.area_m2 >= 3 and shape.solidity > 0.8:
        return ChangeKind.STRUCTURE
    return ChangeKind.OTHER


def _pit(shape: Shape, shown: Look) -> bool:
    return shape.roundness > 0.55 and shape.box_length_m < 1.7 * shape.box_width_m and shown.hollow < -0.2
