"""Directories of a TIFF structure: what EXIF blocks and TIFF files are made of."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

ASCII, BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 2, 1, 3, 4, 5, 7

_INTEGERS = {BYTE: "B", SHORT: "H", LONG: "I"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a directory.

    Attributes:
        tag: Its number.
        kind: Type number of TIFF 6.0: one of the names above.
        value: Text for ASCII, numbers for the others; bytes are written as they are.
    """

    tag: int
    kind: int
    value: str | bytes | Sequence[float]

    def encoded(self) -> tuple[int, bytes]:
        """Count and bytes."""
        if isinstance(self.value, str):
            raw = self.value.encode() + b"\0"
            return len(raw), raw
        if isinstance(self.value, bytes):
            return len(self.value), self.value
        if self.kind == RATIONAL:
            parts = [Fraction(float(v)).limit_denominator(1_000_000) for v in self.value]
            return len(parts), b"".join(struct.pack("<II", p.numerator, p.denominator) for p in parts)
        whole = [int(v) for v in self.value]
        return len(whole), struct.pack(f"<{len(whole)}{_INTEGERS[self.kind]}", *whole)


def directory(entries: Sequence[Entry], start: int) -> bytes:
    """A directory with its values behind it, from byte `start` of a little-endian TIFF structure; the last one.

    Source: TIFF 6.0, section 2: entries ascend by tag, values begin on even bytes.
    """
    table, data = b"", b""
    behind = start + 2 + 12 * len(entries) + 4
    for entry in sorted(entries, key=lambda e: e.tag):
        count, raw = entry.encoded()
        if len(raw) <= 4:
            field = raw.ljust(4, b"\0")
        else:
            field = struct.pack("<I", behind + len(data))
            data += raw + b"\0" * (len(raw) % 2)
        table += struct.pack("<HHI", entry.tag, entry.kind, count) + field
    return struct.pack("<H", len(entries)) + table + struct.pack("<I", 0) + data


EXIF_POINTER, GPS_POINTER = 0x8769, 0x8825


def structure(main: Sequence[Entry], exif: Sequence[Entry], gps: Sequence[Entry], start: int = 8) -> bytes:
    """Main, EXIF and GPS directories from byte `start` on, without the file's header."""
    if not exif:
        return directory(main, start)
    pointed = [*main, Entry(EXIF_POINTER, LONG, [0]), Entry(GPS_POINTER, LONG, [0])]
    exif_at = start + len(directory(pointed, 0))
    gps_at = exif_at + len(directory(exif, 0))
    pointed = [*main, Entry(EXIF_POINTER, LONG, [exif_at]), Entry(GPS_POINTER, LONG, [gps_at])]
    return directory(pointed, start) + directory(exif, exif_at) + directory(gps, gps_at)


def header(first: int) -> bytes:
    """A file's first eight bytes."""
    return b"II*\0" + struct.pack("<I", first)
