"""Paths are smooth functions of time that do what their plan says."""

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.rotation import attitude_of, camera_to_ned, camera_to_site
from pipeline.simulator.flights import attitude
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.course import speed_change, stop_and_go
from pipeline.simulator.flights.dubins import dubins_way
from pipeline.simulator.flights.frame_times import still_times, video_times
from pipeline.simulator.flights.plans import (
    PLANS,
    CorridorPlan,
    FixedWingPlan,
    HoverPlan,
    OrbitPlan,
    SurveyPlan,
    make_path,
)
from pipeline.simulator.flights.wander import Wander, walk, white

CENTRE = np.array([500.0, -300.0, 400.0])
CONVERGENCE = 0.02
STEADY = CameraWork(sway_m=0.0, shake_deg=0.0, wobble_deg=0.0)


def hills(x, y):
    return 400.0 + 12.0 * np.sin(x / 90.0) + 5.0 * np.cos(y / 60.0)


def fly(plan, seed=3):
    return make_path(plan, CENTRE, hills, CONVERGENCE, seed)


@pytest.mark.parametrize("name", PLANS)
def test_velocity_is_the_derivative_of_the_place(name):
    path = fly(PLANS[name]())
    t, step = np.linspace(-1.0, path.duration_s + 1.0, 400), 1e-3

    numeric = (path.at(t + step).eye_m - path.at(t - step).eye_m) / (2 * step)

    assert np.abs(numeric - path.at(t).velocity_mps).max() < 1e-4


@pytest.mark.parametrize("name", PLANS)
def test_a_path_is_the_same_in_any_order_and_company(name):
    path, again = fly(PLANS[name]()), fly(PLANS[name]())
    t = np.linspace(0.0, path.duration_s, 50)

    together, alone = path.at(t), again.at(t[::-1][7:8])

    for field in ("eye_m", "yaw_deg", "pitch_deg", "roll_deg", "velocity_mps", "platform_roll_deg", "zoom"):
        assert np.array_equal(getattr(together, field)[::-1][7:8], getattr(alone, field))


def test_another_seed_sways_otherwise_by_the_spread_asked():
    plan = HoverPlan(camera=CameraWork(look="fixed", sway_m=0.3, shake_deg=0.2, wobble_deg=0.0))
    t = np.linspace(0.0, 600.0, 6000)
    one, other = fly(plan, 1).at(t), fly(plan, 2).at(t)

    assert np.abs(one.eye_m - other.eye_m).max() > 0.2
    assert one.eye_m[:, 0].std() == pytest.approx(0.3, rel=0.15)
    assert one.pitch_deg.std() == pytest.approx(0.2, rel=0.1)


def test_survey_lines_are_straight_at_speed_and_apart_by_the_overlap():
    plan = SurveyPlan(
        azimuth_deg=30.0, strips=3, spacing_m=None, swath_m=80.0, overlap=0.7, speed_mps=10.0, camera=STEADY
    )
    path = fly(plan)
    along = np.array([np.sin(np.radians(30.0)), np.cos(np.radians(30.0))])

    for number, (begin, end) in enumerate(path.lines_s):
        states = path.at(np.linspace(begin, end, 50))
        aside = (states.eye_m[:, :2] - CENTRE[:2]) @ [along[1], -along[0]]
        assert aside == pytest.approx((number - 1) * 24.0, abs=0.02)
        speed = states.velocity_mps[:, :2] @ along * (-1) ** number
        assert speed[10:-10] == pytest.approx(10.0, abs=1e-3)
        assert speed == pytest.approx(10.0, abs=1.0)  # braking is rounded off
        assert states.eye_m[:, 2] == pytest.approx(CENTRE[2] + plan.height_m, abs=1e-3)
    assert (path.lines_s[0][1] - path.lines_s[0][0]) * 10.0 == pytest.approx(plan.length_m)


def test_stills_spare_turns_and_video_does_not():
    path = fly(SurveyPlan(strips=2, length_m=100.0, speed_mps=10.0))

    stills, video = still_times(path, 1.0), video_times(path, 5.0)

    assert stills[0] == 0.0 and len(stills) == 22
    assert np.diff(stills).max() > 5.0
    assert np.diff(video) == pytest.approx(0.2)
    assert video[-1] == pytest.approx(path.duration_s, abs=0.2)
    assert len(still_times(path, 1.0, limit=7)) == 7


def test_yaw_is_from_true_north_along_the_strip():
    path = fly(SurveyPlan(azimuth_deg=90.0, camera=STEADY))

    yaw = path.at(np.array([5.0])).yaw_deg[0]

    assert yaw == pytest.approx(90.0 + np.degrees(CONVERGENCE), abs=0.05)


@pytest.mark.parametrize("clockwise", [True, False])
def test_orbit_keeps_the_centre_in_the_middle_of_the_picture(clockwise):
    plan = OrbitPlan(clockwise=clockwise, degrees=400.0)
    path = fly(plan)
    K = camera_matrix(1000.0, (1280, 960))
    target = np.array([[CENTRE[0], CENTRE[1], hills(*CENTRE[:2])]])
    t = np.linspace(0.0, path.duration_s, 200)
    states = path.at(t)

    off = []
    for k in range(len(t)):
        angles = np.radians([states.yaw_deg[k], states.pitch_deg[k], states.roll_deg[k]])
        rotation = camera_to_site(*angles, CONVERGENCE)
        off.append(project(target, states.eye_m[k], K, Brown(), rotation)[0] - [639.5, 479.5])

    assert np.abs(off).max() < 12.0  # 0.1° of shake is 1.7 px
    assert np.hypot(*np.std(off, axis=0)) == pytest.approx(1000 * np.radians(0.1) * np.sqrt(2.0), rel=0.4)
    radius = np.hypot(*(states.eye_m[:, :2] - CENTRE[:2]).T)
    assert radius == pytest.approx(plan.radius_m, abs=1.0)
    bearing = np.unwrap(np.arctan2(*(states.eye_m[:, :2] - CENTRE[:2]).T))
    assert np.degrees(bearing[-1] - bearing[0]) == pytest.approx(400.0 if clockwise else -400.0, abs=1.0)


def test_orbit_climbs():
    path = fly(OrbitPlan(climb_m=20.0, camera=CameraWork(look="centre", sway_m=0.0)))

    heights = path.at(np.array([0.0, path.duration_s])).eye_m[:, 2]

    assert heights[1] - heights[0] == pytest.approx(20.0, abs=2.5)  # rounded off at both ends


def test_corridor_follows_the_terrain_there_and_back():
    plan = CorridorPlan(points_m=((-300.0, 0.0), (0.0, 60.0), (300.0, 0.0)), there_and_back=True, camera=STEADY)
    path = fly(plan)
    states = path.at(np.linspace(0.0, path.duration_s, 300))

    above = states.eye_m[:, 2] - [hills(x, y) for x, y, _ in states.eye_m]

    assert above == pytest.approx(plan.height_m, abs=4.0)
    assert np.ptp(states.eye_m[:, 2]) > 10.0
    assert states.eye_m[-1, :2] == pytest.approx(states.eye_m[0, :2], abs=3.0)
    assert len(path.lines_s) == 2


@pytest.mark.parametrize("pattern", ["lawnmower", "racetrack"])
def test_wing_banks_by_what_the_turn_needs(pattern):
    plan = FixedWingPlan(pattern=pattern, bank_deg=25.0, spacing_m=400.0, strips=2, camera=STEADY)
    path = fly(plan)
    t = np.linspace(path.lines_s[0][1] + 4.0, path.lines_s[1][0] - 6.0, 300)
    states = path.at(t)

    speed = np.hypot(*states.velocity_mps[:, :2].T)
    turning = np.gradient(np.unwrap(np.arctan2(*states.velocity_mps[:, :2].T)), t)
    expected = np.degrees(np.arctan(speed * turning / 9.81))  # v²/(g r), with r = v/turning

    assert states.platform_roll_deg == pytest.approx(expected, abs=0.6)
    assert np.abs(states.platform_roll_deg).max() == pytest.approx(25.0, abs=1.0)
    assert speed == pytest.approx(plan.speed_mps, rel=0.03)


def test_a_camera_fixed_to_the_wing_looks_where_the_wing_leans():
    path = fly(FixedWingPlan(camera=CameraWork(gimbal="fixed", pitch_deg=-60.0, shake_deg=0.0)))
    states = path.at(np.linspace(0.0, path.duration_s, 60))

    for k in range(60):
        body = camera_to_ned(
            *np.radians([states.platform_yaw_deg[k], states.platform_pitch_deg[k], states.platform_roll_deg[k]])
        )
        forward, right, down = body[:, 2], body[:, 0], body[:, 1]
        ahead = np.cos(np.radians(60)) * forward + np.sin(np.radians(60)) * down
        camera = camera_to_ned(*np.radians([states.yaw_deg[k], states.pitch_deg[k], states.roll_deg[k]]))
        assert camera[:, 2] == pytest.approx(ahead, abs=1e-9)
        assert camera[:, 0] == pytest.approx(right, abs=1e-9)


def test_a_stabilised_camera_does_not_lean():
    path = fly(FixedWingPlan(camera=CameraWork(pitch_deg=-50.0, shake_deg=0.05)))
    states = path.at(np.linspace(0.0, path.duration_s, 300))

    assert np.abs(states.platform_roll_deg).max() > 20.0
    assert np.abs(states.roll_deg).max() < 0.3
    assert states.pitch_deg == pytest.approx(-50.0, abs=0.3)


def test_a_wing_points_its_nose_into_the_wind():
    path = fly(FixedWingPlan(azimuth_deg=0.0, wind_mps=(6.0, 0.0), camera=STEADY))

    yaw = path.at(np.array([5.0])).platform_yaw_deg[0] - np.degrees(CONVERGENCE)

    assert yaw == pytest.approx(-np.degrees(np.arctan(6.0 / 18.0)), abs=0.1)


def test_zoom_ramps_and_steps():
    t = np.array([-1.0, 0.0, 5.0, 9.9, 10.0, 30.0])
    ramp = CameraWork(zoom=((0.0, 1.0), (10.0, 4.0)))
    steps = CameraWork(zoom=((0.0, 1.0), (10.0, 4.0)), zoom_mode="steps")

    assert ramp.zoom_at(t) == pytest.approx([1, 1, 2, 4**0.99, 4, 4])
    assert steps.zoom_at(t) == pytest.approx([1, 1, 1, 1, 4, 4])


def test_a_flight_cut_short_is_the_same_flight():
    path = fly(SurveyPlan(strips=3))
    short = path.until(path.lines_s[1][0] + 2.0)

    assert short.duration_s == path.lines_s[1][0] + 2.0 and len(short.lines_s) == 2
    t = np.linspace(0.0, short.duration_s, 20)
    assert np.array_equal(short.at(t).eye_m, path.at(t).eye_m)
    assert still_times(short, 1.0)[-1] <= short.duration_s


@pytest.mark.parametrize("seed", range(40))
def test_dubins_ways_arrive_and_never_turn_too_tightly(seed):
    random = np.random.default_rng(seed)
    start, goal = (tuple(float(v) for v in random.uniform(-4.0, 4.0, 3)) for _ in range(2))

    way = dubins_way(start, goal, 1.5, 0.02)

    assert way[-1] == pytest.approx(goal[:2], abs=1e-9)
    steps = np.diff(way, axis=0)
    steps = steps[np.hypot(*steps.T) > 1e-4]
    heading = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.angle(np.exp(1j * (heading[0] - start[2]))) == pytest.approx(0.0, abs=0.02)
    assert np.angle(np.exp(1j * (heading[-1] - goal[2]))) == pytest.approx(0.0, abs=0.02)
    lengths = np.hypot(*steps.T)
    assert (np.abs(np.diff(heading)) <= (lengths[1:] + lengths[:-1]) / 2 / 1.5 + 1e-3).all()


def test_stopping_pieces_keep_to_their_acceleration():
    a, b = np.zeros(2), np.array([30.0, 40.0])
    moved = stop_and_go(a, b, 8.0, 2.0)
    brake = speed_change(b, np.array([1.0, 0.0]), 8.0, 2.0, stop=True)

    assert moved.xy_m[-1] == pytest.approx(b)
    assert moved.t_s[-1] == pytest.approx(50.0 / 8.0 + 8.0 / 2.0)
    speed = np.hypot(*np.diff(moved.xy_m, axis=0).T) / np.diff(moved.t_s)
    assert speed.max() == pytest.approx(8.0, abs=0.1)
    assert brake.xy_m[-1] == pytest.approx((46.0, 40.0))


def test_attitudes_of_many_are_those_of_one():
    random = np.random.default_rng(5)
    angles = np.column_stack([random.uniform(-180, 180, 50), random.uniform(-89, 60, 50), random.uniform(-90, 90, 50)])

    many = attitude.camera_to_ned(angles)

    for k in range(50):
        assert many[k] == pytest.approx(camera_to_ned(*np.radians(angles[k])))
        site = camera_to_site(*np.radians(angles[k]))
        assert np.radians(attitude.attitudes_of(many[k : k + 1])[0]) == pytest.approx(attitude_of(site))
    down = attitude.camera_to_ned(np.array([[40.0, -90.0, 0.0]]))
    assert attitude.attitudes_of(down)[0] == pytest.approx([40.0, -90.0, 0.0], abs=1e-6)


def test_noises_have_the_spread_they_are_made_with():
    t = np.arange(40_000) / 10.0
    smooth = Wander.make((1, 2), (2.0, 0.5), (0.05, 2.0))
    step = 1e-4

    assert smooth.at(t).std(axis=0) == pytest.approx([2.0, 0.5], rel=0.05)
    rate = (smooth.at(t[:50] + step) - smooth.at(t[:50] - step)) / (2 * step)
    assert smooth.rate(t[:50]) == pytest.approx(rate, abs=1e-5)
    quick = white(9, 1, t)
    assert quick.std() == pytest.approx(1.0, rel=0.02) and abs(quick.mean()) < 0.02
    assert abs(np.corrcoef(quick[1:], quick[:-1])[0, 1]) < 0.02
    assert abs(np.corrcoef(quick, white(9, 2, t))[0, 1]) < 0.02


def test_a_walk_spreads_with_the_root_of_time():
    ends = np.array([walk(seed, 1, np.array([-15.0, 0.0, 15.0, 60.0, 240.0])) for seed in range(400)])

    assert ends[:, 1] == pytest.approx(0.0, abs=1e-12)
    assert ends.std(axis=0)[[0, 2, 3, 4]] == pytest.approx(np.sqrt([15.0, 15.0, 60.0, 240.0]), rel=0.12)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: SurveyPlan(height_m=-5.0), "height_m"),
        (lambda: SurveyPlan(strips=0), "strip"),
        (lambda: SurveyPlan(overlap=60.0), "overlap"),
        (lambda: SurveyPlan(spacing_m=None), "swath_m"),
        (lambda: OrbitPlan(radius_m=0.0), "radius_m"),
        (lambda: OrbitPlan(speed_mps=0.0), "speed_mps"),
        (lambda: CorridorPlan(points_m=((0.0, 0.0),)), "points_m"),
        (lambda: FixedWingPlan(bank_deg=80.0), "bank_deg"),
        (lambda: FixedWingPlan(speed_mps=5.0), "stall"),
        (lambda: FixedWingPlan(wind_mps=(30.0, 0.0)), "wind_mps"),
        (lambda: HoverPlan(seconds=0.0), "seconds"),
        (lambda: CameraWork(pitch_deg=90.0), "pitch_deg"),
        (lambda: CameraWork(zoom=((5.0, 1.0), (2.0, 3.0))), "zoom"),
        (lambda: CameraWork(gimbal="fixed", look="centre"), "look"),
    ],
)
def test_plans_that_cannot_be_flown_say_why(make, word):
    with pytest.raises(ConfigError, match=word):
        make()
