"""Frames of a video that show ground which their predecessors did not: a hover of an hour is one picture."""

from dataclasses import dataclass, field

from shapely.geometry import Polygon

from pipeline.records.frame import GeorefMethod, GroundFrame
from pipeline.records.sortie import FrameKind


@dataclass(slots=True)
class NewGround:
    """Decides frame by frame, in order of time.

    Attributes:
        least: A frame whose footprint and the last laid one's have less than this share of new ground between them is
            passed over; 0 lays all.
    """

    least: float
    _last: dict[str, tuple[GroundFrame, Polygon]] = field(default_factory=dict)

    def __call__(self, frame: GroundFrame) -> bool:
        """Whether the frame is to be laid. Stills always are: somebody chose to take them."""
        if frame.ref.kind is not FrameKind.VIDEO or self.least <= 0:
            return True
        outline = Polygon(frame.footprint_m)
        last = self._last.get(frame.ref.sensor)
        if last is not None and outline.is_valid and not self._better(frame, last[0]):
            together = outline.union(last[1]).area
            if together > 0 and 1 - outline.intersection(last[1]).area / together < self.least:
                return False
        if outline.is_valid:
            self._last[frame.ref.sensor] = (frame, outline)
        return True

    @staticmethod
    def _better(frame: GroundFrame, last: GroundFrame) -> bool:
        """Its place is known where the last one's was not."""
        matched = frame.pose.method is GeorefMethod.IMAGE_MATCH
        return matched and last.pose.method is not GeorefMethod.IMAGE_MATCH
