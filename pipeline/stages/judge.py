"""Evidence and the agreement in force give candidates, for people to judge."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.protocols import Rule
from pipeline.records.agreement import DOCUMENTATION, Agreement, RuleSpec
from pipeline.records.candidate import Candidate, Provenance
from pipeline.records.dropped import Dropped
from pipeline.records.event import KnownEvent
from pipeline.records.evidence import Change, Track
from pipeline.records.frame import GroundFrame
from pipeline.records.judgement import Abstention, Finding
from pipeline.records.sortie import Sortie
from pipeline.records.telemetry import TelemetryTrack
from pipeline.stages.agreed_ground import AgreedGround, Placed
from pipeline.stages.candidate_row import JudgeSettings, RowMaker
from pipeline.stages.impeded import impeded_rows
from pipeline.stages.notified import NotifiedMovements
from pipeline.stages.person_band import person_bands
from pipeline.stages.same_event import EventBook, join_baselines
from pipeline.stages.watch_time import WatchTime


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Tracks and changes of one sortie to candidates.

    Software proposes: a row says what was seen, where, when and by which paragraph it may matter. Exchanging the
    parties in the agreement exchanges the labels in the rows and nothing else.

    Attributes:
        agreement: Lines, zones, rules and notified movements; versions are picked by the time of the evidence and by
            what was known.
        sortie: The flight.
        site: Its plane.
        provenance: What decided besides the agreement.
        known_events: Lasting events of earlier flights.
        rules: Rules by kind.
        settings: Words and times.
        telemetry: Of the flight: where it was disturbed, frames may have no place.
    """

    agreement: Agreement
    sortie: Sortie
    site: SiteFrame
    provenance: Provenance
    known_events: Sequence[KnownEvent]
    rules: Mapping[str, Rule]
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    telemetry: Sequence[TelemetryTrack] = ()

    def __post_init__(self) -> None:
        """Check the agreement against the rules.

        Raises:
            ConfigError: It asks for what no rule can give.
        """
        check_rules(self.agreement, self.rules)

    def __call__(
        self, evidence: Iterable[Track | Change], frames: Sequence[GroundFrame]
    ) -> Iterator[Candidate | Dropped]:
        """Rows in order of time and id, then what was set aside, in order of id.

        Evidence that matches no rule is dropped with code ``no_rule``; evidence that would match if its place were
        better known, with ``not_determined``; evidence none of whose frames is placed, with ``no_frame``.
        """
        placed_frames = {frame.ref.frame_id: frame for frame in frames}
        usable, dropped = _with_frames(evidence, placed_frames)
        changes = [item for item in usable if isinstance(item, Change)]
        pinned = {change.change_id: name for change, name in self._joined(changes)}
        told = [item for item in usable if isinstance(item, Track) or item.change_id in pinned]
        everything = AgreedGround(self.agreement, self.site).place(told)
        by_id = {placed.situation.evidence_id: placed for placed in everything}
        found: list[tuple[RuleSpec, Finding]] = []
        unsure: list[Abstention] = []
        for spec in self._specs():
            for answer in self._assess(spec, everything):
                if isinstance(answer, Finding):
                    found.append((spec, answer))
                else:
                    unsure.append(answer)
        rows = self._rows(found, by_id, pinned, placed_frames)
        rows += impeded_rows(self.sortie, self.site, frames, self.telemetry, self.provenance, self.agreement.sha256)
        yield from sorted(rows, key=lambda row: (row.t_start_utc_ns, row.candidate_id))
        matched = {member.evidence_id for _, finding in found for member in finding.members}
        dropped += _unmatched(everything, matched, unsure)
        yield from sorted(dropped, key=lambda item: (item.item, item.code))

    def _joined(self, changes: Sequence[Change]) -> list[tuple[Change, str | None]]:
        return join_baselines(changes, self.provenance.pinned_sortie_ids)

    def _specs(self) -> list[RuleSpec]:
        known = [spec for spec in self.agreement.rules if self.agreement.is_known(spec.recorded)]
        return [spec for spec in known if spec.kind != DOCUMENTATION]

    def _assess(self, spec: RuleSpec, everything: Sequence[Placed]) -> Iterator[Finding | Abstention]:
        """Answers of one rule to the evidence of its time, the ambiguous hours included."""
        situations = []
        for placed in everything:
            t_utc_ns = int(placed.situation.t_utc_ns[0])
            applies = spec.window.holds(t_utc_ns) or any(hours.holds(t_utc_ns) for hours in spec.ambiguous)
            if applies and spec.valid.holds(t_utc_ns):
                situations.append(placed.under(spec))
        return self.rules[spec.kind].assess(spec, situations)

    def _rows(
        self,
        found: Sequence[tuple[RuleSpec, Finding]],
        by_id: Mapping[str, Placed],
        pinned: Mapping[str, str | None],
        frames: Mapping[str, GroundFrame],
    ) -> list[Candidate]:
        notified = NotifiedMovements(self.agreement, self.site).match([finding for _, finding in found])
        maker = RowMaker(
            sortie=self.sortie,
            site=self.site,
            provenance=self.provenance,
            agreement_sha256=self.agreement.sha256,
            frames=frames,
            watch=WatchTime.of(list(frames.values()), self.settings.max_gap_s),
            events=EventBook(self.known_events, self.site),
            settings=self.settings,
        )
        bands = person_bands(found)
        rows = []
        for index, (spec, finding) in enumerate(found):
            lead = finding.members[0].evidence_id
            rows.append(maker.row(finding, spec, by_id[lead], notified.get(index), pinned.get(lead), bands.get(index)))
        return rows


def check_rules(agreement: Agreement, rules: Mapping[str, Rule]) -> None:
    """Check that every rule of an agreement can be assessed as it is written.

    Raises:
        ConfigError: An unknown kind or threshold, or a class that its kind can't give.
    """
    for spec in agreement.rules:
        if spec.kind == DOCUMENTATION:
            continue
        where = f"{agreement.agreement_id}: rule '{spec.rule_id}'"
        rule = rules.get(spec.kind)
        if rule is None:
            kinds = ", ".join([*sorted(rules), DOCUMENTATION])
            raise ConfigError(f"{where}: no rule of kind '{spec.kind}' is installed; kinds: {kinds}")
        for name, _ in spec.thresholds:
            if name not in rule.thresholds:
                known = ", ".join(rule.thresholds) or "none"
                raise ConfigError(f"{where}: kind '{spec.kind}' has no threshold '{name}'; thresholds: {known}")
        classes = [event_class.value for event_class in rule.event_classes]
        for name in spec.event_classes:
            if name not in classes:
                raise ConfigError(
                    f"{where}: kind '{spec.kind}' cannot give '{name}'; it can give: {', '.join(classes)}"
                )


def _with_frames(
    evidence: Iterable[Track | Change], frames: Mapping[str, GroundFrame]
) -> tuple[list[Track | Change], list[Dropped]]:
    """Evidence with at least one placed frame, in order of id."""
    usable: list[tuple[str, Track | Change]] = []
    dropped = []
    for item in evidence:
        name = item.track_id if isinstance(item, Track) else item.change_id
        if any(frame_id in frames for frame_id in item.frame_ids):
            usable.append((name, item))
        else:
            reason = "none of its frames is placed on the ground; see what georeferencing dropped"
            dropped.append(Dropped("judge", name, reason, "no_frame"))
    repeated = [name for name, count in Counter(name for name, _ in usable).items() if count > 1]
    if repeated:
        raise ValueError(f"evidence ids must be unique in a sortie; '{repeated[0]}' is not")
    return [item for _, item in sorted(usable, key=lambda pair: pair[0])], dropped


def _unmatched(everything: Sequence[Placed], matched: set[str], unsure: Sequence[Abstention]) -> list[Dropped]:
    likeliest: dict[str, float] = {}
    for abstention in unsure:
        likeliest[abstention.evidence_id] = max(likeliest.get(abstention.evidence_id, 0.0), abstention.probability)
    dropped = []
    for placed in everything:
        name = placed.situation.evidence_id
        if name in matched:
            continue
        if name in likeliest:
            reason = (
                f"it matters to a rule with probability {likeliest[name]:.2f} only: place, line or zone are not known"
                " well enough; a better line or a registered flight can settle it"
            )
            dropped.append(Dropped("judge", name, reason, "not_determined"))
        else:
            dropped.append(Dropped("judge", name, "no rule in force at its time and place speaks of it", "no_rule"))
    return dropped
