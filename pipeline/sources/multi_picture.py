"""The index of several pictures in one JPEG file, by which drones embed a preview behind the picture."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import InputError
from pipeline.sources.jpeg_segments import Segment

MARK = b"MPF\0"
MAX_PICTURES = 16
"""Drones write two; a panorama or a burst of other cameras more."""
MAX_PREVIEW_BYTES = 8 * 1024 * 1024
"""A preview is smaller than full HD."""

_APPLICATION_2 = 0xE2
_COUNT, _ENTRIES = 0xB001, 0xB002
_LONG, _UNDEFINED = 4, 7
_ENTRY_BYTES = 16
_LARGE_THUMBNAIL = 0x01
"""First byte of the type code of large thumbnails, of VGA and full HD alike."""
_PADDING_BYTES = 16
"""Between the end of a picture's data and the end that the index gives it."""


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """Where a whole JPEG lies within the file: ``length`` bytes from ``at``."""

    at: int
    length: int


def find_preview(file: BinaryIO, segments: Sequence[Segment], file_bytes: int, name: str) -> EmbeddedPicture | None:
    """Where the preview lies, or None where the file has no index or the index names no preview.

    An index that was carried along while the picture was encoded anew points to where nothing is any more: what it
    points to must begin and end as a JPEG does.

    Args:
        file: The JPEG file; its position is changed.
        segments: From `read_jpeg_segments`.
        file_bytes: Its size.
        name: What messages call it.

    Raises:
        InputError: The index is damaged, or out of date.

    Source: CIPA DC-007 (Multi-Picture Format), sections 5.2.2 and 5.2.3; offsets count from the byte behind the mark.
    """
    found = next((s for s in segments if s.marker == _APPLICATION_2 and s.head.startswith(MARK)), None)
    if found is None:
        return None
    base = found.at + len(MARK)
    file.seek(base)
    index = file.read(found.length - len(MARK))
    for attributes, size, offset in _entries(index, name)[1:]:
        kind = attributes & 0xFFFFFF
        if kind >> 16 != _LARGE_THUMBNAIL or attributes >> 24 & 0b111:  # these bits: 0 for JPEG
            continue
        place = EmbeddedPicture(base + offset, size)
        _check(file, place, found, file_bytes, name)
        return place
    return None


def _entries(index: bytes, name: str) -> list[tuple[int, int, int]]:
    """Attributes, size and offset of each picture."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(index[:4])
    if order is None or len(index) < 8:
        raise InputError(f"{name}: the index of its pictures is damaged")
    start = struct.unpack(order + "I", index[4:8])[0]
    fields = {}
    if start + 2 <= len(index):
        count = struct.unpack(order + "H", index[start : start + 2])[0]
        block = index[start + 2 : start + 2 + 12 * count]
        if len(block) == 12 * count:
            for tag, kind, number, value in struct.iter_unpack(order + "HHII", block):
                fields[tag] = (kind, number, value)
    kind, number, pictures = fields.get(_COUNT, (0, 0, 0))
    if kind != _LONG or number != 1 or not 1 <= pictures <= MAX_PICTURES:
        raise InputError(f"{name}: the index of its pictures does not say how many there are")
    kind, number, at = fields.get(_ENTRIES, (0, 0, 0))
    entries = index[at : at + number]
    if kind != _UNDEFINED or number != _ENTRY_BYTES * pictures or len(entries) != number:
        raise InputError(f"{name}: the index of its pictures is cut off")
    return [entry[:3] for entry in struct.iter_unpack(order + "IIIHH", entries)]


def _check(file: BinaryIO, place: EmbeddedPicture, index: Segment, file_bytes: int, name: str) -> None:
    """The embedded picture lies behind the index, inside the file, and is a JPEG from its first to its last byte."""
    end = place.at + place.length
    if not (index.at + index.length < place.at and 128 <= place.length <= MAX_PREVIEW_BYTES and end <= file_bytes):
        raise InputError(
            f"{name}: the index of its pictures points outside the file; was the picture encoded anew since?"
        )
    file.seek(place.at)
    begins = file.read(3) == b"\xff\xd8\xff"
    file.seek(end - _PADDING_BYTES - 2)
    if not begins or not file.read(_PADDING_BYTES + 2).rstrip(b"\0").endswith(b"\xff\xd9"):
        raise InputError(f"{name}: the index of its pictures points to no picture; was the picture encoded anew since?")
