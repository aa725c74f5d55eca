"""ArduPilot's DataFlash logs taken apart: messages of chosen kinds as columns, whatever the file claims.

Source: ArduPilot, AP_Logger, LogStructure.h (format characters, FMT message).
"""

from dataclasses import dataclass, field
from io import BufferedReader

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float

HEAD = b"\xa3\x95"
MAGIC = HEAD + b"\x80\x80\x59"
"""A log begins with the definition of definitions: kind 128, 89 bytes."""
MAX_KIND_BYTES = 16 * 1024 * 1024
"""Of one kind of message; what goes beyond is counted and left out."""

_BLOCK = 1024 * 1024
_FOLLOWING = (HEAD, b"\xff\xff", b"\0\0")
"""Behind a message: the next one, or flash that was never written."""
_FMT, _FMT_BYTES = 128, 89
_CODES: dict[str, tuple[str, float]] = {
    **{"b": ("i1", 1), "B": ("u1", 1), "M": ("u1", 1), "h": ("<i2", 1), "H": ("<u2", 1), "i": ("<i4", 1)},
    **{"I": ("<u4", 1), "q": ("<i8", 1), "Q": ("<u8", 1), "f": ("<f4", 1), "d": ("<f8", 1), "g": ("<f2", 1)},
    **{"c": ("<i2", 0.01), "C": ("<u2", 0.01), "e": ("<i4", 0.01), "E": ("<u4", 0.01), "L": ("<i4", 1e-7)},
    **{"n": ("S4", 0), "N": ("S16", 0), "Z": ("S64", 0), "a": ("S64", 0)},
}


@dataclass(slots=True)
class Kind:
    """Messages of one kind.

    Attributes:
        dtype: Fields as they lie in a message, behind its three bytes of head.
        scales: Of each field that is a number.
        body: Messages behind one another, without their heads.
    """

    name: str
    dtype: np.dtype[np.void]
    scales: dict[str, float]
    body: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.body) // self.dtype.itemsize

    def raw(self, name: str) -> NDArray[np.generic]:
        """A field as it was written."""
        column: NDArray[np.generic] = np.frombuffer(self.body, self.dtype)[name]
        return column

    def column(self, *names: str) -> Float:
        """The first of some fields in its unit; NaN where there is none of them."""
        name = next((name for name in names if name in self.scales), None)
        if name is None:
            return np.full(len(self), np.nan)
        scale = self.scales[name]
        values = self.raw(name).astype(np.float64)
        return values * scale if scale != 1 else values


@dataclass(slots=True)
class DataflashMessages:
    """What was found in a log.

    Attributes:
        kinds: Of those asked for, by name.
        damaged: Places at which the messages broke off and were found again.
        cut: The file ends within a message.
        left_out: Messages beyond `MAX_KIND_BYTES`.
    """

    kinds: dict[str, Kind] = field(default_factory=dict)
    damaged: int = 0
    skipped_bytes: int = 0
    cut: bool = False
    left_out: int = 0


def read_dataflash(file: BufferedReader, wanted: frozenset[str]) -> DataflashMessages:
    """Read a log from its beginning.

    A message counts only if another one, or the end, follows it: bytes that were lost within it would shift its
    values. Memory is bounded by `MAX_KIND_BYTES` per kind, time is linear in the file.
    """
    walk = _Walk(wanted)
    left = b""
    while True:
        block = file.read(_BLOCK)
        data = left + block
        used = walk.messages(data, last=not block)
        left = data[used:]
        if not block:
            walk.found.cut = bool(left.strip(b"\0\xff"))
            return walk.found


class _Walk:
    """State while a log is read."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.found = DataflashMessages()
        self.wanted = wanted
        self.sizes = [0] * 256
        self.sizes[_FMT] = _FMT_BYTES
        self.kinds: list[Kind | None] = [None] * 256

    def messages(self, data: bytes, *, last: bool) -> int:
        """Read whole messages; bytes used."""
        pos, end, sizes, kinds = 0, len(data), self.sizes, self.kinds
        while pos + 3 <= end:
            size = sizes[data[pos + 2]] if data.startswith(HEAD, pos) else 0
            after = pos + size
            if size and after + 2 > end and not (last and after == end):
                return pos
            if size and (after == end or data[after : after + 2] in _FOLLOWING):
                kind = data[pos + 2]
                chosen = kinds[kind]
                if chosen is not None:
                    self._keep(chosen, data[pos + 3 : after])
                elif kind == _FMT:
                    self._define(data[pos + 3 : after])
                pos = after
                continue
            following = data.find(HEAD, pos + 1)
            if following < 0:
                following = end if last else end - 1
            if data[pos:following].strip(b"\0\xff"):  # what is blank was never written
                self.found.damaged += 1
                self.found.skipped_bytes += following - pos
            pos = following
        return pos

    def _keep(self, kind: Kind, body: bytes) -> None:
        if len(kind.body) < MAX_KIND_BYTES:
            kind.body += body
        else:
            self.found.left_out += 1

    def _define(self, body: bytes) -> None:
        number, size = body[0], body[1]
        name, codes, labels = (part.split(b"\0")[0].decode("latin-1") for part in (body[2:6], body[6:22], body[22:86]))
        if number == _FMT or size < 3 or self.sizes[number]:
            return
        self.sizes[number] = size
        if name in self.wanted and name not in self.found.kinds:
            kind = _kind(name, codes, labels.split(","), size)
            if kind is not None:
                self.kinds[number] = self.found.kinds[name] = kind


def _kind(name: str, codes: str, labels: list[str], size: int) -> Kind | None:
    """None where the definition contradicts itself."""
    if len(codes) != len(labels) or len(set(labels)) != len(labels) or not all(labels):
        return None
    if not all(code in _CODES for code in codes):
        return None
    dtype = np.dtype([(label, _CODES[code][0]) for label, code in zip(labels, codes, strict=True)])
    if dtype.itemsize != size - 3:
        return None
    scales = {label: _CODES[code][1] for label, code in zip(labels, codes, strict=True) if _CODES[code][1]}
    return Kind(name, dtype, scales)
