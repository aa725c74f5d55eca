"""From a rule's finding to a row with every column filled or None."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.locate import error_ellipse
from pipeline.geometry.projection import SiteFrame
from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import Candidate, ConfidenceWord, LineSide, PersonBand, Provenance, Side
from pipeline.records.content_hash import candidate_id
from pipeline.records.evidence import Change, MoverKind, Reason, Track
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame
from pipeline.records.judgement import Finding
from pipeline.records.sortie import Sortie
from pipeline.stages.agreed_ground import LineStanding, Placed, to_lonlat
from pipeline.stages.notified import Notified
from pipeline.stages.same_event import EventBook, Thing
from pipeline.stages.watch_time import WatchTime

SIDE_PROBABILITY = 0.95
"""From here a side or a zone is said; below, software abstains."""

STATUS_ORDER = tuple(GeorefStatus)
METHOD_ORDER = (GeorefMethod.TELEMETRY_ONLY, GeorefMethod.IMAGE_MATCH, GeorefMethod.GCP, GeorefMethod.MANUAL)
UNPLACED = frozenset({GeorefStatus.UNUSABLE, GeorefStatus.SPOOF_SUSPECTED})
"""With these nobody can say where a frame was."""


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How scores become words, and how time is counted.

    Attributes:
        probable_score: From this score a finding is ``probable``; below it is ``possible``.
        assessed_score: From this score it is ``assessed``.
        max_gap_s: Frames further apart than this leave time in which nobody looked.
    """

    probable_score: float = 0.66
    assessed_score: float = 0.9
    max_gap_s: float = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class RowMaker:
    """What all rows of a sortie share."""

    sortie: Sortie
    site: SiteFrame
    provenance: Provenance
    agreement_sha256: str
    frames: Mapping[str, GroundFrame]
    watch: WatchTime
    events: EventBook
    settings: JudgeSettings

    def row(
        self,
        finding: Finding,
        spec: RuleSpec,
        placed: Placed,
        notified: Notified | None,
        pinned: str | None,
        persons: PersonBand | None,
    ) -> Candidate:
        """A finding as a row. `placed` and `pinned` speak of its leading evidence, `persons` of those with it."""
        lead = finding.members[0]
        found = lead.evidence
        change = found if isinstance(found, Change) else None
        track = found if isinstance(found, Track) else None
        detector = self.provenance.change if change is not None else self.provenance.movement
        frames = self._frames(finding)
        statuses = [frame.status for frame in frames]
        status = max(statuses, key=STATUS_ORDER.index)
        major, minor, azimuth = error_ellipse(lead.covariance_m2[finding.at], self.site.convergence_rad)
        line = placed.lines[0] if placed.lines else None
        side = _side(line, finding.at)
        doubts = self._doubts(finding, spec, placed, status)
        start, end = finding.t_utc_ns or (int(lead.t_utc_ns[0]), int(lead.t_utc_ns[-1]))
        event = self.events.name(self._thing(finding, major, start))
        score = found.score * finding.probability
        against = (*found.against, *finding.against, *doubts)
        reasons = (*found.reasons, *finding.reasons)
        if notified is not None and notified.excuses:
            against = (*against, notified.reason)
        elif notified is not None:
            reasons = (*reasons, notified.reason)
        row = Candidate(
            candidate_id="",
            event_id=event.event_id,
            supersedes=None,
            sortie_id=self.sortie.sortie_id,
            night_id=self.sortie.night_id,
            record_kind=finding.record_kind,
            event_class=finding.event_class.value,
            event_subtype=finding.event_subtype,
            object_kind=found.kind.value,
            change_direction=None if change is None else change.direction.value,
            count_lo=None if finding.count is None or persons is not None else finding.count[0],
            count_hi=None if finding.count is None or persons is not None else finding.count[1],
            person_count_band=persons,
            area_m2=None if change is None else tidy(change.area_m2, 2),
            area_sigma_m2=None if change is None else tidy(change.area_sigma_m2, 2),
            length_m=tidy(found.length_m if finding.length_m is None else finding.length_m, 2),
            speed_mps=None if track is None else tidy(track.speed_mps, 2),
            speed_sigma_mps=None if track is None else tidy(track.speed_sigma_mps, 2),
            heading_deg=None if track is None else tidy(track.heading_deg, 1),
            heading_sigma_deg=None if track is None else tidy(track.heading_sigma_deg, 1),
            geometry=to_lonlat(finding.geometry_m, self.site),
            err95_major_m=tidy(major, 3),
            err95_minor_m=tidy(minor, 3),
            err95_azimuth_deg=tidy(azimuth, 1),
            gsd_m=tidy(found.gsd_m, 4),
            georef_method=min((frame.pose.method for frame in frames), key=METHOD_ORDER.index).value,
            georef_status=status.value,
            zone_ids=tuple(name for name, p in lead.p_zone if p[finding.at] >= SIDE_PROBABILITY),
            line_id=None if line is None else line.line.line_id,
            distance_to_line_m=None if line is None else tidy(line.distance_m[finding.at], 2),
            line_accuracy_m=None if line is None else tidy(line.line.accuracy_m, 2),
            p_a=None if line is None else tidy(line.p_a[finding.at], 4),
            p_b=None if line is None else tidy(line.p_b[finding.at], 4),
            p_between=None if line is None else tidy(line.p_between[finding.at], 4),
            side=side,
            sides_by_line=tuple(
                _line_side(standing, finding.at) for standing in placed.lines if np.isfinite(standing.p_a[finding.at])
            ),
            area_of_control=side.value if side in (Side.A, Side.B) else None,
            place_id=None,
            t_start_utc_ns=start,
            t_end_utc_ns=end,
            t_sigma_s=tidy(max(frame.ref.t_sigma_s for frame in frames), 6),
            baseline_at_utc_ns=None if change is None else change.baseline_t_utc_ns,
            first_seen_utc_ns=event.first_seen_utc_ns,
            last_seen_utc_ns=end,
            seen_in_flights=event.seen_in_flights,
            observed_minutes=tidy(self.watch.minutes(self.watch.looking_at(finding.geometry_m)), 4),
            rule_id=spec.rule_id,
            rule_citation=spec.citation,
            text_version=spec.text_version,
            notification_id=None if notified is None else notified.notification_id,
            detector=detector.name,
            detector_version=detector.version,
            model_sha256=detector.model_sha256,
            score=tidy(score, 4),
            confidence_word=self._word(score, doubts),
            reasons=reasons,
            against=against,
            frame_ids=tuple(frame.ref.frame_id for frame in frames),
            frame_sha256=tuple(frame.ref.sha256 for frame in frames),
            telemetry_sha256=self.sortie.telemetry_sha256,
            baseline_sortie_id=None if change is None else change.baseline_sortie_id,
            pinned_baseline_sortie_id=pinned,
            operating_cell=self.sortie.operating_cell,
            means=self.sortie.means,
            security_marking=self.sortie.security_marking,
            config_sha256=self.provenance.config_sha256,
            agreement_sha256=self.agreement_sha256,
            archive_snapshot_sha256=self.provenance.archive_snapshot_sha256,
            code_version=self.provenance.code_version,
            review_status="unreviewed",
            privacy_flags=("person_size_mover",) if found.kind == MoverKind.PERSON_SIZE else (),
            evidence_id=lead.evidence_id,
            member_ids=tuple(sorted(m.evidence_id for m in finding.members)) if len(finding.members) > 1 else (),
        )
        return named(row)

    def _frames(self, finding: Finding) -> list[GroundFrame]:
        ids = dict.fromkeys(frame_id for member in finding.members for frame_id in member.evidence.frame_ids)
        return [self.frames[frame_id] for frame_id in ids if frame_id in self.frames]

    def _doubts(self, finding: Finding, spec: RuleSpec, placed: Placed, status: GeorefStatus) -> tuple[Reason, ...]:
        """What keeps software from saying more than "not determined" comes first; see `_word`."""
        doubts = []
        if finding.probability < SIDE_PROBABILITY:
            doubts.append(Reason("ground_not_determined", (("probability", round(finding.probability, 4)),)))
        if any(hours.holds(int(finding.members[0].t_utc_ns[0])) for hours in spec.ambiguous):
            doubts.append(Reason("deadline_hour_ambiguous"))
        concerned = {*spec.zone_ids, *spec.except_zone_ids, *(line.line.line_id for line in placed.lines[:1])}
        if concerned & placed.unsettled:
            doubts.append(Reason("version_ambiguous"))
        if status in UNPLACED:
            doubts.append(Reason("georef_unusable"))
        elif status != GeorefStatus.OK:
            doubts.append(Reason(f"georef_{status.value}"))
        return tuple(doubts)

    def _word(self, score: float, doubts: tuple[Reason, ...]) -> ConfidenceWord:
        abstain = {"ground_not_determined", "deadline_hour_ambiguous", "version_ambiguous", "georef_unusable"}
        if any(doubt.code in abstain for doubt in doubts) or not np.isfinite(score):
            return ConfidenceWord.NOT_DETERMINED
        if score >= self.settings.assessed_score:
            return ConfidenceWord.ASSESSED
        return ConfidenceWord.PROBABLE if score >= self.settings.probable_score else ConfidenceWord.POSSIBLE

    def _thing(self, finding: Finding, err95_m: float, start_utc_ns: int) -> Thing:
        lead = finding.members[0]
        found = lead.evidence
        lon, lat = self.site.to_lonlat(lead.xy_m[finding.at][None])[0]
        return Thing(
            event_class=finding.event_class.value,
            object_kind=found.kind.value,
            change_direction=found.direction.value if isinstance(found, Change) else None,
            geometry_m=finding.geometry_m,
            err95_m=err95_m if np.isfinite(err95_m) else 0.0,
            lonlat=(float(lon), float(lat)),
            first_utc_ns=start_utc_ns,
            sortie_id=self.sortie.sortie_id,
            name=found.track_id if isinstance(found, Track) else "",
        )


def named(row: Candidate) -> Candidate:
    """The row with the id that follows from its content."""
    return replace(row, candidate_id=candidate_id(row))


def tidy(value: float, digits: int) -> float | None:
    """A figure as it is written: rounded, and None where it is not known."""
    number = float(value)
    return round(number, digits) + 0.0 if np.isfinite(number) else None


def _side(line: LineStanding | None, at: int) -> Side:
    if line is None:
        return Side.NOT_DETERMINED
    for side, probability in ((Side.A, line.p_a), (Side.B, line.p_b), (Side.BETWEEN, line.p_between)):
        if probability[at] >= SIDE_PROBABILITY:
            return side
    return Side.NOT_DETERMINED


def _line_side(standing: LineStanding, at: int) -> LineSide:
    return LineSide(
        line_id=standing.line.line_id,
        cell=standing.line.cell,
        distance_to_line_m=tidy(standing.distance_m[at], 2),
        line_accuracy_m=round(standing.line.accuracy_m, 2),
        p_a=round(float(standing.p_a[at]), 4),
        p_b=round(float(standing.p_b[at]), 4),
        p_between=round(float(standing.p_between[at]), 4),
        side=_side(standing, at).value,
    )
