"""Metadata of military and larger civil aircraft: MISB ST 0601 and EG 0104 in transport streams and as raw bytes."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float, Int
from pipeline.records.marking import highest_marking
from pipeline.records.samples import ReadingFault, TargetSamples, TelemetrySamples, TimeBase, ViewSamples, make_samples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry import misb_clock
from pipeline.sources.telemetry.klv_packets import Kind, has_packets
from pipeline.sources.telemetry.klv_stream import KlvStream, KlvTable
from pipeline.sources.telemetry.misb_columns import WANTED, MisbColumns, columns_of
from pipeline.sources.telemetry.ts_streams import Piece, pieces
from pipeline.sources.transport_sync import LOOKED_AT
from pipeline.sources.video import is_video

_READ_BYTES = 256 * 1024
_MAX_PIECES = 1_000_000
"""Packets of a stream of the container whose places and times are kept: nine hours of thirty a second."""
_STANDARDS = {Kind.UAS: "MISB ST 0601", Kind.PREDATOR: "MISB EG 0104"}
_FAULTS = {
    "checksum_wrong": "packets whose checksum is wrong; left out",
    "checksum_missing": "packets without the checksum that their standard demands; left out",
    "checksum_by_chance": "packets of a damaged stream that contradict those around them in spite of a right checksum; "
    "left out",
    "packet_malformed": "packets whose items don't fill them; left out",
    "packet_repaired": "packets whose damaged tags or lengths were restored from those around them; their checksum "
    "then fits",
    "cut_off": "packets that the end of the file cuts off",
    "value_length_wrong": "values of another length than their standard gives; taken as missing",
    "packets_left_out": "packets beyond the number that is read of one stream; split the recording",
    "security_unreadable": "security marks that cannot be read; they count as the highest",
    "vmti_unreadable": "reports of targets that cannot be read",
    "targets_left_out": "targets beyond the number that is kept",
    "stream_without_checksums": "a stream none of whose packets has a checksum: damage in it cannot be told",
}
_ADDED = "{:+g} s added to its times, as it states itself"
_LOST = ("checksum_wrong", "checksum_missing", "checksum_by_chance", "packet_malformed", "cut_off")


class MisbReader:
    """Reads MISB metadata. Recognised by a transport stream's packets, or by the key of a set in the first bytes."""

    name = "misb"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it may hold such metadata; which streams a video has, `read` finds out."""
        del path
        return is_video(head) or has_packets(head)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read all streams of a file.

        Raises:
            InputError: A file of metadata alone in which no packet is sound, or a damaged container.
        """
        with open_regular(path) as file:
            video = is_video(file.read(LOOKED_AT))
        if video:
            return _read_container(path, self.name)
        stream = _Stream()
        with open_regular(path) as file:
            while chunk := file.read(_READ_BYTES):
                stream.klv.feed(chunk)
        members = tuple(_members(path, self.name, "", stream, None))
        if not members:
            lost = stream.klv.counts["checksum_wrong"] + stream.klv.counts["checksum_missing"]
            raise InputError(
                f"{path.name}: no sound packet of metadata in it ({lost} with a wrong or missing checksum); "
                "was it copied whole, or written by a faulty encoder?"
            )
        return members


@dataclass(slots=True)
class _Stream:
    """Bytes of one stream, and where and when they came."""

    klv: KlvStream = field(default_factory=lambda: KlvStream(WANTED))
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    at: "array[int]" = field(default_factory=lambda: array("q"))
    pts_ns: "array[float]" = field(default_factory=lambda: array("d"))

    def take(self, piece: Piece) -> None:
        if len(self.at) >= _MAX_PIECES:
            self.klv.counts["packets_left_out"] += 1
            return
        self.offsets.append(self.klv.feed(piece.data))
        self.at.append(piece.at)
        self.pts_ns.append(np.nan if piece.pts_ns is None else piece.pts_ns)


def _read_container(path: Path, name: str) -> tuple[TelemetrySamples, ...]:
    streams: dict[int, _Stream] = {}
    shown = array("q")
    for piece in pieces(path):
        if not piece.picture:
            streams.setdefault(piece.stream, _Stream()).take(piece)
        elif piece.pts_ns is not None and len(shown) < 3 * _MAX_PIECES:
            shown.extend((piece.at, piece.pts_ns, piece.stamp_us or 0))
    table = np.frombuffer(shown, np.int64).reshape(-1, 3)
    table = table[np.argsort(table[:, 0], kind="stable")]
    first_ns = int(table[:, 1].min()) if len(table) else 0
    pictures = misb_clock.PictureTimes(table[:, 0], table[:, 1] - first_ns, table[:, 2])
    found: list[TelemetrySamples] = []
    for number, index in enumerate(sorted(streams), 1):
        label = f"data {number}" if len(streams) > 1 else ""
        found += _members(path, name, label, streams[index], (pictures, first_ns))
    return tuple(found)


def _members(
    path: Path, name: str, label: str, stream: _Stream, video: tuple[misb_clock.PictureTimes, int] | None
) -> Iterator[TelemetrySamples]:
    """One member for each kind of packets and each clip of it; what concerns the whole stream is told once."""
    tables = stream.klv.finish()
    counts = stream.klv.counts
    faults = tuple(ReadingFault(code, counts[code], words) for code, words in _FAULTS.items() if counts[code])
    bad_rows = sum(counts[code] for code in _LOST)
    marking = highest_marking(stream.klv.markings.values())
    several = len(tables) > 1
    while tables:
        place = " ".join(part for part in (label, _STANDARDS[tables[0].kind] if several else "") if part)
        for part in _clips(path, name, place, tables.pop(0), stream, video):
            yield _told(part, faults, bad_rows, marking)
            faults, bad_rows = (), 0


def _told(
    part: TelemetrySamples, faults: tuple[ReadingFault, ...], bad_rows: int, marking: str | None
) -> TelemetrySamples:
    return replace(part, faults=(*faults, *part.faults), bad_rows=bad_rows, security_marking=marking)


def _clips(
    path: Path,
    name: str,
    place: str,
    table: KlvTable,
    stream: _Stream,
    video: tuple[misb_clock.PictureTimes, int] | None,
) -> Iterable[TelemetrySamples]:
    columns = columns_of(table)
    t_ns, added_us = _times(table)
    table = replace(table, columns={})  # of a long flight both at once are more than is to be held
    notes = columns.notes
    if np.any(added_us):
        notes = (_ADDED.format(float(np.median(added_us[added_us != 0])) / 1e6), *notes)
    faults: tuple[ReadingFault, ...] = ()
    video_ns, how = np.full(len(table), np.nan), ""
    pictures = misb_clock.PictureTimes(*(np.zeros(0, np.int64),) * 3)
    if video is not None and len(video[0].at):
        pictures = video[0]
        chunk = np.searchsorted(np.array(stream.offsets, np.int64), table.offset, "right") - 1
        pts = np.array(stream.pts_ns, np.float64)[chunk] - video[1]
        video_ns, how = misb_clock.video_times(pictures, np.array(stream.at, np.int64)[chunk], pts)
    timed = misb_clock.plausible(t_ns)
    base = TimeBase.UTC
    if not timed.any() and np.isfinite(video_ns).any():
        base, t_ns = TimeBase.VIDEO_START, np.nan_to_num(video_ns).astype(np.int64)
        faults = (*faults, ReadingFault("clock_not_set", len(table), "samples without a date; timed by the video"))
    elif not timed.any():
        base, t_ns = TimeBase.NONE, np.zeros(len(table), np.int64)
    elif not timed.all():
        words = "packets without a usable time; left out"
        faults = (*faults, ReadingFault("time_missing", int((~timed).sum()), words))
    parts = [np.arange(len(table))]
    if base is TimeBase.UTC:
        kept = np.flatnonzero(timed)
        parts = [kept[rows] for rows in misb_clock.clips(t_ns[kept], video_ns[kept])]
    for number, rows in enumerate(parts, 1):
        start = None
        if base is TimeBase.UTC:
            shown = pictures.moved(int(np.median(added_us[rows])))
            start = misb_clock.video_start(t_ns[rows], video_ns[rows], how, shown)
        yield _samples(
            path,
            name,
            f"{place} clip {number}".strip() if len(parts) > 1 else place,
            base,
            t_ns,
            table,
            columns,
            rows,
            start,
            notes,
            (*(faults if number == 1 else ()), *(fault.among(rows) for fault in columns.faults)),
        )


def _times(table: KlvTable) -> tuple[Int, Int]:
    """UTC in nanoseconds, 0 where a packet has no time; and what was added, as the packets say, in microseconds."""
    stamp = table.column("time_us")
    # senders repeat what hardly changes only now and then
    leap, correction = (_held(table.column(name)) for name in ("leap_s", "time_correction_us"))
    added_us = leap * 1e6 + correction
    sane = np.where((stamp >= 0) & (stamp < 9e15), stamp, 0.0)
    added_us = np.where(np.abs(added_us) < 1e15, added_us, 0.0)
    t_ns = (sane.astype(np.int64) + added_us.astype(np.int64)) * 1000
    return np.where(sane > 0, t_ns, 0), added_us.astype(np.int64)


def _held(values: Float) -> Float:
    """Each value until the next one, and the first one before it; 0 where there is none."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return np.zeros(len(values))
    before = np.searchsorted(known, np.arange(len(values)), "right") - 1
    held: Float = values[known[np.maximum(before, 0)]]
    return held


def _samples(
    path: Path,
    name: str,
    stream: str,
    base: TimeBase,
    t_ns: Int,
    table: KlvTable,
    columns: MisbColumns,
    rows: Int,
    start: misb_clock.VideoStart | None,
    notes: tuple[str, ...],
    faults: tuple[ReadingFault, ...],
) -> TelemetrySamples:
    more: dict[str, object] = {}
    if start is not None:
        more = {"video_start_utc_ns": start.utc_ns, "video_start_sigma_s": start.sigma_s}
        notes = (start.how, *notes)
    gnss = columns.gnss
    pick = slice(None) if len(rows) == len(table) else rows
    return make_samples(
        path,
        name,
        base,
        t_ns[pick],
        {key: column[pick] for key, column in columns.numbers.items()},
        stream=stream,
        vertical_datum=columns.vertical_datum,
        datum_reason=columns.datum_reason,
        gnss=None if gnss is None else type(gnss)(*(getattr(gnss, key)[pick] for key in gnss.__slots__)),
        view=_view(columns.view, pick),
        sensor=" / ".join(table.texts.get("sensor", ())),
        platform=" / ".join(table.texts.get("platform") or table.texts.get("tail", ())),
        notes=(_STANDARDS[table.kind], *notes),
        faults=faults,
        targets=_targets(table.targets, rows),
        **more,
    )


def _view(view: ViewSamples, rows: Int | slice) -> ViewSamples:
    columns: dict[str, Float] = {
        key: getattr(view, key)[rows] for key in view.__slots__ if key not in ("target_datum", "focal_sigma")
    }
    return ViewSamples(**columns, target_datum=view.target_datum, focal_sigma=view.focal_sigma)


def _targets(targets: TargetSamples | None, rows: Int) -> TargetSamples | None:
    if targets is None or not len(rows):
        return None
    part = targets.of_rows(rows)
    return part if len(part) else None
