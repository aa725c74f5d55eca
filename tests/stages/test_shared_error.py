"""Errors that all frames of a track share, against tracks placed with poses that are off by them."""

from dataclasses import replace

import numpy as np
import pytest
from test_movement_stage import CAMERA, SITE, TERRAIN, boxes_of, frame, image_track

from pipeline.geometry.rotation import skew
from pipeline.records.evidence import Track
from pipeline.records.frame import GeorefMethod
from pipeline.stages.movement import PlaceTracks, TrackSettings

SIGMA = np.array([3.0, 3.0, 4.0, 0.012, 0.012, 0.04])  # metres; rad: tilt and heading
FOCAL_SIGMA = 0.02


def off_by(posed, error, focal):
    """The frame as its telemetry tells it."""
    turn = np.eye(3) + skew(error[3:])
    left, _, right = np.linalg.svd(turn)
    lens = CAMERA.K * np.array([[1 + focal, 1, 1], [1, 1 + focal, 1], [1, 1, 1]])
    pose = replace(
        posed.pose,
        eye_m=posed.pose.eye_m + error[:3],
        rotation=left @ right @ posed.pose.rotation,
        covariance=np.diag(SIGMA**2),
        method=GeorefMethod.TELEMETRY_ONLY,
    )
    return replace(posed, pose=pose, camera=replace(CAMERA, K=lens, focal_sigma=FOCAL_SIGMA))


@pytest.mark.parametrize("pitch_deg", [-90.0, -55.0])
def test_speed_and_heading_are_as_sure_as_they_say_though_all_frames_share_an_error(pitch_deg):
    rng = np.random.default_rng(3)
    steady = PlaceTracks(SITE, TERRAIN, TrackSettings(jitter_share=0.0))
    speeds, headings = [], []
    for _ in range(150):
        true = [frame(k, (0.0, 2.0 * k, 170.0), pitch_deg=pitch_deg) for k in range(6)]
        ahead = 0.0 if pitch_deg == -90.0 else 50.0
        path = np.array([[3.0 * k, ahead + 4.0 * k] for k in range(6)])
        error, focal = rng.normal(0, SIGMA), rng.normal(0, FOCAL_SIGMA)
        told = [off_by(one, error, focal) for one in true]
        (track,) = steady([image_track(boxes_of(path, true, size=(4.0, 4.0)))], told)
        assert isinstance(track, Track)
        speeds.append((track.speed_mps - 5.0) / track.speed_sigma_mps)
        truth_deg = np.degrees(np.arctan2(3, 4) + SITE.convergence_rad)
        headings.append((track.heading_deg - truth_deg + 180) % 360 - 180)
        headings[-1] /= track.heading_sigma_deg

    for scores in (speeds, headings):
        assert np.mean(np.abs(scores) < 2) > 0.92
        assert 0.6 < np.std(scores) < 1.3
