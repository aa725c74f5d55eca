"""What rules are asked, and what they answer."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from pipeline.records.arrays import Float, Int, require_shape
from pipeline.records.candidate import EventClass, RecordKind
from pipeline.records.evidence import Change, Reason, Track


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """A track or change on the agreement's ground; a change is a track of one position.

    Attributes:
        evidence: What was found.
        t_utc_ns: ``(N,)``.
        xy_m: ``(N, 2)`` site metres.
        covariance_m2: ``(N, 2, 2)``.
        p_a, p_b, p_between: ``(N,)`` by the leading line; 0 where no line applies.
        p_zone: ``(N,)`` probability of lying in each zone that applies, by zone id.
        p_ground: ``(N,)`` probability of lying in the zones of the rule at hand and not in its exceptions; party
            scope is the rule's own matter.
    """

    evidence: Track | Change
    t_utc_ns: Int
    xy_m: Float
    covariance_m2: Float
    p_a: Float
    p_b: Float
    p_between: Float
    p_zone: tuple[tuple[str, Float], ...]
    p_ground: Float

    def __post_init__(self) -> None:
        count = len(self.t_utc_ns)
        require_shape("xy_m", self.xy_m, (count, 2))
        require_shape("covariance_m2", self.covariance_m2, (count, 2, 2))
        for name in ("p_a", "p_b", "p_between", "p_ground"):
            require_shape(name, getattr(self, name), (count,))

    @property
    def evidence_id(self) -> str:
        """Id of the track or change."""
        return self.evidence.track_id if isinstance(self.evidence, Track) else self.evidence.change_id


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A rule's answer: something for people to judge.

    There is no field for who did it, and there never will be.

    Attributes:
        members: Situations that it rests on, the leading one first.
        record_kind, event_class, event_subtype: What it is.
        at: Index of the position of the leading situation that stands for the place.
        geometry_m: In site metres.
        probability: That the rule's condition on the ground holds, given the errors of place, line and zone.
        t_utc_ns: First and last time; None: those of the leading evidence.
        count: Things seen: lower and upper bound, or None.
        length_m: Of the whole, when it differs from that of the leading evidence.
        reasons, against: Added to those of the evidence.
    """

    members: tuple[Situation, ...]
    record_kind: RecordKind
    event_class: EventClass
    event_subtype: str | None
    at: int
    geometry_m: BaseGeometry
    probability: float
    t_utc_ns: tuple[int, int] | None = None
    count: tuple[int, int] | None = None
    length_m: float | None = None
    reasons: tuple[Reason, ...] = ()
    against: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Abstention:
    """A rule's answer: what was seen would matter on some ground, and nobody can say that it lies there.

    Attributes:
        evidence_id: Track or change.
        probability: That the condition holds.
    """

    evidence_id: str
    probability: float
