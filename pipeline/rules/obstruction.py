"""A corridor that may be blocked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import EventClass, RecordKind
from pipeline.records.evidence import Change, ChangeKind, Direction, Reason, Track
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.ground import abstain, is_enough, probability_on_ground
from pipeline.rules.presence import is_vehicle_size, shape_of


@dataclass(frozen=True, slots=True)
class Obstruction:
    """CORRIDOR_OBSTRUCTION: ``roadblock`` for a new structure, ``queue`` for several vehicle-size things that stand.

    That nothing moved is not assessed here: "zero flow" needs the minutes in which movers could have been seen, and
    stands in the coverage.

    Thresholds:
        max_standing_mps: A mover slower than this stands. Default 0.5.
        min_queue: So many standing vehicles make a queue. Default 3.
        max_gap_m: Standing vehicles nearer than this to each other belong together. Default 30.
        min_area_m2: Smaller structures block nothing. Default 4.
    """

    kind: str = "obstruction"
    thresholds: tuple[str, ...] = ("min_probability", "max_standing_mps", "min_queue", "max_gap_m", "min_area_m2")
    event_classes: tuple[EventClass, ...] = (EventClass.CORRIDOR_OBSTRUCTION,)

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """One finding per new structure and per queue."""
        for situation in situations:
            if _blocks(spec, situation.evidence):
                yield from self._finding(spec, (situation,), "roadblock", Reason("new_structure"))
        standing = [situation for situation in situations if _stands(spec, situation)]
        for queue in _groups(standing, spec.threshold("max_gap_m", 30.0)):
            if len(queue) >= spec.threshold("min_queue", 3):
                yield from self._finding(spec, queue, "queue", Reason("standing", (("count", float(len(queue))),)))

    def _finding(
        self, spec: RuleSpec, members: tuple[Situation, ...], subtype: str, reason: Reason
    ) -> Iterator[Finding | Abstention]:
        chances = [float(np.max(probability_on_ground(spec, member))) for member in members]
        probability = float(np.mean(chances))
        if is_enough(spec, probability):
            yield Finding(
                members=members,
                record_kind=RecordKind.CANDIDATE_VIOLATION,
                event_class=EventClass.CORRIDOR_OBSTRUCTION,
                event_subtype=subtype,
                at=0,
                geometry_m=shapely.union_all([shape_of(member) for member in members]),
                probability=probability,
                count=(len(members), len(members)) if subtype == "queue" else None,
                reasons=(reason,),
                against=(Reason("passable_not_observable"),),
            )
        else:
            told = [abstain(spec, member, chance) for member, chance in zip(members, chances, strict=True)]
            yield from (abstention for abstention in told if abstention is not None)


def _blocks(spec: RuleSpec, found: Track | Change) -> bool:
    return (
        isinstance(found, Change)
        and found.kind == ChangeKind.STRUCTURE
        and found.direction == Direction.NEW
        and found.area_m2 >= spec.threshold("min_area_m2", 4.0)
    )


def _stands(spec: RuleSpec, situation: Situation) -> bool:
    found = situation.evidence
    if not is_vehicle_size(situation):
        return False
    return not isinstance(found, Track) or found.speed_mps < spec.threshold("max_standing_mps", 0.5)


def _groups(situations: list[Situation], gap_m: float) -> list[tuple[Situation, ...]]:
    """Situations joined by gaps of at most `gap_m`, in order of their first member."""
    if not situations:
        return []
    places = np.array([np.median(situation.xy_m, axis=0) for situation in situations])
    root = list(range(len(situations)))
    for i, j in sorted(cKDTree(places).query_pairs(gap_m)):
        low, high = sorted((root[i], root[j]))
        root = [low if member == high else member for member in root]
    return [tuple(situations[i] for i in range(len(situations)) if root[i] == group) for group in sorted(set(root))]
