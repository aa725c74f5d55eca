"""EXIF and GPS tags out of a TIFF structure: the few that matter, read with every offset checked."""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import InputError

Fetch = Callable[[int, int], bytes]
"""``fetch(offset, count)`` gives at most `count` bytes."""

Value = str | bytes | tuple[float, ...]

MAX_ENTRIES = 1024
MAX_VALUE_BYTES = 1024 * 1024

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}

MAIN_TAGS = {
    0x0100: "width",
    0x0101: "height",
    0x0102: "bits_per_sample",
    0x0115: "samples_per_pixel",
    0x0153: "sample_format",
    0x010E: "description",
    0x010F: "make",
    0x0110: "model",
    0x0132: "modified",
    0x02BC: "xmp",
    0x83BB: "iptc",
    0x830E: "pixel_scale",
    0x8482: "tie_points",
    0x85D8: "geo_transform",
}
EXIF_TAGS = {
    0x829A: "exposure_s",
    0x9003: "clock",
    0x9011: "clock_offset",
    0x9291: "clock_subseconds",
    0x920A: "focal_mm",
    0xA002: "pixel_width",
    0xA003: "pixel_height",
    0xA20E: "focal_plane_x",
    0xA20F: "focal_plane_y",
    0xA210: "focal_plane_unit",
    0xA404: "digital_zoom",
    0xA405: "focal_35mm",
}
GPS_TAGS = {
    1: "gps_latitude_ref",
    2: "gps_latitude",
    3: "gps_longitude_ref",
    4: "gps_longitude",
    5: "gps_altitude_ref",
    6: "gps_altitude",
    7: "gps_time",
    18: "gps_datum",
    29: "gps_date",
}


@dataclass(frozen=True, slots=True)
class Exif:
    """Tags by the names of the tables above; what is missing or unreadable is absent."""

    values: dict[str, Value]

    def text(self, name: str) -> str:
        """A text, or "" where there is none. Makers pad with NUL and spaces."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def numbers(self, name: str) -> tuple[float, ...]:
        """Numbers, or none."""
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else ()

    def number(self, name: str) -> float:
        """The first number, or NaN."""
        numbers = self.numbers(name)
        return numbers[0] if numbers else math.nan


def read_exif(fetch: Fetch, name: str) -> Exif:
    """Read the first IFD of a TIFF structure with its EXIF and GPS IFDs.

    Raises:
        InputError: Not a TIFF structure. Damaged entries are passed over.

    Source: TIFF 6.0, section 2; Exif 2.32, section 4.6.
    """
    head = fetch(0, 8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        raise InputError(f"{name}: the EXIF block is not a TIFF structure; was the file damaged?")
    start = struct.unpack(order + "I", head[4:8])[0]
    pointers = {_EXIF_IFD: "exif_ifd", _GPS_IFD: "gps_ifd"}
    values = _read_ifd(fetch, order, start, MAIN_TAGS | pointers)
    for pointer, tags in (("exif_ifd", EXIF_TAGS), ("gps_ifd", GPS_TAGS)):
        where = values.pop(pointer, ())
        if isinstance(where, tuple) and where:
            values.update(_read_ifd(fetch, order, int(where[0]), tags))
    return Exif(values)


def _read_ifd(fetch: Fetch, order: str, start: int, tags: dict[int, str]) -> dict[str, Value]:
    raw_count = fetch(start, 2)
    if len(raw_count) < 2:
        return {}
    count = min(struct.unpack(order + "H", raw_count)[0], MAX_ENTRIES)
    block = fetch(start + 2, 12 * count)
    values: dict[str, Value] = {}
    for at in range(0, len(block) - 11, 12):
        tag, kind, number = struct.unpack(order + "HHI", block[at : at + 8])
        if tag in tags and kind in _TYPES:
            value = _value(fetch, order, kind, number, block[at + 8 : at + 12])
            if value is not None:
                values[tags[tag]] = value
    return values


def _value(fetch: Fetch, order: str, kind: int, number: int, inline: bytes) -> Value | None:
    code = _TYPES[kind]
    size = struct.calcsize("=" + code) * number
    if not 0 < size <= MAX_VALUE_BYTES:
        return None
    raw = inline[:size] if size <= 4 else fetch(struct.unpack(order + "I", inline)[0], size)
    if len(raw) < size:
        return None
    if kind == 2:
        return raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    if kind == 7:
        return raw
    parts = struct.unpack(f"{order}{number * len(code)}{code[0]}", raw)
    if len(code) == 2:
        return tuple(top / bottom if bottom else math.nan for top, bottom in zip(parts[::2], parts[1::2], strict=True))
    return tuple(float(part) for part in parts)
