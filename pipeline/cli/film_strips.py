"""A mover at several moments, side by side."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PublishError
from pipeline.records.evidence import ImageTrack

MOMENTS = 8
PANEL_PX = 180
LARGEST = 4.0
"""Nothing is enlarged more than this: a strip shows what moved, nobody is to be recognised in it."""

MARGIN = 1.5
"""A panel shows this many sides of the mover's largest box on each side of it."""


class FilmStrips:
    """Collects the cut-outs of all movers in one pass over the frames."""

    def __init__(self, tracks: Sequence[ImageTrack], numbers: Sequence[int]) -> None:
        self._tracks = {track.track_id: track for track in tracks}
        self._wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._panels: dict[int, list[NDArray[np.uint8]]] = defaultdict(list)
        for track in tracks:
            seen = np.flatnonzero(track.detected)
            chosen = seen[np.unique(np.linspace(0, len(seen) - 1, min(MOMENTS, len(seen))).round().astype(int))]
            for k in chosen:
                self._wanted[numbers[int(track.frames[k])]].append((track.track_id, int(k)))

    def take(self, number: int, t_ns: int, image: NDArray[np.uint8]) -> None:
        """Cut out of a frame what is wanted of it."""
        for track_id, k in self._wanted.get(number, ()):
            self._panels[track_id].append(_panel(image, self._tracks[track_id], k, f"{t_ns / 1e9:.1f} s"))

    def write(self, folder: Path) -> int:
        """Write ``track-0001.png`` …; how many.

        Raises:
            PublishError: A strip could not be written.
        """
        for track_id, panels in sorted(self._panels.items()):
            path = folder / f"track-{track_id:04d}.png"
            good, data = cv2.imencode(".png", cv2.cvtColor(np.hstack(panels), cv2.COLOR_RGB2BGR))
            try:
                path.write_bytes(data.tobytes() if good else b"")
            except OSError as error:
                raise PublishError(f"{path}: cannot be written ({error})") from error
        return len(self._panels)


def _panel(image: NDArray[np.uint8], track: ImageTrack, k: int, words: str) -> NDArray[np.uint8]:
    """A square about the box with a scale bar; black beyond the frame."""
    colour = image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)
    half = max(PANEL_PX / 2 / LARGEST, (MARGIN + 0.5) * float(track.boxes_px[:, 2:].max()))
    scale = PANEL_PX / 2 / half
    left, top, width, height = (float(v) for v in track.boxes_px[k])
    shift = PANEL_PX / 2 - scale * np.array([left + width / 2, top + height / 2])
    move = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    panel = np.asarray(cv2.warpAffine(colour, move, (PANEL_PX, PANEL_PX), flags=way), np.uint8)
    low = tuple(int(v) for v in np.rint(scale * np.array([left, top]) + shift) - 3)
    high = tuple(int(v) for v in np.rint(scale * np.array([left + width, top + height]) + shift) + 3)
    cv2.rectangle(panel, (low[0], low[1]), (high[0], high[1]), (230, 159, 0), 1)
    bar_px = 10 ** int(np.floor(np.log10(half)))
    cv2.line(panel, (6, PANEL_PX - 8), (6 + round(bar_px * scale), PANEL_PX - 8), (255, 255, 255), 2)
    for text, at in ((words, (6, 16)), (f"{bar_px} px", (6, PANEL_PX - 14))):
        cv2.putText(panel, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(panel, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    panel[:, -1] = 255
    return panel
