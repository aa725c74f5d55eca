"""Values of MISB metadata as bytes: lengths, tags and mapped numbers."""

import math
from collections.abc import Iterable


def ber_length(count: int) -> bytes:
    """A length: one byte up to 127, else the count of bytes that follow, and these.

    Source: MISB ST 0107; SMPTE ST 336.
    """
    if count < 128:
        return bytes([count])
    size = (count.bit_length() + 7) // 8
    return bytes([0x80 | size]) + count.to_bytes(size, "big")


def ber_oid(number: int) -> bytes:
    """A tag: seven bits a byte, the highest bit set in all but the last. Two bytes from 128 on."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(0x80 | (number & 0x7F))
    return bytes(reversed(parts))


def item(tag: int, value: bytes) -> bytes:
    """A tag, a length and a value."""
    return ber_oid(tag) + ber_length(len(value)) + value


def series(items: Iterable[tuple[int, bytes | None]]) -> bytes:
    """Items in the given order, without those that have no value."""
    return b"".join(item(tag, value) for tag, value in items if value is not None)


def mapped(value: float, low: float, high: float, size: int) -> bytes | None:
    """An unsigned number over a range; None beyond it: there is no value that says so."""
    if not low <= value <= high:
        return None
    return round((value - low) / (high - low) * ((1 << 8 * size) - 1)).to_bytes(size, "big")


def signed(value: float, limit: float, size: int) -> bytes:
    """A signed number within ± a limit; beyond it, and for NaN, the reserved lowest number.

    Source: MISB ST 0601: the lowest two's complement number says "error" or "out of range".
    """
    top = (1 << (8 * size - 1)) - 1
    whole = round(value / limit * top) if abs(value) <= limit else -top - 1
    return whole.to_bytes(size, "big", signed=True)


def turn(angle_deg: float, size: int) -> bytes | None:
    """An angle of [0, 360)."""
    return mapped(angle_deg % 360.0, 0.0, 360.0, size) if math.isfinite(angle_deg) else None


def unsigned(value: int) -> bytes:
    """A whole number in as few bytes as hold it."""
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")


def imapb(value: float, low: float, high: float, size: int) -> bytes | None:
    """A number mapped as ST 1201 has it, by range and size; None beyond the range.

    Source: MISB ST 1201, forward mapping of IMAPB.
    """
    if not low <= value <= high:
        return None
    power = math.ceil(math.log2(high - low))
    scale = 2.0 ** (8 * size - 1 - power)
    offset = scale * low - math.floor(scale * low) if low < 0 < high else 0.0
    return math.trunc(scale * (value - low) + offset).to_bytes(size, "big")
