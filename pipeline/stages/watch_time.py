"""For how long frames looked at a piece of ground."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.records.arrays import Bool, Float
from pipeline.records.frame import GroundFrame


@dataclass(frozen=True, slots=True, eq=False)
class WatchTime:
    """Footprints of a sortie's frames, and the time that each stands for.

    A frame stands for the time half way to the next and the last frame of its own sensor, but for no more than half of
    `max_gap_s` either way: between two stills that are a minute apart nobody looked.

    Attributes:
        footprints: ``(N,)`` polygons in site metres.
        spans_s: ``(N, 2)`` start and end, seconds after the first frame.
    """

    footprints: NDArray[np.object_]
    spans_s: Float

    @classmethod
    def of(cls, frames: Sequence[GroundFrame], max_gap_s: float) -> "WatchTime":
        """From placed frames in any order."""
        footprints = np.empty(len(frames), object)
        footprints[:] = [_outline(frame) for frame in frames]
        zero = min((frame.ref.t_utc_ns for frame in frames), default=0)
        t_s = np.array([(frame.ref.t_utc_ns - zero) / 1e9 for frame in frames])
        spans = np.column_stack([t_s, t_s]) if len(frames) else np.empty((0, 2))
        sensors = np.array([frame.ref.sensor for frame in frames], object)
        for sensor in sorted(set(sensors.tolist())):
            own = np.flatnonzero(sensors == sensor)
            own = own[np.argsort(t_s[own], kind="stable")]
            half = np.minimum(np.diff(t_s[own]), max_gap_s) / 2
            spans[own[1:], 0] -= half
            spans[own[:-1], 1] += half
        return cls(footprints, spans)

    def minutes(self, chosen: Bool) -> float:
        """Minutes that the chosen ``(N,)`` frames stand for; time that two of them share counts once."""
        spans = self.spans_s[chosen]
        if not len(spans):
            return 0.0
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        reached = np.maximum.accumulate(spans[:, 1])
        starts = np.maximum(spans[:, 0], np.concatenate([[spans[0, 0]], reached[:-1]]))
        return float(np.maximum(spans[:, 1] - starts, 0.0).sum() / 60)

    def looking_at(self, ground: BaseGeometry) -> Bool:
        """``(N,)`` True for frames whose footprint meets some ground."""
        seen: Bool = np.asarray(shapely.intersects(self.footprints, ground), np.bool_)
        return seen


def _outline(frame: GroundFrame) -> BaseGeometry:
    outline = frame.footprint_m
    if len(outline) < 3 or not np.isfinite(outline).all():
        return shapely.from_wkt("POLYGON EMPTY")
    return shapely.make_valid(shapely.polygons(outline), method="structure", keep_collapsed=False)
