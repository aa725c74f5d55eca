"""Pictures of frames with their movers drawn in, for a person to look at."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PublishError
from pipeline.records.arrays import Float, Image
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageTrack
from pipeline.sources.bare_frames import BareFrame

LONG_SIDE_PX = 1600
TRAIL = 40
"""Positions of a mover that are drawn behind it."""

COLOURS = ((255, 200, 0), (0, 255, 120), (255, 90, 90), (90, 200, 255), (255, 120, 255), (255, 255, 120))


def write_preview(
    folder: Path, frames: Iterable[BareFrame | Dropped], tracks: Sequence[ImageTrack], numbers: Sequence[int]
) -> int:
    """Write ``000001.jpg`` … with boxes, track ids and trails in image coordinates; how many were written.

    Args:
        folder: Made when it is not there.
        frames: The frames again.
        tracks: `ImageTrack.frames` counts the frames that could be read.
        numbers: Number of each of those.

    Raises:
        PublishError: A picture could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_number: dict[int, list[tuple[ImageTrack, int]]] = defaultdict(list)
    for track in tracks:
        for k, frame in enumerate(track.frames):
            by_number[numbers[int(frame)]].append((track, k))
    count = 0
    for item in frames:
        if isinstance(item, Dropped):
            continue
        picture = _drawn(item.image, by_number.get(item.number, []))
        path = folder / f"{item.number:06d}.jpg"
        good, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
        if not good:
            raise PublishError(f"{path}: the picture could not be encoded")
        path.write_bytes(data.tobytes())
        count += 1
    return count


def _drawn(image: Image, movers: list[tuple[ImageTrack, int]]) -> NDArray[np.uint8]:
    scale = min(1.0, LONG_SIDE_PX / max(image.shape[:2]))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    flat = image if image.dtype == np.uint8 else _stretched(image)
    small = np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.ascontiguousarray(small if small.ndim == 3 else np.repeat(small[:, :, None], 3, axis=2))
    for track, k in movers:
        colour = COLOURS[track.track_id % len(COLOURS)]
        boxes = track.boxes_px[max(0, k - TRAIL) : k + 1] * scale
        trail = np.rint(boxes[:, :2] + boxes[:, 2:] / 2).astype(np.int32)
        cv2.polylines(picture, [trail.reshape(-1, 1, 2)], isClosed=False, color=colour, thickness=1)
        left, top, right, bottom = _corners(boxes[-1])
        cv2.rectangle(picture, (left - 3, top - 3), (right + 3, bottom + 3), colour, 2 if track.detected[k] else 1)
        cv2.putText(picture, str(track.track_id), (left, top - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1)
    return np.asarray(picture, np.uint8)


def _corners(box: Float) -> tuple[int, int, int, int]:
    left, top, width, height = (float(v) for v in box)
    return round(left), round(top), round(left + width), round(top + height)


def _stretched(counts: Image) -> NDArray[np.uint8]:
    low, high = np.percentile(counts, (0.5, 99.5))
    return np.asarray(np.clip((counts - low) * (255.0 / max(high - low, 1.0)), 0, 255), np.uint8)
