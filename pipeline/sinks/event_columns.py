"""Columns of ``events/v1``: what is known of each event at the end of a night."""

from pipeline.records.event import Event
from pipeline.sinks.columns import (
    BBOX,
    COUNT,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    WKB,
    WORD,
    Column,
    Dataset,
    microseconds,
)
from pipeline.sinks.shapes import bounds, iso_wkb
from pipeline.sinks.words import CONFIDENCE_WORD, DIRECTION, EVENT_CLASS, OBJECT_KIND, SIDE

EVENTS: Dataset[Event] = Dataset(
    "events",
    "One row per event known at the end of the night: those of the night, and the lasting ones of earlier nights.",
    (
        Column("event_id", TEXT, "Stable over flights and nights.", lambda e, _: e.known.event_id, required=True),
        Column("aliases", TEXTS, "Ids that other flights gave to it.", lambda e, _: e.aliases, required=True),
        Column("night_id", TEXT, "The night at whose end this is known.", lambda e, _: e.night_id, required=True),
        Column("event_class", WORD, "Class of the event.", lambda e, _: e.known.event_class, "", True, EVENT_CLASS),
        Column("rule_ids", TEXTS, "Rules that it may break or keep.", lambda e, _: e.known.rule_ids, required=True),
        Column("object_kind", WORD, "What it looks like.", lambda e, _: e.known.object_kind, words=OBJECT_KIND),
        Column("change_direction", WORD, "Of the place.", lambda e, _: e.known.change_direction, words=DIRECTION),
        Column("geometry", WKB, "Best placed sighting.", lambda e, _: iso_wkb(e.known.geometry), "° (CRS84)"),
        Column("bbox", BBOX, "Bounding box of geometry.", lambda e, _: bounds(e.known.geometry), "°"),
        Column("err95_major_m", NUMBER, "95 % semi-major axis of that.", lambda e, _: e.known.err95_major_m, "m"),
        Column("side", WORD, "Of that sighting.", lambda e, _: e.side, required=True, words=SIDE),
        Column("confidence_word", WORD, "Of that sighting.", lambda e, _: e.confidence_word, "", True, CONFIDENCE_WORD),
        Column("area_m2", NUMBER, "Area at the latest sighting.", lambda e, _: e.known.area_m2, "m²"),
        Column("area_sigma_m2", NUMBER, "Its standard deviation.", lambda e, _: e.area_sigma_m2, "m²"),
        Column("length_m", NUMBER, "Length at the latest sighting.", lambda e, _: e.length_m, "m"),
        Column("first_seen", TIME, "Ever.", lambda e, _: microseconds(e.known.first_seen_utc_ns), "UTC", True),
        Column("last_seen", TIME, "Ever.", lambda e, _: microseconds(e.known.last_seen_utc_ns), "UTC", True),
        Column("seen_in_flights", COUNT, "How many saw it.", lambda e, _: len(e.known.sortie_ids), required=True),
        Column("sortie_ids", TEXTS, "Flights that saw it.", lambda e, _: e.known.sortie_ids, required=True),
        Column("nights", TEXTS, "Nights on which it was seen.", lambda e, _: e.nights, required=True),
        Column(
            "candidate_ids",
            TEXTS,
            "Rows of candidates/v1 of this night; empty when it was carried over from an earlier night.",
            lambda e, _: e.candidate_ids,
            required=True,
        ),
    ),
    order=("event_id",),
    partitions=("night",),
)
