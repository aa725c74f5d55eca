"""PX4's ULog taken apart: messages of chosen topics as columns, whatever the file claims.

Source: PX4 user guide, "ULog File Format", version 1.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

MAGIC = b"ULog\x01\x12\x35"
HEADER_BYTES = 16
MAX_DEFINITIONS = 4096
MAX_TOPIC_BYTES = 16 * 1024 * 1024
"""Of one topic: an hour at 100 Hz and 46 bytes. What goes beyond is counted and left out."""
MAX_MESSAGE_BYTES = 16 * 1024
MAX_DEPTH = 8

_BLOCK = 1024 * 1024
_DATA = ord("D")
_KINDS = frozenset(b"BFIMPQARLCSO")
_SYNC = b"\x2f\x73\x13\x20\x25\x0c\xbb\x12"
_TYPES = {
    **{"int8_t": "i1", "uint8_t": "u1", "bool": "u1", "char": "u1", "int16_t": "<i2", "uint16_t": "<u2"},
    **{"int32_t": "<i4", "uint32_t": "<u4", "int64_t": "<i8", "uint64_t": "<u8", "float": "<f4", "double": "<f8"},
}
_FIELD = re.compile(r"([A-Za-z_][\w/]{0,99})(?:\[(\d{1,5})\])? (\w{1,100})")
_HEAD = struct.Struct("<HB")
_ID = struct.Struct("<H")


@dataclass(slots=True)
class Subscription:
    """Messages of one instance of a topic.

    Attributes:
        topic, instance: Its name and number.
        body: Messages behind one another.
        size: Of each; 0 where the topic's definition is missing or cannot be.
    """

    topic: str
    instance: int
    size: int
    dtype: np.dtype[np.void] | None
    body: bytearray = field(default_factory=bytearray)

    def table(self) -> NDArray[np.void]:
        """Messages as rows of fields; an array's members are ``q[0]``, ``q[1]`` and so on."""
        return np.frombuffer(self.body, self.dtype)


@dataclass(slots=True)
class ULogMessages:
    """What was found in a log.

    Attributes:
        subscriptions: Of the topics asked for, in the order of the file.
        facts: Information messages that are text or a whole number.
        damaged: Places at which the messages broke off and were found again.
        skipped_bytes: Bytes passed over there.
        dropouts, dropout_ms: Stretches that the autopilot could not write, and their length.
        cut: The file ends within a message.
        left_out: Messages beyond `MAX_TOPIC_BYTES`.
    """

    subscriptions: list[Subscription] = field(default_factory=list)
    facts: dict[str, str | int] = field(default_factory=dict)
    damaged: int = 0
    skipped_bytes: int = 0
    dropouts: int = 0
    dropout_ms: int = 0
    cut: bool = False
    left_out: int = 0


def read_ulog(file: BufferedReader, name: str, topics: frozenset[str]) -> ULogMessages:
    """Read a log from its beginning.

    Memory is bounded by `MAX_TOPIC_BYTES` per topic and instance, time is linear in the file.

    Raises:
        InputError: No ULog, or one with features that are not known.
    """
    header = file.read(HEADER_BYTES)
    if not header.startswith(MAGIC) or len(header) < HEADER_BYTES:
        raise InputError(f"{name}: not a ULog, or nothing behind its first bytes; was it copied whole?")
    return _Walk(name, topics).through(file)


class _Walk:
    """State while a log is read."""

    def __init__(self, name: str, topics: frozenset[str]) -> None:
        self.name, self.topics = name, topics
        self.found = ULogMessages()
        self.formats: dict[str, str] = {}
        self.by_id: dict[int, Subscription] = {}
        self.ends: list[int] = []
        self.again: re.Pattern[bytes] | None = None
        self.lost = False

    def through(self, file: BufferedReader) -> ULogMessages:
        """All of a file, block by block."""
        at, left = HEADER_BYTES, b""
        while True:
            block = file.read(_BLOCK)
            data = left + block  # what is left is less than one message: 64 KiB
            used = self._messages(data, at, last=not block)
            at += used
            left = data[used:]
            if not block:
                self.found.cut = bool(left)
                return self.found

    def _messages(self, data: bytes, at: int, *, last: bool) -> int:
        """Read whole messages; bytes used."""
        pos, end, by_id = 0, len(data), self.by_id
        unpack, unpack_id = _HEAD.unpack_from, _ID.unpack_from
        while pos + 3 <= end:
            if self.lost:
                pos, found = self._found_again(data, pos, last=last)
                if not found:
                    return pos
                self.lost = False
            size, kind = unpack(data, pos)
            after = pos + 3 + size
            if self.ends and at + pos <= self.ends[0] < at + after:
                # what was appended begins there; the message before it was never finished
                pos = min(max(self.ends.pop(0) - at, pos), end)
                continue
            if after > end:
                return pos
            if kind == _DATA and 2 < size < MAX_MESSAGE_BYTES:
                member = by_id.get(unpack_id(data, pos + 3)[0])
                if member is not None and member.size in (size - 2, 0):
                    self._keep(member, data[pos + 5 : after])
                    pos = after
                    continue
            elif kind in _KINDS and size and self._other(kind, data[pos + 3 : after]):
                pos = after
                continue
            self.lost = True
            self.found.damaged += 1
        return pos

    def _keep(self, member: Subscription, body: bytes) -> None:
        if member.dtype is None:
            return
        if len(member.body) < MAX_TOPIC_BYTES:
            member.body += body
        else:
            self.found.left_out += 1

    def _found_again(self, data: bytes, pos: int, *, last: bool) -> tuple[int, bool]:
        """Where messages go on: behind a mark of synchronisation, or at a message that can be one."""
        if self.again is None:
            heads = [
                re.escape(_HEAD.pack(member.size + 2, 68) + _ID.pack(number))
                for number, member in self.by_id.items()
                if member.size
            ]
            self.again = re.compile(b"|".join([*heads, re.escape(_SYNC)]), re.DOTALL)
        match = self.again.search(data, pos + 1)
        if match is None:
            kept = len(data) if last else max(pos, len(data) - 8)
            self.found.skipped_bytes += kept - pos
            return kept, False
        where = match.end() if match.group() == _SYNC else match.start()
        self.found.skipped_bytes += where - pos
        return where, True

    def _other(self, kind: int, body: bytes) -> bool:
        """A message that is no data; False where it cannot be one."""
        if kind == ord("O"):
            if len(body) != 2:
                return False
            self.found.dropouts += 1
            self.found.dropout_ms += _ID.unpack(body)[0]
        elif kind == ord("F"):
            topic, colon, fields = body.decode("latin-1").partition(":")
            if not colon:
                return False
            if len(self.formats) < MAX_DEFINITIONS:
                self.formats.setdefault(topic, fields)
        elif kind == ord("A"):
            return len(body) > 3 and self._subscribe(body)
        elif kind == ord("B"):
            return self._flags(body)
        elif kind == ord("I"):
            self._inform(body)
        elif kind == ord("S"):
            return body == _SYNC
        return True

    def _subscribe(self, body: bytes) -> bool:
        instance, number = struct.unpack_from("<BH", body)
        topic = body[3:].decode("latin-1")
        if topic not in self.formats:
            return False
        if number not in self.by_id and len(self.by_id) < MAX_DEFINITIONS:
            size, dtype = _layout(topic, self.formats, chosen=topic in self.topics)
            self.by_id[number] = Subscription(topic, instance, size, dtype)
            self.again = None
            if topic in self.topics and dtype is not None:
                self.found.subscriptions.append(self.by_id[number])
        return True

    def _flags(self, body: bytes) -> bool:
        if len(body) < 40:
            return False
        if body[8] & ~1 or any(body[9:16]):
            raise InputError(
                f"{self.name}: a ULog with features that this version does not know; update trucewatch, or export "
                "the log as CSV"
            )
        if body[8] & 1:
            self.ends = sorted(offset for offset in struct.unpack_from("<3Q", body, 16) if offset)
        return True

    def _inform(self, body: bytes) -> None:
        length = body[0]
        key, value = body[1 : 1 + length].decode("latin-1"), body[1 + length :]
        kind, _, name = key.partition(" ")
        if len(self.found.facts) >= MAX_DEFINITIONS:
            return
        if kind.startswith("char["):
            self.found.facts[name] = value[:200].decode("utf-8", "replace")
        elif kind == "int32_t" and len(value) == 4:
            self.found.facts[name] = int.from_bytes(value, "little", signed=True)


def _layout(topic: str, formats: dict[str, str], *, chosen: bool) -> tuple[int, "np.dtype[np.void] | None"]:
    """Bytes of a topic's messages, and their fields where these are asked for; (0, None) for what cannot be."""
    names: list[str] = []
    codes: list[str] = []
    offsets: list[int] = []
    size = 0
    written = 0
    fields = list(_fields(formats[topic]))
    for base, count, name in fields:
        width = _width(base, formats, MAX_DEPTH)
        if width == 0 or size + width * count > MAX_MESSAGE_BYTES:
            return 0, None
        if base in _TYPES and chosen:
            for member in range(count if count < 64 else 0):
                names.append(name if count == 1 else f"{name}[{member}]")
                codes.append(_TYPES[base])
                offsets.append(size + member * width)
        size += width * count
        if not name.startswith("_padding"):
            written = size
    if not chosen or not names or written == 0 or len(set(names)) != len(names):
        return written, None
    inside = [i for i, code in enumerate(codes) if offsets[i] + np.dtype(code).itemsize <= written]
    spec = {
        "names": [names[i] for i in inside],
        "formats": [codes[i] for i in inside],
        "offsets": [offsets[i] for i in inside],
        "itemsize": written,
    }
    return written, np.dtype(spec)  # type: ignore[call-overload]


def _fields(text: str) -> Iterator[tuple[str, int, str]]:
    for part in text.split(";"):
        match = _FIELD.fullmatch(part)
        if match:
            yield match[1], int(match[2] or 1), match[3]


def _width(base: str, formats: dict[str, str], depth: int) -> int:
    """Bytes of a type, nested ones included; 0 where it is not known or too large."""
    if base in _TYPES:
        return np.dtype(_TYPES[base]).itemsize
    if depth == 0 or base not in formats or len(formats[base]) > 2000:
        return 0
    total = 0
    for inner, count, _ in _fields(formats[base]):
        width = _width(inner, formats, depth - 1)
        if width == 0:
            return 0
        total += width * count
        if total > MAX_MESSAGE_BYTES:
            return 0
    return total
