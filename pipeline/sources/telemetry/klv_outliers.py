"""Packets of a damaged stream whose checksum fits by chance.

The checksum of ST 0601 is a sum: two wrong bits at the same place of two words, one up and one down, leave it as it
was. In a stream with sixty wrong bits that happens in one of about seventeen recordings, and most often in the longest
packets. Such a packet stands out from those around it: in a number that leaps there and back, or in a value or a lack
that no other packet has. Streams without any damage are not looked at: what leaps in them was sent so.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

import numpy as np

from pipeline.records.arrays import Bool, Float, Int
from pipeline.sources.telemetry.klv_layouts import Layout, Tag, values_of
from pipeline.sources.telemetry.klv_packets import PacketBlock

FEWEST = 12
"""Packets from which on it can be told what is usual."""
LEAP, SWAY = 12.0, 0.75
"""What is taken for a wrong bit: so many times what values usually stray from their neighbours on both sides, and
this share of the range of these; a single step never strays by more than half of it.
"""
USUAL = 0.9
"""Share of those that are alike from which on another one is odd."""


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


def singular(values: Sequence[Hashable]) -> Bool:
    """Values that occur once where almost all others are alike."""
    counts = Counter(values)
    often = sum(count for count in counts.values() if count >= FEWEST)
    if often < USUAL * len(values) or len(values) < FEWEST:
        return np.zeros(len(values), np.bool_)
    return np.array([counts[value] == 1 for value in values], np.bool_)


def lacking(sets: Sequence[Collection[Tag]]) -> Bool:
    """Sets that are the only one without a tag: a wrong bit made another one of it."""
    having = Counter(tag for tags in sets for tag in set(tags))
    common = [tag for tag, count in having.items() if count == len(sets) - 1 >= FEWEST]
    return np.array([any(tag not in tags for tag in common) for tags in sets], np.bool_)


def odd_packets(block: PacketBlock, layouts: Sequence[Layout], of: Int, changing: Iterable[Tag]) -> Bool:
    """Packets with a value that no other has where almost all are alike, or the only one without a tag.

    Args:
        block: Packets of one kind.
        layouts, of: As `LayoutBook.assign` gives them, for rows that have one.
        changing: Tags that are not looked at.
    """
    built = of.tolist()
    odd = lacking([layouts[which].places for which in built])
    for tag in {tag for layout in layouts for tag in layout.places}.difference(changing):
        found = values_of(block, list(layouts), of, tag)
        odd[[row for row, _ in found]] |= singular([value for _, value in found])
    return odd
