"""Frames rendered from a known ground by a small renderer of the test's own: its poses are the truth."""

from dataclasses import replace

import numpy as np
import pytest
from textured_flight import GSD_M, HALF_M, SIZE, STRIP, Texture, fly, ground_error_m, ground_texture, register

from pipeline.errors import InputError
from pipeline.geometry.pose_from_points import rotation_between, small_rotation
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GeorefMethod


@pytest.fixture(scope="module")
def texture():
    return ground_texture(1)


def test_frames_are_placed_to_a_fraction_of_a_pixel(texture):
    """Also when the light differs from the picture's."""
    flight = fly(texture, STRIP[:3], seed=3, gain=0.7)

    placed = register(flight, Texture(texture))

    for frame, told, eye, rotation in zip(placed, flight.frames, flight.eyes, flight.rotations, strict=True):
        assert frame.pose.method is GeorefMethod.IMAGE_MATCH
        assert (frame.registration.against, frame.registration.outcome) == ("reference", "registered")
        assert ground_error_m(frame, eye, rotation).max() < 0.5 * GSD_M
        assert ground_error_m(told, eye, rotation).max() > 1.0
        assert frame.registration.inliers > 50
        assert frame.registration.check_residual_m < GSD_M
        assert not frame.registration.turned_180
        assert 0.1 < frame.ellipse_m[0] < 0.6


def test_turned_pixels_are_placed_and_named(texture):
    flight = fly(texture, STRIP[:2], seed=4, turned=(1,))

    upright, turned = register(flight, Texture(texture))

    assert turned.registration.turned_180
    assert "turned_180" in turned.notes
    assert abs(abs(turned.registration.turn_deg) - 180) < 8
    assert ground_error_m(turned, flight.eyes[1], flight.rotations[1]).max() < 0.5 * GSD_M
    assert not upright.registration.turned_180
    assert "turned_180" not in upright.notes


def test_a_picture_of_twice_the_sample_distance_still_places(texture):
    flight = fly(texture, STRIP[:2], seed=5)

    placed = register(flight, Texture(texture, gsd_m=2 * GSD_M))

    for frame, eye, rotation in zip(placed, flight.eyes, flight.rotations, strict=True):
        assert frame.pose.method is GeorefMethod.IMAGE_MATCH
        assert ground_error_m(frame, eye, rotation).max() < 2 * GSD_M


def test_an_oblique_view_is_placed(texture):
    flight = fly(texture, [(-10.0, -60.0)], seed=6, pitch_deg=-60.0, yaw_deg=0.0, height_m=50.0)

    (frame,) = register(flight, Texture(texture))

    assert frame.pose.method is GeorefMethod.IMAGE_MATCH
    assert ground_error_m(frame, flight.eyes[0], flight.rotations[0]).max() < 2 * GSD_M


@pytest.mark.parametrize("wrong", ["other place", "mirrored"])
def test_the_picture_of_another_place_is_rejected(texture, wrong):
    flight = fly(texture, STRIP[:2], seed=7)
    other = {"other place": ground_texture(2), "mirrored": texture[:, ::-1]}

    placed = register(flight, Texture(np.ascontiguousarray(other[wrong])))

    for frame in placed:
        assert frame.pose.method is GeorefMethod.TELEMETRY_ONLY
        assert frame.registration.against == "neighbours"
        assert any(note in frame.notes for note in ("picture_no_match", "picture_too_few", "picture_inconsistent"))


def test_rows_of_a_field_place_nothing():
    """Every row looks like the next one: matches agree with each other and may all be wrong."""
    side = round(2 * HALF_M / GSD_M)
    rows = (120 + 80 * np.sin(np.arange(side) * GSD_M * 2 * np.pi / 3.0)).astype(np.uint8)
    field = np.repeat(rows[None], side, axis=0)
    flight = fly(field, [(0.0, 0.0)], seed=8)

    (frame,) = register(flight, Texture(field))

    assert frame.pose.method is GeorefMethod.TELEMETRY_ONLY


def test_bare_ground_is_a_recorded_outcome():
    flat = np.full((1300, 1300), 90, np.uint8)
    flight = fly(flat, [(0.0, 0.0)], seed=9)
    flight.pictures.grey["F000"] = np.full(SIZE[::-1], 90, np.uint8)

    (frame,) = register(flight, Texture(flat))

    assert frame.registration.outcome == "too_few"
    assert frame.registration.shift_m == pytest.approx(0.0, abs=1e-6)
    assert frame.pose.method is GeorefMethod.TELEMETRY_ONLY


def test_a_picture_elsewhere_is_out_of_reach(texture):
    flight = fly(texture, [(0.0, 0.0)], seed=10)

    (frame,) = register(flight, Texture(texture, east_m=5000.0))

    assert frame.registration.outcome == "out_of_reach"
    assert "picture_out_of_reach" in frame.notes


def test_an_unreadable_frame_is_dropped_and_the_rest_goes_on(texture):
    flight = fly(texture, STRIP[:2], seed=11)
    flight.pictures.grey["F000"] = None

    dropped, placed = register(flight, Texture(texture))

    assert isinstance(dropped, Dropped)
    assert (dropped.item, dropped.code) == ("F000", "unreadable")
    assert placed.pose.method is GeorefMethod.IMAGE_MATCH


def test_a_damaged_picture_costs_no_frame(texture):
    flight = fly(texture, STRIP[:1], seed=17)
    damaged = Texture(texture)

    def fail(*window):
        raise InputError("reference.tif: cannot be read")

    damaged.read = fail

    (frame,) = register(flight, damaged)

    assert frame.registration.outcome == "unreadable"
    assert "picture_unreadable" in frame.notes
    assert frame.pose.method is GeorefMethod.TELEMETRY_ONLY


def test_telemetry_that_claims_no_error_is_no_crash(texture):
    flight = fly(texture, STRIP[:1], seed=18)
    exact = replace(
        flight.frames[0].pose, eye_m=flight.eyes[0], rotation=flight.rotations[0], covariance=np.zeros((6, 6))
    )
    flight.frames[0] = replace(flight.frames[0], pose=exact)

    (frame,) = register(flight, Texture(texture))

    assert ground_error_m(frame, flight.eyes[0], flight.rotations[0]).max() < GSD_M


def test_frames_without_a_picture_agree_with_each_other(texture):
    flight = fly(texture, STRIP, seed=12)

    placed = register(flight, None)

    def disagreement(frames):
        """Spread of the errors over the strip: what neighbours can remove."""
        pairs = zip(frames, flight.eyes, strict=True)
        return np.std([(frame.pose.eye_m - eye)[:2] for frame, eye in pairs], axis=0).max()

    assert disagreement(flight.frames) > 0.5
    for frame, eye, rotation in zip(placed, flight.eyes, flight.rotations, strict=True):
        assert frame.registration.against == "neighbours"
        assert "adjusted_with_neighbours" in frame.notes
        assert frame.pose.method is GeorefMethod.TELEMETRY_ONLY
        assert frame.registration.check_residual_m < 1.5 * GSD_M
        assert ground_error_m(frame, eye, rotation)[0] < 1.3 * frame.ellipse_m[0]


def test_turned_pixels_are_found_from_neighbours_alone(texture):
    places = STRIP[:3] + [(east, 25.0) for east, _ in STRIP[:3]]
    flight = fly(texture, places, seed=13, turned=(3, 4, 5))

    placed = register(flight, None)

    assert [frame.registration.turned_180 for frame in placed] == [False] * 3 + [True] * 3
    assert ["turned_180" in frame.notes for frame in placed] == [False] * 3 + [True] * 3


def test_a_frame_beyond_the_picture_inherits_from_its_neighbours(texture):
    """Half of the picture is missing; the last frames lie on it."""
    flight = fly(texture, STRIP, seed=14)
    half = Texture(texture)
    half.read = lambda west, south, east, north, gsd: _west_of(-35.0, Texture(texture), (west, south, east, north, gsd))

    placed = register(flight, half)

    assert placed[0].pose.method is GeorefMethod.IMAGE_MATCH
    last = placed[-1]
    assert last.registration.against == "neighbours"
    error = ground_error_m(last, flight.eyes[-1], flight.rotations[-1])
    assert error[0] < 1.0
    assert error[0] < 1.3 * last.ellipse_m[0]
    assert last.ellipse_m[0] < 0.5 * flight.frames[-1].ellipse_m[0]


def _west_of(limit_m, picture, window):
    image, valid = picture.read(*window)
    x = window[0] + (np.arange(valid.shape[1]) + 0.5) * window[4]
    return image, valid & (x < limit_m)[None]


def test_the_same_frames_give_the_same_poses(texture):
    flight = fly(texture, STRIP[:2], seed=15)

    first, second = register(flight, Texture(texture)), register(flight, Texture(texture))

    for one, two in zip(first, second, strict=True):
        assert np.array_equal(one.pose.eye_m, two.pose.eye_m)
        assert np.array_equal(one.pose.covariance, two.pose.covariance)


def test_telemetry_of_another_heading_is_noted(texture):
    """A yaw tag that is off by 70° is neither right nor turned."""
    flight = fly(texture, STRIP[:1], seed=16)
    frame = flight.frames[0]
    spun = small_rotation(np.array([0.0, 0.0, np.radians(70)])) @ frame.pose.rotation
    flight.frames[0] = replace(frame, pose=replace(frame.pose, rotation=spun))

    (placed,) = register(flight, Texture(texture))

    assert "yaw_contradicted" in placed.notes
    assert ground_error_m(placed, flight.eyes[0], flight.rotations[0]).max() < GSD_M
    assert np.linalg.norm(rotation_between(flight.rotations[0], placed.pose.rotation)) < np.radians(0.5)
