"""Candidates: what people are asked to judge. The columns of version 1."""

from dataclasses import dataclass
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from pipeline.records.evidence import Reason


class Side(StrEnum):
    """Whose ground, if it can be said with 95 %."""

    A = "a"
    B = "b"
    BETWEEN = "between"
    NOT_DETERMINED = "not_determined"


class ConfidenceWord(StrEnum):
    """Words for a calibrated score. "Confirmed" exists only in a verdict by people."""

    NOT_DETERMINED = "not_determined"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    ASSESSED = "assessed"


class RecordKind(StrEnum):
    """What a row proposes."""

    CANDIDATE_VIOLATION = "candidate_violation"
    COMPLIANCE_EVENT = "compliance_event"
    MONITOR_IMPEDED = "monitor_impeded"


class EventClass(StrEnum):
    """What a row speaks of. Causes, weapons, units and culprits are never among them."""

    LINE_CROSSING = "LINE_CROSSING"
    POSITION_ADVANCE = "POSITION_ADVANCE"
    NEW_FORTIFICATION = "NEW_FORTIFICATION"
    SURFACE_DAMAGE = "SURFACE_DAMAGE"
    VEHICLES_IN_ZONE = "VEHICLES_IN_ZONE"
    WITHDRAWAL_OVERDUE = "WITHDRAWAL_OVERDUE"
    CORRIDOR_OBSTRUCTION = "CORRIDOR_OBSTRUCTION"
    CORRIDOR_INTRUSION = "CORRIDOR_INTRUSION"
    CIVILIAN_INFRASTRUCTURE = "CIVILIAN_INFRASTRUCTURE"
    MONITOR_IMPEDED = "MONITOR_IMPEDED"
    WITHDRAWAL_OBSERVED = "withdrawal_observed"
    DISMANTLING_OBSERVED = "dismantling_observed"
    ESCORTED_MOVEMENT_COMPLETED = "escorted_movement_completed"


class PersonBand(StrEnum):
    """How many person-size movers are together; never finer than this."""

    ONE = "1"
    FEW = "2-5"
    SEVERAL = "6-20"
    MANY = "over_20"


@dataclass(frozen=True, slots=True)
class DetectorId:
    """Which detector found something.

    Attributes:
        name, version: As the detector states them.
        model_sha256: Of its weights; None where it has none.
    """

    name: str
    version: str
    model_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What decided, besides the agreement.

    Attributes:
        config_sha256: Of the configuration.
        archive_snapshot_sha256: Of the frozen list of baselines.
        code_version: Of this software.
        movement, change: The detectors that gave tracks and changes.
        pinned_sortie_ids: Flights whose ground is a pinned baseline.
    """

    config_sha256: str
    archive_snapshot_sha256: str
    code_version: str
    movement: DetectorId
    change: DetectorId
    pinned_sortie_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LineSide:
    """Side of one version of the line.

    The distance is positive on the ground of ``b`` and negative on that of ``a``; between two forward lines it takes
    the sign of the nearer side. What the three probabilities lack to 1 lies outside the line's extent.
    """

    line_id: str
    cell: str | None
    distance_to_line_m: float | None
    line_accuracy_m: float
    p_a: float
    p_b: float
    p_between: float
    side: str


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One row of ``candidates/v1``. None is "not known"; there is no other way to say it.

    The meaning of every field is in ``docs/columns.md``, generated from `pipeline.sinks.columns`.
    """

    candidate_id: str
    event_id: str
    supersedes: str | None
    sortie_id: str
    night_id: str
    record_kind: RecordKind
    event_class: str
    event_subtype: str | None
    object_kind: str | None
    change_direction: str | None
    count_lo: int | None
    count_hi: int | None
    person_count_band: PersonBand | None
    area_m2: float | None
    area_sigma_m2: float | None
    length_m: float | None
    speed_mps: float | None
    speed_sigma_mps: float | None
    heading_deg: float | None
    heading_sigma_deg: float | None
    geometry: BaseGeometry
    err95_major_m: float | None
    err95_minor_m: float | None
    err95_azimuth_deg: float | None
    gsd_m: float | None
    georef_method: str
    georef_status: str
    zone_ids: tuple[str, ...]
    line_id: str | None
    distance_to_line_m: float | None
    line_accuracy_m: float | None
    p_a: float | None
    p_b: float | None
    p_between: float | None
    side: Side
    sides_by_line: tuple[LineSide, ...]
    area_of_control: str | None
    place_id: str | None
    t_start_utc_ns: int
    t_end_utc_ns: int
    t_sigma_s: float | None
    baseline_at_utc_ns: int | None
    first_seen_utc_ns: int | None
    last_seen_utc_ns: int | None
    seen_in_flights: int
    observed_minutes: float | None
    rule_id: str | None
    rule_citation: str | None
    text_version: str | None
    notification_id: str | None
    detector: str
    detector_version: str
    model_sha256: str | None
    score: float | None
    confidence_word: ConfidenceWord
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    frame_ids: tuple[str, ...]
    frame_sha256: tuple[str, ...]
    telemetry_sha256: str
    baseline_sortie_id: str | None
    pinned_baseline_sortie_id: str | None
    operating_cell: str | None
    means: str
    security_marking: str | None
    config_sha256: str
    agreement_sha256: str
    archive_snapshot_sha256: str
    code_version: str
    review_status: str
    privacy_flags: tuple[str, ...]
    evidence_id: str | None = None
    """Track or change of the same sortie that the row speaks of, e.g. ``T0001`` or ``C0001``."""
    member_ids: tuple[str, ...] = ()
    """All tracks or changes that the row rests on, where there is more than that one: a queue, a column."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A picture that shows a candidate.

    Attributes:
        candidate_id: Whose.
        role: ``before``, ``after`` or ``context``.
        jpeg: The bytes.
        width_px, height_px, gsd_m: Size; never finer than the configured ground sample distance.
        frame_id, frame_sha256, t_utc_ns: Where the pixels come from.
        blurred: Person-sized movers in it were blurred.
    """

    candidate_id: str
    role: str
    jpeg: bytes
    width_px: int
    height_px: int
    gsd_m: float
    frame_id: str
    frame_sha256: str
    t_utc_ns: int
    blurred: bool


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """What was looked at, per side: without it "nothing found" would look like "nothing examined".

    Attributes:
        side: ``a``, ``b``, ``between`` or ``not_determined``.
        line_id: By which line.
        imaged_m2: Ground seen by at least one frame that was placed.
        compared_m2: Ground compared with an earlier flight.
        minutes: Time in which frames looked at that side.
        movement_minutes: Thereof the time in which movers could have been seen.
        movement_degraded_minutes: Beside it, time in which some of them could have been.
        mover_least_m: Shortest side of a mover that would have been found in nine tenths of both; NaN without any.
        mover_slowest_mps, mover_fastest_mps: Speeds between which it would have been.
    """

    sortie_id: str
    night_id: str
    operating_cell: str | None
    line_id: str | None
    side: str
    imaged_m2: float
    compared_m2: float
    minutes: float
    movement_minutes: float
    movement_degraded_minutes: float = 0.0
    mover_least_m: float = float("nan")
    mover_slowest_mps: float = float("nan")
    mover_fastest_mps: float = float("nan")
