"""Events: pure functions of time whose truth says what they put into the world."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point, Polygon
from shapely.ops import unary_union

from pipeline.errors import ConfigError
from pipeline.simulator.events.catalogue import KINDS, EventSpec, make_event
from pipeline.simulator.events.clock import HOUR_NS, night_shift
from pipeline.simulator.events.ways import Pace

_found = importlib.util.spec_from_file_location("event_land", Path(__file__).with_name("event_land.py"))
assert _found is not None and _found.loader is not None
event_land = importlib.util.module_from_spec(_found)
_found.loader.exec_module(event_land)

NOON = 1_790_000_000 // 86_400 * 86_400 * 10**9 + 10 * HOUR_NS  # 10:00 UTC, noon local at two hours ahead
LAND = event_land.PlainLand()
TIMES_H = (-30.0, -0.01, 0.0, 1 / 60, 0.2, 5.0, 9.0, 13.4, 30.0, 80.0, 400.0)
GONE = ("vehicle_gone", "structure_gone", "withdrawal")


def event(kind, begins=NOON, seed=5, at=(3.0, 4.0), azimuth=0.4, **options):
    return make_event(EventSpec("E1", kind, *at, azimuth, begins, seed, options), LAND, NOON - 48 * HOUR_NS)


def after(hours):
    return NOON + round(hours * HOUR_NS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hours", TIMES_H)
def test_truth_says_what_is_put_into_the_world(kind, hours):
    now = event(kind).at(after(hours))
    ids = [*(d.thing_id for d in now.dug), *(p.thing_id for p in (*now.placed, *now.movers))]

    assert sorted(now.truth.thing_ids) == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert (now.truth.outline_m is None) == (not now.truth.there)
    assert now.truth.since_utc_ns <= after(hours)
    if now.truth.there:
        outline = Polygon(now.truth.outline_m)
        assert outline.is_valid
        assert outline.exterior.is_ccw
        if now.truth.area_m2 is not None:
            assert now.truth.area_m2 == pytest.approx(outline.area, rel=1e-9)
        if now.movers:
            assert now.truth.count == len(now.movers)
        if kind not in (*GONE, "smoke", "road_block", "moved_vehicle", "parked_vehicle", "demining_works"):
            shown = unary_union([Polygon(p.outline_m) for p in (*now.placed, *now.movers)] or [Point(0, 0)])
            assert shown.area <= 1.001 * outline.buffer(3.0).area


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_there_before_it_begins(kind):
    truth = event(kind).at(NOON - 1).truth

    if kind == "moved_vehicle":
        assert (truth.there, truth.stage) == (True, 0)  # at its old place
    else:
        assert not truth.there
        assert truth.area_m2 is None
        assert truth.since_utc_ns == NOON - 48 * HOUR_NS


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_event_is_the_same_whenever_it_is_asked(kind):
    first, second = event(kind), event(kind)
    times = [after(h) for h in TIMES_H]
    ahead = [first.at(t) for t in times]
    back = [second.at(t) for t in reversed(times)][::-1]

    for a, b in zip(ahead, back, strict=True):
        assert a.placed == b.placed
        assert a.movers == b.movers
        assert a.dug == b.dug
        assert a.gone == b.gone
        assert [p.depth for p in a.puffs] == [p.depth for p in b.puffs]
        assert [p.centre_m.tobytes() for p in a.puffs] == [p.centre_m.tobytes() for p in b.puffs]


def test_a_trench_grows_by_the_metres_stated_each_night():
    trench = event("trench", length_m=200.0, start_m=10.0, metres_per_night=7.0)
    noons = [trench.at(after(24 * day)) for day in range(6)]

    lengths = [now.truth.length_m for now in noons]
    assert lengths == pytest.approx([10, 17, 24, 31, 38, 45])
    assert [now.truth.stage for now in noons] == [0, 1, 2, 3, 4, 5]
    assert all(d.length_m == pytest.approx(now.truth.length_m) for now in noons for d in now.dug)
    ages = noons[3].dug[0].sections
    assert [along for along, _ in ages] == pytest.approx([10, 17, 24, 31])
    assert [age for _, age in ages] == sorted((age for _, age in ages), reverse=True)


def test_a_trench_grows_only_at_night_and_stops_at_its_length():
    trench = event("trench", length_m=30.0, start_m=10.0, metres_per_night=8.0)

    by_day = {trench.at(after(h)).truth.length_m for h in (0, 2, 5, 7.9)}  # noon to 19:54 local
    assert by_day == {10.0}
    through_the_night = [trench.at(after(8 + h)).truth.length_m for h in range(9)]  # 20:00 to 04:00
    assert through_the_night == pytest.approx([10 + h for h in range(9)])
    assert trench.at(after(500)).truth.length_m == pytest.approx(30.0)
    assert trench.at(after(500)).truth.since_utc_ns == after(8 + 48 + 4)


def test_a_trench_that_has_not_grown_is_what_it_was():
    trench = event("trench")

    assert trench.at(after(1)).dug == trench.at(after(5)).dug  # one flight, one ground: tiles may be kept


@pytest.mark.parametrize("start_h", [0.0, 8.0, 10.0, 15.9, 17.0])
def test_night_shifts_add_up_wherever_an_event_begins(start_h):
    shift, begins = night_shift(2.0), after(start_h)
    worked = [shift.worked(begins, begins + h * HOUR_NS) for h in range(200)]

    assert worked[0] == 0
    assert all(b >= a for a, b in pairwise(worked))
    assert worked[199] - worked[199 - 48] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("convoy", {}),
        ("convoy", {"armoured": True, "lamps": True, "speed_mps": 6.0}),
        ("vehicle_moving", {"go_s": 12.0, "stop_s": 8.0}),
        ("vehicle_moving", {"form": "bus"}),
        ("people", {}),
        ("animals", {"grazing": False, "form": "cow"}),
        ("animals", {}),
    ],
)
def test_velocity_is_the_derivative_of_the_place(kind, options):
    moving = event(kind, **options)
    step = 10**7
    checked = 0
    for t in np.linspace(1, 120, 60):
        at = NOON + round(t * 1e9)
        before, now, later = (moving.at(at + k * step) for k in (-1, 0, 1))
        places = [{m.thing_id: (m.x_m, m.y_m) for m in h.movers} for h in (before, later)]
        for mover in now.movers:
            if mover.thing_id not in places[0] or mover.thing_id not in places[1]:
                continue
            moved = (np.array(places[1][mover.thing_id]) - places[0][mover.thing_id]) / (2 * step / 1e9)
            assert moved == pytest.approx(mover.velocity_mps, rel=0.01, abs=0.01)
            speed = np.hypot(*mover.velocity_mps)
            if speed > 0.5:
                heading = np.array([np.cos(mover.azimuth_rad), np.sin(mover.azimuth_rad)])
                assert heading @ mover.velocity_mps / speed > 0.99
            assert mover.warm == 1
            checked += 1
    assert checked >= 15


def test_a_convoy_keeps_to_its_road_with_its_escort_first_and_last():
    now = event("convoy", vehicles=4.0, spacing_m=20.0, passes_s=60.0).at(after(70 / 3600))
    road = event_land.Bow()
    line = np.array([road.at(s)[:2] for s in np.linspace(0, 400, 4001)])

    kinds = [mover.model.kind for mover in now.movers]
    assert kinds == ["vehicle.pickup", *["vehicle.truck"] * 4, "vehicle.pickup"]
    for mover in now.movers:
        away = np.hypot(*(line - [mover.x_m, mover.y_m]).T).min()
        assert away == pytest.approx(road.width_m / 4, abs=0.05)
    gaps = [np.hypot(a.x_m - b.x_m, a.y_m - b.y_m) for a, b in pairwise(now.movers)]
    assert gaps == pytest.approx([20 + (5.2 + 8.2) / 2, 28.2, 28.2, 28.2, 20 + (5.2 + 8.2) / 2], rel=0.01)


def test_the_azimuth_chooses_the_direction_along_the_road():
    there, back = (event("vehicle_moving", azimuth=a).at(after(60 / 3600)).movers[0] for a in (0.4, 0.4 + np.pi))

    assert np.dot(there.velocity_mps, back.velocity_mps) < -100
    assert np.hypot(there.x_m - back.x_m, there.y_m - back.y_m) == pytest.approx(3.0, abs=0.3)  # each on its right


def test_vehicles_stop_and_go():
    pace = Pace(10.0, go_s=20.0, stop_s=15.0)
    t = np.arange(0, 200, 0.05)
    speed = np.diff([pace.gone_m(float(s)) for s in t]) / 0.05

    assert speed.min() > -1e-6
    assert speed.max() == pytest.approx(10.0, abs=1e-3)
    assert np.abs(np.diff(speed)).max() / 0.05 < 3.0  # m/s²: nobody falls over
    assert (speed < 1e-3).mean() == pytest.approx(15 / 47, abs=0.08)


def test_movers_are_there_only_from_their_beginning_to_their_end():
    people = event("people", lasts_s=100.0)

    assert len(people.at(NOON).movers) == 6
    assert people.at(NOON + 99 * 10**9).truth.there
    assert not people.at(NOON + 101 * 10**9).movers


def test_houses_of_the_land_are_hit_and_taken_over():
    before, now = (event("structure_damaged", at=(35.0, 12.0), damage="severe").at(after(h)) for h in (-1, 1))

    assert not before.gone
    assert not before.placed  # the land shows it itself
    assert now.gone == {"land-house"}
    assert (now.placed[0].x_m, now.placed[0].y_m, now.placed[0].azimuth_rad) == (30.0, 10.0, 0.3)
    assert now.truth.damage == "severe"
    assert now.truth.area_m2 == pytest.approx(88.0)


def test_without_a_house_nearby_the_event_brings_its_own():
    hit = event("structure_destroyed", at=(500.0, 500.0))

    assert hit.at(after(-1)).placed[0].model.damage == 0
    assert hit.at(after(1)).placed[0].model.damage == 1
    assert not hit.at(after(1)).gone
    assert hit.at(after(1)).truth.damage == "destroyed"


def test_a_house_is_built_from_the_ground_up():
    site = event("structure_built", days_per_stage=2.0)
    kinds = [site.at(after(h)).placed[0].model.kind for h in (0, 24, 72, 120)]

    assert kinds == ["foundation", "foundation", "bare_walls", "house"]


def test_a_moved_vehicle_leaves_its_old_place_for_its_new():
    moved = event("moved_vehicle", distance_m=30.0, turn_deg=90.0, azimuth=0.0)
    old, new = moved.at(after(-5)), moved.at(after(1))

    assert (old.placed[0].x_m, old.placed[0].y_m) == pytest.approx((3, 4))
    assert (new.placed[0].x_m, new.placed[0].y_m) == pytest.approx((3, 34))
    assert new.placed[0].thing_id == old.placed[0].thing_id
    assert not Polygon(old.truth.outline_m).intersects(Polygon(new.truth.outline_m))


def test_a_queue_grows_behind_a_road_block():
    block = event("road_block", queue=6.0, arrivals_per_h=2.0)
    counts = [block.at(after(h)).truth.count for h in (0, 0.4, 0.6, 1.1, 2.1, 9)]
    queue = block.at(after(9)).placed[1:]

    assert counts == [0, 0, 1, 2, 4, 6]
    for k, a in enumerate(queue):
        for b in queue[k + 1 :]:
            assert not Polygon(a.outline_m).intersects(Polygon(b.outline_m))


def test_smoke_drifts_with_the_wind_and_thins_out():
    plume = event("smoke", wind_to_deg=90.0, wind_mps=4.0, lasts_s=300.0)
    puffs = plume.at(after(200 / 3600)).puffs
    ahead = np.array([p.centre_m[0] for p in puffs]) - 3.0
    depth = np.array([p.depth for p in puffs])

    assert ahead.min() > -3
    assert ahead.max() > 80
    assert np.abs(np.array([p.centre_m[1] - 4.0 for p in puffs])).max() < 45
    assert depth[ahead > 60].mean() < 0.2 * depth[ahead < 10].mean()
    assert puffs[0].centre_m[2] > 100  # above the ground
    assert plume.at(after(310 / 3600)).puffs  # what was sent out is still in the air
    assert not plume.at(after(400 / 3600)).puffs


def test_notification_makes_an_event_notified():
    announced = event("trench", notification_id="N-17").at(NOON).truth
    second = event("second_mission_vehicle").at(NOON).truth
    overridden = event("burn", bearing="harmless").at(NOON).truth

    assert (announced.bearing, announced.notification_id) == ("notified", "N-17")
    assert (second.bearing, second.notification_id) == ("notified", "E1-notification")
    assert overridden.bearing == "harmless"


def test_options_are_documented_and_their_defaults_fit_their_own_ranges():
    for kind, facts in KINDS.items():
        defaults = {name: option.default for name, option in facts.options.items()}
        event(kind, **defaults)
        assert all(option.meaning for option in facts.options.values())


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("trensh", {}, "did you mean 'trench'"),
        ("trench", {"metre_per_night": 3.0}, "did you mean 'metres_per_night'"),
        ("trench", {"depth_m": 99.0}, "between 0.2 and 5 in m"),
        ("trench", {"depth_m": "deep"}, "must be a number in m"),
        ("trench", {"spoil": "lefft"}, "did you mean 'left'"),
        ("convoy", {"escort": 1.0}, "must be true or false"),
        ("net", {"season": 3.0}, "must be text"),
        ("crater", {"diameter_m": True}, "must be a number"),
    ],
)
def test_wrong_kinds_and_options_name_the_likely_one(kind, options, said):
    with pytest.raises(ConfigError, match=said) as error:
        event(kind, **options)
    assert "E1" in str(error.value)


def test_a_road_block_stands_on_the_middle_of_its_road():
    block = event("road_block", at=(-40.0, -10.0)).at(NOON).placed[0]
    line = np.array([event_land.Bow().at(s)[:2] for s in np.linspace(0, 400, 4001)])

    assert np.hypot(*(line - [block.x_m, block.y_m]).T).min() < 0.1
    assert block.model.width_m == 6.0


def test_a_road_block_far_from_any_road_still_has_its_queue_behind_it():
    now = event("road_block", at=(-150.0, 100.0), azimuth=0.0).at(after(9))

    assert (now.placed[0].x_m, now.placed[0].y_m) == pytest.approx((-150, 100))
    assert all(abs(car.y_m - 100) < 1 and car.x_m < -158 for car in now.placed[1:])
