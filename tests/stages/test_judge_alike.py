"""Parties, orders and causes: what must never make a difference."""

import dataclasses

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judged_scene import FRAMES, FREEZE, agreement, change, judge, line, rule, track

from pipeline.records.candidate import Candidate, Side
from pipeline.records.evidence import ChangeKind, Direction

SWAP = {"a": "b", "b": "a", "crossed_a_to_b": "crossed_b_to_a", "crossed_b_to_a": "crossed_a_to_b"}


def exchanged(row):
    """The row with labels exchanged, by its columns; ids are hashes of labels too and stay out."""
    flip = {
        "p_a": row.p_b,
        "p_b": row.p_a,
        "side": Side(SWAP.get(row.side, row.side)),
        "candidate_id": "",
        "event_id": "",
    }
    flip["area_of_control"] = SWAP.get(row.area_of_control)
    flip["distance_to_line_m"] = None if row.distance_to_line_m is None else -row.distance_to_line_m + 0.0
    flip["sides_by_line"] = tuple(
        dataclasses.replace(
            item,
            p_a=item.p_b,
            p_b=item.p_a,
            side=SWAP.get(item.side, item.side),
            distance_to_line_m=None if item.distance_to_line_m is None else -item.distance_to_line_m + 0.0,
        )
        for item in row.sides_by_line
    )
    flip["reasons"] = tuple(
        dataclasses.replace(reason, code=SWAP.get(reason.code, reason.code)) for reason in row.reasons
    )
    return dataclasses.replace(row, **flip)


places = st.tuples(st.floats(-90, 90), st.floats(-90, 90))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ways=st.lists(st.tuples(places, places), max_size=3),
    marks=st.lists(st.tuples(places, st.sampled_from(ChangeKind), st.sampled_from(Direction)), max_size=3),
    accuracy_m=st.sampled_from([2.0, 40.0, 3000.0]),
    scope=st.sampled_from(["a", "b", "both"]),
)
def test_exchanging_the_parties_gives_identical_rows_with_labels_exchanged(ways, marks, accuracy_m, scope):
    evidence = [track(f"T{i:04d}", *way) for i, way in enumerate(ways)]
    evidence += [change(f"C{i:04d}", at, kind, direction) for i, (at, kind, direction) in enumerate(marks)]
    specs = [
        dataclasses.replace(spec, party_scope=scope)
        for spec in (
            *FREEZE,
            rule("presence", ("VEHICLES_IN_ZONE",), "P9"),
            rule("withdrawal", ("withdrawal_observed",), "P8"),
        )
    ]
    swapped = tuple(dataclasses.replace(spec, party_scope=SWAP.get(scope, scope)) for spec in specs)

    rows, dropped = judge(agreement(tuple(specs), (line(accuracy_m),)), evidence)
    others, dropped_too = judge(agreement(swapped, (line(accuracy_m, swapped=True),)), evidence)

    def plain(some):
        found = [dataclasses.replace(row, candidate_id="", event_id="", geometry=row.geometry.wkb_hex) for row in some]
        return sorted((dataclasses.asdict(row) for row in found), key=str)

    assert plain(exchanged(row) for row in others) == plain(rows)
    assert dropped == dropped_too


def test_the_order_of_evidence_does_not_matter():
    evidence = [track(), change(), change("C0002", (-60.0, 60.0), ChangeKind.CRATER)]

    one, other = judge(agreement(), evidence)[0], judge(agreement(), evidence[::-1], FRAMES[::-1])[0]

    assert [row.candidate_id for row in one] == [row.candidate_id for row in other]
    assert len({row.candidate_id for row in one}) == 3


def test_no_field_says_who_did_it():
    names = {field.name for field in dataclasses.fields(Candidate)}

    assert not {
        name for name in names if any(word in name for word in ("party", "culprit", "weapon", "calibre", "unit"))
    }
