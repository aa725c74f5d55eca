"""Evidence and an agreement give rows for people to judge."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.agreement import Agreement, Interval, Notification, ReferenceLine, RuleSpec, Zone
from pipeline.records.camera import CameraModel
from pipeline.records.candidate import Candidate, ConfidenceWord, DetectorId, Provenance, RecordKind, Side
from pipeline.records.content_hash import candidate_id
from pipeline.records.dropped import Dropped
from pipeline.records.event import KnownEvent
from pipeline.records.evidence import Change, ChangeKind, Direction, MoverKind, Track
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef, Sortie
from pipeline.rules.shipped import shipped_rules
from pipeline.stages.coverage import CoverageSettings, coverage
from pipeline.stages.judge import Judge

SITE = SiteFrame.at(46.8, 39.9)
T0 = 1_606_000_000 * 10**9
ALWAYS = Interval(None, None)
SORTIE = Sortie("S1", Path("flight"), "2020-11-21", "1", "quadcopter", None, "t" * 64)
PROVENANCE = Provenance("c" * 64, "s" * 64, "0.1.0", DetectorId("motion", "1"), DetectorId("pair", "1"))


def lonlat(geometry):
    return shapely.transform(geometry, SITE.to_lonlat)


def frame(index, status=GeorefStatus.OK, east=0.0):
    ref = FrameRef(
        f"F{index:03d}",
        Path("f.jpg"),
        FrameKind.STILL,
        0,
        (100, 100),
        T0 + index * 10**9,
        0.01,
        f"{index:064d}",
        Band.VISIBLE,
        "cam",
    )
    camera = CameraModel("cam", (100, 100), np.eye(3), np.zeros(5), 0.01, "table")
    pose = Pose(np.array([east, 0.0, 100.0]), np.eye(3), np.eye(6), GeorefMethod.IMAGE_MATCH)
    outline = np.array(box(east - 100, -100, east + 100, 100).exterior.coords[:-1])
    registration = Registration("reference", "registered", 9, 9, 0.5, 0.1, 1.0, 0.1, turned_180=False)
    return GroundFrame(ref, camera, pose, status, outline, 0.05, np.array([1.0, 1, 0]), registration, ())


FRAMES = [frame(index) for index in range(6)]


def track(name="T0001", start=(-40.0, 0.0), end=(40.0, 0.0), sigma=1.0, kind=MoverKind.VEHICLE_SIZE, count=6):
    share = np.linspace(0, 1, count)[:, None]
    xy = (1 - share) * np.array(start) + share * np.array(end)
    return Track(
        name,
        T0 + np.arange(count) * 10**9,
        xy,
        np.repeat(np.eye(2)[None] * sigma**2, count, axis=0),
        np.ones(count, bool),
        16.0,
        1.0,
        90.0,
        2.0,
        5.0,
        kind,
        0.95,
        tuple(f"F{i:03d}" for i in range(count)),
        np.zeros((count, 4)),
        0.05,
        (),
        (),
    )


def change(name="C0001", at=(-50.0, 0.0), kind=ChangeKind.LINEAR_EARTHWORK, direction=Direction.NEW, half=4.0, **given):
    outline = np.array(Point(at).buffer(half, cap_style="square").exterior.coords[:-1])[::-1]
    fields = {
        "change_id": name,
        "outline_m": outline,
        "covariance_m2": np.eye(2),
        "direction": direction,
        "kind": kind,
        "score": 0.8,
        "area_m2": 4 * half**2,
        "area_sigma_m2": 3.0,
        "length_m": 2 * half,
        "tile": "t",
        "t_utc_ns": T0,
        "frame_ids": ("F000", "F001"),
        "baseline_sortie_id": "S0",
        "baseline_t_utc_ns": T0 - 86_400 * 10**9,
        "baseline_frame_ids": ("G1",),
        "views": 2,
        "gsd_m": 0.05,
        "reasons": (),
        "against": (),
    }
    return Change(**(fields | given))


def line(accuracy_m=2.0, swapped=False, **given):
    west, east = lonlat(box(-3000, -3000, 0, 3000)), lonlat(box(0, -3000, 3000, 3000))
    fields = {
        "line_id": "line",
        "geometry": lonlat(LineString([(0, -3000), (0, 3000)])),
        "side_a": east if swapped else west,
        "side_b": west if swapped else east,
        "accuracy_m": accuracy_m,
        "approximate": False,
        "source": "drawn",
        "cell": None,
        "valid": ALWAYS,
        "recorded": ALWAYS,
        "extent": lonlat(box(-3000, -3000, 3000, 3000)),
    }
    return ReferenceLine(**(fields | given))


def rule(kind, classes, rule_id="P1", **given):
    fields = {
        "rule_id": rule_id,
        "kind": kind,
        "event_classes": classes,
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


FREEZE = (
    rule("crossing", ("LINE_CROSSING",)),
    rule("earthwork", ("NEW_FORTIFICATION",)),
    rule("damage", ("SURFACE_DAMAGE",)),
)
ZONE = Zone("zone", lonlat(box(-500, -500, -10, 500)), 2.0, False, "drawn", (), ALWAYS, ALWAYS)


def agreement(rules=FREEZE, lines=None, zones=(ZONE,), notifications=(), known=None):
    return Agreement("test", (line(),) if lines is None else lines, zones, rules, notifications, known, "a" * 64)


def judge(agreed, evidence, frames=FRAMES, known=(), provenance=PROVENANCE):
    out = list(Judge(agreed, SORTIE, SITE, provenance, known, shipped_rules())(evidence, frames))
    return [row for row in out if isinstance(row, Candidate)], [item for item in out if isinstance(item, Dropped)]


def codes(reasons):
    return {reason.code for reason in reasons}


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


def test_coverage_adds_up_and_says_where_nothing_can_be_said():
    frames = [frame(0, east=-200), frame(1, east=-200), frame(2, east=0), frame(3, GeorefStatus.UNUSABLE)]

    rows = coverage(
        agreement(lines=(line(100.0),)),
        SORTIE,
        SITE,
        frames,
        compared_m=[box(-300, -100, -200, 100)],
        assessable_frame_ids=frozenset({"F000"}),
        settings=CoverageSettings(),
    )

    by_side = {row.side: row for row in rows}
    band = 2 * 1.645 * 100 / 1.96 * 200
    assert by_side["not_determined"].imaged_m2 == pytest.approx(band, rel=0.01)
    assert sum(row.imaged_m2 for row in rows) == pytest.approx(80_000, rel=1e-4)
    assert by_side["a"].compared_m2 == pytest.approx(20_000, rel=1e-3)
    assert by_side["b"].minutes == pytest.approx(0.5 / 60, abs=1e-4)
    assert by_side["a"].movement_minutes == pytest.approx(0.5 / 60, abs=1e-4)
    assert by_side["between"].imaged_m2 == 0


def test_coverage_without_a_line_or_frames_is_a_row_all_the_same():
    (row,) = coverage(
        agreement(lines=()),
        SORTIE,
        SITE,
        [],
        compared_m=[],
        assessable_frame_ids=frozenset(),
        settings=CoverageSettings(),
    )

    assert (row.line_id, row.side, row.imaged_m2, row.minutes) == (None, "not_determined", 0.0, 0.0)
