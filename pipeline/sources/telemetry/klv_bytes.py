"""Lengths, tags and sets of MISB metadata as they lie in bytes.

Source: SMPTE ST 336 (keys, BER lengths, local sets) and MISB ST 0107 (BER-OID tags).
"""

MAX_ITEMS = 1024
"""No set that is sent has more; a walk over damaged bytes ends there."""
MAX_TAG = 1 << 21

Place = tuple[int, int]
"""Where a value begins, and how many bytes it has."""


def ber_length(data: bytes, at: int, end: int) -> Place | None:
    """A length and where the value begins: one byte up to 127, else the count of bytes that follow, and these.

    None where it is cut off, is of the indefinite form, or takes more than four bytes.
    """
    if at >= end:
        return None
    first = data[at]
    at += 1
    if first < 0x80:
        return at, first
    size = first & 0x7F
    if not 1 <= size <= 4 or at + size > end:
        return None
    return at + size, int.from_bytes(data[at : at + size], "big")


def ber_oid(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """A tag and the place behind it: seven bits a byte, the highest bit set in all but the last."""
    tag = 0
    while at < end and tag < MAX_TAG:
        byte = data[at]
        at += 1
        tag = (tag << 7) | (byte & 0x7F)
        if byte < 0x80:
            return tag, at
    return None


def walk_local(data: bytes, at: int, end: int) -> list[tuple[int, int, int]] | None:
    """Items of a local set: tag, where the value begins, its length.

    None unless the items fill the space from `at` to `end` exactly.
    """
    items: list[tuple[int, int, int]] = []
    while at < end:
        tag = data[at]
        at += 1
        if tag >= 0x80:
            long_tag = ber_oid(data, at - 1, end)
            if long_tag is None:
                return None
            tag, at = long_tag
        if at >= end or len(items) >= MAX_ITEMS:
            return None
        length = data[at]
        at += 1
        if length >= 0x80:
            place = ber_length(data, at - 1, end)
            if place is None:
                return None
            at, length = place
        if at + length > end:
            return None
        items.append((tag, at, length))
        at += length
    return items


def walk_universal(data: bytes, at: int, end: int) -> list[tuple[bytes, int, int]] | None:
    """Items of a universal set, by their keys of 16 bytes. None unless they fill the space exactly."""
    items: list[tuple[bytes, int, int]] = []
    while at < end:
        if data[at : at + 4] != b"\x06\x0e\x2b\x34" or len(items) >= MAX_ITEMS:
            return None
        key = data[at : at + 16]
        place = ber_length(data, at + 16, end)
        if place is None or place[0] + place[1] > end:
            return None
        items.append((key, *place))
        at = place[0] + place[1]
    return items


def walk_series(data: bytes, at: int, end: int) -> list[Place] | None:
    """Values of a series or variable-length pack: each with a length before it. None unless they fill the space."""
    places: list[Place] = []
    while at < end:
        place = ber_length(data, at, end)
        if place is None or place[0] + place[1] > end or len(places) >= MAX_ITEMS:
            return None
        places.append(place)
        at = place[0] + place[1]
    return places
