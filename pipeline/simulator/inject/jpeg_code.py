"""Planes back into a JPEG with the tables, sampling and metadata of the file they came from.

Where a plane was not touched, its blocks quantise to the coefficients that the file held: nothing changes there but
the rare coefficient that lay between two steps after the decoder's rounding.

Source: ITU-T T.81, baseline sequential coding; Huffman tables of its annex K.3.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Int
from pipeline.simulator.inject.jpeg_file import ZIGZAG, Component, JpegFile, UInt8

_DC_COUNTS = ((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0), (0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0))
_AC_COUNTS = ((0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125), (0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119))
_AC_VALUES = (
    bytes.fromhex(
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738"
        "393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5"
        "a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
    ),
    bytes.fromhex(
        "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637"
        "38393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3"
        "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
    ),
)
_DC_VALUES = bytes(range(12))


def write_jpeg_file(source: JpegFile, planes: tuple[UInt8, ...]) -> bytes:
    """A JPEG with other planes and everything else as in its source.

    Args:
        source: Where it came from.
        planes: As `JpegFile.planes`, of the same shapes.
    """
    head = b"".join(_segment(marker, body) for marker, body in source.segments)
    width, height = source.size_px
    frame = bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([len(planes)])
    frame += b"".join(bytes([c.number, c.across << 4 | c.down, c.table_number]) for c in source.components)
    huffman = b"".join(
        bytes([16 * (kind == "ac") + number, *counts, *values])
        for kind, number, counts, values in (
            ("dc", 0, _DC_COUNTS[0], _DC_VALUES),
            ("ac", 0, _AC_COUNTS[0], _AC_VALUES[0]),
            ("dc", 1, _DC_COUNTS[1], _DC_VALUES),
            ("ac", 1, _AC_COUNTS[1], _AC_VALUES[1]),
        )
    )
    scan = bytes([len(planes)]) + b"".join(bytes([c.number, 17 * (k > 0)]) for k, c in enumerate(source.components))
    parts = [b"\xff\xd8", head, _segment(0xC0, frame), _segment(0xC4, huffman), _segment(0xDA, scan + b"\0\x3f\0")]
    return b"".join([*parts, _scan(source, planes), b"\xff\xd9", source.tail])


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _scan(source: JpegFile, planes: tuple[UInt8, ...]) -> bytes:
    """Entropy-coded data with its restart markers."""
    single = len(planes) == 1  # a scan of one plane is not interleaved: its MCU is one block
    across, down = max(c.across for c in source.components), max(c.down for c in source.components)
    columns = -(-source.size_px[0] // (8 if single else 8 * across))
    rows = -(-source.size_px[1] // (8 if single else 8 * down))
    laid, owner, per = [], [], 0
    for k, (component, plane) in enumerate(zip(source.components, planes, strict=True)):
        wide, high = (1, 1) if single else (component.across, component.down)
        blocks = _quantised(plane, component, rows * high, columns * wide)
        mcus = blocks.reshape(rows, high, columns, wide, 64).swapaxes(1, 2).reshape(rows * columns, high * wide, 64)
        laid.append(mcus)
        owner += [k] * (high * wide)
        per += high * wide
    order = np.concatenate(laid, axis=1)
    length = source.restart or len(order)
    out = []
    for number, start in enumerate(range(0, len(order), length)):
        part = order[start : start + length].reshape(-1, 64)
        coded = _coded(part, np.tile(np.array(owner), len(part) // per))
        out.append((bytes([0xFF, 0xD0 + (number - 1) % 8]) if number else b"") + coded)
    return b"".join(out)


def _quantised(plane: UInt8, component: Component, rows: int, columns: int) -> NDArray[np.int32]:
    """``(rows, columns, 64)`` coefficients in the file's order; the plane's edge is repeated to whole blocks."""
    wide = np.pad(plane, ((0, rows * 8 - plane.shape[0]), (0, columns * 8 - plane.shape[1])), mode="edge")
    steps = _steps(wide, component.table)
    return steps.reshape(rows, columns, 64)[..., ZIGZAG]


def _steps(plane: UInt8, table: Int) -> NDArray[np.int32]:
    """``(rows, columns, 8, 8)`` quantised spectra of a plane of whole blocks."""
    blocks = plane.reshape(plane.shape[0] // 8, 8, plane.shape[1] // 8, 8).swapaxes(1, 2).astype(np.float32) - 128
    turn = _cosines()
    return np.asarray(np.rint(turn @ blocks @ turn.T / table.astype(np.float32)), np.int32)


def _cosines() -> NDArray[np.float32]:
    """``(8, 8)`` orthonormal; rows are the cosines."""
    return np.ascontiguousarray(cv2.dct(np.eye(8, dtype=np.float32), flags=cv2.DCT_ROWS).T, np.float32)


def dequantised(plane: UInt8, table: Int) -> UInt8:
    """What a decoder gives back of a plane ``(8 n, 8 m)`` coded with a table ``(8, 8)``."""
    turn = _cosines()
    blocks = turn.T @ (_steps(plane, table) * table).astype(np.float32) @ turn + 128
    return np.asarray(np.clip(np.rint(blocks.swapaxes(1, 2).reshape(plane.shape)), 0, 255), np.uint8)


def _coded(blocks: NDArray[np.int32], owner: Int) -> bytes:
    """One restart interval: `blocks` ``(N, 64)`` in order of the scan, `owner` which plane each is of."""
    table = (owner > 0).astype(np.int64)
    difference = np.zeros(len(blocks), np.int64)
    for k in np.unique(owner):
        mine = owner == k
        difference[mine] = np.diff(blocks[mine, 0], prepend=0)
    dc_code, dc_length = _codes(_DC_COUNTS, (_DC_VALUES, _DC_VALUES))
    ac_code, ac_length = _codes(_AC_COUNTS, _AC_VALUES)
    block, place = np.nonzero(blocks[:, 1:])
    value = blocks[block, place + 1].astype(np.int64)
    first = np.r_[True, block[1:] != block[:-1]] if len(block) else np.zeros(0, bool)
    run = place - np.where(first, -1, np.r_[-1, place[:-1]][: len(place)]) - 1
    size = _bits(value)
    last = np.full(len(blocks), -1, np.int64)
    last[block] = place
    ended = np.flatnonzero(last < 62)
    many = run // 16
    zeros = np.repeat(np.arange(len(block)), many)
    symbol = (run % 16) * 16 + size
    dc_size = _bits(difference)
    # within a block: its mean, then before each value the runs of 16 zeros, at last the end
    keys = [np.arange(len(blocks)) * 256, block[zeros] * 256 + 1 + 3 * place[zeros]]
    keys += [block * 256 + 2 + 3 * place, ended * 256 + 255]
    word = [
        dc_code[table, dc_size] << dc_size | _extra(difference, dc_size),
        ac_code[table[block[zeros]], 0xF0],
        ac_code[table[block], symbol] << size | _extra(value, size),
        ac_code[table[ended], 0],
    ]
    length = [
        dc_length[table, dc_size] + dc_size,
        ac_length[table[block[zeros]], 0xF0],
        ac_length[table[block], symbol] + size,
        ac_length[table[ended], 0],
    ]
    order = np.argsort(np.concatenate(keys), kind="stable")
    return _packed(np.concatenate(word)[order], np.concatenate(length)[order])


def _bits(value: Int) -> Int:
    """How many bits a magnitude takes."""
    return np.asarray(np.ceil(np.log2(np.abs(value) + 1)), np.int64)


def _extra(value: Int, size: Int) -> Int:
    """The bits that follow a symbol: negative values one's complement."""
    return np.asarray(np.where(value < 0, value + (1 << size) - 1, value), np.int64)


def _codes(counts: tuple[tuple[int, ...], ...], values: tuple[bytes, ...]) -> tuple[Int, Int]:
    """Code and length of each symbol, ``(2, 256)``."""
    code, length = np.zeros((2, 256), np.int64), np.zeros((2, 256), np.int64)
    for which in (0, 1):
        upcoming, at = 0, 0
        for bits, count in enumerate(counts[which], 1):
            for symbol in values[which][at : at + count]:
                code[which, symbol], length[which, symbol] = upcoming, bits
                upcoming += 1
            at += count
            upcoming <<= 1
    return code, length


def _packed(word: Int, length: Int) -> bytes:
    """Words of up to 27 bits one after the other; the last byte is filled with ones, 0xFF bytes are stuffed."""
    ends = np.cumsum(length)
    total = int(ends[-1])
    fill = -total % 8
    word, length = np.append(word, (1 << fill) - 1), np.append(length, fill)
    start = np.append(ends - length[:-1], total)
    at, shift = start // 32, 64 - start % 32 - length
    whole = word.astype(np.uint64) << shift.astype(np.uint64)
    high, low = (whole >> np.uint64(32)).astype(np.float64), (whole & np.uint64(0xFFFFFFFF)).astype(np.float64)
    count = int(at[-1]) + 2
    # bits of different words never meet, so that sums (exact below 2**53) do what a binary "or" would
    words = np.bincount(at, high, count) + np.bincount(at + 1, low, count)
    data = words.astype(np.uint32).astype(">u4").tobytes()[: (total + fill) // 8]
    return data.replace(b"\xff", b"\xff\x00")
