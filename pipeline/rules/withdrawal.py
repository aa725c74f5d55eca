"""Compliance: what was there is gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import EventClass, RecordKind
from pipeline.records.evidence import Change, ChangeKind, Direction, Reason
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.change_rule import Reading, assess_changes


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """``withdrawal_observed`` for vehicle-size objects, ``dismantling_observed`` for works and structures.

    That a thing is gone does not say why: a vehicle may be back tomorrow, a structure may have burnt.
    """

    kind: str = "withdrawal"
    thresholds: tuple[str, ...] = ("min_probability",)
    event_classes: tuple[EventClass, ...] = (EventClass.WITHDRAWAL_OBSERVED, EventClass.DISMANTLING_OBSERVED)

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """One finding per thing that is gone."""
        yield from assess_changes(spec, situations, _read)


def _read(_spec: RuleSpec, change: Change) -> Reading | None:
    if change.direction != Direction.VANISHED:
        return None
    if change.kind == ChangeKind.VEHICLE:
        return Reading(
            EventClass.WITHDRAWAL_OBSERVED,
            None,
            (Reason("vehicle_size_gone"),),
            (Reason("may_return"), Reason("whose_not_observable")),
            RecordKind.COMPLIANCE_EVENT,
        )
    if change.kind in (ChangeKind.STRUCTURE, ChangeKind.LINEAR_EARTHWORK):
        return Reading(
            EventClass.DISMANTLING_OBSERVED,
            None,
            (Reason("structure_gone" if change.kind == ChangeKind.STRUCTURE else "earthwork_gone"),),
            (Reason("cause_undetermined"),),
            RecordKind.COMPLIANCE_EVENT,
        )
    return None
