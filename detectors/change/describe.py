"""What a changed region is: its shape in metres, its direction and its kind."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.verify import Look, Sight
from pipeline.records.evidence import ChangeKind, Direction

LARGE_M2 = 60.0
"""Where something is larger than this, and dark all over, it is hardly a vehicle or a shelter."""

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
    if _pit(shape, shown):
        return ChangeKind.CRATER
    if _ribbon(shape):
        return ChangeKind.LINEAR_EARTHWORK
    if _scorched(shape, shown):
        return ChangeKind.BURN
    if _vehicle(shape):
        return ChangeKind.VEHICLE
    if shape.area_m2 >= 3 and shape.solidity > 0.7:
        return ChangeKind.STRUCTURE
    return ChangeKind.OTHER


def _ribbon(shape: Shape) -> bool:
    """Long along its bends, and too long for a lorry or too narrow for its length; a ragged square is not."""
    if shape.length_m < 5 or shape.length_m < 3.2 * shape.width_m:
        return False
    slender = shape.box_length_m / shape.box_width_m
    return slender >= 3 or (shape.box_length_m > 10 and (slender >= 2 or shape.solidity < 0.7))


def _pit(shape: Shape, shown: Look) -> bool:
    """As long as it is wide, darker in its middle than round it; round, or deep with rays of spoil."""
    compact = shape.box_length_m < 1.7 * shape.box_width_m
    round_one = shape.roundness > 0.55 and shown.hollow < -0.2
    rayed = shape.solidity > 0.6 and shown.hollow < -0.3
    return compact and (round_one or rayed)


def _scorched(shape: Shape, shown: Look) -> bool:
    """Dark, flat and not rectangular; the larger, the more unevenness is allowed."""
    large = shape.area_m2 >= LARGE_M2
    flat = shown.spread < (0.33 if large else 0.3) and shown.hollow < (0.2 if large else 0.12)
    angular = shape.fill > (0.88 if large else 0.82)
    ragged = shape.roundness < 0.6 and shape.area_m2 < 26
    return shape.area_m2 >= 4 and shown.tone < -0.2 and flat and not angular and not ragged and shape.solidity > 0.8


def _vehicle(shape: Shape) -> bool:
    """Sides of 2.5 to 9 m and 1.4 to 3.2 m, drawn up to a metre larger with what is left of the shadow."""
    sides = 2.5 <= shape.box_length_m <= 10 and 1.2 <= shape.box_width_m <= 4.2
    longer = shape.box_length_m >= 1.15 * shape.box_width_m
    return sides and longer and shape.fill > 0.5 and 3 <= shape.area_m2 <= 30
