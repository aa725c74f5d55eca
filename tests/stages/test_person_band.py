"""Person-size movers are told in bands."""

from dataclasses import replace

import pytest
from judged_scene import agreement, judge, track

from pipeline.records.evidence import MoverKind
from pipeline.stages.person_band import band_of


def walkers(norths_m, kind=MoverKind.PERSON_SIZE):
    return [
        track(f"T{number:04d}", (-40.0, north), (40.0, north), kind=kind) for number, north in enumerate(norths_m, 1)
    ]


@pytest.mark.parametrize(
    ("count", "band"), [(1, "1"), (2, "2-5"), (5, "2-5"), (6, "6-20"), (20, "6-20"), (21, "over_20"), (400, "over_20")]
)
def test_bands_leave_no_gap(count, band):
    assert band_of(count) == band


def test_persons_who_cross_together_are_told_in_a_band_and_never_counted():
    rows, _ = judge(agreement(), walkers(range(0, 28, 4)))

    assert len(rows) == 7
    assert {row.person_count_band for row in rows} == {"6-20"}
    assert {(row.count_lo, row.count_hi) for row in rows} == {(None, None)}


def test_persons_far_apart_are_not_together():
    rows, _ = judge(agreement(), walkers([0.0, 300.0, 310.0]))

    assert sorted((row.evidence_id, str(row.person_count_band)) for row in rows) == [
        ("T0001", "1"),
        ("T0002", "2-5"),
        ("T0003", "2-5"),
    ]


def test_persons_one_after_the_other_are_not_together():
    first, second = walkers([0.0, 1.0])
    later = replace(second, t_utc_ns=second.t_utc_ns + 60 * 10**9)

    rows, _ = judge(agreement(), [first, later])

    assert [row.person_count_band for row in rows] == ["1", "1"]


def test_a_vehicle_has_a_count_and_no_band():
    (row,), _ = judge(agreement(), walkers([0.0], MoverKind.VEHICLE_SIZE))

    assert (row.count_lo, row.count_hi, row.person_count_band) == (1, 1, None)
