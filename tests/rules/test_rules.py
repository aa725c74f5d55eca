"""Rules by themselves: what they answer, and what every one of them must hold to."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records.agreement import Interval, RuleSpec
from pipeline.records.candidate import RecordKind
from pipeline.records.evidence import Change, ChangeKind, Direction, MoverKind, Track
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.rules.ground import lasting
from pipeline.rules.shipped import shipped_rules

ALWAYS = Interval(None, None)
RULES = shipped_rules()
chances = st.lists(st.floats(0, 1), min_size=2, max_size=8)


def spec(kind, **given):
    fields = {
        "rule_id": "R",
        "kind": kind,
        "event_classes": tuple(item.value for item in RULES[kind].event_classes),
        "zone_ids": (),
        "except_zone_ids": (),
        "party_scope": "both",
        "window": ALWAYS,
        "citation": "paragraph 1",
        "text_version": "v1",
        "thresholds": (),
        "valid": ALWAYS,
        "recorded": ALWAYS,
    }
    return RuleSpec(**(fields | given))


def mover(p_a, p_b, name="T0001", p_ground=None, speed_mps=8.0, kind=MoverKind.VEHICLE_SIZE):
    count = len(p_a)
    times, xy = np.arange(count, dtype=np.int64), np.column_stack([np.arange(count) * 5.0, np.zeros(count)])
    covariance = np.repeat(np.eye(2)[None], count, axis=0)
    track = Track(
        track_id=name,
        t_utc_ns=times,
        xy_m=xy,
        covariance_m2=covariance,
        detected=np.ones(count, bool),
        speed_mps=speed_mps,
        speed_sigma_mps=1.0,
        heading_deg=90.0,
        heading_sigma_deg=1.0,
        length_m=5.0,
        kind=kind,
        score=0.9,
        frame_ids=("F",) * count,
        boxes_px=np.zeros((count, 4)),
        gsd_m=0.05,
        reasons=(),
        against=(),
    )
    a, b = np.array(p_a, float), np.array(p_b, float)
    ground = np.ones(count) if p_ground is None else np.array(p_ground, float)
    return Situation(track, times, xy, covariance, a, b, 1 - a - b, (), ground)


def mark(kind, direction, name="C0001", at=(0.0, 0.0), p_ground=1.0, area_m2=30.0, length_m=20.0):
    x, y = at
    outline = np.array([[x - 2, y - 2], [x + 2, y - 2], [x + 2, y + 2], [x - 2, y + 2]])
    change = Change(
        change_id=name,
        outline_m=outline,
        covariance_m2=np.eye(2),
        direction=direction,
        kind=kind,
        score=0.8,
        area_m2=area_m2,
        area_sigma_m2=2.0,
        length_m=length_m,
        tile="t",
        t_utc_ns=0,
        frame_ids=("F",),
        baseline_sortie_id="S0",
        baseline_t_utc_ns=-1,
        baseline_frame_ids=("G",),
        views=2,
        gsd_m=0.05,
        reasons=(),
        against=(),
    )
    one = np.ones(1)
    return Situation(
        change, np.zeros(1, np.int64), np.array([at]), np.eye(2)[None], one, 0 * one, 0 * one, (), p_ground * one
    )


def answers(kind, *situations, **given):
    return list(RULES[kind].assess(spec(kind, **given), situations))


@pytest.mark.parametrize("kind", sorted(RULES))
def test_every_rule_keeps_to_its_classes_and_says_nothing_of_nothing(kind):
    everything = [mover([1, 1, 0, 0], [0, 0, 1, 1], f"T{i}", speed_mps=0.1) for i in range(4)]
    everything += [mark(k, d, f"C{k}{d}") for k in ChangeKind for d in Direction]

    found = answers(kind, *everything)

    assert found
    assert {item.event_class for item in found if isinstance(item, Finding)} <= set(RULES[kind].event_classes)
    assert answers(kind) == []
    kinds = {item.record_kind for item in found if isinstance(item, Finding)}
    assert kinds == {RecordKind.COMPLIANCE_EVENT if kind == "withdrawal" else RecordKind.CANDIDATE_VIOLATION}


@pytest.mark.parametrize("kind", sorted(RULES))
def test_every_rule_abstains_where_the_ground_is_uncertain_and_is_silent_elsewhere(kind):
    def everything(p_ground):
        found = [mover([1, 1, 0, 0], [0, 0, 1, 1], f"T{i}", [p_ground] * 4, 0.1) for i in range(4)]
        return found + [mark(k, d, f"C{k}{d}", p_ground=p_ground) for k in ChangeKind for d in Direction]

    assert {type(item) for item in answers(kind, *everything(0.3))} == {Abstention}
    assert answers(kind, *everything(0.01)) == []


@given(p_a=chances)
def test_a_crossing_is_never_likelier_than_being_on_either_side(p_a):
    p_b = [1 - p for p in p_a]

    for finding in answers("crossing", mover(p_a, p_b), thresholds=(("min_probability", 0.01),)):
        assert finding.probability <= min(max(p_a), max(p_b)) + 1e-9


def test_there_and_back_are_two_crossings():
    a = [1, 1, 1, 0, 0, 0, 1, 1, 1]

    found = answers("crossing", mover(a, [1 - p for p in a]))

    assert [finding.reasons[0].code for finding in found] == ["crossed_a_to_b", "crossed_b_to_a"]
    assert [finding.t_utc_ns for finding in found] == [(2, 3), (5, 6)]


def test_one_stray_position_is_no_crossing():
    a = [1, 1, 1, 0, 1, 1, 1]

    assert answers("crossing", mover(a, [1 - p for p in a])) == []
    assert lasting(np.array([0.0, 1, 0])).tolist() == [0, 0, 0]


def test_scope_is_the_side_from_which_somebody_crosses():
    out, back = mover([1, 1, 0, 0], [0, 0, 1, 1]), mover([0, 0, 1, 1], [1, 1, 0, 0])

    assert len(answers("crossing", out, party_scope="a")) == 1
    assert answers("crossing", back, party_scope="a") == []


def test_a_person_is_never_told_as_a_vehicle():
    (crossing,) = answers("crossing", mover([1, 1, 0, 0], [0, 0, 1, 1], kind=MoverKind.PERSON_SIZE))

    assert crossing.against[0].code == "person_size"
    assert answers("presence", mover([1, 1], [0, 0], kind=MoverKind.PERSON_SIZE)) == []


def test_what_only_an_animal_explains_is_told_as_such_and_is_no_vehicle():
    (crossing,) = answers("crossing", mover([1, 1, 0, 0], [0, 0, 1, 1], kind=MoverKind.ANIMAL))

    assert [reason.code for reason in crossing.against] == ["animal"]
    assert answers("presence", mover([1, 1], [0, 0], kind=MoverKind.ANIMAL)) == []


def test_a_position_that_is_not_known_is_left_out_of_the_way():
    seen = mover([1, 1, 1, 1], [0, 0, 0, 0], p_ground=[1, 0, 1, 1])
    xy = seen.xy_m.copy()
    xy[1] = np.nan

    (found,) = answers("presence", dataclasses.replace(seen, xy_m=xy))

    assert list(found.geometry_m.coords) == [(0, 0), (10, 0), (15, 0)]


def test_works_smaller_than_the_thresholds_are_none():
    small = mark(ChangeKind.LINEAR_EARTHWORK, Direction.NEW, length_m=2.0)

    assert answers("earthwork", small) == []
    assert len(answers("earthwork", small, thresholds=(("min_length_m", 1.0),))) == 1


def test_a_queue_is_joined_by_gaps_and_not_by_its_length():
    row = [mark(ChangeKind.VEHICLE, Direction.NEW, f"C{i}", (i * 20.0, 0.0)) for i in range(6)]
    far = mark(ChangeKind.VEHICLE, Direction.NEW, "C9", (500.0, 0.0))

    (queue,) = answers("obstruction", *row, far)

    assert queue.count == (6, 6)
    assert answers("obstruction", *row, thresholds=(("min_queue", 7.0),)) == []


def test_findings_have_no_field_for_a_culprit():
    names = {field.name for field in dataclasses.fields(Finding)}

    assert names.isdisjoint({"party", "who", "actor", "weapon", "calibre", "unit"})
