"""What a model's answer does to a track."""

from dataclasses import fields

import pytest
from judged_scene import codes, track

from pipeline.records.confirmation import ClassOdds
from pipeline.records.evidence import MoverKind
from pipeline.stages.confirm import ConfirmSettings, weighed

PERSON = ClassOdds(0.05, 0.93, 0.02, 0.0)
ANIMAL = ClassOdds(0.0, 0.05, 0.9, 0.05)
OTHER = ClassOdds(0.0, 0.05, 0.05, 0.9)
UNSURE = ClassOdds(0.1, 0.7, 0.2, 0.0)
SETTINGS = ConfirmSettings()


def test_a_model_that_agrees_is_a_reason_with_its_probability():
    heard = weighed(track(kind=MoverKind.PERSON_SIZE), PERSON, SETTINGS)

    assert heard.kind is MoverKind.PERSON_SIZE
    assert [(reason.code, reason.parameters) for reason in heard.reasons] == [
        ("confirmed_by_model", (("probability", 0.93),))
    ]
    assert heard.against == ()


@pytest.mark.parametrize("odds", [PERSON, ANIMAL, OTHER])
def test_a_model_never_changes_a_measured_kind(odds):
    heard = weighed(track(kind=MoverKind.VEHICLE_SIZE), odds, SETTINGS)

    assert heard.kind is MoverKind.VEHICLE_SIZE
    assert (codes(heard.reasons), codes(heard.against)) == (set(), {"model_sees_something_else"})


@pytest.mark.parametrize(("odds", "kind"), [(PERSON, MoverKind.PERSON_SIZE), (ANIMAL, MoverKind.ANIMAL)])
def test_an_unknown_kind_may_be_said_by_a_model_and_the_row_says_so(odds, kind):
    heard = weighed(track(kind=MoverKind.UNKNOWN), odds, SETTINGS)

    assert heard.kind is kind
    assert codes(heard.reasons) == {"confirmed_by_model", "kind_by_model"}


def test_what_is_no_mover_to_a_model_stays_a_track_of_unknown_kind():
    heard = weighed(track(kind=MoverKind.UNKNOWN), OTHER, SETTINGS)

    assert (heard.kind, codes(heard.against)) == (MoverKind.UNKNOWN, {"model_sees_something_else"})


def test_a_model_that_is_not_sure_has_said_nothing():
    before = track(kind=MoverKind.UNKNOWN)

    assert weighed(before, UNSURE, SETTINGS) is before


def test_nothing_else_of_a_track_changes():
    before = track(kind=MoverKind.UNKNOWN)

    after = weighed(before, PERSON, SETTINGS)

    changed = {item.name for item in fields(before) if getattr(after, item.name) is not getattr(before, item.name)}
    assert changed == {"kind", "reasons"}
