"""An MPEG transport stream of one program: H.264 video and a stream of metadata.

PyAV's own multiplexer writes metadata as private data with time stamps only: neither the synchronous nor the
asynchronous form that aircraft send (decision 0063).
"""

from collections.abc import Iterator
from typing import BinaryIO

from pipeline.simulator.writers.options import KlvTiming

VIDEO_PID, KLV_PID, _PMT_PID, _PAT_PID = 0x100, 0x101, 0x1000, 0
_PACKET, _HEADER = 188, 4
_DELAY = 63_000
"""Ticks by which a frame arrives before it is shown: 0.7 s."""
_PCR_EVERY, _TABLES_EVERY, _LONGEST_GAP = 3_600, 9_000, 90_000
FIRST_TICKS = 126_000
"""Time stamp of the video's beginning: 1.4 s, so that metadata may precede it."""

_KLV_STREAM = {
    "pes": (0x06, b"\x05\x04KLVA"),
    "none": (0x06, b"\x05\x04KLVA"),
    "metadata_au": (
        0x15,
        b"\x26\x09\x01\x00\xffKLVA\x00\x0f" + b"\x27\x09\xc0\x03\xe8\xc0\x00\x10\xc0\x03\xe8",
    ),
}
"""Stream type and descriptors. Source: MISB ST 1402 with ISO/IEC 13818-1, 2.6.58 to 2.6.63."""


class TransportStream:
    """Packets of 188 bytes, written as units come."""

    def __init__(self, file: BinaryIO, timing: KlvTiming) -> None:
        self._file, self._timing = file, timing
        self._counters: dict[int, int] = {}
        self._cells = 0
        self._pcr_at: int | None = None
        self._tables_at: int | None = None

    def video(self, ticks: int, unit: bytes, *, key: bool) -> None:
        """An access unit that is shown `ticks` (of 90 kHz) after the video's beginning."""
        stamp = FIRST_TICKS + ticks
        self._keep_clock(stamp - _DELAY, tables=key)
        header = b"\0\0\1\xe0\0\0\x80\x80\x05" + _stamp(stamp)
        field = bytes([0x50 if key else 0x10]) + _clock(stamp - _DELAY)
        self._packets(VIDEO_PID, header + unit, field)
        self._pcr_at = stamp - _DELAY

    def klv(self, ticks: int, packet: bytes) -> None:
        """A metadata packet of `ticks` after the video's beginning."""
        self._keep_clock(FIRST_TICKS + ticks - _DELAY, tables=False)
        if self._timing == "none":
            body, begin, options = packet, b"\0\0\1\xbd", b"\x84\x00\x00"
        else:
            body, begin = packet, b"\0\0\1\xfc"
            options = b"\x84\x80\x05" + _stamp(FIRST_TICKS + ticks)
        if self._timing == "metadata_au":
            body = bytes([0, self._cells & 0xFF, 0xDF]) + len(packet).to_bytes(2, "big") + packet
            self._cells += 1
        self._packets(KLV_PID, begin + (len(options) + len(body)).to_bytes(2, "big") + options + body)

    def _keep_clock(self, pcr: int, *, tables: bool) -> None:
        """Clock references at least every 40 ms and tables every 100 ms, as receivers expect; not over long gaps."""
        if self._pcr_at is not None and pcr - self._pcr_at <= _LONGEST_GAP:
            while pcr - self._pcr_at > _PCR_EVERY:
                self._pcr_at += _PCR_EVERY
                self._put_tables(self._pcr_at, force=False)
                self._packet(VIDEO_PID, b"", b"\x10" + _clock(self._pcr_at), begins=False)
        self._put_tables(pcr, force=tables)

    def _put_tables(self, pcr: int, *, force: bool) -> None:
        if not force and self._tables_at is not None and pcr - self._tables_at < _TABLES_EVERY:
            return
        self._tables_at = pcr
        kind, descriptors = _KLV_STREAM[self._timing]
        streams = b"\x1b" + _pid(VIDEO_PID) + b"\xf0\x00"
        streams += bytes([kind]) + _pid(KLV_PID) + (0xF000 | len(descriptors)).to_bytes(2, "big") + descriptors
        self._packets(_PAT_PID, b"\0" + _section(0x00, b"\x00\x01" + _pid(_PMT_PID)))
        self._packets(_PMT_PID, b"\0" + _section(0x02, _pid(VIDEO_PID) + b"\xf0\x00" + streams), pad=True)

    def _packets(self, pid: int, payload: bytes, field: bytes = b"", *, pad: bool = False) -> None:
        """A unit over as many packets as it needs; the adaptation field's contents go into the first."""
        first = True
        for piece, contents in _pieces(payload, field, pad=pad or pid == _PAT_PID):
            self._packet(pid, piece, contents, begins=first)
            first = False

    def _packet(self, pid: int, payload: bytes, field: bytes | None, *, begins: bool) -> None:
        """One packet; `field` None: no adaptation field. It is stuffed to fill the packet."""
        count = self._counters.get(pid, 15)
        if payload:
            count = self._counters[pid] = (count + 1) & 0x0F
        control = (0x20 if field is not None else 0) | (0x10 if payload else 0)
        head = bytes([0x47]) + ((0x4000 if begins else 0) | pid).to_bytes(2, "big") + bytes([control | count])
        if field is not None:
            room = _PACKET - _HEADER - len(payload) - 1
            head += bytes([room]) + (field or (b"\0" if room else b"")).ljust(room, b"\xff")
        self._file.write(head + payload)


def _pieces(payload: bytes, field: bytes, *, pad: bool) -> Iterator[tuple[bytes, bytes | None]]:
    """Payload of each packet with the contents of its adaptation field, None where it has none."""
    room = _PACKET - _HEADER
    at = 0
    if field:
        at = room - 1 - len(field)
        yield payload[:at], field
    while at < len(payload):
        piece = payload[at : at + room]
        at += room
        if len(piece) == room:
            yield piece, None
        elif pad:
            yield piece.ljust(room, b"\xff"), None
        else:
            yield piece, b""


def _section(table: int, body: bytes) -> bytes:
    """A section of a table, version 0, with its checksum; number 1 is the stream's or the program's."""
    rest = b"\x00\x01\xc1\x00\x00" + body
    section = bytes([table]) + (0xB000 | (len(rest) + 4)).to_bytes(2, "big") + rest
    return section + _crc32(section).to_bytes(4, "big")


def _crc32(data: bytes) -> int:
    """Source: ISO/IEC 13818-1, annex A."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def _pid(pid: int) -> bytes:
    return (0xE000 | pid).to_bytes(2, "big")


def _stamp(ticks: int) -> bytes:
    """A presentation time stamp: 33 bits in five bytes with marker bits."""
    ticks &= (1 << 33) - 1
    return bytes(
        [
            0x21 | (ticks >> 29) & 0x0E,
            (ticks >> 22) & 0xFF,
            0x01 | (ticks >> 14) & 0xFE,
            (ticks >> 7) & 0xFF,
            0x01 | (ticks << 1) & 0xFE,
        ]
    )


def _clock(ticks: int) -> bytes:
    """A program clock reference, its fine part 0."""
    return ((ticks & ((1 << 33) - 1)) << 15 | 0x7E00).to_bytes(6, "big")
