"""Raw counts that thermal cameras hide in the segments before the pixels of a JPEG.

The picture that viewers show is stretched, coloured and sometimes overlaid or enlarged; the counts are what the sensor
measured. Makers that publish no format are read by what is evident alone: a run of segments of exactly two bytes a
pixel.
"""

import struct
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.sources.jpeg_segments import Segment, read_jpeg_segments
from pipeline.sources.png_chunks import is_whole
from pipeline.sources.thermal_calibration import ZERO_C_K, PlanckConstants, planck_constants, temperature_k

MAX_COUNTS = 64_000_000
"""Pixels; the largest thermal sensors have 1.3 million."""
MAX_ROUGHNESS = 0.5
"""Neighbours differ, in the median, by less than this share of the standard deviation in every picture; noise by 1."""

_FLIR = b"FLIR\0\x01"
_FLIR_RECORDS = b"FFF\0"
_RAW_DATA, _CAMERA = 0x01, 0x20
_APP1, _APP3, _APP8 = 0xE1, 0xE3, 0xE8
_PNG = b"\x89PNG\r\n\x1a\n"
_RAW_HEADER = 32
_RANGE_AT = 0x310


@dataclass(frozen=True, slots=True, eq=False)
class Radiometric:
    """What a thermal sensor measured.

    Attributes:
        counts: ``(H, W)`` uint16; more is warmer.
        planck: Constants that turn counts into temperatures; None where the file has none.
        where: In which segments it stood, in words.
    """

    counts: NDArray[np.uint16]
    planck: PlanckConstants | None
    where: str

    def warmth_c(self) -> tuple[float, float] | None:
        """Least and greatest temperature in °C; None where the file does not tell how to find it."""
        if self.planck is None:
            return None
        ends = temperature_k(np.array([self.counts.min(), self.counts.max()]), self.planck) - ZERO_C_K
        return (float(ends[0]), float(ends[1])) if np.isfinite(ends).all() else None


def read_radiometric(file: BinaryIO, name: str) -> Radiometric | None:
    """The counts of a radiometric JPEG; None for any other picture, and for counts that are damaged.

    Raises:
        InputError: Not a JPEG, or cut off before its pixels.
    """
    segments, size_px = read_jpeg_segments(file, name)
    if any(segment.head.startswith(_FLIR) for segment in segments):
        return _flir(file, [segment for segment in segments if segment.head.startswith(_FLIR)])
    return _plain(file, segments, size_px)


def may_be_radiometric(segments: Sequence[Segment], size_px: tuple[int, int]) -> bool:
    """Whether the sizes of segments allow counts in them: cheap, nothing is read."""
    return any(segment.head.startswith(_FLIR) for segment in segments) or _run(segments, size_px) is not None


def _plain(file: BinaryIO, segments: Sequence[Segment], size_px: tuple[int, int]) -> Radiometric | None:
    """Counts as they come, little-endian, row by row, in segments of one kind."""
    marker = _run(segments, size_px)
    if marker is None:
        return None
    raw = b"".join(_payload(file, segment) for segment in segments if segment.marker == marker)
    width, height = size_px
    if len(raw) != 2 * width * height:
        return None
    counts = np.frombuffer(raw, "<u2").reshape(height, width).astype(np.uint16)
    return Radiometric(counts, None, f"APP{marker - 0xE0} segments") if _is_picture(counts) else None


def _run(segments: Sequence[Segment], size_px: tuple[int, int]) -> int | None:
    """The kind of segments whose lengths add up to two bytes a pixel."""
    sums: dict[int, int] = defaultdict(int)
    for segment in segments:
        if _APP3 <= segment.marker <= _APP8:
            sums[segment.marker] += segment.length
    pixels = size_px[0] * size_px[1]
    return next((marker for marker, total in sums.items() if total == 2 * pixels and 0 < pixels <= MAX_COUNTS), None)


def _flir(file: BinaryIO, segments: list[Segment]) -> Radiometric | None:
    """Records of FLIR Systems' public file format, cut into numbered segments.

    Source: the layout as ExifTool documents it (FLIR tags, "FFF"); verified against files of two makers.
    """
    parts = {segment.head[6]: segment for segment in segments if len(segment.head) >= 8 and segment.length > 8}
    whole = b"".join(_payload(file, parts[number])[8:] for number in sorted(parts))
    records = _records(whole)
    raw, camera = records.get(_RAW_DATA), records.get(_CAMERA, b"")
    if raw is None or len(raw) <= _RAW_HEADER:
        return None
    order = "<" if raw[0] == 2 else ">"  # the first number of a record is 2
    width, height = struct.unpack_from(order + "HH", raw, 2)
    if not 0 < width * height <= MAX_COUNTS:
        return None
    if raw.startswith(_PNG, _RAW_HEADER):
        counts = _png(raw[_RAW_HEADER:], (width, height), camera)
    elif len(raw) >= _RAW_HEADER + 2 * width * height:
        pixels = np.frombuffer(raw, order + "u2", width * height, _RAW_HEADER)
        counts = pixels.reshape(height, width).astype(np.uint16)
    else:
        return None
    if counts is None or not _is_picture(counts):
        return None
    return Radiometric(counts, planck_constants(camera), "FLIR records in APP1 segments")


def _records(whole: bytes) -> dict[int, bytes]:
    """Records by kind, the first of each."""
    if not whole.startswith(_FLIR_RECORDS) or len(whole) < 0x40:
        return {}
    order = next((o for o in (">", "<") if 100 <= struct.unpack_from(o + "I", whole, 0x14)[0] < 200), None)
    if order is None:
        return {}
    at, count = struct.unpack_from(order + "II", whole, 0x18)
    records: dict[int, bytes] = {}
    for index in range(min(count, 64)):
        entry = whole[at + 32 * index : at + 32 * index + 20]
        if len(entry) == 20:
            kind, offset, length = struct.unpack(order + "H10xII", entry)
            if kind and 0 < length <= len(whole) - offset:
                records.setdefault(kind, whole[offset : offset + length])
    return records


def _png(data: bytes, size_px: tuple[int, int], camera: bytes) -> NDArray[np.uint16] | None:
    """Counts as a picture of 16 bits; most cameras write its bytes in the wrong order."""
    if (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")) != size_px or not is_whole(data):
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError):
        return None
    if image is None or image.dtype != np.uint16 or image.ndim != 2:
        return None
    counts = np.asarray(image, np.uint16)
    swapped = counts.byteswap()
    if len(camera) < _RANGE_AT + 4:
        return swapped
    low, high = struct.unpack_from(("<" if camera[0] == 2 else ">") + "HH", camera, _RANGE_AT)

    def outside(values: NDArray[np.uint16]) -> int:
        return int(np.count_nonzero((values < low) | (values > high)))

    return counts if outside(counts) < outside(swapped) else swapped


def _is_picture(counts: NDArray[np.uint16]) -> bool:
    """Whether neighbours resemble each other as in every picture; noise and other tables are none."""
    if counts.shape[1] < 2:
        return False
    numbers = counts.astype(np.float32)
    spread = float(numbers.std())
    return spread > 0 and float(np.median(np.abs(np.diff(numbers, axis=1)))) < MAX_ROUGHNESS * spread


def _payload(file: BinaryIO, segment: Segment) -> bytes:
    file.seek(segment.at)
    return file.read(segment.length)
