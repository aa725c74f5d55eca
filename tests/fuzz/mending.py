"""Checksums put right after damage, so that it reaches what lies behind them."""

import re
import struct
import zlib

from pipeline.sources.telemetry.mavlink_frames import frame_bytes
from tests.sources.misb_packets import KEY

_CRC_EXTRA = {2: 137, 24: 24, 30: 39, 33: 104, 112: 174, 158: 134, 180: 52, 263: 133, 265: 26, 285: 137}
_KEYS = re.compile(re.escape(KEY))


def misb(data: bytes) -> bytes:
    """Sum of every ST 0601 packet that ends with one (ST 0601, tag 1: 16-bit words, big end first)."""
    out = bytearray(data)
    for found in _KEYS.finditer(data):
        at = found.end()
        if at >= len(data):
            break
        size, at = data[at], at + 1
        if size > 0x80:
            size, at = int.from_bytes(data[at : at + size - 0x80], "big"), at + size - 0x80
        end = at + size
        if end <= len(data) and size > 4 and data[end - 4 : end - 2] == b"\x01\x02":
            total = 0
            for place, byte in enumerate(out[found.start() : end - 2]):
                total += byte << 8 * (1 - place % 2)
            out[end - 2 : end] = struct.pack(">H", total & 0xFFFF)
    return bytes(out)


def mavlink(data: bytes) -> bytes:
    """Sum of every frame of a kind that is read (MAVLink, "Packet Serialization")."""
    out = bytearray(data)
    pos = 0
    while pos + 18 < len(data):
        size = frame_bytes(data, pos)
        if size <= 0 or pos + size > len(data):
            pos += 1
            continue
        start, first = pos + 8, data[pos + 8] == 0xFE
        number = data[start + 5] if first else int.from_bytes(data[start + 7 : start + 10], "little")
        stop = start + (6 if first else 10) + data[start + 1]
        if number in _CRC_EXTRA:
            out[stop : stop + 2] = _x25(data[start + 1 : stop] + bytes([_CRC_EXTRA[number]])).to_bytes(2, "little")
        pos += size
    return bytes(out)


def _x25(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        low = byte ^ crc & 0xFF
        low ^= low << 4 & 0xFF
        crc = crc >> 8 ^ low << 8 ^ low << 3 ^ low >> 4
    return crc & 0xFFFF


def png(data: bytes) -> bytes:
    """Sum of every chunk (PNG, "CRC algorithm")."""
    out = bytearray(data)
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        out[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)
