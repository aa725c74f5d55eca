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


@dataclass(frozen=True, slots=True)
class JpegHead:
    """What stands before the pixels.

    Attributes:
        size_px: Width, height from the frame header.
        exif: The first EXIF block (a TIFF file of its own), or empty.
        xmp: The first XMP packet, or empty.
    """

    size_px: tuple[int, int]
    exif: bytes
    xmp: bytes


def read_jpeg_head(file: BinaryIO, name: str) -> JpegHead:
    """Walk over the segments; the bytes of other segments are passed over, not read.

    Raises:
        InputError: Not a JPEG, or cut off before its pixels.
    """
    exif = xmp = b""
    size = (0, 0)
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
        if marker == 0xE1 and not (exif and xmp):
            block = file.read(length)
            if block.startswith(EXIF_HEADER) and not exif:
                exif = block[len(EXIF_HEADER) :]
            elif block.startswith(XMP_HEADER) and not xmp:
                xmp = block[len(XMP_HEADER) :]
        elif marker in _FRAME_HEADERS:
            block = file.read(length)
            if len(block) >= 5 and size == (0, 0):
                size = (int.from_bytes(block[3:5], "big"), int.from_bytes(block[1:3], "big"))
        else:
            file.seek(length, 1)
    if min(size) == 0:
        raise InputError(f"{name}: JPEG without a picture; was it cut off while copying?")
    return JpegHead(size, exif, xmp)


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
