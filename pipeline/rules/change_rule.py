"""From changes to findings, for rules that look at one change at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import EventClass, RecordKind
from pipeline.records.evidence import Change, Reason
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.ground import abstain, is_enough, probability_on_ground
from pipeline.rules.presence import shape_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What a change may be under a rule.

    Attributes:
        event_class, subtype: What it looks like.
        reasons, against: Codes.
        record_kind: Violation or compliance.
        length_m: Given where a length says something.
    """

    event_class: EventClass
    subtype: str | None
    reasons: tuple[Reason, ...] = ()
    against: tuple[Reason, ...] = ()
    record_kind: RecordKind = RecordKind.CANDIDATE_VIOLATION
    length_m: float | None = None


def assess_changes(
    spec: RuleSpec, situations: Sequence[Situation], read: Callable[[RuleSpec, Change], Reading | None]
) -> Iterator[Finding | Abstention]:
    """Findings of every change that `read` understands and that lies on the rule's ground."""
    for situation in situations:
        change = situation.evidence
        reading = read(spec, change) if isinstance(change, Change) else None
        if reading is None or reading.event_class not in spec.event_classes:
            continue
        probability = float(probability_on_ground(spec, situation)[0])
        if is_enough(spec, probability):
            yield Finding(
                members=(situation,),
                record_kind=reading.record_kind,
                event_class=reading.event_class,
                event_subtype=reading.subtype,
                at=0,
                geometry_m=shape_of(situation),
                probability=probability,
                length_m=reading.length_m,
                reasons=reading.reasons,
                against=reading.against,
            )
        elif (nothing := abstain(spec, situation, probability)) is not None:
            yield nothing
