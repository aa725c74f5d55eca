"""Bytes of MISB values to numbers, a whole column at once. What says "no value" becomes NaN."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float

Bytes = NDArray[np.uint8]


class Mapping(Enum):
    """How a number lies in bytes.

    Attributes:
        UNSIGNED: A range over all unsigned numbers. Source: MISB ST 0601, the linear mappings.
        SIGNED: A range ± a limit over two's complement numbers; the lowest number is reserved.
        IMAPB: A range by MISB ST 1201; a set highest bit means a special value, but for the range's very end.
        COUNT: An unsigned whole number.
        WHOLE: A two's complement whole number.
        FLOAT: IEEE 754 of four or eight bytes.
    """

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    IMAPB = "imapb"
    COUNT = "count"
    WHOLE = "whole"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in bytes.

    Attributes:
        mapping: How it lies in them.
        low, high: The range, in the number's unit; not used by `COUNT`, `WHOLE` and `FLOAT`.
        size: Bytes; 0: any number of them up to 8.
    """

    mapping: Mapping
    low: float = 0.0
    high: float = 0.0
    size: int = 0

    def fits(self, size: int) -> bool:
        """Whether a value of so many bytes can be read."""
        if self.mapping is Mapping.FLOAT:
            return size in (4, 8)
        return size == self.size if self.size else 1 <= size <= 8

    def decode(self, raw: Bytes) -> Float:
        """Numbers of ``(N, size)`` bytes; NaN for reserved and special values.

        Raises:
            ValueError: A size that does not fit.
        """
        size = raw.shape[1]
        if not self.fits(size):
            raise ValueError(f"a value of {size} bytes where {self.size or '1 to 8'} are")
        if self.mapping is Mapping.FLOAT:
            return np.ascontiguousarray(raw).view(f">f{size}")[:, 0].astype(np.float64)
        if self.mapping in (Mapping.SIGNED, Mapping.WHOLE):
            whole = signed(raw)
            if self.mapping is Mapping.WHOLE:
                return whole.astype(np.float64)
            top = float((1 << (8 * size - 1)) - 1)
            values = whole / top * self.high
            values[whole == -(1 << (8 * size - 1))] = np.nan
            return values
        count = unsigned(raw)
        if self.mapping is Mapping.COUNT:
            return count.astype(np.float64)
        if self.mapping is Mapping.UNSIGNED:
            return self.low + count / float((1 << 8 * size) - 1) * (self.high - self.low)
        return _imapb(count, self.low, self.high, size)

    def one(self, value: bytes) -> float:
        """A single number of the mappings `UNSIGNED` and `IMAPB`: as `decode`, without the cost of a column.

        NaN for a length that does not fit.
        """
        size = len(value)
        if not self.fits(size):
            return math.nan
        count = int.from_bytes(value, "big")
        if self.mapping is Mapping.UNSIGNED:
            return self.low + count / ((1 << 8 * size) - 1) * (self.high - self.low)
        scale, offset = _scale(self.low, self.high, size)
        number = (count - offset) / scale + self.low
        if count > 1 << (8 * size - 1) or number > self.high + 1 / scale:
            return math.nan
        return min(max(number, self.low), self.high)


def unsigned(raw: Bytes) -> NDArray[np.uint64]:
    """``(N,)`` of ``(N, size)`` bytes, the highest first; size up to 8."""
    count, size = raw.shape
    if size in (1, 2, 4, 8):
        return np.ascontiguousarray(raw).view(f">u{size}")[:, 0].astype(np.uint64)
    wide = np.zeros((count, 8), np.uint8)
    wide[:, 8 - size :] = raw
    return wide.view(">u8")[:, 0].astype(np.uint64)


def signed(raw: Bytes) -> NDArray[np.int64]:
    """The same of two's complement numbers."""
    size = raw.shape[1]
    if size in (1, 2, 4, 8):
        return np.ascontiguousarray(raw).view(f">i{size}")[:, 0].astype(np.int64)
    wide = np.where(raw[:, :1] >= 0x80, np.uint8(0xFF), np.uint8(0)).repeat(8, 1)
    wide[:, 8 - size :] = raw
    return wide.view(">i8")[:, 0].astype(np.int64)


def _imapb(count: NDArray[np.uint64], low: float, high: float, size: int) -> Float:
    """Source: MISB ST 1201, reverse mapping of IMAPB and its special values."""
    scale, offset = _scale(low, high, size)
    values = (count - offset) / scale + low
    special = count > np.uint64(1 << (8 * size - 1))
    values[special | (values > high + 1 / scale)] = np.nan
    return np.clip(values, low, high)


def _scale(low: float, high: float, size: int) -> tuple[float, float]:
    """Steps in a unit, and what shifts 0 onto a step."""
    scale = math.ldexp(1.0, 8 * size - 1 - math.ceil(math.log2(high - low)))
    return scale, scale * low - math.floor(scale * low) if low < 0 < high else 0.0
