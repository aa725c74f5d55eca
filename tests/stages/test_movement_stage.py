"""Placing movers: positions, speed, heading and their errors against exact geometry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import PERSON_WITH_SHADOW, ImageTrack, MoverKind, Track
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.stages.movement import PlaceTracks, TrackSettings
from pipeline.stages.net_motion import fit_motion

SITE = SiteFrame.at(46.75, 39.8)
TERRAIN = HeightGrid.flat(100.0, 0.5, "flat")
K = camera_matrix(1000.0, (1280, 960))
CAMERA = CameraModel("test", (1280, 960), K, Brown(), 0.0, "table")


def frame(k, eye, *, pitch_deg=-90.0, sigma_m=0.1, method=GeorefMethod.IMAGE_MATCH):
    ref = FrameRef(f"F{k:04d}", Path("f.jpg"), FrameKind.STILL, 0, (1280, 960), k * 10**9, 0.0, "0", Band.VISIBLE, "c")
    rotation = camera_to_site(0.0, np.radians(pitch_deg), 0.0)
    covariance = np.diag([sigma_m**2] * 3 + [1e-8] * 3)
    nothing = Registration("none", "not_tried", 0, 0, np.nan, np.nan, np.nan, np.nan, False)
    square = np.array([[-50.0, -50], [50, -50], [50, 50], [-50, 50]])
    pose = Pose(np.array(eye, float), rotation, covariance, method)
    return GroundFrame(ref, CAMERA, pose, GeorefStatus.OK, square, 0.07, np.array([1.0, 1, 0]), nothing, ())


def boxes_of(places_m, frames, size=(60.0, 30.0)):
    boxes = []
    for place, posed in zip(places_m, frames, strict=True):
        pixel = project(np.array([[*place, 100.0]]), posed.pose.eye_m, K, Brown(), posed.pose.rotation)[0]
        boxes.append([*(pixel - (np.array(size) - 1) / 2), *size])
    return np.array(boxes)


def image_track(boxes):
    count = len(boxes)
    return ImageTrack(1, np.arange(count), boxes, np.ones(count, bool), 0.9, (), ())


def place(boxes, frames):
    return list(PlaceTracks(SITE, TERRAIN, TrackSettings())([image_track(boxes)], frames))


def test_a_car_under_a_moving_camera_gets_its_own_speed_and_heading():
    frames = [frame(k, (2.0 * k, 5.0 * k, 170.0)) for k in range(6)]
    truth = np.array([[3.0 * k, 4.0 * k] for k in range(6)])

    (track,) = place(boxes_of(truth, frames), frames)

    assert isinstance(track, Track)
    assert track.speed_mps == pytest.approx(5.0, abs=0.05)
    expected = np.degrees(np.arctan2(3, 4) + SITE.convergence_rad) % 360
    assert track.heading_deg == pytest.approx(expected, abs=0.5)
    assert 0 < track.speed_sigma_mps < 0.5
    assert np.abs(track.xy_m - truth).max() < 0.05
    assert track.kind is MoverKind.VEHICLE_SIZE
    assert track.length_m == pytest.approx(60 * 0.07, rel=0.05)


@pytest.mark.parametrize(("hour", "kind"), [(6.5, MoverKind.UNKNOWN), (21.0, MoverKind.VEHICLE_SIZE)])
def test_a_slow_thing_as_long_as_the_shadows_of_that_hour_is_not_called_a_vehicle(hour, kind):
    start_ns = int((hour - 24) * 3600e9)  # the last of December; at 6:30 UTC the sun is 18° up
    frames = [frame(k, (0.0, 0.0, 170.0)) for k in range(6)]
    frames = [replace(f, ref=replace(f.ref, t_utc_ns=start_ns + k * 10**9)) for k, f in enumerate(frames)]
    truth = np.array([[1.2 * k, 0.0] for k in range(6)])

    (track,) = place(boxes_of(truth, frames, (50.0, 50.0)), frames)

    assert track.kind is kind
    assert (PERSON_WITH_SHADOW in {reason.code for reason in track.against}) is (kind is MoverKind.UNKNOWN)


def test_what_stays_within_its_error_is_dropped_with_its_code():
    frames = [frame(k, (0.0, 0.0, 170.0), sigma_m=2.0) for k in range(4)]
    truth = np.array([[0.2 * k, 0.0] for k in range(4)])

    (dropped,) = place(boxes_of(truth, frames), frames)

    assert isinstance(dropped, Dropped)
    assert dropped.code == "displacement_within_error"
    assert "m" in dropped.reason


def test_bias_common_to_a_flight_moves_the_track_but_not_its_speed():
    shifted = [frame(k, (30.0, 5.0 * k, 170.0), sigma_m=8.0, method=GeorefMethod.TELEMETRY_ONLY) for k in range(12)]
    true = [frame(k, (25.0, 5.0 * k, 170.0)) for k in range(12)]
    path = np.array([[20.0, 6.0 * k] for k in range(12)])

    (track,) = place(boxes_of(path, true), shifted)

    assert track.speed_mps == pytest.approx(6.0, abs=0.05)
    assert track.xy_m[0, 0] == pytest.approx(25.0, abs=0.1)
    assert np.sqrt(track.covariance_m2[0, 0, 0]) > 7.9


def test_from_the_side_a_mover_stands_on_the_lower_edge_of_its_box():
    frames = [frame(k, (0.0, -60.0, 130.0), pitch_deg=-27.0) for k in range(4)]
    foot = np.array([[4.0 * k, 0.0] for k in range(4)])
    boxes = boxes_of(foot, frames, (30.0, 60.0))
    boxes[:, 1] -= 30.0

    (track,) = place(boxes, frames)

    assert np.abs(track.xy_m - foot).max() < 1.0


def test_a_track_above_the_horizon_is_dropped():
    frames = [frame(k, (0.0, 0.0, 130.0), pitch_deg=10.0) for k in range(4)]
    boxes = np.tile([600.0, 100.0, 20.0, 20.0], (4, 1))

    (dropped,) = place(boxes, frames)

    assert isinstance(dropped, Dropped)
    assert dropped.code == "off_ground"


def test_sigma_of_the_speed_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(7)
    t = np.arange(8) * 10**9
    scores = []
    for _ in range(400):
        xy = np.column_stack([2.0 * np.arange(8), np.zeros(8)]) + rng.normal(0, 0.5, (8, 2))
        motion = fit_motion(t, xy, np.tile(0.25 * np.eye(2), (8, 1, 1)))
        scores.append((motion.speed_mps - 2.0) / motion.speed_sigma_mps)

    assert 0.9 < np.mean(np.abs(scores) < 2) <= 1.0


def test_one_instant_tells_no_speed():
    assert fit_motion(np.array([5, 5]), np.array([[0.0, 0], [1, 1]]), np.tile(np.eye(2), (2, 1, 1))) is None
