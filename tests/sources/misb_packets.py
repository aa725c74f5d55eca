"""Packets of MISB metadata made by hand, for tests of their reader."""

import random

import numpy as np

from pipeline.records.arrays import Float
from pipeline.records.samples import TargetSamples
from pipeline.sources.telemetry.klv_stream import KlvStream, KlvTable

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
TIME_US = 1_604_963_545_250_000

Sent = dict[float, tuple[dict[str, float], dict[int, Float]]]
"""Numbers by name and targets by number, by a packet's time."""


def length(count: int) -> bytes:
    if count < 128:
        return bytes([count])
    size = (count.bit_length() + 7) // 8
    return bytes([0x80 | size]) + count.to_bytes(size, "big")


def tag(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([0x80 | number >> 7, number & 0x7F])


def items(*pairs: tuple[int, bytes]) -> bytes:
    return b"".join(tag(number) + length(len(value)) + value for number, value in pairs)


def packet(*pairs: tuple[int, bytes], time_us: int | None = TIME_US, key: bytes = KEY) -> bytes:
    """With time first and a right checksum."""
    body = items((2, time_us.to_bytes(8, "big"))) if time_us is not None else b""
    body += items(*pairs)
    whole = key + length(len(body) + 4) + body + b"\x01\x02"
    total = 0
    for place, byte in enumerate(whole):
        total += byte << 8 if place % 2 == 0 else byte
    return whole + (total & 0xFFFF).to_bytes(2, "big")


def position(lat: bytes = b"\x31\x61\x96\x0a", lon: bytes = b"\xc2\x5a\xb9\xb9") -> tuple[tuple[int, bytes], ...]:
    return (13, lat), (14, lon), (15, b"\x32\xc9")


def damaged(data: bytes, seed: int, flips: int = 60, cuts: int = 10) -> bytes:
    """With single bits turned over and pieces of up to 50 bytes cut out."""
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    spoilt = bytearray(data)
    for _ in range(flips):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    for _ in range(cuts):
        at = chance.randrange(len(spoilt) - 60)
        del spoilt[at : at + chance.randint(1, 50)]
    return bytes(spoilt)


def published(table: KlvTable, stream: KlvStream) -> tuple[Sent, set[str]]:
    """All that a reader could pass on: numbers and targets by a packet's time; texts and marks."""
    found: Sent = {}
    for n, t in enumerate(table.columns["time_us"].tolist()):
        numbers = {name: column[n] for name, column in table.columns.items() if np.isfinite(column[n])}
        targets: dict[int, Float] = {}
        if table.targets is not None:
            mine = table.targets.of_rows(np.array([n]))
            targets = {int(mine.number[n]): _told(mine, n) for n in range(len(mine))}
        found[t] = (numbers, targets)
    return found, {text for texts in table.texts.values() for text in texts} | set(stream.markings.values())


def _told(targets: TargetSamples, row: int) -> Float:
    """Numbers of one target."""
    return np.concatenate([np.ravel(getattr(targets, name)[row]) for name in targets.__slots__ if name != "row"])


def targets_agree(targets: dict[int, Float], truth: dict[int, Float]) -> bool:
    """Whether every target was sent, with the numbers that are given of it."""
    return all(number in truth and np.all(np.isnan(told) | (told == truth[number])) for number, told in targets.items())
