"""Something of a vehicle's size on ground where it should not be, or not any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import EventClass, RecordKind
from pipeline.records.evidence import Change, ChangeKind, Direction, MoverKind, Reason, Track
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.ground import abstain, is_enough, lasting, probability_on_ground


@dataclass(frozen=True, slots=True)
class Presence:
    """VEHICLES_IN_ZONE, or WITHDRAWAL_OVERDUE when the rule's window opens at a deadline.

    Size alone never makes a thing military, and nobody's vehicle is known from above: both stand in `against`.
    """

    kind: str = "presence"
    thresholds: tuple[str, ...] = ("min_probability",)
    event_classes: tuple[EventClass, ...] = (
        EventClass.VEHICLES_IN_ZONE,
        EventClass.WITHDRAWAL_OVERDUE,
        EventClass.CORRIDOR_INTRUSION,
    )

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """One finding per vehicle-size mover and per new vehicle-size object."""
        event_class = EventClass(spec.event_classes[0])
        for situation in situations:
            if not is_vehicle_size(situation):
                continue
            steady = lasting(probability_on_ground(spec, situation))
            at = int(np.argmax(steady))
            probability = float(steady[at])
            if is_enough(spec, probability):
                yield Finding(
                    members=(situation,),
                    record_kind=RecordKind.CANDIDATE_VIOLATION,
                    event_class=event_class,
                    event_subtype=None,
                    at=at,
                    geometry_m=shape_of(situation),
                    probability=probability,
                    count=(1, 1),
                    reasons=(Reason("vehicle_size_on_ground", (("probability", round(probability, 4)),)),),
                    against=(Reason("size_alone_is_not_military"), Reason("whose_not_observable")),
                )
            elif (nothing := abstain(spec, situation, probability)) is not None:
                yield nothing


def is_vehicle_size(situation: Situation) -> bool:
    """A mover of a vehicle's size, or a new object of one."""
    found = situation.evidence
    if isinstance(found, Track):
        return found.kind == MoverKind.VEHICLE_SIZE
    return found.kind == ChangeKind.VEHICLE and found.direction == Direction.NEW


def shape_of(situation: Situation) -> BaseGeometry:
    """Way of a mover, outline of a change, in site metres."""
    found = situation.evidence
    if isinstance(found, Change):
        return _outline(found, situation)
    way = situation.xy_m[np.isfinite(situation.xy_m).all(axis=1)]
    return LineString(way) if len(way) > 1 and np.ptp(way, axis=0).any() else Point(way[0])


def _outline(change: Change, situation: Situation) -> BaseGeometry:
    """The outline as a valid polygon; where it encloses nothing, the place."""
    if len(change.outline_m) < 3:
        return Point(situation.xy_m[0])
    drawn = shapely.make_valid(Polygon(change.outline_m), method="structure", keep_collapsed=False)
    return drawn if drawn.area > 0 else Point(situation.xy_m[0])
