"""Damage to ground and buildings. Its cause is never said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import EventClass
from pipeline.records.evidence import Change, ChangeKind, Direction, Reason
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.change_rule import Reading, assess_changes


@dataclass(frozen=True, slots=True)
class Damage:
    """SURFACE_DAMAGE: ``crater_fresh``, ``burn_scar``, ``structure_damage``.

    Stubble is burnt, houses are taken down and people have burnt their own before a handover: the cause is
    undetermined, always.

    Thresholds:
        min_area_m2: Smaller marks are none. Default 1.
    """

    kind: str = "damage"
    thresholds: tuple[str, ...] = ("min_probability", "min_area_m2")
    event_classes: tuple[EventClass, ...] = (EventClass.SURFACE_DAMAGE,)

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """One finding per mark."""
        yield from assess_changes(spec, situations, _read)


def _read(spec: RuleSpec, change: Change) -> Reading | None:
    if change.area_m2 < spec.threshold("min_area_m2", 1.0):
        return None
    cause = Reason("cause_undetermined")
    if change.kind == ChangeKind.CRATER and change.direction == Direction.NEW:
        return Reading(EventClass.SURFACE_DAMAGE, "crater_fresh", (Reason("crater_shape"),), (cause,))
    if change.kind == ChangeKind.BURN and change.direction != Direction.VANISHED:
        against = (cause, Reason("stubble_burning_possible"))
        return Reading(EventClass.SURFACE_DAMAGE, "burn_scar", (Reason("burnt_ground"),), against)
    if change.kind == ChangeKind.STRUCTURE and change.direction != Direction.NEW:
        against = (cause, Reason("dismantling_possible"))
        gone = "structure_gone" if change.direction == Direction.VANISHED else "structure_altered"
        return Reading(EventClass.SURFACE_DAMAGE, "structure_damage", (Reason(gone),), against)
    return None
