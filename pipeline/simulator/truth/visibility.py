"""Which things show in a frame, where and how much of them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import ndimage

from pipeline.records.arrays import Bool, Float, Int
from pipeline.simulator.scene.shot import Seen
from pipeline.simulator.truth.schemas import VISIBILITY


@dataclass(frozen=True, slots=True, eq=False)
class Visible:
    """The things of one frame, in order of their numbers in its mask.

    Attributes:
        thing_ids: ``N`` of them; those without a pixel are left out.
        number: ``(N,)`` value in the mask.
        pixels: ``(N,)`` how many show it.
        box_px: ``(N, 4)`` left, top, width, height.
        at_border: ``(N,)`` whether it reaches the picture's edge.
        shaded: ``(N,)`` share of its pixels that the sun does not reach.
        depth_m: ``(N,)`` mean depth of its pixels.
        place_m: ``(N, 2)`` mean site x, y of its pixels.
    """

    thing_ids: tuple[str, ...]
    number: Int
    pixels: Int
    box_px: Float
    at_border: Bool
    shaded: Float
    depth_m: Float
    place_m: Float

    def table(self, frame_id: str, index: int) -> pa.Table:
        """The rows of a frame."""
        count = len(self.thing_ids)
        left, top, width, height = (self.box_px[:, side] for side in range(4))
        columns = [[frame_id] * count, np.full(count, index), self.number, list(self.thing_ids), self.pixels]
        columns += [left, top, width, height, self.at_border, np.round(self.shaded, 4), np.round(self.depth_m, 3)]
        fields = zip(columns, VISIBILITY, strict=True)
        return pa.Table.from_arrays([pa.array(c, type=field.type) for c, field in fields], schema=VISIBILITY)

    def box_of(self, thing_id: str) -> tuple[int, Float] | None:
        """Pixels and box of one thing; None where it does not show."""
        if thing_id not in self.thing_ids:
            return None
        at = self.thing_ids.index(thing_id)
        return int(self.pixels[at]), self.box_px[at]


def visible(seen: Seen) -> Visible:
    """The things that a picture shows."""
    names, number = seen.thing_ids, seen.number
    high, wide = number.shape
    flat = number.ravel()
    counts = np.bincount(flat, minlength=len(names) + 1)[1:]
    there = np.flatnonzero(counts)
    slices = ndimage.find_objects(number, max_label=len(names))
    boxes = np.array([_box(slices[at]) for at in there], np.float64).reshape(-1, 4)
    ends = boxes[:, :2] + boxes[:, 2:]
    border: Bool = np.any(boxes[:, :2] <= 0, axis=1) | np.any(ends >= [wide, high], axis=1)
    known = counts[there].astype(np.float64)

    def mean(values: np.ndarray) -> Float:
        finite = np.where(np.isfinite(values), values, 0.0).ravel()
        return np.bincount(flat, weights=finite, minlength=len(names) + 1)[1:][there] / known

    place = np.column_stack([mean(seen.ground_m[..., axis]) + seen.origin_m[axis] for axis in (0, 1)])
    return Visible(
        tuple(names[at] for at in there),
        there.astype(np.int64) + 1,
        counts[there].astype(np.int64),
        boxes,
        border,
        mean(seen.shadow.astype(np.float64)),
        mean(seen.depth_m),
        place.reshape(-1, 2),
    )


def _box(slices: tuple[slice, ...]) -> tuple[float, float, float, float]:
    rows, columns = slices
    return (
        float(columns.start),
        float(rows.start),
        float(columns.stop - columns.start),
        float(rows.stop - rows.start),
    )
