"""Cloud-Optimised GeoTIFFs, written in one pass: the directories first, then the overviews' blocks, then the picture's.

Bands lie one after the other, in blocks of 512 pixels packed by Zstandard, colours as differences along rows: nothing
is lost.
The same pixels give the same bytes with one version of Zstandard, whatever GDAL is installed; any GDAL reads them.

Sources: TIFF revision 6.0 (1992) for directories and predictor; OGC 19-008r4 (GeoTIFF 1.1) for the keys; GDAL's
documentation of its COG driver for the words behind the header and the lengths around each block.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Plane = NDArray[np.uint8] | NDArray[np.int16]
Field = tuple[int, str, Sequence[float] | bytes]
"""Tag, type as `struct` names it, values."""

BLOCK_PX = 512
_ZSTD_LEVEL = 1
_LAYOUT = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)
_GHOST = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_LAYOUT) + _LAYOUT
_FIRST_DIRECTORY = 8 + len(_GHOST) + len(_GHOST) % 2
_ASCII, _SHORT, _LONG, _DOUBLE = "s", "H", "I", "d"
_TYPE_CODES = {_ASCII: 2, _SHORT: 3, _LONG: 4, _DOUBLE: 12}
_OFFSETS, _BYTE_COUNTS = 324, 325


@dataclass(frozen=True, slots=True)
class Georeference:
    """Where a raster lies.

    Attributes:
        epsg: A projected coordinate system in metres.
        west_m, north_m: Outer corner of the first pixel.
        gsd_m: Side of a pixel.
    """

    epsg: int
    west_m: float
    north_m: float
    gsd_m: float


def cog_bytes(levels: Sequence[Sequence[Plane]], place: Georeference, nodata: int | None = None) -> bytes:
    """A whole file.

    Args:
        levels: The bands of the picture, then those of its overviews, each of half the size. Four bands of uint8 are
            red, green, blue and alpha; one band of int16 is numbers. Sides are multiples of 512.
        place: Of the picture.
        nodata: Stands for "nothing" in every band.

    Returns:
        A little-endian TIFF.
    """
    packed = [[block for plane in planes for block in _blocks(plane)] for planes in levels]
    fields = [_fields(planes, place if number == 0 else None, nodata) for number, planes in enumerate(levels)]
    lengths = [
        len(_directory([*described, *_where([0] * len(blocks), blocks)], 0, last=True))
        for described, blocks in zip(fields, packed, strict=True)
    ]
    body: list[bytes] = []
    at = _FIRST_DIRECTORY + sum(lengths)
    offsets: list[list[int]] = [[] for _ in levels]
    for number in reversed(range(len(levels))):
        for block in packed[number]:
            body += struct.pack("<I", len(block)), block, block[-4:]
            offsets[number].append(at + 4)
            at += len(block) + 8
    head = bytearray(struct.pack("<2sHI", b"II", 42, _FIRST_DIRECTORY) + _GHOST)
    head += bytes(_FIRST_DIRECTORY - len(head))
    for number, described in enumerate(fields):
        where = _where(offsets[number], packed[number])
        head += _directory([*described, *where], len(head), last=number + 1 == len(fields))
    return b"".join([head, *body])


def _blocks(plane: Plane) -> list[bytes]:
    """Blocks row by row, packed; colours as differences from the pixel to the left."""
    codec = pa.Codec("zstd", compression_level=_ZSTD_LEVEL)
    block = np.empty((BLOCK_PX, BLOCK_PX), plane.dtype)
    packed: list[bytes] = []
    even: dict[int, bytes] = {}  # blocks of one value, most of all of nothing, are packed once
    for top in range(0, plane.shape[0], BLOCK_PX):
        for left in range(0, plane.shape[1], BLOCK_PX):
            plain = plane[top : top + BLOCK_PX, left : left + BLOCK_PX]
            value = int(plain[0, 0])
            uniform = plain[-1, -1] == value and not np.any(plain != value)
            if uniform and value in even:
                packed.append(even[value])
                continue
            if plane.dtype == np.uint8:
                block[:, 0] = plain[:, 0]
                np.subtract(plain[:, 1:], plain[:, :-1], out=block[:, 1:])
            else:
                block[:] = plain
            packed.append(codec.compress(block, asbytes=True))
            if uniform:
                even[value] = packed[-1]
    return packed


def _fields(planes: Sequence[Plane], place: Georeference | None, nodata: int | None) -> list[Field]:
    """What a directory says, but for where its blocks lie. Overviews have no place of their own."""
    height, width = planes[0].shape
    coloured, count = planes[0].dtype == np.uint8, len(planes)
    fields: list[Field] = [
        (254, _LONG, [0 if place else 1]),  # reduced copy
        (256, _SHORT, [width]),
        (257, _SHORT, [height]),
        (258, _SHORT, [8 * planes[0].itemsize] * count),
        (259, _SHORT, [50000]),  # Zstandard
        (262, _SHORT, [2 if coloured else 1]),  # red, green, blue; else numbers
        (277, _SHORT, [count]),
        (284, _SHORT, [2 if count > 1 else 1]),  # one band after the other
        (317, _SHORT, [2 if coloured else 1]),  # differences along rows
        (322, _SHORT, [BLOCK_PX]),
        (323, _SHORT, [BLOCK_PX]),
        (339, _SHORT, [1 if coloured else 2] * count),
    ]
    if coloured:
        fields.append((338, _SHORT, [2]))  # the fourth band is alpha, not multiplied in
    if place is not None:
        keys = [1, 1, 1, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, place.epsg]  # projected, pixels are areas
        fields.append((33550, _DOUBLE, [place.gsd_m, place.gsd_m, 0.0]))
        fields.append((33922, _DOUBLE, [0.0, 0.0, 0.0, place.west_m, place.north_m, 0.0]))
        fields.append((34735, _SHORT, keys))
    if nodata is not None:
        fields.append((42113, _ASCII, str(nodata).encode() + b"\0"))
    return fields


def _where(offsets: Sequence[int], blocks: Sequence[bytes]) -> list[Field]:
    return [(_OFFSETS, _LONG, offsets), (_BYTE_COUNTS, _LONG, [len(block) for block in blocks])]


def _directory(fields: Sequence[Field], start: int, *, last: bool) -> bytes:
    """A directory that begins `start` bytes into the file, with the values that do not fit into it behind it."""
    entries, beyond = bytearray(), bytearray()
    beyond_start = start + 2 + 12 * len(fields) + 4
    for tag, kind, values in sorted(fields):
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{kind}", *values)
        entries += struct.pack("<HHI", tag, _TYPE_CODES[kind], len(values))
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", beyond_start + len(beyond))
            beyond += data + bytes(len(data) % 2)
    following = 0 if last else beyond_start + len(beyond)
    return struct.pack("<H", len(fields)) + bytes(entries) + struct.pack("<I", following) + bytes(beyond)
