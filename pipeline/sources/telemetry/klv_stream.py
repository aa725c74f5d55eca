"""The bytes of one stream of metadata to tables of numbers, block by block in bounded memory."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.records.arrays import Bool, Float, Int
from pipeline.records.samples import TargetSamples
from pipeline.sources.telemetry import eg0104, st0102, st0601_items
from pipeline.sources.telemetry.klv_layouts import Layout, LayoutBook, Tag, decode_columns, values_of
from pipeline.sources.telemetry.klv_outliers import FEWEST, odd_packets, strays
from pipeline.sources.telemetry.klv_packets import Kind, PacketBlock, find_packets
from pipeline.sources.telemetry.klv_repair import repaired
from pipeline.sources.telemetry.klv_values import Number
from pipeline.sources.telemetry.st0903 import TargetReader
from pipeline.sources.telemetry.st0903_odd import odd_reports

BLOCK_BYTES = 512 * 1024
MAX_PACKETS = 250_000
"""Packets of a stream that are kept: two hours and a quarter of thirty a second."""
_USUAL = 3
"""Times that a build must be met before damage is mended by it."""
_RARE, _COMMON = 2, 10
_ALWAYS_NEW = (st0601_items.CHECKSUM, st0601_items.TIME)
_MAX_TEXTS = 16
_MAX_MARKINGS = 256
_UNSUMMED = 3
"""Packets without a checksum, and none with one, from which on a stream is taken to have none."""

_UAS: dict[Tag, tuple[str, Number]] = dict(st0601_items.NUMBERS.items())
_PREDATOR: dict[Tag, tuple[str, Number]] = dict(eg0104.NUMBERS.items())
_TEXTS: dict[Kind, dict[str, Tag]] = {
    Kind.UAS: {
        "platform": st0601_items.PLATFORM,
        "sensor": st0601_items.SENSOR,
        "tail": st0601_items.TAIL_NUMBER,
        "coordinates": st0601_items.COORDINATES,
    },
    Kind.PREDATOR: {"platform": eg0104.PLATFORM, "sensor": eg0104.SENSOR},
}


@dataclass(slots=True)
class _Rows:
    """Packets of one kind, as they come."""

    offsets: list[Int] = field(default_factory=list)
    columns: list[dict[str, Float]] = field(default_factory=list)
    texts: dict[str, dict[bytes, int]] = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class KlvTable:
    """All packets of one kind in a stream.

    Attributes:
        kind: `Kind.UAS` or `Kind.PREDATOR`.
        offset: ``(N,)`` where each packet begins in the stream's bytes.
        columns: ``(N,)`` numbers by name, without names that no packet has.
        texts: Different texts by name, the most frequent first.
        targets: What the sensor reports as moving.
    """

    kind: Kind
    offset: Int
    columns: Mapping[str, Float]
    texts: Mapping[str, tuple[str, ...]]
    targets: TargetSamples | None

    def __len__(self) -> int:
        return len(self.offset)

    def column(self, *names: str) -> Float:
        """The first of these that a packet gives, packet by packet; NaN for none."""
        values = np.full(len(self.offset), np.nan)
        for name in reversed(names):
            if name in self.columns:
                values = np.where(np.isnan(self.columns[name]), values, self.columns[name])
        return values


class KlvStream:
    """Takes bytes in their order, gives tables at the end.

    Attributes:
        counts: Faults by code.
        markings: Security marks that were met.
    """

    def __init__(self, wanted: Collection[str] | None = None) -> None:
        """Keep numbers of these names; None: all."""
        self.counts: Counter[str] = Counter()
        self.markings: dict[bytes, str] = {}
        self._waiting = bytearray()
        self._base = 0
        self._summed: bool | None = None
        self._book = LayoutBook()
        self._rows = {Kind.UAS: _Rows(), Kind.PREDATOR: _Rows()}
        self._targets = TargetReader()
        self._numbers = {
            kind: {tag: known for tag, known in numbers.items() if wanted is None or known[0] in wanted}
            for kind, numbers in ((Kind.UAS, _UAS), (Kind.PREDATOR, _PREDATOR))
        }

    def feed(self, data: bytes) -> int:
        """Take bytes; returns their place in the stream."""
        at = self._base + len(self._waiting)
        self._waiting += data
        if len(self._waiting) >= BLOCK_BYTES:
            self._work(final=False)
        return at

    def finish(self) -> list[KlvTable]:
        """Take what is left, and give a table for each kind of packets that there were."""
        self._work(final=True)
        tables = [self._table(kind, rows) for kind, rows in self._rows.items() if rows.count]
        self.counts["vmti_unreadable"] += self._targets.unreadable
        self.counts["targets_left_out"] += self._targets.left_out
        return tables

    def _work(self, *, final: bool) -> None:
        data = bytes(self._waiting)
        block = self._found(data, final=final)
        layouts, of = self._book.assign(block)
        if block.gaps and self._summed:
            mended, count = repaired(block, self._book.usual(_USUAL))
            if count:
                self.counts["packet_repaired"] += count
                block = self._found(mended, final=final)
                layouts, of = self._book.assign(block)
        sound = of >= 0
        self.counts["packet_malformed"] += int(np.count_nonzero(~sound))
        self.counts["checksum_wrong"] += block.checksum_wrong
        self.counts["checksum_missing"] += block.checksum_missing
        self.counts["cut_off"] += block.cut_off
        if block.gaps and block.checksum_wrong:
            suspect = sound & self._imitations(block, layouts, of)
            self.counts["checksum_by_chance"] += int(np.count_nonzero(suspect))
            sound &= ~suspect
        if self._damaged():
            odd = self._odd(block, layouts, of, np.flatnonzero(sound & (block.kind == Kind.UAS)))
            self.counts["checksum_by_chance"] += len(odd)
            sound[odd] = False
        for kind in (Kind.UAS, Kind.PREDATOR):
            self._take(kind, block, layouts, of, sound & (block.kind == kind))
        for row in np.flatnonzero(sound & (block.kind == Kind.SECURITY)).tolist():
            self._mark(block.data[block.body[row] : block.end[row]])
        self._base += block.consumed
        self._waiting = bytearray(block.data[block.consumed :])

    def _found(self, data: bytes, *, final: bool) -> PacketBlock:
        block = find_packets(data, final=final, summed=self._summed is not False)
        if self._summed is None and (block.checksum_wrong or np.any(block.kind == Kind.UAS)):
            self._summed = True
        elif self._summed is None and block.checksum_missing >= _UNSUMMED:
            self._summed = False
            self.counts["stream_without_checksums"] = 1
            return find_packets(data, final=final, summed=False)
        return block

    def _imitations(self, block: PacketBlock, layouts: list[Layout], of: Int) -> Bool:
        """Packets of a build met once or twice that differ from a common one in a byte or two.

        Two wrong bits in one packet may cancel in its checksum, and a wrong tag or length turns values into others.
        """
        common = self._book.usual(_COMMON)
        rare = np.array([self._book.met.get(id(layout), 0) <= _RARE for layout in layouts] + [False])
        odd = np.zeros(len(of), np.bool_)
        for row in np.flatnonzero(rare[of]).tolist():
            packet = block.flat[block.start[row] : block.end[row]]
            odd[row] = any(layout.nearly(packet) for layout in common if layout.length == len(packet))
        return odd

    def _damaged(self) -> bool:
        return self.counts["checksum_wrong"] > 0 or self.counts["packet_repaired"] > 0

    def _odd(self, block: PacketBlock, layouts: list[Layout], of: Int, rows: Int) -> Int:
        """Of some packets of a damaged stream those that no others are like; the numbers kept are judged at the end."""
        part, built = block.part(rows), of[rows]
        odd = odd_packets(part, layouts, built, (*_ALWAYS_NEW, st0601_items.VMTI))
        columns, _ = decode_columns(part, layouts, built, _UAS)
        kept = {name for name, _ in self._numbers[Kind.UAS].values()}
        odd |= strays({name: values for name, values in columns.items() if name not in kept}, len(rows))
        nowhere = np.full(len(rows), np.nan)
        lon, lat = (columns.get(name, nowhere) for name in ("centre_lon_deg", "centre_lat_deg"))
        told = values_of(part, layouts, built, st0601_items.VMTI)
        centres = [(float(lon[row]), float(lat[row])) for row, _ in told]
        reports = odd_reports([value for _, value in told], centres, self._targets)
        odd[[row for (row, _), found in zip(told, reports, strict=True) if found]] = True
        return rows[odd]

    def _take(self, kind: Kind, block: PacketBlock, layouts: list[Layout], of: Int, which: Bool) -> None:
        rows = self._rows[kind]
        room = MAX_PACKETS - rows.count
        chosen = np.flatnonzero(which)
        if len(chosen) > room:
            self.counts["packets_left_out"] += len(chosen) - room
            chosen = chosen[:room]
        if not len(chosen):
            return
        part, built = block.part(chosen), of[chosen]
        columns, unfit = decode_columns(part, layouts, built, self._numbers[kind])
        self.counts["value_length_wrong"] += unfit
        for name, tag in _TEXTS[kind].items():
            known = rows.texts.setdefault(name, {})
            for _, text in values_of(part, layouts, built, tag):
                if text in known or len(known) < _MAX_TEXTS:
                    known[text] = known.get(text, 0) + 1
        security = (st0601_items.SECURITY,) if kind is Kind.UAS else (eg0104.SECURITY_LOCAL, eg0104.SECURITY_UNIVERSAL)
        for tag in security:
            for value in dict.fromkeys(value for _, value in values_of(part, layouts, built, tag)):
                self._mark(value, universal=tag == eg0104.SECURITY_UNIVERSAL)
        self._take_targets(rows.count, part, layouts, built, columns)
        rows.offsets.append(part.start + self._base)
        rows.columns.append(columns)
        rows.count += len(chosen)

    def _take_targets(
        self, first: int, part: PacketBlock, layouts: list[Layout], of: Int, columns: dict[str, Float]
    ) -> None:
        nowhere = np.full(len(of), np.nan)
        lon, lat = (columns.get(name, nowhere) for name in ("centre_lon_deg", "centre_lat_deg"))
        for row, value in values_of(part, layouts, of, st0601_items.VMTI):
            self._targets.take(first + row, value, float(lon[row]), float(lat[row]))

    def _mark(self, value: bytes, *, universal: bool = False) -> None:
        if value in self.markings:
            return
        mark = st0102.read_universal(value) if universal else st0102.read_local(value)
        if len(self.markings) >= _MAX_MARKINGS and mark in self.markings.values():
            return
        if mark is st0102.UNREADABLE:
            self.counts["security_unreadable"] += 1
        self.markings[value] = mark

    def _table(self, kind: Kind, rows: _Rows) -> KlvTable:
        names = dict.fromkeys(name for block in rows.columns for name in block)
        lengths = [len(offsets) for offsets in rows.offsets]
        columns = {
            name: np.concatenate(
                [block.pop(name, np.full(n, np.nan)) for block, n in zip(rows.columns, lengths, strict=True)]
            )
            for name in names
        }
        damaged = kind is Kind.UAS and self._damaged()
        keep = ~strays(columns, rows.count) if damaged else np.ones(rows.count, np.bool_)
        self.counts["checksum_by_chance"] += int(np.count_nonzero(~keep))
        texts = {name: _texts(known, damaged=damaged) for name, known in rows.texts.items()}
        targets = self._targets.targets() if kind is Kind.UAS else None
        offset = np.concatenate(rows.offsets)
        if not keep.all():
            columns = {name: column[keep] for name, column in columns.items()}
            offset, targets = offset[keep], None if targets is None else targets.of_rows(np.flatnonzero(keep))
        return KlvTable(kind, offset, columns, texts, targets)


def _texts(known: Mapping[bytes, int], *, damaged: bool) -> tuple[str, ...]:
    """Different texts, the most frequent first; in a damaged stream without those that only one packet has."""
    often = max(known.values(), default=0)
    order = sorted(known, key=lambda raw: -known[raw])
    order = [raw for raw in order if not (damaged and known[raw] == 1 and often >= FEWEST)]
    return tuple(dict.fromkeys(words for raw in order if (words := _text(raw))))


def _text(raw: bytes) -> str:
    text = raw[:128].decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
