"""The ULog format: self-describing messages of a flight log."""

import struct
from dataclasses import dataclass
from typing import BinaryIO

_MAGIC = b"ULog\x01\x12\x35\x01"
_TYPES = {
    "uint64_t": "Q",
    "uint32_t": "I",
    "int32_t": "i",
    "uint16_t": "H",
    "uint8_t": "B",
    "int8_t": "b",
    "bool": "?",
    "float": "f",
    "double": "d",
}
Value = int | float | bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of message.

    Attributes:
        name: Such as ``vehicle_attitude``.
        fields: ``type name`` or ``type[n] name`` joined by ``;``, by falling size, the time first. Padding at the end
            is declared but not written.
    """

    name: str
    fields: str

    @property
    def layout(self) -> struct.Struct:
        """How a message's values are packed."""
        code = "<"
        for declared in self.fields.split(";"):
            kind, name = declared.split(" ")
            base, _, rest = kind.partition("[")
            if not name.startswith("_padding"):
                code += f"{rest.rstrip(']')}{_TYPES[base]}"
        return struct.Struct(code)


class ULogFile:
    """A log, message by message: definitions first, then data.

    Source: PX4 user guide, "ULog File Format", version 1.
    """

    def __init__(self, file: BinaryIO, begins_us: int) -> None:
        self._file = file
        self._layouts: dict[str, tuple[int, struct.Struct]] = {}
        file.write(_MAGIC + struct.pack("<Q", begins_us))
        self._put(b"B", bytes(40))

    def inform(self, name: str, value: str | int) -> None:
        """State a fact of the whole log."""
        if isinstance(value, str):
            key, raw = f"char[{len(value.encode())}] {name}", value.encode()
        else:
            key, raw = f"int32_t {name}", struct.pack("<i", value)
        self._put(b"I", bytes([len(key)]) + key.encode() + raw)

    def parameter(self, name: str, value: int) -> None:
        """State a setting of the autopilot."""
        key = f"int32_t {name}".encode()
        self._put(b"P", bytes([len(key)]) + key + struct.pack("<i", value))

    def declare(self, *topics: Topic) -> None:
        """Say how messages are laid out; once, before `subscribe`."""
        for topic in topics:
            self._put(b"F", f"{topic.name}:{topic.fields};".encode())

    def subscribe(self, *topics: Topic) -> None:
        """Say which messages come; once, before the first of them."""
        for number, topic in enumerate(topics):
            self._layouts[topic.name] = number, topic.layout
            self._put(b"A", struct.pack("<BH", 0, number) + topic.name.encode())

    def log(self, topic: Topic, *values: Value) -> None:
        """Append a message with its fields' values in order."""
        number, layout = self._layouts[topic.name]
        self._put(b"D", struct.pack("<H", number) + layout.pack(*values))

    def dropout(self, milliseconds: int) -> None:
        """Say that nothing was logged for a while."""
        self._put(b"O", struct.pack("<H", min(milliseconds, 65_535)))

    def _put(self, kind: bytes, body: bytes) -> None:
        self._file.write(struct.pack("<H", len(body)) + kind + body)
