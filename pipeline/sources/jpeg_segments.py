"""A walk over the segments of a JPEG up to its pixels: size, EXIF and XMP, without loading the picture."""

from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import InputError

EXIF_HEADER = b"Exif\0\0"
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
MAX_SEGMENTS = 4096
"""Radiometric pictures carry their raw counts in up to some hundred segments before their pixels."""

_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAME_HEADERS = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_SCAN, _END = 0xDA, 0xD9
_APPLICATION = range(0xE0, 0xF0)
_EXIF_OR_XMP = 0xE1
HEAD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Segment:
    """An application segment.

    Attributes:
        marker: Its second byte: 0xE0 for APP0 and so on.
        at, length: Where its payload lies in the file.
        head: The first bytes of that.
    """

    marker: int
    at: int
    length: int
    head: bytes


@dataclass(frozen=True, slots=True)
class JpegHead:
    """What stands before the pixels.

    Attributes:
        size_px: Width, height from the frame header.
        exif: The first EXIF block (a TIFF file of its own), or empty.
        xmp: The first XMP packet, or empty.
        segments: All application segments.
    """

    size_px: tuple[int, int]
    exif: bytes
    xmp: bytes
    segments: tuple[Segment, ...] = ()


def read_jpeg_segments(file: BinaryIO, name: str) -> tuple[list[Segment], tuple[int, int]]:
    """Where the application segments lie, and the picture's width and height; payloads are not read.

    Raises:
        InputError: Not a JPEG, or cut off before its pixels.
    """
    size = (0, 0)
    segments: list[Segment] = []
    if file.read(2) != b"\xff\xd8":
        raise InputError(f"{name}: not a JPEG")
    for _ in range(MAX_SEGMENTS):
        marker = _next_marker(file, name)
        if marker in (_SCAN, _END):
            break
        if marker in _STANDALONE:
            continue
        length = int.from_bytes(file.read(2), "big") - 2
        if length < 0:
            raise InputError(f"{name}: damaged JPEG: a segment of no length before the pixels; was it copied whole?")
        if marker in _APPLICATION:
            at = file.tell()
            head = file.read(min(length, HEAD_BYTES))
            segments.append(Segment(marker, at, length, head))
            file.seek(at + length)
        elif marker in _FRAME_HEADERS:
            block = file.read(length)
            if len(block) >= 5 and size == (0, 0):
                size = (int.from_bytes(block[3:5], "big"), int.from_bytes(block[1:3], "big"))
        else:
            file.seek(length, 1)
    if min(size) == 0:
        raise InputError(f"{name}: JPEG without a picture; was it cut off while copying?")
    return segments, size


def read_jpeg_head(file: BinaryIO, name: str) -> JpegHead:
    """Walk over the segments; the bytes of others than EXIF and XMP are passed over, not read.

    Raises:
        InputError: Not a JPEG, or cut off before its pixels.
    """
    segments, size = read_jpeg_segments(file, name)

    def first(header: bytes) -> bytes:
        found = next((s for s in segments if s.marker == _EXIF_OR_XMP and s.head.startswith(header)), None)
        if found is None:
            return b""
        file.seek(found.at)
        return file.read(found.length)[len(header) :]

    return JpegHead(size, first(EXIF_HEADER), first(XMP_HEADER), tuple(segments))


def _next_marker(file: BinaryIO, name: str) -> int:
    """The next marker; fill bytes are passed over."""
    byte = file.read(1)
    if byte != b"\xff":
        reason = "cut off before its pixels" if not byte else "damaged before its pixels"
        raise InputError(f"{name}: JPEG {reason}; was it copied whole?")
    while byte == b"\xff":
        byte = file.read(1)
    if not byte:
        raise InputError(f"{name}: JPEG cut off before its pixels; was it copied whole?")
    return byte[0]
