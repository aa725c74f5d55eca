"""Still things of every height and true movers, in random flights, by exact geometry."""

import numpy as np
import pytest

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageTrack, Track
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.stages.frame_jitter import jitter_of
from pipeline.stages.movement import PlaceTracks, TrackSettings

SITE = SiteFrame.at(46.75, 39.8)
TERRAIN = HeightGrid.flat(100.0, 0.5, "flat")
K = camera_matrix(1000.0, (1280, 960))
CAMERA = CameraModel("test", (1280, 960), K, Brown(), 0.0, "table")
MATCHED = Registration("reference", "registered", 200, 150, 0.6, 0.05, 1.0, 0.1, False)
COMMON_SIGMA_M = 1.3


def frame(k, eye, rotation):
    ref = FrameRef(f"F{k:04d}", "f.jpg", FrameKind.STILL, 0, (1280, 960), k * 10**9, 0.0, "0", Band.VISIBLE, "c")
    pose = Pose(np.array(eye), rotation, np.diag([COMMON_SIGMA_M**2] * 3 + [1e-8] * 3), GeorefMethod.IMAGE_MATCH)
    outline = np.array([[-50.0, -50], [50, -50], [50, 50], [-50, 50]])
    return GroundFrame(
        ref, CAMERA, pose, GeorefStatus.OK, outline, (eye[2] - 100) / 1000, np.array([1.0, 1, 0]), MATCHED, ()
    )


def flight(rng, count):
    """A camera that flies straight in a random direction, and shakes."""
    direction = rng.uniform(0, 2 * np.pi)
    step = rng.uniform(4, 14) * np.array([np.sin(direction), np.cos(direction), 0.0])
    start = np.array([0.0, 0.0, 100 + rng.uniform(60, 130)])
    pitch = rng.uniform(-95, -70)
    frames = []
    for k in range(count):
        yaw, tilt = direction + rng.normal(0, 0.03), np.radians(pitch + rng.normal(0, 1.0))
        frames.append(frame(k, start + (k - count / 2) * step, camera_to_site(yaw, tilt, rng.normal(0, 0.02))))
    return frames, step


def seen(points, frames, rng, side_px, error_px=1.0):
    pixels = []
    for point, posed in zip(points, frames, strict=True):
        exact = project(point[None], posed.pose.eye_m, K, Brown(), posed.pose.rotation)[0]
        pixels.append(exact + rng.normal(0, error_px, 2))
    boxes = np.column_stack([np.array(pixels) - (side_px - 1) / 2, np.full((len(pixels), 2), side_px)])
    return ImageTrack(1, np.arange(len(boxes)), boxes, np.ones(len(boxes), bool), 0.9, (), ())


def judge(track, frames):
    (result,) = PlaceTracks(SITE, TERRAIN, TrackSettings())([track], frames)
    return result


@pytest.mark.parametrize("seed", range(60))
def test_a_still_thing_of_any_height_is_no_mover(seed):
    rng = np.random.default_rng(seed)
    frames, _ = flight(rng, int(rng.integers(3, 9)))
    point = np.array([rng.uniform(-12, 12), rng.uniform(-12, 12), 100 + rng.uniform(0, 25)])

    result = judge(seen([point] * len(frames), frames, rng, rng.uniform(8, 60)), frames)

    assert isinstance(result, Dropped)
    assert result.code in {"explained_by_height", "displacement_within_error"}


@pytest.mark.parametrize("seed", range(60))
def test_a_mover_is_kept_unless_it_goes_in_line_with_the_camera(seed):
    rng = np.random.default_rng(1000 + seed)
    frames, step = flight(rng, int(rng.integers(4, 9)))
    along = np.arctan2(step[0], step[1])
    heading = along + rng.choice([-1, 1]) * rng.uniform(np.radians(40), np.radians(140))
    speed = rng.uniform(1.5, 15)
    walk = speed * np.array([np.sin(heading), np.cos(heading), 0.0])
    points = [np.array([0, 0, 100.0]) + (k - len(frames) / 2) * walk for k in range(len(frames))]

    result = judge(seen(points, frames, rng, rng.uniform(6, 20)), frames)

    assert isinstance(result, Track)
    assert abs(result.speed_mps - speed) < 4 * result.speed_sigma_mps


def test_a_height_that_nothing_has_does_not_explain_a_car():
    rng = np.random.default_rng(5)
    frames = [frame(k, (0.0, 5.0 * k, 200.0), camera_to_site(0.0, np.radians(-90), 0.0)) for k in range(6)]
    points = [np.array([3.0, 30 - 8.0 * k, 100.0]) for k in range(6)]

    result = judge(seen(points, frames, rng, 12.0), frames)

    assert isinstance(result, Track)
    (doubt,) = [reason for reason in result.against if reason.code == "still_if_this_tall"]
    assert dict(doubt.parameters)["height_m"] == pytest.approx(100 * 8 / 13, abs=3)


def test_the_reason_names_the_height():
    rng = np.random.default_rng(6)
    frames = [frame(k, (0.0, 5.0 * k, 200.0), camera_to_site(0.0, np.radians(-90), 0.0)) for k in range(6)]

    result = judge(seen([np.array([3.0, 8.0, 112.0])] * 6, frames, rng, 12.0), frames)

    assert result.code == "explained_by_height"
    assert any(f"{height} m tall" in result.reason for height in (11, 12, 13))


def test_the_place_error_of_the_picture_is_not_motion():
    posed = frame(0, (0.0, 0.0, 200.0), camera_to_site(0.0, np.radians(-90), 0.0))

    jitter = jitter_of(posed, 0.3)

    assert not jitter.covariance.any()
    assert 0.05 < jitter.ground_m < 0.2


def test_a_slow_mover_far_within_the_pictures_own_error_has_a_sure_speed():
    rng = np.random.default_rng(8)
    frames = [frame(k, (5.0 * k, 0.0, 170.0), camera_to_site(0.0, np.radians(-90), 0.0)) for k in range(6)]
    points = [np.array([10.0, 2.0 * k, 100.0]) for k in range(6)]

    result = judge(seen(points, frames, rng, 12.0), frames)

    assert isinstance(result, Track)
    assert result.speed_sigma_mps < 0.2
