"""A clock that is off: frames lie along their way from where telemetry has them, forth and back."""

from dataclasses import replace

import numpy as np
import pytest
from textured_flight import STRIP, Texture, fly, grid, ground_error_m, ground_texture, register

from pipeline.records.frame import GeorefMethod
from pipeline.stages.along_track import CLOCK_OFF_ALONG_TRACK, shown_delay_s, velocities

FORTH = [(-56.0 + 14 * step, 12.0) for step in range(8)]
BACK = [(42.0 - 14 * step, -22.0) for step in range(8)]
STEP_S = 1.4


@pytest.fixture(scope="module")
def texture():
    return ground_texture(9)


def timed(flight, late_s: float):
    """The flight at 10 m/s; telemetry is taken so many seconds late."""
    ways = [np.array([10.0, 0.0, 0.0])] * len(FORTH) + [np.array([-10.0, 0.0, 0.0])] * len(BACK)
    for ordinal, (frame, way) in enumerate(zip(flight.frames, ways, strict=True)):
        start = ordinal + (20 if ordinal >= len(FORTH) else 0)  # a turn lies between
        pose = replace(frame.pose, eye_m=frame.pose.eye_m + late_s * way)
        ref = replace(frame.ref, t_utc_ns=round(start * STEP_S * 1e9))
        moved = late_s * way[:2]
        flight.frames[ordinal] = replace(frame, pose=pose, ref=ref, footprint_m=frame.footprint_m + moved)
    return flight


@pytest.mark.parametrize("late_s", [-0.9, pytest.param(0.7, marks=pytest.mark.slow)])
def test_a_clock_that_is_off_is_found_named_and_corrected(texture, late_s):
    flight = timed(fly(texture, FORTH + BACK, seed=41), late_s)

    placed = register(flight, Texture(texture))

    assert all(CLOCK_OFF_ALONG_TRACK in frame.notes for frame in placed)
    assert shown_delay_s(flight.frames, placed, grid()) == pytest.approx(-late_s, abs=0.3)
    for frame, eye, rotation in zip(placed, flight.eyes, flight.rotations, strict=True):
        assert np.median(ground_error_m(frame, eye, rotation)) < 0.5


def test_frames_that_no_picture_shows_are_corrected_too(texture):
    """One frame shows nothing at all."""
    flight = timed(fly(texture, FORTH + BACK, seed=42), 0.9)
    flight.pictures.grey["F014"] = np.full_like(flight.pictures.grey["F014"], 128)

    placed = register(flight, Texture(texture))

    blank = placed[14]
    assert blank.pose.method is GeorefMethod.TELEMETRY_ONLY
    assert np.linalg.norm(blank.pose.eye_m[:2] - flight.eyes[14][:2]) < 6.0
    assert CLOCK_OFF_ALONG_TRACK in blank.notes


@pytest.mark.parametrize("seed", [43, *(pytest.param(s, marks=pytest.mark.slow) for s in (44, 45))])
def test_a_right_clock_is_left_alone(texture, seed):
    placed = register(timed(fly(texture, FORTH + BACK, seed=seed), 0.0), Texture(texture))

    assert not any(CLOCK_OFF_ALONG_TRACK in frame.notes for frame in placed)


def test_a_shift_of_the_satellites_is_no_clock(texture):
    """Eight metres east, whichever way the drone flies."""
    flight = timed(fly(texture, FORTH + BACK, seed=46), 0.0)
    for ordinal, frame in enumerate(flight.frames):
        pose = replace(frame.pose, eye_m=frame.pose.eye_m + np.array([6.0, 0, 0]))
        flight.frames[ordinal] = replace(frame, pose=pose)

    placed = register(flight, Texture(texture))

    assert not any(CLOCK_OFF_ALONG_TRACK in frame.notes for frame in placed)


def test_frames_of_one_moment_have_no_velocity(texture):
    flight = fly(texture, STRIP[:2], seed=47)

    _, known = velocities(flight.frames)

    assert not known.any()
