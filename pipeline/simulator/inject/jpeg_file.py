"""A JPEG taken apart without loss of what stands before its pixels, and its planes as the coder kept them."""

import io
from dataclasses import dataclass

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.records.arrays import Int

UInt8 = NDArray[np.uint8]

_FRAME_HEADERS = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; the others nobody's camera writes
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_DQT, _DHT, _DRI, _SOS, _EOI = 0xDB, 0xC4, 0xDD, 0xDA, 0xD9


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A plane of a JPEG.

    Attributes:
        number: Its id in the file.
        across, down: Sampling factors.
        table: ``(8, 8)`` quantisation steps.
        table_number: Which of the file's tables that is.
    """

    number: int
    across: int
    down: int
    table: Int
    table_number: int


@dataclass(frozen=True, slots=True, eq=False)
class JpegFile:
    """What a JPEG holds.

    Attributes:
        segments: ``(marker, bytes after its length)`` in the file's order up to the first scan; start of frame,
            Huffman tables and start of scan left out: they are written anew.
        size_px: Width, height.
        components: One or three.
        restart: MCUs between restart markers; 0: none.
        tail: What lies behind the end of the picture, such as a second, smaller one.
        planes: One a component, ``(h, w)`` at the component's own sampling.
    """

    segments: tuple[tuple[int, bytes], ...]
    size_px: tuple[int, int]
    components: tuple[Component, ...]
    restart: int
    tail: bytes
    planes: tuple[UInt8, ...]


def read_jpeg_file(data: bytes, name: str) -> JpegFile:
    """Take a JPEG apart.

    Raises:
        InputError: Not a JPEG of 8 bits with one or three planes, or it is damaged.
    """
    segments, frame, tables, restart, scan_at = _walk(data, name)
    if frame[0] != 8 or frame[5] not in (1, 3):
        raise InputError(f"{name}: a JPEG of {frame[0]} bits and {frame[5]} planes cannot be written again; convert it")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    parts = [frame[6 + 3 * k : 9 + 3 * k] for k in range(frame[5])]
    missing = [part[2] for part in parts if part[2] not in tables]
    if missing:
        raise InputError(f"{name}: damaged JPEG: quantisation table {missing[0]} is missing; was it copied whole?")
    components = tuple(Component(p[0], p[1] >> 4, p[1] & 15, tables[p[2]], p[2]) for p in parts)
    end = data.find(b"\xff\xd9", scan_at)
    if end < 0:
        raise InputError(f"{name}: damaged JPEG: it has no end; was it copied whole?")
    planes = _planes(data[: end + 2], name, (width, height), components)
    return JpegFile(tuple(segments), (width, height), components, restart, data[end + 2 :], planes)


def _walk(data: bytes, name: str) -> tuple[list[tuple[int, bytes]], bytes, dict[int, Int], int, int]:
    """Segments, frame header, tables, restart interval, and where the pixels begin."""
    kept: list[tuple[int, bytes]] = []
    frame, tables, restart, at = b"", dict[int, Int](), 0, 2
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _SOS and frame:
            return kept, frame, tables, restart, at
        if marker in _FRAME_HEADERS:
            frame = body
        elif marker in _OTHER_FRAMES:
            raise InputError(f"{name}: a JPEG of a rare kind (marker {marker:02X}); convert it to a common one")
        elif marker == _DRI:
            restart = int.from_bytes(body[:2], "big")
            kept.append((marker, body))
        elif marker != _DHT:
            kept.append((marker, body))
            if marker == _DQT:
                tables.update(_tables(body))
    raise InputError(f"{name}: not a JPEG, or cut off before its pixels; was it copied whole?")


def _tables(body: bytes) -> dict[int, Int]:
    found, at = dict[int, Int](), 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        steps = np.frombuffer(body[at + 1 : at + 1 + size], ">u2" if wide else "u1").astype(np.int64)
        if len(steps) < 64:
            break
        table = np.zeros(64, np.int64)
        table[ZIGZAG] = steps
        found[number] = table.reshape(8, 8)
        at += 1 + size
    return found


def _planes(data: bytes, name: str, size_px: tuple[int, int], components: tuple[Component, ...]) -> tuple[UInt8, ...]:
    """The decoder's own planes: no colour conversion and no resampling in between."""
    try:
        with av.open(io.BytesIO(data), "r", format="jpeg_pipe") as container:
            frame = next(container.decode(video=0))
    except (FFmpegError, StopIteration, ValueError) as error:
        raise InputError(f"{name}: damaged JPEG ({error}); was it copied whole?") from error
    across, down = max(c.across for c in components), max(c.down for c in components)
    out = []
    for component, plane in zip(components, frame.planes, strict=False):
        wide = -(-size_px[0] * component.across // across)
        high = -(-size_px[1] * component.down // down)
        if plane.height < high or plane.width < wide:
            raise InputError(f"{name}: its planes are sampled in a way that cannot be decoded; convert it")
        rows = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
        out.append(rows[:high, :wide].copy())
    if len(out) != len(components) or not frame.format.name.startswith(("yuv", "gray")):
        raise InputError(f"{name}: a JPEG of {frame.format.name} pixels cannot be written again; convert it")
    return tuple(out)


def _zigzag() -> Int:
    order = sorted(range(64), key=lambda k: (k // 8 + k % 8, k // 8 if (k // 8 + k % 8) % 2 else k % 8))
    return np.array(order, np.int64)


ZIGZAG = _zigzag()
"""Place in a block, row by row, of each coefficient in the file's order."""
