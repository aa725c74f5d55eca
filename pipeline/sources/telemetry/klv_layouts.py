"""Packets of the same build decoded together, a column at a time.

A sender repeats the same tags and lengths again and again. Where all bytes that are tags or lengths agree with those
of a packet that was walked, a packet need not be walked itself.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float, Int
from pipeline.sources.telemetry.klv_bytes import walk_local, walk_universal
from pipeline.sources.telemetry.klv_packets import Kind, PacketBlock
from pipeline.sources.telemetry.klv_values import Number

MAX_KEPT = 32
"""Builds of one length that are kept; packets of yet another are walked one by one."""
MAX_LENGTHS = 512
NEARLY = 2
CHECKSUM = 1
"""Tag of the checksum in every local set that has one."""

Tag = Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How a packet is built.

    Attributes:
        kind: Of the packet.
        header, length: Bytes of key and length, and of the packet with these.
        places: Where the value of each item begins, from the packet's begin, and how long it is, by tag.
        frame: Places, from the packet's begin, of the bytes that are no values: key, tags and lengths.
        frame_bytes: What stands there.
    """

    kind: Kind
    header: int
    length: int
    places: Mapping[Tag, tuple[int, int]]
    frame: NDArray[np.intp]
    frame_bytes: NDArray[np.uint8]

    @property
    def summed(self) -> bool:
        """Whether the packet ends in a checksum that covers all of it."""
        return self.kind is not Kind.PREDATOR and self.places.get(CHECKSUM) == (self.length - 2, 2)

    def nearly(self, packet: NDArray[np.uint8]) -> bool:
        """Whether a packet of the same length is built like this but for one or two bytes."""
        return 0 < int(np.count_nonzero(packet[self.frame] != self.frame_bytes)) <= NEARLY


@dataclass(slots=True)
class LayoutBook:
    """Builds that were met, by kind, header and length, and how often."""

    known: dict[tuple[int, int, int], list[Layout]] = field(default_factory=dict)
    met: dict[int, int] = field(default_factory=dict)

    def assign(self, block: PacketBlock) -> tuple[list[Layout], Int]:
        """The build of each packet.

        Returns:
            Builds, and ``(N,)`` which one a packet has; -1 for a packet whose items don't fill it.
        """
        of = np.full(len(block.start), -1, np.int64)
        used: list[Layout] = []
        length, header = block.end - block.start, block.body - block.start
        keys = (length * 32 + header) * 4 + block.kind
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.diff(keys[order], prepend=-1, append=-1))
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            rows = order[first:last]
            row = int(rows[0])
            self._assign_alike(block, rows, (int(block.kind[row]), int(header[row]), int(length[row])), used, of)
        return used, of

    def _assign_alike(
        self, block: PacketBlock, rows: Int, key: tuple[int, int, int], used: list[Layout], of: Int
    ) -> None:
        kept = self.known.get(key, [])
        for layout in kept:
            if not len(rows):
                return
            rows = self._match(block, rows, layout, used, of)
        while len(rows):
            made = layout_of(block, int(rows[0]))
            if made is None:
                rows = rows[1:]
                continue
            if len(kept) < MAX_KEPT and (kept or len(self.known) < MAX_LENGTHS):
                kept = self.known.setdefault(key, kept)
                kept.append(made)
                rows = self._match(block, rows, made, used, of)
            else:
                of[rows[0]] = len(used)
                used.append(made)
                rows = rows[1:]

    def _match(self, block: PacketBlock, rows: Int, layout: Layout, used: list[Layout], of: Int) -> Int:
        """Give rows of this build their number; the others are returned."""
        same = np.all(block.flat[block.start[rows, None] + layout.frame] == layout.frame_bytes, axis=1)
        if same.any():
            of[rows[same]] = len(used)
            used.append(layout)
            self.met[id(layout)] = self.met.get(id(layout), 0) + int(np.count_nonzero(same))
            rows = rows[~same]
        return rows

    def usual(self, at_least: int) -> list[Layout]:
        """Builds that were met so often, the most frequent first."""
        every = [layout for kept in self.known.values() for layout in kept if self.met.get(id(layout), 0) >= at_least]
        return sorted(every, key=lambda layout: -self.met[id(layout)])


def layout_of(block: PacketBlock, row: int) -> Layout | None:
    """Walk a packet; None where its items don't fill it."""
    start, body, end = int(block.start[row]), int(block.body[row]), int(block.end[row])
    kind = Kind(int(block.kind[row]))
    items: list[tuple[Tag, int, int]] | None
    if kind is Kind.PREDATOR:
        items = list(walk_universal(block.data, body, end) or ()) or None
    else:
        items = list(walk_local(block.data, body, end) or ()) or None
    if items is None:
        return None
    values = np.zeros(end - start, np.bool_)
    for _, at, size in items:
        values[at - start : at - start + size] = True
    frame = np.flatnonzero(~values)
    return Layout(
        kind,
        body - start,
        end - start,
        {tag: (at - start, size) for tag, at, size in items},
        frame,
        block.flat[start + frame],
    )


def decode_columns(
    block: PacketBlock, layouts: list[Layout], of: Int, numbers: Mapping[Tag, tuple[str, Number]]
) -> tuple[dict[str, Float], int]:
    """Numbers of packets of one kind.

    Args:
        block: Packets.
        layouts, of: As `LayoutBook.assign` gives them, for rows that have one.
        numbers: Name and mapping by tag.

    Returns:
        ``(N,)`` columns by name, NaN where a packet has no value, without names that no packet has; and how many
        values had a length that their mapping does not allow.
    """
    columns: dict[str, Float] = {}
    unfit = 0
    for tag in dict.fromkeys(tag for layout in layouts for tag in layout.places):
        known = numbers.get(tag)
        if known is None:
            continue
        name, number = known
        places = np.array([layout.places.get(tag, (0, 0)) for layout in layouts], np.int64)
        sizes = set(places[:, 1].tolist()) - {0}
        values = np.full(len(of), np.nan)
        for size in sizes:
            at = block.start + places[of, 0]
            rows = slice(None) if len(sizes) == 1 and places[:, 1].all() else np.flatnonzero(places[of, 1] == size)
            if number.fits(size):
                values[rows] = number.decode(block.flat[at[rows, None] + np.arange(size)])
            else:
                unfit += len(values[rows])
        earlier = columns.get(name)  # one meaning under two keys
        columns[name] = values if earlier is None else np.where(np.isnan(earlier), values, earlier)
    return columns, unfit


def values_of(block: PacketBlock, layouts: list[Layout], of: Int, tag: Tag) -> list[tuple[int, bytes]]:
    """Row and bytes of each value of an item that is there and not empty."""
    places = [layout.places.get(tag, (0, 0)) for layout in layouts]
    if not any(size for _, size in places):
        return []
    found: list[tuple[int, bytes]] = []
    for row, (start, layout) in enumerate(zip(block.start.tolist(), of.tolist(), strict=True)):
        at, size = places[layout]
        if size:
            found.append((row, block.data[start + at : start + at + size]))
    return found
