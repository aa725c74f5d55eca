"""A kind of mover is said only where size, speed and shape leave no other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records.evidence import MoverKind
from pipeline.stages.mover_kind import Measures, TellKind, beyond_shadow, shadow_of_person, sure_acceleration

TELL = TellKind()
CAR = Measures(4.4, 1.9, 0.1, 2.0, 8.0, 0.3, 0.0)
WALKER = Measures(0.9, 0.7, 0.1, -0.1, 1.4, 0.2, 0.0)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (CAR, MoverKind.VEHICLE_SIZE),
        (replace(CAR, speed_mps=1.0), MoverKind.VEHICLE_SIZE),
        (replace(CAR, length_m=18.0, width_m=3.0), MoverKind.VEHICLE_SIZE),
        (WALKER, MoverKind.PERSON_SIZE),
        (replace(WALKER, length_m=1.9, width_m=0.5, speed_mps=3.0), MoverKind.PERSON_SIZE),  # narrow: from the side
        (replace(WALKER, length_m=1.9, width_m=1.4, speed_mps=3.0), MoverKind.UNKNOWN),  # or a vehicle's end
        (replace(CAR, length_m=2.2, width_m=0.8, speed_mps=10.0), MoverKind.UNKNOWN),  # motorcycle, or horse
        (replace(CAR, length_m=2.5, width_m=1.5, speed_mps=3.0), MoverKind.UNKNOWN),  # cow, or small car
        (replace(CAR, length_m=2.5, width_m=1.5, speed_mps=20.0), MoverKind.VEHICLE_SIZE),  # no animal is so quick
        (replace(WALKER, speed_mps=9.0), MoverKind.UNKNOWN),  # dog, or cycle seen short
        (replace(WALKER, length_m=0.75, speed_mps=9.0), MoverKind.ANIMAL),  # too quick for a person, short for wheels
        (replace(WALKER, length_m=0.7, speed_mps=18.0), MoverKind.UNKNOWN),  # a bird
        (replace(CAR, length_m=30.0), MoverKind.UNKNOWN),
        (replace(CAR, length_m=float("nan")), MoverKind.UNKNOWN),
    ],
)
def test_what_things_are_said_to_be(seen, kind):
    assert TELL(seen) is kind


def test_a_car_whose_size_is_poorly_known_is_unknown():
    assert TELL(replace(CAR, side_sigma_m=1.0)) is MoverKind.UNKNOWN


def test_a_speed_poorly_known_excludes_nothing():
    quick = replace(WALKER, length_m=0.75, speed_mps=9.0)

    assert TELL(replace(quick, speed_sigma_mps=3.0)) is MoverKind.UNKNOWN


def test_what_a_person_with_that_shadow_fills_is_no_vehicle_unless_it_is_too_quick():
    long = replace(CAR, speed_mps=1.4, beyond_shadow_m=-0.5)

    assert TELL(long) is MoverKind.UNKNOWN
    assert TELL(replace(long, beyond_shadow_m=0.5)) is MoverKind.VEHICLE_SIZE
    assert TELL(replace(long, speed_mps=9.0)) is MoverKind.VEHICLE_SIZE


def test_what_is_narrower_than_any_vehicle_is_none():
    assert TELL(replace(CAR, width_m=0.6)) is MoverKind.UNKNOWN


def test_a_large_thing_that_turns_harder_than_tyres_hold_is_an_animal():
    horse = Measures(2.6, 0.9, 0.05, 1.0, 9.0, 0.5, 0.0)

    assert TELL(horse) is MoverKind.UNKNOWN
    assert TELL(replace(horse, jolt_mps2=12.0)) is MoverKind.ANIMAL


@given(
    length=st.floats(0.1, 40),
    width=st.floats(0.1, 5),
    sigma=st.floats(0.01, 1),
    beyond=st.floats(-3, 3),
    speed=st.floats(0, 40),
    speed_sigma=st.floats(0.01, 5),
    more=st.floats(1, 4),
)
def test_less_sure_measures_never_turn_one_kind_into_another(length, width, sigma, beyond, speed, speed_sigma, more):
    seen = Measures(length, width, sigma, beyond, speed, speed_sigma, 0.0)

    vague = TELL(replace(seen, side_sigma_m=more * sigma, speed_sigma_mps=more * speed_sigma))

    assert vague in (TELL(seen), MoverKind.UNKNOWN)


def test_a_shadow_falls_away_from_the_sun_and_none_at_night():
    sun = np.array([0.6, 0.0, 0.8])

    assert shadow_of_person(sun) == pytest.approx([-1.9 * 0.6 / 0.8, 0.0])
    assert not shadow_of_person(np.array([0.8, 0.0, -0.6])).any()


def test_a_box_across_the_shadow_is_no_person_with_one():
    shadow = np.array([-5.0, 0.0])

    assert beyond_shadow(np.array([5.5, 0.9]), shadow, 0.0) <= 0
    assert beyond_shadow(np.array([5.5, 1.9]), shadow, 0.0) == pytest.approx(0.9)
    assert beyond_shadow(np.array([0.9, 5.5]), shadow, 0.0) == pytest.approx(4.5)
    assert beyond_shadow(np.array([5.5, 1.8]), shadow, 1.0) <= 0, "from the side a person is tall"


def test_a_constant_acceleration_is_measured_less_its_error():
    t = np.arange(6) * 5 * 10**8
    x = 0.5 * 10.0 * (t / 1e9) ** 2
    xy = np.column_stack([x, np.zeros(6)])

    exact = sure_acceleration(t, xy, np.zeros((6, 2, 2)))
    vague = sure_acceleration(t, xy, np.tile(np.eye(2), (6, 1, 1)))

    assert exact == pytest.approx(10.0)
    assert vague == 0.0


def test_one_bad_box_at_the_end_of_a_straight_path_is_no_hard_turn():
    t = np.arange(8) * 10**9
    xy = np.column_stack([8.0 * np.arange(8), np.zeros(8)])
    xy[-1, 1] += 30.0

    assert sure_acceleration(t, xy, np.tile(0.01 * np.eye(2), (8, 1, 1))) == 0.0
