"""The kinds of tracks in an MP4 or MOV file, without opening it as a video."""

from collections.abc import Iterator
from io import BufferedReader

MAX_BOXES = 4096
MAX_HEAD = 64

_WITHIN = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_DESCRIPTION = b"stsd"


def sample_kinds(file: BufferedReader) -> set[bytes]:
    """Four-character codes of the first sample description of every track.

    Source: ISO/IEC 14496-12, sections 4.2 and 8.5.2.
    """
    file.seek(0, 2)
    budget = [MAX_BOXES]
    return set(_kinds(file, 0, file.tell(), 0, budget))


def _kinds(file: BufferedReader, at: int, end: int, depth: int, budget: list[int]) -> Iterator[bytes]:
    while at + 8 <= end and budget[0] > 0:
        budget[0] -= 1
        file.seek(at)
        head = file.read(MAX_HEAD)
        size, kind, first = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, first = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - at
        if size < first or len(head) < first:
            return
        if kind == _DESCRIPTION and len(head) >= first + 16:
            yield head[first + 12 : first + 16]  # behind version, count and the entry's size
        elif kind in _WITHIN and depth < len(_WITHIN):
            yield from _kinds(file, at + first, min(at + size, end), depth + 1, budget)
        at += size
