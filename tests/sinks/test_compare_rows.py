"""What may differ between a published row and the row made again, and what may not."""

from datetime import UTC, datetime

import pytest
from shapely import to_wkb
from shapely.geometry import Point

from pipeline.sinks.compare_rows import Likeness, apart_m, compare_rows

METRE = 1 / 85_000
ROW = {
    "candidate_id": "c1",
    "event_id": "e1",
    "supersedes": None,
    "change_direction": "new",
    "count_lo": 2,
    "area_m2": 40.0,
    "area_sigma_m2": 3.0,
    "geometry": to_wkb(Point(46.8, 39.9)),
    "err95_major_m": 4.0,
    "side": "a",
    "p_a": 0.97,
    "t_start": datetime(2021, 5, 19, tzinfo=UTC),
    "reasons": [{"code": "structure", "parameters": [{"name": "share", "value": 0.81}]}],
    "code_version": "0.1+a",
    "evidence_id": "C0001",
    "line_id": None,
}


def compared(whole=True, same_software=True, **changed):
    found = compare_rows(ROW, {**ROW, **changed}, whole=whole, same_software=same_software)
    return {item.column: item.likeness for item in found}


def test_the_same_row_differs_in_nothing():
    assert compared() == {}


@pytest.mark.parametrize(
    ("column", "near", "far"),
    [
        ("area_m2", 45.0, 47.0),
        ("p_a", 0.93, 0.91),
        ("geometry", to_wkb(Point(46.8 + 3 * METRE, 39.9)), to_wkb(Point(46.8 + 5 * METRE, 39.9))),
        (
            "reasons",
            [{"code": "structure", "parameters": [{"name": "share", "value": 0.83}]}],
            [{"code": "shade", "parameters": [{"name": "share", "value": 0.81}]}],
        ),
    ],
)
def test_figures_may_move_within_the_rows_own_errors(column, near, far):
    assert compared(**{column: near}) == {column: Likeness.WITHIN_ERRORS}
    assert compared(**{column: far}) == {column: Likeness.DIFFERS}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("side", "b"),
        ("count_lo", 3),
        ("t_start", datetime(2021, 5, 19, 0, 0, 1, tzinfo=UTC)),
        ("p_a", None),
        ("line_id", "line"),
        ("code_version", "0.1+b"),
        ("evidence_id", "C0002"),
        ("event_id", "e2"),
    ],
)
def test_words_counts_times_and_names_may_not(column, value):
    assert compared(**{column: value}) == {column: Likeness.DIFFERS}


def test_what_may_differ_is_explained():
    assert compared(supersedes="c0", candidate_id="c2") == {
        "supersedes": Likeness.EXPLAINED,
        "candidate_id": Likeness.EXPLAINED,
    }
    assert compared(same_software=False, code_version="0.2") == {"code_version": Likeness.EXPLAINED}
    assert set(compared(whole=False, evidence_id="C0002", event_id="e2").values()) == {Likeness.EXPLAINED}


def test_shapes_are_apart_by_their_farthest_point():
    assert apart_m(to_wkb(Point(46.8, 39.9)), to_wkb(Point(46.8 + 10 * METRE, 39.9))) == pytest.approx(10, rel=0.02)
    assert apart_m(None, None) == 0.0
    assert apart_m(None, to_wkb(Point(46.8, 39.9))) == float("inf")
