"""Edits that damage files as radios, cards and careless programs do, and as people who wish harm would.

An edit is four small numbers, so that Hypothesis can shrink it and libFuzzer can draw it; what it means depends on the
bytes that it meets: numbers in text are found and replaced, fields between separators swapped, lengths rewritten.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FULL = 65_536
LONGEST = 1 << 20
"""Bytes of a mutant: repeated blocks stop there."""

_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_SEPARATORS = (b"\n", b",", b" ", b"\t", b";", b"><", b'"', b"=")
_WORDS = (
    *(b"0", b"-0", b"1", b"-1", b"nan", b"inf", b"-inf", b"1e308", b"-1e308", b"1e-320", b"1e999", b"90", b"-90"),
    *(b"180", b"180.0000001", b"360", b"2147483648", b"-2147483649", b"18446744073709551616", b"9" * 40),
    b"0." + b"1" * 40,
    *(b"", b"-", b".", b"0x10", b"1_000", "٣".encode(), b"1,5", b"1e", b"9999-12-31", b"0001-01-01", b"1969-12-31"),
)  # fmt: skip
_WIDTHS = (1, 2, 4, 8)
_BYTES = (0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x0A, 0x22)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change.

    Attributes:
        kind: Index into `KINDS`.
        at: Where, as a share of the length in 1/65536.
        reach: How far, or which, in 1/65536.
        value: Which value, 0 … 255.
    """

    kind: int
    at: int
    reach: int
    value: int


def mutated(data: bytes, edits: Sequence[Edit], others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """Bytes after some edits, one after the other.

    Args:
        data: To be damaged.
        edits: What is done.
        others: Sound files of the format, pieces of which are spliced in.
        tokens: Words of the format.
    """
    for edit in edits:
        data = KINDS[edit.kind % len(KINDS)](data, edit, others, tokens)[:LONGEST]
    return data


def _place(data: bytes, edit: Edit) -> int:
    return edit.at * len(data) // FULL


def _span(data: bytes, edit: Edit, most: int = FULL) -> tuple[int, int]:
    """A piece of which half are shorter than 1/16 of `most`."""
    start = _place(data, edit)
    return start, min(len(data), start + 1 + most * (edit.reach**4 // FULL**3) // FULL)


def flip_bit(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    at = _place(data, edit)
    return data[:at] + bytes([data[at] ^ 1 << edit.value % 8]) + data[at + 1 :] if data else data


def set_byte(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    at = _place(data, edit)
    new = _BYTES[edit.value] if edit.value < len(_BYTES) else edit.value
    return data[:at] + bytes([new]) + data[at + 1 :]


def cut_out(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    start, end = _span(data, edit)
    return data[:start] + data[end:]


def cut_short(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    return data[: _place(data, edit)]


def repeat(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    start, end = _span(data, edit)
    return data[:end] + data[start:end] * (1 + edit.value) + data[end:] if end - start < LONGEST // 256 else data


def splice(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """From some place on another file, from the same or another place of that."""
    other = others[edit.value % len(others)]
    start = edit.reach * len(other) // FULL
    return data[: _place(data, edit)] + other[start:]


def graft(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """A piece of another file laid over."""
    other = others[edit.value % len(others)]
    start, end = _span(other, edit, 4096)
    at = _place(data, edit)
    return data[:at] + other[start:end] + data[at + (end - start if edit.value & 128 else 0) :]


def insert_token(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    at = _place(data, edit)
    token = tokens[edit.reach % len(tokens)] if tokens else b""
    return data[:at] + token + data[at + (len(token) if edit.value & 1 else 0) :]


def change_token(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """A word that is there becomes another one."""
    there = [token for token in tokens if token and token in data]
    if not there:
        return data
    old, new = there[edit.at % len(there)], tokens[edit.reach % len(tokens)]
    return data.replace(old, new, 1 + edit.value % 4)


def change_number(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """The next number in text."""
    found = _NUMBER.search(data, _place(data, edit)) or _NUMBER.search(data)
    if found is None:
        return data
    return data[: found.start()] + _WORDS[edit.value % len(_WORDS)] + data[found.end() :]


def change_length(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """A number of 1 to 8 bytes, either end first: to an end of its range, one off, doubled, or the file's size."""
    at, width = _place(data, edit), _WIDTHS[edit.value & 3]
    order = "big" if edit.value & 4 else "little"
    old = int.from_bytes(data[at : at + width], order)
    top = 1 << 8 * width
    size = len(data)
    news = (0, 1, top - 1, top // 2, top // 2 - 1, old + 1, old - 1, old * 2, size, size - at, top - size)
    new = news[edit.reach % len(news)] % top
    return data[:at] + new.to_bytes(width, order) + data[at + width :]


def swap_spans(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """Two neighbouring pieces of up to 64 bytes in the other order."""
    at, first, second = _place(data, edit), 1 + edit.value % 64, 1 + edit.reach % 64
    middle = at + first
    return data[:at] + data[middle : middle + second] + data[at:middle] + data[middle + second :]


def swap_fields(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """Two fields between the same separators."""
    separator = _SEPARATORS[edit.value % len(_SEPARATORS)]
    fields = data.split(separator)
    if len(fields) < 3:
        return data
    one = edit.at % len(fields)
    two = (one + 1 + edit.reach % 8) % len(fields)
    fields[one], fields[two] = fields[two], fields[one]
    return separator.join(fields)


def blank(data: bytes, edit: Edit, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """A sector that was never written."""
    start, end = _span(data, edit)
    return data[:start] + bytes([0xFF * (edit.value & 1)]) * (end - start) + data[end:]


KINDS = (
    *(flip_bit, set_byte, cut_out, cut_short, repeat, splice, graft, insert_token, change_token, change_number),
    *(change_length, swap_spans, swap_fields, blank),
)
