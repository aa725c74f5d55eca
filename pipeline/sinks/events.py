"""Events of a night: a snapshot after its sorties, never edited by a later night."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import shapely

from pipeline.errors import PublishError
from pipeline.records.event import Event, KnownEvent
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import RowContext
from pipeline.sinks.commit import commit, recover
from pipeline.sinks.disk import Disk
from pipeline.sinks.event_columns import EVENTS
from pipeline.sinks.geoparquet import encode
from pipeline.sinks.join import Seen, join

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = [
    "candidate_id",
    "event_id",
    "sortie_id",
    "night_id",
    "rule_id",
    "event_class",
    "object_kind",
    "change_direction",
    "err95_major_m",
    "side",
    "confidence_word",
    "area_m2",
    "area_sigma_m2",
    "length_m",
]
"""Columns of candidates that `Seen` holds as they are."""


def read_known_events(out: Path, before_night: str) -> tuple[KnownEvent, ...]:
    """Lasting events of the latest snapshot of an earlier night, sorted by id: what the judge meets.

    Args:
        out: Output folder.
        before_night: Night that is judged; its own snapshot and later ones are never read.

    Raises:
        PublishError: A snapshot cannot be read.
    """
    lasting = (event.known for event in read_snapshot(out, before_night) if event.known.change_direction is not None)
    return tuple(lasting)


def read_snapshot(out: Path, before_night: str) -> tuple[Event, ...]:
    """The latest snapshot of a night before another, sorted by id; empty when there is none."""
    folder = out / EVENTS.name / EVENTS.version
    nights = sorted(path.name.removeprefix("night=") for path in folder.glob("night=*") if any(path.glob("*.parquet")))
    earlier = [night for night in nights if night < before_night]
    if not earlier:
        return ()
    rows = _rows(out / EVENTS.path(earlier[-1]), EVENTS.schema.names)
    return tuple(sorted((_event(row) for row in rows), key=lambda event: event.known.event_id))


def publish_events(out: Path, night_id: str, disk: Disk | None = None) -> tuple[Event, ...]:
    """Join a night and publish its snapshot; the snapshots of other nights are not touched.

    Run it when the night's sorties are done. The same candidates and the same earlier snapshot give the same bytes.

    Raises:
        PublishError: Something cannot be read or written.
    """
    disk = disk or Disk()
    name = f"events-{night_id}"
    recover(out, name, disk)
    events = join(read_seen(out, night_id), read_snapshot(out, night_id), night_id)
    data = encode(EVENTS, EVENTS.table(events, RowContext("", night_id, None)))
    path = out / EVENTS.path(night_id)
    if not path.exists() or path.read_bytes() != data:
        commit(out, name, {EVENTS.path(night_id): data}, (), disk)
    return events


def read_seen(out: Path, night_id: str) -> tuple[Seen, ...]:
    """All published candidates of a night."""
    folder = out / CANDIDATES.name / CANDIDATES.version / f"night={night_id}"
    rows = [
        row
        for path in sorted(folder.glob("sortie=*/*.parquet"))
        for row in _rows(path, [*_PLAIN, "geometry", "t_start", "t_end", "first_seen"])
    ]
    return tuple(_seen(row) for row in rows)


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns), partitioning=None).to_pylist()
    except (OSError, ValueError) as error:
        raise PublishError(f"{path}: cannot be read: {error}; restore it, or run its sortie again") from error
    return rows


def _seen(row: dict[str, Any]) -> Seen:
    return Seen(
        **{name: row[name] for name in _PLAIN},
        geometry=_shape(row["geometry"]),
        t_utc_ns=(_nanoseconds(row["t_start"]), _nanoseconds(row["t_end"])),
        first_seen_utc_ns=_nanoseconds(row["first_seen"] or row["t_start"]),
    )


def _event(row: dict[str, Any]) -> Event:
    known = KnownEvent(
        event_id=row["event_id"],
        event_class=row["event_class"],
        rule_ids=tuple(row["rule_ids"]),
        change_direction=row["change_direction"],
        object_kind=row["object_kind"],
        geometry=_shape(row["geometry"]),
        err95_major_m=row["err95_major_m"],
        first_seen_utc_ns=_nanoseconds(row["first_seen"]),
        last_seen_utc_ns=_nanoseconds(row["last_seen"]),
        sortie_ids=tuple(row["sortie_ids"]),
        area_m2=row["area_m2"],
    )
    return Event(
        known=known,
        night_id=row["night_id"],
        aliases=tuple(row["aliases"]),
        candidate_ids=tuple(row["candidate_ids"]),
        nights=tuple(row["nights"]),
        side=row["side"],
        confidence_word=row["confidence_word"],
        area_sigma_m2=row["area_sigma_m2"],
        length_m=row["length_m"],
    )


def _shape(wkb: bytes | None) -> shapely.Geometry | None:
    return None if wkb is None else shapely.from_wkb(wkb)


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000
