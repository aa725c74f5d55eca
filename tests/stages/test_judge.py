"""Evidence and an agreement give rows for people to judge."""

import dataclasses

import numpy as np
import pytest
import shapely
from judged_scene import (
    ALWAYS,
    FRAMES,
    FREEZE,
    PROVENANCE,
    SITE,
    T0,
    ZONE,
    agreement,
    change,
    codes,
    frame,
    judge,
    line,
    lonlat,
    rule,
    track,
)
from shapely.geometry import Point, box

from pipeline.errors import ConfigError
from pipeline.records.agreement import Interval, Notification
from pipeline.records.candidate import ConfidenceWord, RecordKind, Side
from pipeline.records.content_hash import candidate_id
from pipeline.records.event import KnownEvent
from pipeline.records.evidence import ChangeKind, Direction
from pipeline.records.frame import GeorefStatus


def test_a_mover_that_crosses_has_place_time_direction_and_probability():
    (row,), dropped = judge(agreement(), [track()])

    assert (row.event_class, row.rule_id, row.review_status) == ("LINE_CROSSING", "P1", "unreviewed")
    assert row.geometry.distance(Point(SITE.to_lonlat(np.zeros((1, 2)))[0])) < 1e-6
    assert T0 + 2 * 10**9 <= row.t_start_utc_ns < row.t_end_utc_ns <= T0 + 3 * 10**9
    assert codes(row.reasons) == {"crossed_a_to_b"}
    assert row.confidence_word == ConfidenceWord.ASSESSED
    assert row.evidence_id == "T0001"
    assert not dropped


@pytest.mark.parametrize("accuracy_m", [200.0, 3000.0])
def test_a_mover_that_hugs_an_uncertain_line_never_crosses_it(accuracy_m):
    zigzag = track(count=6)
    xy = np.column_stack([np.tile([-30.0, 30.0], 3), np.arange(6) * 30.0])

    rows, dropped = judge(agreement(lines=(line(accuracy_m),)), [dataclasses.replace(zigzag, xy_m=xy)])

    assert not rows
    assert dropped[0].code in ("no_rule", "not_determined")


def test_works_carry_side_distance_and_provenance():
    (row,), _ = judge(agreement(), [change()])

    assert (row.event_class, row.event_subtype, row.side) == ("NEW_FORTIFICATION", "trench_new", Side.A)
    assert row.area_of_control == "a"
    assert row.distance_to_line_m == pytest.approx(-50, abs=0.05)
    assert row.p_a == pytest.approx(1)
    assert row.err95_major_m == pytest.approx(2.448, abs=0.002)
    assert row.agreement_sha256 == "a" * 64
    assert row.frame_sha256 == (FRAMES[0].ref.sha256, FRAMES[1].ref.sha256)
    assert row.baseline_at_utc_ns == T0 - 86_400 * 10**9
    assert row.observed_minutes == pytest.approx(5 / 60, abs=1e-3)
    assert row.candidate_id == candidate_id(row)


def test_near_a_rough_line_the_side_is_not_determined_and_the_work_is_still_told():
    (row,), _ = judge(agreement(lines=(line(3000.0),)), [change()])

    assert row.side == Side.NOT_DETERMINED
    assert row.area_of_control is None


def test_each_cells_line_answers_for_itself():
    own = line(2.0, line_id="line-2", cell="2", side_a=line().side_b, side_b=line().side_a)

    (row,), _ = judge(agreement(lines=(own, line())), [change()])

    assert [(side.line_id, side.cell, side.side) for side in row.sides_by_line] == [
        ("line", None, "a"),
        ("line-2", "2", "b"),
    ]
    assert row.side == Side.A


def test_damage_has_no_cause_and_a_vanished_structure_may_be_dismantled():
    gone = change(kind=ChangeKind.STRUCTURE, direction=Direction.VANISHED)
    rules = (FREEZE[2], rule("withdrawal", ("dismantling_observed",), "P2", zone_ids=("zone",)))

    rows, _ = judge(agreement(rules), [gone])

    kinds = {row.rule_id: row for row in rows}
    assert kinds["P1"].event_subtype == "structure_damage"
    assert codes(kinds["P1"].against) >= {"cause_undetermined", "dismantling_possible"}
    assert kinds["P2"].record_kind == RecordKind.COMPLIANCE_EVENT


def test_presence_after_a_deadline_abstains_in_the_hour_that_the_text_leaves_open():
    hour = 3600 * 10**9
    spec = rule("presence", ("WITHDRAWAL_OVERDUE",), zone_ids=("zone",), party_scope="b")
    mover = track(end=(-30.0, 20.0))

    def judged(deadline):
        window, open_hour = Interval(deadline, None), Interval(deadline - hour, deadline)
        return judge(agreement((dataclasses.replace(spec, window=window, ambiguous=(open_hour,)),)), [mover])

    before, unsure, after = judged(T0 + 2 * hour), judged(T0 + hour // 2), judged(T0 - hour)

    assert not before[0]
    assert before[1][0].code == "no_rule"
    assert unsure[0][0].confidence_word == ConfidenceWord.NOT_DETERMINED
    assert "deadline_hour_ambiguous" in codes(unsure[0][0].against)
    assert after[0][0].confidence_word == ConfidenceWord.ASSESSED
    assert codes(after[0][0].against) == {"size_alone_is_not_military", "whose_not_observable"}


def test_what_was_known_then_decides_when_asked():
    day = 86_400 * 10**9
    old = rule("presence", ("WITHDRAWAL_OVERDUE",), zone_ids=("zone",), window=Interval(T0 - day, None))
    old = dataclasses.replace(old, recorded=Interval(None, T0))
    new = dataclasses.replace(old, window=Interval(T0 + 9 * day, None), recorded=Interval(T0, None))
    mover = track(end=(-30.0, 20.0))

    assert len(judge(agreement((old, new), known=T0 - day), [mover])[0]) == 1
    assert not judge(agreement((old, new), known=T0 + day), [mover])[0]
    assert not judge(agreement((old, new)), [mover])[0]


def test_at_the_edge_of_a_zone_software_abstains():
    rough = dataclasses.replace(ZONE, accuracy_m=300.0)
    spec = rule("presence", ("VEHICLES_IN_ZONE",), zone_ids=("zone",))

    (inside,), _ = judge(agreement((spec,), zones=(rough,)), [track(start=(-60, 0), end=(-60, 40))])
    outside, dropped = judge(agreement((spec,), zones=(rough,)), [track(start=(60, 0), end=(60, 40))])

    assert inside.confidence_word == ConfidenceWord.NOT_DETERMINED
    assert inside.zone_ids == ()
    assert not outside
    assert dropped[0].code == "not_determined"


def notification(**given):
    fields = {
        "notification_id": "N1",
        "area": lonlat(box(-400, -400, -20, 400)),
        "window": Interval(T0 - 1, T0 + 10**11),
        "max_count": 2,
        "event_classes": (),
        "notified_by": "b",
        "recorded": ALWAYS,
    }
    return Notification(**(fields | given))


def test_a_notified_escort_is_an_exception_and_one_vehicle_more_is_not():
    spec = rule("presence", ("VEHICLES_IN_ZONE",), zone_ids=("zone",))
    column = [track(f"T000{i}", (-90, 10 * i), (-60, 10 * i)) for i in range(1, 4)]
    agreed = agreement((spec,), notifications=(notification(),))

    two, _ = judge(agreed, column[:2])
    three, _ = judge(agreed, column)

    assert [row.notification_id for row in two] == ["N1", "N1"]
    assert all("notified_exception" in codes(row.against) for row in two)
    assert len(three) == 3
    assert all("exceeds_notification" in codes(row.reasons) for row in three)
    assert not any("notified_exception" in codes(row.against) for row in three)


def test_standing_vehicles_in_a_corridor_are_a_queue_and_one_is_not():
    spec = rule("obstruction", ("CORRIDOR_OBSTRUCTION",), zone_ids=("zone",))
    queue = [change(f"C000{i}", (-100.0, 15.0 * i), ChangeKind.VEHICLE, half=2.0) for i in range(1, 4)]

    (row,), _ = judge(agreement((spec,)), queue)
    one, dropped = judge(agreement((spec,)), queue[:1])

    assert (row.event_subtype, row.count_lo, row.member_ids) == ("queue", 3, ("C0001", "C0002", "C0003"))
    assert not one
    assert dropped[0].code == "no_rule"


def test_a_disturbed_flight_is_told_without_a_side():
    frames = [frame(0), frame(1, GeorefStatus.DEGRADED_GNSS), frame(2, GeorefStatus.DEGRADED_GNSS), frame(3)]

    (row,), _ = judge(agreement(), [], frames)

    assert (row.record_kind, row.event_subtype) == (RecordKind.MONITOR_IMPEDED, "gnss_interference")
    assert (row.side, row.rule_id, row.line_id, row.p_a) == (Side.NOT_DETERMINED, None, None, None)


def test_without_a_believable_place_nothing_is_determined():
    frames = [frame(index, GeorefStatus.UNUSABLE) for index in range(6)]

    (row,), _ = judge(agreement(), [change()], frames)

    assert row.confidence_word == ConfidenceWord.NOT_DETERMINED


def test_a_lasting_thing_keeps_its_name_over_flights_and_a_mover_does_not():
    (first,), _ = judge(agreement(), [change()])
    known = KnownEvent(
        "E-old",
        first.event_class,
        ("P1",),
        "new",
        "linear_earthwork",
        shapely.transform(first.geometry, lambda c: c + 1e-6),
        2.0,
        T0 - 10**15,
        T0 - 10**14,
        ("S0",),
        60.0,
    )

    (again,), _ = judge(agreement(), [change()], known=(known,))
    (other,), _ = judge(agreement(), [change(at=(-80.0, 60.0))], known=(known,))

    assert (again.event_id, again.seen_in_flights, again.first_seen_utc_ns) == ("E-old", 2, T0 - 10**15)
    assert other.event_id not in ("E-old", first.event_id)


def test_one_thing_against_two_baselines_is_one_row():
    pinned = dataclasses.replace(PROVENANCE, pinned_sortie_ids=frozenset({"S-first"}))
    pair = [change(), change("C0002", half=5.0, baseline_sortie_id="S-first")]

    (row,), dropped = judge(agreement(), pair, provenance=pinned)
    (slow,), _ = judge(agreement(), pair[1:], provenance=pinned)

    assert (row.baseline_sortie_id, row.pinned_baseline_sortie_id) == ("S0", "S-first")
    assert (slow.baseline_sortie_id, slow.pinned_baseline_sortie_id) == ("S-first", "S-first")
    assert not dropped


def test_evidence_whose_frames_are_not_placed_is_dropped():
    _, dropped = judge(agreement(), [change(frame_ids=("other",))])

    assert [item.code for item in dropped] == ["no_frame"]


def test_what_no_rule_can_give_is_a_configuration_error():
    for spec, match in (
        (rule("guess", ()), "no rule of kind 'guess'"),
        (rule("crossing", ("FIRE_OBSERVED",)), "cannot give 'FIRE_OBSERVED'"),
        (rule("damage", ("SURFACE_DAMAGE",), thresholds=(("min_area", 1.0),)), "no threshold 'min_area'"),
    ):
        with pytest.raises(ConfigError, match=match):
            judge(agreement((spec,)), [])
