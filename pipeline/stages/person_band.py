"""How many person-size movers belong together, in bands: a crowd is never listed one by one."""

from collections.abc import Iterable, Mapping, Sequence

import shapely

from pipeline.records.agreement import RuleSpec
from pipeline.records.candidate import PersonBand
from pipeline.records.evidence import MoverKind, Track
from pipeline.records.judgement import Finding

TOGETHER_M = 50.0
"""Movers of one rule and class no further apart than this belong to one place."""


def band_of(count: int) -> PersonBand:
    """The band that holds a count of at least one."""
    if count <= 1:
        return PersonBand.ONE
    if count <= 5:
        return PersonBand.FEW
    return PersonBand.SEVERAL if count <= 20 else PersonBand.MANY


def person_bands(found: Sequence[tuple[RuleSpec, Finding]]) -> Mapping[int, PersonBand]:
    """By index of the finding, for those that a person-size mover leads.

    Counted are movers of one rule and class, near one another, that were there at one instant: a mover whose track
    broke is not counted twice.
    """
    people = [
        (index, (spec.rule_id, finding.event_class), finding.geometry_m, finding.members[0].evidence)
        for index, (spec, finding) in enumerate(found)
    ]
    persons = [
        (index, what, place, track)
        for index, what, place, track in people
        if isinstance(track, Track) and track.kind is MoverKind.PERSON_SIZE
    ]
    bands = {}
    for index, what, place, track in persons:
        near = {
            other.track_id: other
            for _, others, there, other in persons
            if others == what and shapely.distance(place, there) <= TOGETHER_M
        }
        bands[index] = band_of(_at_once(track, near.values()))
    return bands


def _at_once(track: Track, near: Iterable[Track]) -> int:
    """The most that were there at one instant of a track."""
    start, end = int(track.t_utc_ns[0]), int(track.t_utc_ns[-1])
    spans = [(int(other.t_utc_ns[0]), int(other.t_utc_ns[-1])) for other in near]
    instants = {start, *(first for first, _ in spans if start <= first <= end)}
    return max(sum(first <= instant <= last for first, last in spans) for instant in instants)
