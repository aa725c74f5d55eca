"""A mover that crosses the line: place, time, direction and probability."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry import Point

from pipeline.records.agreement import RuleSpec
from pipeline.records.arrays import Float, Int
from pipeline.records.candidate import EventClass, RecordKind
from pipeline.records.evidence import MoverKind, Reason, Track
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.ground import abstain, is_enough, lasting


@dataclass(frozen=True, slots=True)
class Crossing:
    """LINE_CROSSING.

    A mover crosses when it lies on one side and later on the other. Line and pose may be off, and both are common to
    all positions of a track; so the probability of "there before and here after" is at least
    ``p_there(before) + p_here(after) - 1`` (Fréchet's bound), and just that under one common shift. A track that hugs
    an uncertain line gets nearly 0, however often it crosses the drawn line.
    """

    kind: str = "crossing"
    thresholds: tuple[str, ...] = ("min_probability",)
    event_classes: tuple[EventClass, ...] = (EventClass.LINE_CROSSING,)

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """One finding per mover and direction."""
        for situation in situations:
            if not isinstance(situation.evidence, Track) or len(situation.t_utc_ns) < 2:
                continue
            if spec.party_scope in ("a", "both"):
                yield from _one_way(spec, situation, situation.p_a, situation.p_b, "crossed_a_to_b")
            if spec.party_scope in ("b", "both"):
                yield from _one_way(spec, situation, situation.p_b, situation.p_a, "crossed_b_to_a")


def _one_way(
    spec: RuleSpec, situation: Situation, p_from: Float, p_to: Float, code: str
) -> Iterator[Finding | Abstention]:
    track = situation.evidence
    seen = np.flatnonzero(track.detected) if isinstance(track, Track) else np.arange(0)
    if len(seen) < 2:
        return
    before, after = lasting(p_from[seen]), lasting(p_to[seen])
    sofar = np.maximum.accumulate(before)
    both = sofar + after - 1
    last = int(np.argmax(both))
    first = int(np.argmax(before[: last + 1]))
    at, place, t_utc_ns = _where(situation, seen[first : last + 1], p_from, p_to)
    probability = max(0.0, float(both[last])) * float(situation.p_ground[at])
    if is_enough(spec, probability):
        doubts = {MoverKind.PERSON_SIZE: "person_size", MoverKind.ANIMAL: "animal"}
        doubt = doubts.get(track.kind) if isinstance(track, Track) else None
        yield Finding(
            members=(situation,),
            record_kind=RecordKind.CANDIDATE_VIOLATION,
            event_class=EventClass.LINE_CROSSING,
            event_subtype=None,
            at=at,
            geometry_m=Point(place),
            probability=probability,
            t_utc_ns=t_utc_ns,
            count=(1, 1),
            reasons=(Reason(code, (("probability", round(probability, 4)),)),),
            against=() if doubt is None else (Reason(doubt),),
        )
    elif (nothing := abstain(spec, situation, probability)) is not None:
        yield nothing


def _where(situation: Situation, seen: Int, p_from: Float, p_to: Float) -> tuple[int, Float, tuple[int, int]]:
    """Position after the crossing, the place between it and the one before, and the times of both."""
    lead = (p_to - p_from)[seen]
    over = np.flatnonzero((lead[1:] > 0) & (lead[:-1] <= 0))
    if not over.size:
        at = int(seen[-1])
        return at, situation.xy_m[at], (int(situation.t_utc_ns[at]), int(situation.t_utc_ns[at]))
    after = int(over[-1]) + 1
    i, j = int(seen[after - 1]), int(seen[after])
    share = float(lead[after - 1] / (lead[after - 1] - lead[after]))
    place = situation.xy_m[i] + share * (situation.xy_m[j] - situation.xy_m[i])
    return j, place, (int(situation.t_utc_ns[i]), int(situation.t_utc_ns[j]))
