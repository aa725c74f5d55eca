"""Packets of MISB metadata in a stream of bytes, whole or damaged: keys found, lengths bounded, checksums verified.

A packet counts only where its checksum is right; behind one that is not, the search goes on one byte after its key,
so that damage costs the packets that it touches and no other.

Source: SMPTE ST 336 (keys and lengths) and MISB ST 0601, item 1 (checksum).
"""

import re
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Int
from pipeline.sources.telemetry.klv_bytes import ber_length

MAX_PACKET = 256 * 1024
"""No packet that is sent is longer: the largest imagery fits beside the numbers."""
KEY_BYTES = 16
_SHORTEST_GAP = 16


class Kind(IntEnum):
    """What a packet is."""

    UAS = 0
    PREDATOR = 1
    SECURITY = 2
    VMTI = 3


_ENDINGS = {
    b"\x0e\x01\x03\x01\x01": Kind.UAS,
    b"\x0e\x01\x01\x02\x01": Kind.PREDATOR,
    b"\x0e\x01\x03\x03\x02": Kind.SECURITY,
    b"\x0e\x01\x03\x03\x06": Kind.VMTI,
}
_KEY = re.compile(
    rb"\x06\x0e\x2b\x34\x02.\x01.(\x0e\x01(?:\x03\x01\x01|\x01\x02\x01|\x03\x03\x02|\x03\x03\x06))", re.DOTALL
)
"""Sets of any coding and version of the registry; the last three bytes are reserved."""
_SUMMED = (Kind.UAS, Kind.VMTI)


@dataclass(frozen=True, slots=True, eq=False)
class PacketBlock:
    """Sound packets in some bytes.

    Attributes:
        data: The bytes.
        flat: The same as ``(B,)`` uint8.
        start, body, end: ``(N,)`` where each packet begins, its items begin, and it ends.
        kind: ``(N,)`` of `Kind`.
        consumed: Bytes from here on are needed again together with what follows.
        checksum_wrong, checksum_missing, cut_off: Packets given up.
        gaps: Stretches of `_SHORTEST_GAP` bytes and more that belong to no sound packet: begin and end.
    """

    data: bytes
    flat: NDArray[np.uint8]
    start: Int
    body: Int
    end: Int
    kind: Int
    consumed: int
    checksum_wrong: int
    checksum_missing: int
    cut_off: int
    gaps: tuple[tuple[int, int], ...]

    def part(self, rows: Int) -> "PacketBlock":
        """Some of its packets, over the same bytes."""
        return replace(
            self, start=self.start[rows], body=self.body[rows], end=self.end[rows], kind=self.kind[rows], gaps=()
        )


def has_packets(head: bytes) -> bool:
    """Whether a key of a set that is read stands in some bytes."""
    return _KEY.search(head) is not None


def find_packets(data: bytes, *, final: bool, summed: bool = True) -> PacketBlock:
    """Packets of a stretch of a stream.

    Args:
        data: The bytes, from `PacketBlock.consumed` of the stretch before on.
        final: Nothing follows.
        summed: Take only packets with a checksum, where their standard has one. A stream that has none at all is
            read without.
    """
    found, hold, cut_off = _candidates(data, final=final)
    flat = np.frombuffer(data, np.uint8)
    places = np.array(found, np.int64).reshape(-1, 4)
    start, body, end, kind = places.T
    present, right = _checksums(flat, start, end)
    needs = np.isin(kind, _SUMMED)
    sound = ~needs | (present & right) | (~present if not summed else False)
    taken = _apart(start, end, sound)
    last = int(end[taken][-1]) if taken.any() else 0
    consumed = len(data) if final else _consumed(len(data), hold, last)
    free = ~taken & ~_inside(start, start[taken], end[taken]) & (start < consumed)
    begins, ends = np.r_[0, end[taken]], np.r_[start[taken], consumed]
    wide = np.flatnonzero(ends - begins >= _SHORTEST_GAP)
    return PacketBlock(
        data,
        flat,
        start[taken],
        body[taken],
        end[taken],
        kind[taken],
        consumed,
        int(np.count_nonzero(free & needs & present)),
        int(np.count_nonzero(free & needs & ~present)),
        cut_off,
        tuple((int(begins[n]), int(ends[n])) for n in wide),
    )


def checksum(flat: NDArray[np.uint8]) -> int:
    """Sum of the 16-bit words of some bytes, the first byte high. Source: MISB ST 0601, item 1."""
    return int(flat[0::2].sum(dtype=np.uint64) * 256 + flat[1::2].sum(dtype=np.uint64)) & 0xFFFF


def _candidates(data: bytes, *, final: bool) -> tuple[list[tuple[int, int, int, Kind]], int | None, int]:
    """Start, items' begin, end and kind behind every key; where the first begins that is not complete yet."""
    found: list[tuple[int, int, int, Kind]] = []
    cut_off = 0
    for match in _KEY.finditer(data):
        start = match.start()
        place = ber_length(data, start + KEY_BYTES, len(data))
        if place is not None and place[1] <= MAX_PACKET and place[0] + place[1] <= len(data):
            found.append((start, place[0], place[0] + place[1], _ENDINGS[match[1]]))
        elif (place is None and len(data) - start < KEY_BYTES + 5) or (place is not None and place[1] <= MAX_PACKET):
            if not final:
                return found, start, cut_off
            cut_off += 1
    return found, None, cut_off


def _checksums(flat: NDArray[np.uint8], start: Int, end: Int) -> tuple[Bool, Bool]:
    """Whether each packet ends in a checksum, and whether that is right: by running sums, once over all bytes."""
    last = np.maximum(end, 4)
    present = (end - start >= KEY_BYTES + 5) & (flat[last - 4] == 1) & (flat[last - 3] == 2) if len(end) else end > 0
    right = np.zeros(len(start), np.bool_)
    for parity in (0, 1):
        rows = np.flatnonzero(present & (start % 2 == parity))
        if not len(rows):
            continue
        words = flat.astype(np.uint16)
        words[parity::2] <<= 8
        sums = np.zeros(len(words) + 1, np.uint16)
        np.cumsum(words, dtype=np.uint16, out=sums[1:])
        stored = flat[end[rows] - 2].astype(np.uint16) << 8 | flat[end[rows] - 1]
        right[rows] = sums[end[rows] - 2] - sums[start[rows]] == stored
    return present, right


def _apart(start: Int, end: Int, sound: Bool) -> Bool:
    """Sound packets that don't lie in one taken before."""
    rows = np.flatnonzero(sound)
    if np.all(start[rows][1:] >= end[rows][:-1]):
        return sound
    taken = np.zeros(len(start), np.bool_)
    reached = 0
    for row in rows.tolist():
        if start[row] >= reached:
            taken[row] = True
            reached = int(end[row])
    return taken


def _inside(place: Int, start: Int, end: Int) -> Bool:
    """Which places lie in one of some stretches that don't overlap."""
    if not len(start):
        return np.zeros(len(place), np.bool_)
    before = np.searchsorted(start, place, "right") - 1
    return (before >= 0) & (place < end[np.maximum(before, 0)])


def _consumed(length: int, hold: int | None, last: int) -> int:
    """From where on bytes are needed again: a gap at the end may yet be part of a packet."""
    edge = hold if hold is not None else max(length - KEY_BYTES, 0)
    return last if edge - last <= MAX_PACKET else edge
