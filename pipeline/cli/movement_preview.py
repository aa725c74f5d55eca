"""What a person watches: the frames as a video with their movers drawn in, and a film strip of each mover."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.cli.film_strips import FilmStrips
from pipeline.errors import PublishError
from pipeline.records.arrays import Image
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageTrack
from pipeline.records.mover_sight import PixelSight, SightGrade
from pipeline.sources.bare_frames import BareFrame

LONG_SIDE_PX = 1280
TRAIL = 30
"""Positions of a mover that are drawn behind it."""

COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167))
"""Told apart by the colour-blind too: Okabe and Ito, Color Universal Design, 2008."""

MILLISECOND = Fraction(1, 1000)
OPTIONS = {"deadline": "realtime", "cpu-used": "8", "crf": "15", "b": "6M", "threads": "2"}
BANNER_PX = 22


def write_preview(
    folder: Path,
    frames: Iterable[BareFrame | Dropped],
    tracks: Sequence[ImageTrack],
    numbers: Sequence[int],
    sights: Sequence[PixelSight],
) -> tuple[int, int]:
    """Write ``overlay.webm`` and ``track-0001.png`` …; how many frames and strips.

    The video runs by the times of the frames. One frame is in memory at a time, and the cut-outs of the strips.

    Args:
        folder: Made when it is not there.
        frames: The frames again.
        tracks: `ImageTrack.frames` counts the frames that could be read.
        numbers: Number of each of those.
        sights: What could be seen in each of those.

    Raises:
        PublishError: The video or a strip could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_number: dict[int, list[tuple[ImageTrack, int]]] = defaultdict(list)
    for track in tracks:
        for k, frame in enumerate(track.frames):
            by_number[numbers[int(frame)]].append((track, k))
    told = dict(zip(numbers, sights, strict=True))
    strips = FilmStrips(tracks, numbers)
    path, aside = folder / "overlay.webm", folder / "overlay.webm.part"
    count = 0
    try:
        with _Film(aside) as film:
            for item in frames:
                if isinstance(item, Dropped) or item.number not in told:
                    continue
                flat = _eight_bit(item.image)
                strips.take(item.number, item.t_ns, flat)
                film.add(item.t_ns, _drawn(flat, item, by_number.get(item.number, []), told[item.number]))
                count += 1
        aside.replace(path)
    except (av.FFmpegError, OSError) as error:
        raise PublishError(f"{path}: the video could not be written ({error}); is there room on the disk?") from error
    return count, strips.write(folder)


class _Film:
    """A WebM file that is written frame by frame; all frames have the first one's size."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "_Film":
        self._file = av.open(str(self._path), "w", format="webm")
        self._stream = self._file.add_stream("libvpx", rate=30, options=OPTIONS)
        self._started = False
        self._last_ms = -1
        return self

    def add(self, t_ns: int, picture: NDArray[np.uint8]) -> None:
        """The next frame, an RGB picture of even sides; never earlier than the one before."""
        if not self._started:
            self._stream.height, self._stream.width = picture.shape[:2]
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = MILLISECOND
            self._started = True
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        self._last_ms = max(self._last_ms + 1, round(t_ns / 1e6))
        frame.pts, frame.time_base = self._last_ms, MILLISECOND
        self._file.mux(self._stream.encode(frame))

    def __exit__(self, *_: object) -> None:
        if self._started:
            self._file.mux(self._stream.encode(None))
        self._file.close()


def _drawn(
    flat: NDArray[np.uint8], item: BareFrame, movers: list[tuple[ImageTrack, int]], sight: PixelSight
) -> NDArray[np.uint8]:
    scale = min(1.0, LONG_SIDE_PX / max(flat.shape[:2]))
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (flat.shape[1], flat.shape[0]))
    small = np.asarray(cv2.resize(flat, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.ascontiguousarray(small if small.ndim == 3 else np.repeat(small[:, :, None], 3, axis=2))
    for track, k in movers:
        colour = COLOURS[track.track_id % len(COLOURS)]
        boxes = track.boxes_px[max(0, k - TRAIL) : k + 1] * scale
        trail = np.rint(boxes[:, :2] + boxes[:, 2:] / 2).astype(np.int32)
        cv2.polylines(picture, [trail.reshape(-1, 1, 2)], isClosed=False, color=colour, thickness=1)
        left, top = (int(v) for v in np.rint(boxes[-1, :2]) - 3)
        right, bottom = (int(v) for v in np.rint(boxes[-1, :2] + boxes[-1, 2:]) + 3)
        cv2.rectangle(picture, (left, top), (right, bottom), colour, 2 if track.detected[k] else 1)
        _text(picture, str(track.track_id), (left, max(12, top - 4)), colour)
    clear = sight.grade is SightGrade.ASSESSABLE
    words = "" if clear else f"  {sight.grade.value.replace('_', ' ')}: {', '.join(sight.flaws).replace('_', ' ')}"
    picture = np.pad(picture, ((0, BANNER_PX), (0, 0), (0, 0)))
    banner = f"{item.t_ns / 1e9:.1f} s  frame {item.number}{words}"
    _text(picture, banner, (6, height + BANNER_PX - 6), (255, 255, 255) if clear else COLOURS[0])
    return np.asarray(picture, np.uint8)


def _text(picture: NDArray[np.uint8], words: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)


def _eight_bit(image: Image) -> NDArray[np.uint8]:
    if image.dtype == np.uint8:
        return np.asarray(image, np.uint8)
    low, high = np.percentile(image, (0.5, 99.5))
    return np.asarray(np.clip((image - low) * (255.0 / max(high - low, 1.0)), 0, 255), np.uint8)
