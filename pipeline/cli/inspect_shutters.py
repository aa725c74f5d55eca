"""What ``inspect`` says about rolling shutters: the shutter of each stream, and how much it skews the frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.contents import Still, Video
from pipeline.records.frame import PosedFrame
from pipeline.stages.skew import SKEW_PX, skew_px


@dataclass(frozen=True, slots=True)
class StreamShutter:
    """The shutters of a stream of frames.

    Attributes:
        words: Each kind of shutter, and for how many frames or videos where there are several.
        skewed: Frames that are skewed by more than a pixel.
        median_px, largest_px: Predicted skew between first and last row; None where nothing moves or is known.
        height_known: Whether the height above take-off was known, by which movement is reckoned; turning needs none.
    """

    words: str
    skewed: int
    median_px: float | None
    largest_px: float | None
    height_known: bool

    def line(self) -> str:
        """For the screen."""
        if self.largest_px is None:
            return self.words
        height = "" if self.height_known else ", by turning alone: the height above ground is not told"
        return (
            f"{self.words}; predicted skew {self.median_px:.1f} px in the median, {self.largest_px:.1f} px at most, "
            f"over {SKEW_PX:g} px in {self.skewed} frames{height}"
        )


def stream_shutter(sources: Sequence[Still | Video], frames: Sequence[PosedFrame]) -> StreamShutter:
    """Sum up.

    Args:
        sources: The stream's stills, or its video.
        frames: Those of them that were placed.
    """
    kinds: dict[str, int] = {}
    for source in sources:
        kinds[source.shutter.words] = kinds.get(source.shutter.words, 0) + 1
    words = "; ".join(words if len(kinds) == 1 else f"{count} × {words}" for words, count in kinds.items())
    known = bool(frames) and all(np.isfinite(frame.relative_alt_m) for frame in frames)
    skews = [
        skew_px(
            frame.camera,
            frame.pose.rotation,
            frame.sweep,
            frame.relative_alt_m if frame.relative_alt_m > 0 else float("nan"),
        )
        for frame in frames
        if np.any(frame.sweep)
    ]
    if not skews:
        return StreamShutter(words, 0, None, None, known)
    return StreamShutter(
        words,
        sum(skew > SKEW_PX for skew in skews),
        round(float(np.median(skews)), 2),
        round(max(skews), 2),
        known,
    )
