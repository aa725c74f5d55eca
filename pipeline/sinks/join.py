"""Joining the candidates of a night with one another and with the events known before: pure, in any order the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from pipeline.records.event import Event, KnownEvent

METRES_PER_DEGREE = 111_320.0
"""Of latitude, to 0.6 %; places within 95 % errors are tens of metres apart at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A published candidate, as far as joining needs it.

    Attributes:
        change_direction: None for movers.
        t_utc_ns: First and last time in its flight.
        Others as in ``candidates/v1``.
    """

    candidate_id: str
    event_id: str
    sortie_id: str
    night_id: str
    rule_id: str | None
    event_class: str
    object_kind: str | None
    change_direction: str | None
    geometry: BaseGeometry | None
    err95_major_m: float | None
    side: str
    confidence_word: str
    area_m2: float | None
    area_sigma_m2: float | None
    length_m: float | None
    t_utc_ns: tuple[int, int]
    first_seen_utc_ns: int

    @property
    def order(self) -> tuple[str, str]:
        """What rows are sorted by."""
        return (self.event_id, self.candidate_id)

    @property
    def what(self) -> tuple[str, str | None, str | None]:
        """What it is; only the same can be one event."""
        return (self.event_class, self.change_direction, self.object_kind)


def join(seen: Iterable[Seen], earlier: Sequence[Event], night_id: str) -> tuple[Event, ...]:
    """Events known at the end of a night, sorted by id.

    One event are rows of one event id, and rows of different flights of one class whose places are within their joint
    95 % errors; movers only when their times overlap as well. What one flight tells apart by id stays apart, unless
    another flight's row joins both. The id that survives is one known before, else the least.
    Lasting events of earlier nights are carried over; movers are not: no pattern of life.
    """
    rows = sorted(seen, key=lambda row: row.order)
    before = {event.known.event_id: event for event in earlier if event.known.change_direction is not None}
    renamed = {alias: event_id for event_id, event in sorted(before.items()) for alias in event.aliases}
    ids = [renamed.get(row.event_id, row.event_id) for row in rows]
    events = []
    for members in _groups(rows, ids):
        names = sorted({ids[member] for member in members})
        known = [before.pop(name) for name in names if name in before]
        events.append(_joined([rows[member] for member in members], names, known, night_id))
    events += [replace(event, night_id=night_id, candidate_ids=()) for event in before.values()]
    return tuple(sorted(events, key=lambda event: event.known.event_id))


def _groups(rows: Sequence[Seen], ids: Sequence[str]) -> list[list[int]]:
    """Connected rows, by union-find; independent of the order of pairs."""
    parent = list(range(len(rows)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    for one, other in [*_of_one_id(ids), *_of_one_place(rows)]:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for index in range(len(rows)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _of_one_id(ids: Sequence[str]) -> Iterator[tuple[int, int]]:
    first: dict[str, int] = {}
    for index, event_id in enumerate(ids):
        yield first.setdefault(event_id, index), index


def _of_one_place(rows: Sequence[Seen]) -> Iterator[tuple[int, int]]:
    """Pairs of different flights that are the same by class, place and, for movers, time."""
    placed = [index for index, row in enumerate(rows) if row.geometry is not None]
    if not placed:
        return
    tree = STRtree([rows[index].geometry for index in placed])
    widest_m = max(rows[index].err95_major_m or 0.0 for index in placed)
    for one in placed:
        west, south, east, north = shapely.bounds(rows[one].geometry)
        up = 1.01 * np.hypot(widest_m, rows[one].err95_major_m or 0.0) / METRES_PER_DEGREE
        along = up / max(float(np.cos(np.radians(max(abs(south), abs(north))))), 0.01)
        near = tree.query(shapely.box(west - along, south - up, east + along, north + up))
        yield from ((one, placed[k]) for k in sorted(near) if placed[k] > one and _same(rows[one], rows[placed[k]]))


def _same(one: Seen, other: Seen) -> bool:
    if one.sortie_id == other.sortie_id or one.what != other.what:
        return False
    together = one.t_utc_ns[0] <= other.t_utc_ns[1] and other.t_utc_ns[0] <= one.t_utc_ns[1]
    if one.change_direction is None and not together:
        return False
    reach_m = float(np.hypot(one.err95_major_m or 0.0, other.err95_major_m or 0.0))
    return _apart_m(one.geometry, other.geometry) <= reach_m


def _apart_m(one: BaseGeometry | None, other: BaseGeometry | None) -> float:
    """Metres between two shapes in longitude and latitude that are near each other; 0 when they touch."""
    if one is None or other is None:
        return float("inf")
    lat = float(shapely.get_y(one.representative_point()))
    scale = np.array([METRES_PER_DEGREE * np.cos(np.radians(lat)), METRES_PER_DEGREE])
    return float(
        shapely.transform(one, lambda xy: xy * scale).distance(shapely.transform(other, lambda xy: xy * scale))
    )


def _joined(rows: list[Seen], names: list[str], known: list[Event], night_id: str) -> Event:
    event_id = min((event.known.first_seen_utc_ns, event.known.event_id) for event in known)[1] if known else names[0]
    best = min(rows, key=lambda row: (row.geometry is None, _or_infinite(row.err95_major_m), row.candidate_id))
    latest = max(rows, key=lambda row: (row.t_utc_ns[1], row.candidate_id))
    aliases = {*names, *(row.event_id for row in rows), *(alias for event in known for alias in event.aliases)}
    known_record = KnownEvent(
        event_id=event_id,
        event_class=best.event_class,
        rule_ids=_union((row.rule_id for row in rows if row.rule_id), *(event.known.rule_ids for event in known)),
        change_direction=best.change_direction,
        object_kind=best.object_kind,
        geometry=best.geometry,
        err95_major_m=best.err95_major_m,
        first_seen_utc_ns=min(
            [row.first_seen_utc_ns for row in rows] + [event.known.first_seen_utc_ns for event in known]
        ),
        last_seen_utc_ns=max(row.t_utc_ns[1] for row in rows),
        sortie_ids=_union((row.sortie_id for row in rows), *(event.known.sortie_ids for event in known)),
        area_m2=latest.area_m2,
    )
    return Event(
        known=known_record,
        night_id=night_id,
        aliases=tuple(sorted(aliases - {event_id})),
        candidate_ids=_union(row.candidate_id for row in rows),
        nights=_union([night_id], *(event.nights for event in known)),
        side=best.side,
        confidence_word=best.confidence_word,
        area_sigma_m2=latest.area_sigma_m2,
        length_m=latest.length_m,
    )


def _union(*parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({item for part in parts for item in part}))


def _or_infinite(value: float | None) -> float:
    return float("inf") if value is None else value
