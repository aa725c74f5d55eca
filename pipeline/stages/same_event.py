"""One thing keeps one name over flights and nights."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.geometry.projection import SiteFrame
from pipeline.records.content_hash import hash_of
from pipeline.records.event import KnownEvent
from pipeline.records.evidence import Change
from pipeline.stages.agreed_ground import to_site

SAME_CHANGE_OVERLAP = 0.3
"""Share of the smaller outline in the larger one from which two changes are one thing."""


@dataclass(frozen=True, slots=True)
class EventName:
    """Name and history of a thing.

    Attributes:
        event_id: Stable.
        first_seen_utc_ns: First sighting in any flight up to this one.
        seen_in_flights: How many flights saw it, this one included.
        known: It was seen by an earlier flight.
    """

    event_id: str
    first_seen_utc_ns: int
    seen_in_flights: int
    known: bool


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """What a name is sought for.

    Attributes:
        event_class, object_kind, change_direction: What it is; direction None for a mover.
        geometry_m: Site metres.
        err95_m: Semi-major axis of its 95 % error ellipse.
        lonlat: Its place, for a new name.
        first_utc_ns: First seen by this flight.
        sortie_id: This flight.
        name: Tells things of one class, kind, place and time apart: for movers the track.
    """

    event_class: str
    object_kind: str
    change_direction: str | None
    geometry_m: BaseGeometry
    err95_m: float
    lonlat: tuple[float, float]
    first_utc_ns: int
    sortie_id: str
    name: str


class EventBook:
    """Events of earlier flights, in the metres of this one. Movers are never joined across flights."""

    def __init__(self, known: Sequence[KnownEvent], site: SiteFrame) -> None:
        """Sort events by what they are."""
        self._by_sort: defaultdict[tuple[str, str | None, str | None], list[tuple[KnownEvent, BaseGeometry]]]
        self._by_sort = defaultdict(list)
        for event in sorted(known, key=lambda event: event.event_id):
            if event.geometry is not None:
                sort = (event.event_class, event.object_kind, event.change_direction)
                self._by_sort[sort].append((event, to_site(event.geometry, site)))

    def name(self, thing: Thing) -> EventName:
        """The known event within the combined 95 % errors, the nearest one; a new name where there is none."""
        near: list[tuple[float, str, KnownEvent]] = []
        if thing.change_direction is not None:
            sort = (thing.event_class, thing.object_kind, thing.change_direction)
            for event, geometry_m in self._by_sort.get(sort, ()):
                away = float(shapely.distance(geometry_m, thing.geometry_m))
                if away <= (thing.err95_m**2 + (event.err95_major_m or 0.0) ** 2) ** 0.5:
                    near.append((away, event.event_id, event))
        if not near:
            return EventName(_new_id(thing), thing.first_utc_ns, 1, known=False)
        event = min(near, key=lambda found: found[:2])[2]
        flights = {*event.sortie_ids, thing.sortie_id}
        first = min(event.first_seen_utc_ns, thing.first_utc_ns)
        return EventName(event.event_id, first, len(flights), known=bool(flights - {thing.sortie_id}))


def _new_id(thing: Thing) -> str:
    """A name from what, where (to about a metre), when, which flight and which of several there."""
    lon, lat = thing.lonlat
    place = (round(lon, 5), round(lat, 5))
    parts = (thing.event_class, thing.object_kind, thing.change_direction, place, thing.first_utc_ns, thing.sortie_id)
    return hash_of((*parts, thing.name))


def join_baselines(changes: Sequence[Change], pinned: frozenset[str]) -> list[tuple[Change, str | None]]:
    """Changes, each once, with the pinned baseline against which it shows too.

    A thing that is compared with last night's ground and with a pinned baseline shows up to twice: it is told as last
    night's change. What shows against a pinned baseline only (slow digging) is told as that.

    Returns:
        Change and id of the sortie of the pinned baseline or None, in order of change id.
    """
    lately = [change for change in changes if change.baseline_sortie_id not in pinned]
    since = [change for change in changes if change.baseline_sortie_id in pinned]
    partner: dict[str, str] = {}
    told: set[str] = set()
    for change in sorted(lately, key=lambda change: change.change_id):
        for other in sorted(since, key=lambda change: change.change_id):
            if _is_same(change, other):
                partner.setdefault(change.change_id, other.baseline_sortie_id)
                told.add(other.change_id)
    kept = lately + [change for change in since if change.change_id not in told]
    return [
        (change, change.baseline_sortie_id if change.baseline_sortie_id in pinned else partner.get(change.change_id))
        for change in sorted(kept, key=lambda change: change.change_id)
    ]


def _is_same(one: Change, other: Change) -> bool:
    if (one.kind, one.direction) != (other.kind, other.direction):
        return False
    if min(len(one.outline_m), len(other.outline_m)) < 3:
        return False
    first = shapely.make_valid(shapely.polygons(one.outline_m))
    second = shapely.make_valid(shapely.polygons(other.outline_m))
    smaller = min(first.area, second.area)
    return bool(smaller > 0 and first.intersection(second).area >= SAME_CHANGE_OVERLAP * smaller)
