"""One frame on blocks of tiles: where it is the best look, where the best from elsewhere, and its pixels there."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.ground_warp import BEST_QUALITY, WarpBlock
from pipeline.records.frame import GeorefMethod, GroundFrame
from pipeline.stages.tile_store import BlockWork, Look, Window

_WHOLE: Window = slice(None), slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class LaidFrame:
    """A frame that is being laid on blocks.

    Attributes:
        number: In order of adding, from 1.
        frame: Where it is.
        picture: ``(H, W, 3)``.
        far: ``(F + 1,)`` whether each frame so far stood far enough away to be another look; 0 stands for "none".
    """

    number: int
    frame: GroundFrame
    picture: NDArray[np.uint8]
    far: NDArray[np.bool_]

    def on(self, work: BlockWork, block: WarpBlock) -> None:
        """Put the frame where it is the best look; keep what it displaces, or itself, as the look from elsewhere."""
        best, rank = work.best, self._rank(block)
        if block.whole and not best.numbers:
            best.fill(self._colours(block, _WHOLE), rank, self.number)
            return
        wins = np.greater(rank, best.rank)
        apart = self._apart(best)
        follows = None
        if apart is not None:
            follows = ~wins & apart & (rank > 0)
            if work.second is not None:
                follows &= rank > work.second.rank
        at = _window(wins if follows is None else wins | follows)
        if at is None:
            return
        colours, rank, wins = self._colours(block, at), rank[at], wins[at]
        # what loses the first place becomes the other look, unless both come from one viewpoint
        if apart is not None and (displaced := wins & apart[at]).any():
            work.need_second().copy_from(best, displaced, at)
        if work.second is not None:
            lost = wins & ~self.far[work.second.source[at]] & (work.second.rank[at] > 0)
            work.second.clear(lost if apart is None else lost & ~apart[at], at)
        best.put(colours, rank, self.number, wins, at)
        if follows is not None and follows.any():
            work.need_second().put(colours, rank, self.number, follows[at], at)

    def _rank(self, block: WarpBlock) -> NDArray[np.uint16]:
        """1 to 65535 per pixel, registered frames in the upper half; 0 where nothing is seen."""
        if self.frame.pose.method is GeorefMethod.TELEMETRY_ONLY:
            return block.quality
        upper = np.uint16(BEST_QUALITY + 1)
        return block.quality + (upper if block.whole else np.where(block.seen, upper, np.uint16(0)))

    def _apart(self, best: Look) -> NDArray[np.bool_] | None:
        """Where the best look so far is from another viewpoint; None: nowhere."""
        elsewhere = [number for number in best.numbers if self.far[number]]
        if not elsewhere:
            return None
        return best.rank > 0 if len(elsewhere) == len(best.numbers) else self.far[best.source]

    def _colours(self, block: WarpBlock, at: Window) -> NDArray[np.uint8]:
        """The frame's pixels in a window of the block. Places are rounded to 1/32 pixel, which takes half the time."""
        # None says that the one map holds columns and rows; OpenCV 5 misreads an empty array there without a word
        places, parts = cv2.convertMaps(block.pixels[at], None, cv2.CV_16SC2)  # type: ignore[call-overload]
        laid = cv2.remap(self.picture, places, parts, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(laid, np.uint8)


def _window(where: NDArray[np.bool_]) -> Window | None:
    """The rows and columns in which `where` holds somewhere; None: it never does."""
    left, top, width, height = cv2.boundingRect(where.view(np.uint8))
    return None if width == 0 else (slice(top, top + height), slice(left, left + width))
