"""Columns of ``candidates/v1``: one row per event and rule, for people to judge."""

from operator import attrgetter

import pyarrow as pa

from pipeline.records.candidate import Candidate, LineSide
from pipeline.records.evidence import Reason
from pipeline.sinks.columns import (
    BBOX,
    COUNT,
    NUMBER,
    REASONS,
    TEXT,
    TEXTS,
    TIME,
    WKB,
    WORD,
    Column,
    Dataset,
    RowContext,
    microseconds,
)
from pipeline.sinks.shapes import bounds, iso_wkb
from pipeline.sinks.words import (
    AREA_OF_CONTROL,
    CONFIDENCE_WORD,
    DIRECTION,
    EVENT_CLASS,
    GEOREF_METHOD,
    GEOREF_STATUS,
    OBJECT_KIND,
    PERSON_BAND,
    RECORD_KIND,
    REVIEW_STATUS,
    SIDE,
)

SIDES_BY_LINE = pa.list_(
    pa.field(
        "element",
        pa.struct(
            [
                pa.field("line_id", TEXT, nullable=False),
                pa.field("cell", TEXT),
                pa.field("distance_to_line_m", NUMBER),
                pa.field("line_accuracy_m", NUMBER),
                pa.field("p_a", NUMBER),
                pa.field("p_b", NUMBER),
                pa.field("p_between", NUMBER),
                pa.field("side", TEXT),
            ]
        ),
        nullable=False,
    )
)


def reasons_value(reasons: tuple[Reason, ...]) -> list[dict[str, object]]:
    """Reasons as the columns ``reasons`` and ``against`` hold them."""
    return [
        {"code": reason.code, "parameters": [{"name": name, "value": value} for name, value in reason.parameters]}
        for reason in reasons
    ]


def _line_value(line: LineSide) -> dict[str, object]:
    return {name: getattr(line, name) for name in LineSide.__slots__}


def _own(
    name: str,
    kind: pa.DataType,
    meaning: str,
    unit: str = "",
    *,
    required: bool = False,
    words: tuple[tuple[str, str], ...] = (),
) -> Column[Candidate]:
    """A column of the record's attribute of the same name."""
    get = attrgetter(name)

    def read(candidate: Candidate, _: RowContext) -> object:
        return get(candidate)

    return Column(name, kind, meaning, read, unit, required, words)


def _time(name: str, meaning: str, *, required: bool = False) -> Column[Candidate]:
    get = attrgetter(f"{name}_utc_ns")

    def read(candidate: Candidate, _: RowContext) -> object:
        return microseconds(get(candidate))

    return Column(name, TIME, meaning, read, "UTC", required)


_IDENTITY = (
    _own("candidate_id", TEXT, "This revision of this row: a hash of its content.", required=True),
    _own("event_id", TEXT, "The thing itself; the same over re-runs, flights and nights.", required=True),
    _own("supersedes", TEXT, "The candidate_id of the row of the previous run that this row replaces."),
    _own("sortie_id", TEXT, "The flight.", required=True),
    _own("night_id", TEXT, "Date of the local noon before the flight; a night runs from noon to noon.", required=True),
    _own("record_kind", WORD, "What the row proposes.", required=True, words=RECORD_KIND),
)

_WHAT = (
    _own("event_class", WORD, "Class of the event.", required=True, words=EVENT_CLASS),
    _own("event_subtype", WORD, "Finer than the class where the picture allows it, e.g. trench_extension."),
    _own("object_kind", WORD, "What it looks like from above; never a type, unit or owner.", words=OBJECT_KIND),
    _own("change_direction", WORD, "How the place differs from the baseline.", words=DIRECTION),
    _own("count_lo", COUNT, "At least this many objects; null for person-size movers."),
    _own("count_hi", COUNT, "At most this many objects; null for person-size movers."),
    _own(
        "person_count_band",
        WORD,
        "Person-size movers that were near this one at one instant, this one among them; null for other rows.",
        words=PERSON_BAND,
    ),
    _own("area_m2", NUMBER, "Area on the ground.", "m²"),
    _own("area_sigma_m2", NUMBER, "Standard deviation of area_m2.", "m²"),
    _own("length_m", NUMBER, "Length of the longer axis.", "m"),
    _own("speed_mps", NUMBER, "Net speed over the ground over the whole track.", "m/s"),
    _own("speed_sigma_mps", NUMBER, "Standard deviation of speed_mps.", "m/s"),
    _own("heading_deg", NUMBER, "Direction of movement, clockwise from true north.", "°"),
    _own("heading_sigma_deg", NUMBER, "Standard deviation of heading_deg.", "°"),
)

_WHERE: tuple[Column[Candidate], ...] = (
    Column("geometry", WKB, "Where it is.", lambda c, _: iso_wkb(c.geometry), "° (CRS84: longitude, latitude)"),
    Column("bbox", BBOX, "Bounding box of geometry.", lambda c, _: bounds(c.geometry), "°"),
    _own("err95_major_m", NUMBER, "Semi-major axis of the place's 95 % error ellipse.", "m"),
    _own("err95_minor_m", NUMBER, "Semi-minor axis of that ellipse.", "m"),
    _own("err95_azimuth_deg", NUMBER, "Direction of its major axis, clockwise from true north.", "°"),
    _own("gsd_m", NUMBER, "Ground sample distance of the picture it was found in.", "m"),
    _own("georef_method", WORD, "How the place came about.", required=True, words=GEOREF_METHOD),
    _own("georef_status", WORD, "What was wrong with the placing, if anything.", required=True, words=GEOREF_STATUS),
    _own("zone_ids", TEXTS, "Zones that hold the place; empty for none.", required=True),
    _own("line_id", TEXT, "The line that the sides refer to."),
    _own(
        "distance_to_line_m",
        NUMBER,
        "Distance to the line: positive on b's ground, negative on a's; between two lines, the nearer side's sign.",
        "m",
    ),
    _own("line_accuracy_m", NUMBER, "95 % half-width of the line's own place.", "m"),
    _own("p_a", NUMBER, "Probability that the place is on side a, from the errors of place and line together."),
    _own("p_b", NUMBER, "The same for side b."),
    _own("p_between", NUMBER, "The same for ground between two forward lines."),
    _own("side", WORD, "The side whose probability is at least 0.95, if any.", required=True, words=SIDE),
    Column(
        "sides_by_line",
        SIDES_BY_LINE,
        "The same figures by each version of the line, where a cell loads its own.",
        lambda c, _: [_line_value(line) for line in c.sides_by_line],
        "m; probabilities",
        required=True,
    ),
    _own(
        "area_of_control",
        WORD,
        "Whose ground it is held to be, where that can be said: where, never who acted.",
        words=AREA_OF_CONTROL,
    ),
    _own("place_id", TEXT, "Neutral id of the nearest named place of the configuration."),
)

_WHEN = (
    _time("t_start", "First sighting in this flight.", required=True),
    _time("t_end", "Last sighting in this flight.", required=True),
    _own("t_sigma_s", NUMBER, "Standard deviation of both times.", "s"),
    _time("baseline_at", "When the picture was taken in which it did not show yet (or still showed, if vanished)."),
    _time("first_seen", "First sighting in any flight."),
    _time("last_seen", "Last sighting in any flight."),
    _own("seen_in_flights", COUNT, "Flights that saw it, this one among them.", required=True),
    _own("observed_minutes", NUMBER, "Minutes in which this place was looked at in this flight.", "min"),
)

_WHY: tuple[Column[Candidate], ...] = (
    _own("rule_id", TEXT, "The rule that it may break or keep; null for what no rule speaks of."),
    _own("rule_citation", TEXT, "Paragraph of the agreement, in words."),
    _own("text_version", TEXT, "Which published text of the agreement is cited."),
    _own("notification_id", TEXT, "The one notified movement or work that matches."),
    _own("detector", TEXT, "Name of the detector.", required=True),
    _own("detector_version", TEXT, "Its version.", required=True),
    _own(
        "model_sha256",
        TEXT,
        "Hash of its model file, for movers that of the confirmer that was asked; null without one.",
    ),
    _own("score", NUMBER, "Calibrated, 0 to 1: that a person would agree it is there."),
    _own(
        "confidence_word",
        WORD,
        "The score in words; software never says confirmed.",
        required=True,
        words=CONFIDENCE_WORD,
    ),
    Column("reasons", REASONS, "What speaks for it.", lambda c, _: reasons_value(c.reasons), required=True),
    Column("against", REASONS, "What speaks against it.", lambda c, _: reasons_value(c.against), required=True),
)

_EVIDENCE = (
    _own("evidence_id", TEXT, "Row of tracks/v1 or changes/v1 of this flight that it was made from."),
    _own("member_ids", TEXTS, "All such rows, where there is more than that one: a queue, a column.", required=True),
    _own("frame_ids", TEXTS, "Frames of this flight that show it.", required=True),
    _own("frame_sha256", TEXTS, "Hashes of the files that hold these frames.", required=True),
    _own("telemetry_sha256", TEXT, "Hash over the telemetry that placed them."),
    _own("baseline_sortie_id", TEXT, "The earlier flight it was compared with."),
    _own("pinned_baseline_sortie_id", TEXT, "The fixed baseline (agreement's date or earliest good flight)."),
)

_PROVENANCE = (
    _own("operating_cell", WORD, "The cell of the centre that flew; null when not stated."),
    _own("means", TEXT, "What it was flown with, in words."),
    _own("security_marking", TEXT, "Highest marking found in the source."),
    _own("config_sha256", TEXT, "Configuration that decided.", required=True),
    _own("agreement_sha256", TEXT, "Agreement that decided.", required=True),
    _own("archive_snapshot_sha256", TEXT, "Archive of earlier flights that decided.", required=True),
    _own("code_version", TEXT, "Version of this software.", required=True),
    _own("review_status", WORD, "Always unreviewed from software.", required=True, words=REVIEW_STATUS),
    _own("privacy_flags", TEXTS, "What was done for the privacy of persons, e.g. person_size_mover.", required=True),
)

CANDIDATES: Dataset[Candidate] = Dataset(
    "candidates",
    "One row per event and rule: what software proposes and two people judge.",
    _IDENTITY + _WHAT + _WHERE + _WHEN + _WHY + _EVIDENCE + _PROVENANCE,
    order=("event_id", "rule_id", "candidate_id"),
)
