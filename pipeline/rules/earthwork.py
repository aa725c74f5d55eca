"""New works: trenches, banks, posts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import EventClass
from pipeline.records.evidence import Change, ChangeKind, Direction, Reason
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.change_rule import Reading, assess_changes


@dataclass(frozen=True, slots=True)
class Earthwork:
    """NEW_FORTIFICATION.

    Subtypes: ``trench_new`` and ``trench_extension`` for long earthworks, ``observation_post`` for small new
    structures; larger ones have none. What a thing is for can't be seen from above, and says so in `against`.

    Thresholds:
        min_length_m: Shorter earthworks are no works. Default 3.
        min_area_m2: Smaller structures are none. Default 4.
        max_post_area_m2: Up to here a structure may be a post. Default 60.
    """

    kind: str = "earthwork"
    thresholds: tuple[str, ...] = ("min_probability", "min_length_m", "min_area_m2", "max_post_area_m2")
    event_classes: tuple[EventClass, ...] = (EventClass.NEW_FORTIFICATION,)

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """One finding per new or grown work."""
        yield from assess_changes(spec, situations, _read)


def _read(spec: RuleSpec, change: Change) -> Reading | None:
    if change.direction == Direction.VANISHED:
        return None
    length = ("length_m", round(change.length_m, 1))
    if change.kind == ChangeKind.LINEAR_EARTHWORK and change.length_m >= spec.threshold("min_length_m", 3.0):
        work = "trench_new" if change.direction == Direction.NEW else "trench_extension"
        against = (Reason("depth_not_observable"), Reason("berm_or_ditch_possible"))
        return Reading(
            EventClass.NEW_FORTIFICATION,
            work,
            (Reason("linear_earthwork", (length,)),),
            against,
            length_m=change.length_m,
        )
    if change.kind == ChangeKind.STRUCTURE and change.direction == Direction.NEW:
        if change.area_m2 < spec.threshold("min_area_m2", 4.0):
            return None
        small = change.area_m2 <= spec.threshold("max_post_area_m2", 60.0)
        reasons = (Reason("new_structure", (("area_m2", round(change.area_m2, 1)),)),)
        subtype = "observation_post" if small else None
        return Reading(EventClass.NEW_FORTIFICATION, subtype, reasons, (Reason("purpose_not_observable"),))
    return None
