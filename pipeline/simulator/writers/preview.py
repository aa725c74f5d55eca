"""A second, smaller picture behind the first in one JPEG file, as drones embed it for quick browsing."""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.writers.picture import jpeg
from pipeline.simulator.writers.tiff_directory import LONG, UNDEFINED, Entry, directory, header

_MARK = b"MPF\0"
_PRIMARY, _PREVIEW = 0xA0030000, 0x40010001
"""Representative parent, and its dependent large thumbnail: the attributes that drones write."""


def with_preview(whole: bytes, image: NDArray[np.uint8], longer_px: int) -> bytes:
    """The file with an index of two pictures behind its tags, and the smaller one at its end.

    Args:
        whole: A JPEG file with its APP1 segments.
        image: ``(H, W, 3)`` RGB.
        longer_px: Longer side of the preview; larger pictures are not enlarged.

    Source: CIPA DC-007, Multi-Picture Format: offsets count from the byte behind the mark.
    """
    height, width = image.shape[:2]
    scale = min(longer_px / max(width, height), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = jpeg(cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8), 70)
    at = _behind_tags(whole)
    extra = len(_segment(0, 0, 0))
    first = len(whole) + extra
    start = at + 4 + len(_MARK)
    return whole[:at] + _segment(first, len(small), first - start) + whole[at:] + small


def _segment(first: int, second: int, offset: int) -> bytes:
    """The index: sizes of both pictures and where the second begins."""
    entries = struct.pack("<IIIHH", _PRIMARY, first, 0, 0, 2) + struct.pack("<IIIHH", _PREVIEW, second, offset, 0, 0)
    index = [
        Entry(0xB000, UNDEFINED, b"0100"),
        Entry(0xB001, LONG, [2]),
        Entry(0xB002, UNDEFINED, entries),
        Entry(0xB003, UNDEFINED, bytes(66)),
        Entry(0xB004, LONG, [1]),
    ]
    body = _MARK + header(8) + directory(index, 8)
    return b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body


def _behind_tags(whole: bytes) -> int:
    """Where the first segment that is not APP1 begins."""
    at = 2
    while whole[at : at + 2] == b"\xff\xe1":
        at += 2 + int.from_bytes(whole[at + 2 : at + 4], "big")
    return at
