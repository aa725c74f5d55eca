"""Events: one thing over frames, flights and nights."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class KnownEvent:
    """A lasting event of an earlier night, as the judge meets it. Movers are never among them.

    Attributes:
        event_id: Stable over re-runs, flights and nights.
        event_class: Class of the event.
        rule_ids: Rules that it may break, sorted.
        change_direction: ``new``, ``vanished``, ``altered`` or None.
        object_kind: What it looks like from above, or None.
        geometry: Longitude, latitude, or None when no place is known.
        err95_major_m: Semi-major axis of its 95 % error ellipse, None when unknown.
        first_seen_utc_ns, last_seen_utc_ns: First and latest sighting.
        sortie_ids: Flights that saw it, sorted.
        area_m2: Area at the latest sighting, None when unknown.
    """

    event_id: str
    event_class: str
    rule_ids: tuple[str, ...]
    change_direction: str | None
    object_kind: str | None
    geometry: BaseGeometry | None
    err95_major_m: float | None
    first_seen_utc_ns: int
    last_seen_utc_ns: int
    sortie_ids: tuple[str, ...]
    area_m2: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One row of ``events/v1``: what is known of an event at the end of a night.

    Attributes:
        known: What later nights need.
        night_id: Night at whose end this is what is known.
        aliases: Other ids that sorties gave to the same thing, sorted.
        candidate_ids: Rows of ``candidates/v1`` of this night that speak of it, sorted; empty when the event was only
            carried over.
        nights: Nights on which it was seen, sorted.
        side: Of the best placed sighting.
        confidence_word: Of the best placed sighting.
        area_sigma_m2, length_m: Size at the latest sighting.
    """

    known: KnownEvent
    night_id: str
    aliases: tuple[str, ...]
    candidate_ids: tuple[str, ...]
    nights: tuple[str, ...]
    side: str
    confidence_word: str
    area_sigma_m2: float | None
    length_m: float | None
