"""Packets of a damaged stream whose checksum fits by chance.

The checksum of ST 0601 is a sum: two wrong bits at the same place of two words, one up and one down, leave it as it
was. In a stream with sixty wrong bits that happens in one of about seventeen recordings. Such a packet stands out from
those around it, in a number that leaps there and back or in a text that no other packet has. Streams without any
damage are not looked at: what leaps in them was sent so.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.records.arrays import Bool, Float

FEWEST = 12
"""Packets from which on it can be told what is usual."""
LEAP, SWAY = 12.0, 0.75
"""What is taken for a wrong bit: so many times what values usually stray from their neighbours on both sides, and
this share of the range of these; a single step never strays by more than half of it.
"""


def strays(columns: Mapping[str, Float], count: int) -> Bool:
    """Rows in which some number leaps away from its two neighbours on each side and back; not the first and last two.

    Args:
        columns: ``(count,)`` numbers.
        count: Rows.
    """
    found = np.zeros(count, np.bool_)
    for values in columns.values():
        rows = np.flatnonzero(np.isfinite(values))
        if len(rows) < FEWEST:
            continue
        given = values[rows]
        around = np.sort(np.stack([given[:-4], given[1:-3], given[3:-1], given[4:]]), axis=0)
        off = np.abs(given[2:-2] - (around[1] + around[2]) / 2)
        usual = float(np.median(off))
        changing = off[off > 0]
        if not usual and len(changing) > 0.1 * len(off):
            usual = float(np.median(changing))
        found[rows[2:-2][off > LEAP * usual + SWAY * (around[3] - around[0])]] = True
    return found


def singular(values: Sequence[bytes]) -> Bool:
    """Values that occur once where almost all others are alike."""
    counts: dict[bytes, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    often = sum(count for count in counts.values() if count >= FEWEST)
    if often < 0.9 * len(values) or len(values) < FEWEST:
        return np.zeros(len(values), np.bool_)
    return np.array([counts[value] == 1 for value in values], np.bool_)
