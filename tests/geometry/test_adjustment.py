"""The adjustment of a flight, on points and poses that were drawn with known errors."""

import numpy as np
import pytest

from pipeline.geometry.adjustment import adjust_poses
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays, project
from pipeline.geometry.normal_equations import steady_inverse
from pipeline.geometry.pose_from_points import FittedPose, rotation_between, small_rotation
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.stations import SharedPriors, Station, Ties
from pipeline.geometry.terrain_error import Leverage
from pipeline.geometry.terrain_ray import HeightGrid

SIZE = (1200, 900)
K = camera_matrix(900.0, SIZE)
STRAIGHT = Brown()
FLAT = HeightGrid.flat(0.0, 0.2, "flat")
TOLD = np.diag([2.0, 2.0, 2.0, 0.01, 0.01, 0.03]) ** 2
COMMON = 0.75
PRIORS = SharedPriors(COMMON)
SIGMA_PX = 1.0
FRAMES = 5


def true_poses():
    eyes = [np.array([15.0 * i, 3.0 * (i % 2), 70.0 + i]) for i in range(FRAMES)]
    return eyes, [camera_to_site(1.2 + 0.02 * i, np.radians(-89), 0.01) for i in range(FRAMES)]


def draw_flight(rng, fixed=(), shift_m=None):
    """Stations with telemetry's errors, part of them common, and ties with pixel noise."""
    eyes, turns = true_poses()
    common = np.linalg.cholesky(TOLD * COMMON) @ rng.normal(size=6)
    if shift_m is not None:
        common[:3] = shift_m
    stations = []
    for ordinal, (eye, turn) in enumerate(zip(eyes, turns, strict=True)):
        own = np.linalg.cholesky(TOLD * (1 - COMMON)) @ rng.normal(size=6)
        boresight = small_rotation(common[3:])
        told = small_rotation(-own[3:]) @ turn @ boresight.T
        known = None
        if ordinal in fixed:
            sigma = np.array([0.05, 0.05, 0.05, 0.001, 0.001, 0.001])
            off = rng.normal(size=6) * sigma
            known = matched(eye + off[:3], small_rotation(off[3:]) @ turn, np.diag(sigma**-2.0))
        told_eye = eye - common[:3] - own[:3]
        start = (told_eye, told) if known is None else (known.eye_m, known.rotation)
        stations.append(Station(K, STRAIGHT, *start, told_eye, told, TOLD, np.eye(3), known))
    ties = [draw_ties(rng, eyes, turns, i, j) for i in range(FRAMES) for j in range(i + 1, min(i + 3, FRAMES))]
    return stations, ties


def matched(eye_m, rotation, information) -> FittedPose:
    """A match with a picture that tells the pose as well as that, and the focal length to 0.1 %."""
    whole = np.diag([0.0] * 6 + [1e6])
    whole[:6, :6] = information
    return FittedPose(
        eye_m, rotation, 0.0, whole, np.zeros(7), np.zeros((7, 7)), np.zeros((2, 10)), Leverage.none(), np.zeros(0)
    )


def draw_ties(rng, eyes, turns, first, second):
    points = np.column_stack([rng.uniform(-40, 100, (400, 2)), np.zeros(400)])
    one, two = (project(points, eyes[i], K, STRAIGHT, turns[i]) for i in (first, second))
    both = np.all((one > 0) & (one < SIZE) & (two > 0) & (two < SIZE), axis=1)
    noise = rng.normal(0, SIGMA_PX, (2, 30, 2))
    start = points[both][:30] + rng.normal(0, 1, (30, 3)) * [1, 1, 0]
    return Ties(first, second, one[both][:30] + noise[0], two[both][:30] + noise[1], SIGMA_PX, start)


def errors(adjusted):
    eyes, turns = true_poses()
    return np.array(
        [
            np.concatenate([eye - adjusted.eye_m[i], rotation_between(adjusted.rotation[i], turn)])
            for i, (eye, turn) in enumerate(zip(eyes, turns, strict=True))
        ]
    )


def test_a_point_beside_a_camera_is_no_singular_point():
    """A wrong height in a telemetry table put a camera 1e-8 m from the ground that its neighbour sees."""
    across = 1e20 * np.outer([1.0, 1.0, 2.0], [1.0, 1.0, 2.0])
    ordinary = np.diag([4.0, 5.0, 25.0])

    inverse = steady_inverse(np.array([across, ordinary]))

    assert np.isfinite(inverse).all()
    assert inverse[1] == pytest.approx(np.diag([1 / 4, 1 / 5, 1 / 25]), rel=1e-6)


def test_ties_make_frames_agree_and_leave_the_common_error():
    rng = np.random.default_rng(1)
    stations, ties = draw_flight(rng)
    before = np.array([s.eye_m for s in stations]) - true_poses()[0]

    adjusted = adjust_poses(stations, ties, FLAT, PRIORS)

    after = errors(adjusted)[:, :3]
    assert after[:, :2].std(axis=0).max() < 0.35 * before[:, :2].std(axis=0).max()
    sigma = np.sqrt(adjusted.covariance[:, 0, 0])
    assert np.all(sigma > 2.0 * np.sqrt(COMMON) * 0.95)  # averaging does not remove what is common


def test_one_known_frame_carries_all_others():
    rng = np.random.default_rng(2)
    stations, ties = draw_flight(rng, fixed=(0,))

    adjusted = adjust_poses(stations, ties, FLAT, PRIORS)

    assert np.linalg.norm(errors(adjusted)[:, :2], axis=1).max() < 1.0
    assert np.sqrt(adjusted.covariance[-1, 0, 0]) < 0.7


def test_untied_frames_inherit_the_shift_of_known_ones():
    rng = np.random.default_rng(3)
    stations, _ = draw_flight(rng, fixed=(0, 1, 2, 3), shift_m=np.array([3.0, -2.0, 1.0]))

    adjusted = adjust_poses(stations, [], FLAT, PRIORS)

    assert adjusted.shift_m == pytest.approx([3.0, -2.0, 1.0], abs=1.5)
    told_error = np.linalg.norm(stations[4].told_eye_m - true_poses()[0][4])
    assert np.linalg.norm(errors(adjusted)[4, :3]) < told_error


@pytest.mark.parametrize("fixed", [(), (0,), (0, 4)])
def test_stated_covariances_are_true(fixed):
    """Normalised squared errors over 30 flights, against χ² with six degrees of freedom."""
    rng = np.random.default_rng(4)
    scores = []
    for _ in range(30):
        stations, ties = draw_flight(rng, fixed)
        adjusted = adjust_poses(stations, ties, FLAT, PRIORS)
        off = errors(adjusted)
        scores.append([e @ np.linalg.solve(c[:6, :6], e) for e, c in zip(off, adjusted.covariance, strict=True)])
    # terrain counts less than it could (its errors are taken as shared), so the figures may be better than stated
    assert 3.5 < np.mean(scores) < 6.9


def test_wrong_ties_do_not_pull():
    rng = np.random.default_rng(5)
    stations, ties = draw_flight(rng, fixed=(0,))
    ties[0].second_px[::5] += 200.0

    adjusted = adjust_poses(stations, ties, FLAT, PRIORS)

    assert np.linalg.norm(errors(adjusted)[:, :2], axis=1).max() < 1.0


def test_a_turned_frame_needs_no_more_than_its_turn():
    """Telemetry keeps its tags; the pixels' turn is stated apart, so that the boresight stays common."""
    rng = np.random.default_rng(6)
    stations, _ = draw_flight(rng, fixed=(0,))
    turn = np.diag([-1.0, -1.0, 1.0])
    old = stations[1]
    stations[1] = Station(
        K, STRAIGHT, old.eye_m, old.rotation @ turn, old.told_eye_m, old.told_rotation, TOLD, turn, None
    )

    adjusted = adjust_poses(stations, [], FLAT, PRIORS)

    assert np.linalg.norm(rotation_between(adjusted.rotation[1] @ turn, true_poses()[1][1])) < 0.1
    assert np.isfinite(pixel_rays(np.zeros((1, 2)), K, STRAIGHT, adjusted.rotation[1])).all()


def test_two_cameras_have_boresights_of_their_own():
    """Each found from its own matched frame, while the shift of the fix is shared."""
    rng = np.random.default_rng(7)
    stations, _ = draw_flight(rng, fixed=(0, 1), shift_m=np.array([1.0, 2.0, 0.0]))
    eyes, turns = true_poses()
    tilts = [np.array([0.02, 0.0, 0.0]), np.array([0.0, -0.03, 0.0])]
    for ordinal, (eye, turn) in enumerate(zip(eyes, turns, strict=True)):
        mount = ordinal % 2
        told = turn @ small_rotation(tilts[mount]).T
        known = matched(eye, turn, np.diag(np.array([0.05] * 3 + [0.001] * 3) ** -2.0)) if ordinal < 4 else None
        start = (stations[ordinal].told_eye_m, told) if known is None else (eye, turn)
        stations[ordinal] = Station(
            K, STRAIGHT, *start, stations[ordinal].told_eye_m, told, TOLD, np.eye(3), known, mount
        )

    adjusted = adjust_poses(stations, [], FLAT, PRIORS)

    assert adjusted.boresight_rad[0] == pytest.approx(tilts[0], abs=0.008)
    assert adjusted.boresight_rad[1] == pytest.approx(tilts[1], abs=0.008)
    assert np.linalg.norm(rotation_between(adjusted.rotation[4], turns[4])) < 0.01  # has no match of its own


def test_a_wrong_focal_length_shows_in_the_way_between_cameras():
    """Without any picture: the ground is known, the satellites tell the way, the pixels stretch it."""
    rng = np.random.default_rng(8)
    stations, ties = draw_flight(rng)
    wrong = K.copy()
    wrong[:2, :2] *= 1.05
    sure = TOLD * np.diag([0.02, 0.02, 0.02, 1, 1, 1])
    eyes, _ = true_poses()
    stations = [
        Station(wrong, STRAIGHT, eye, old.rotation, eye, old.told_rotation, sure, np.eye(3), None)
        for eye, old in zip(eyes, stations, strict=True)
    ]

    adjusted = adjust_poses(stations, ties, FLAT, SharedPriors(COMMON, (0.05,)))

    assert adjusted.of_lens[0] == pytest.approx(-np.log(1.05), abs=0.015)
    assert adjusted.log_focal == pytest.approx(np.full(FRAMES, adjusted.of_lens[0]), abs=1e-3)
    sigma = np.sqrt(adjusted.covariance[:, 6, 6])
    assert np.all(sigma < 0.02)
    assert np.all(np.abs(adjusted.log_focal + np.log(1.05)) < 3 * sigma)
