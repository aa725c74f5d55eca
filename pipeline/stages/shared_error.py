"""What an error that all frames of a track share does to its motion: it turns and stretches the track.

A shared shift moves nothing, but a camera whose heading is off by a degree turns every track by that degree, one that
is thought to fly a tenth too high makes all of them a tenth too fast, and a tilt does some of both.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.rotation import skew
from pipeline.records.arrays import Float
from pipeline.records.frame import GroundFrame
from pipeline.stages.frame_jitter import jitter_of
from pipeline.stages.net_motion import NetMotion

ERRORS = 8  # pose 6, relative focal length, height of the ground
STEP = 1e-4  # metres, radians: where the derivatives are taken


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A pixel of a frame, and the height of the ground that it shows."""

    frame: GroundFrame
    pixel: Float
    ground_m: float


def with_shared_error(
    motion: NetMotion, first: Sighting, last: Sighting, terrain_sigma_m: float, jitter_share: float
) -> NetMotion:
    """Motion with the error that its frames share added to speed and heading; the displacement's own stays.

    Args:
        motion: Fitted with what changes from frame to frame.
        first, last: Ends of the track.
        terrain_sigma_m: Standard deviation of the ground's height.
        jitter_share: As in `pipeline.stages.frame_jitter.jitter_of`; what changes from frame to frame is not shared.
    """
    moved = _ground(last, np.zeros(ERRORS)) - _ground(first, np.zeros(ERRORS))
    distance_m = float(np.hypot(*moved))
    if distance_m < 1e-6 or motion.speed_mps <= 0:
        return motion
    steps = np.eye(ERRORS) * STEP
    slopes = np.stack([_ground(last, step) - _ground(first, step) - moved for step in steps], axis=1) / STEP
    spread = slopes @ _shared(last.frame, terrain_sigma_m, jitter_share) @ slopes.T
    along = moved / distance_m
    across = np.array([-along[1], along[0]])
    stretch, turn = (float(np.sqrt(np.maximum(way @ spread @ way, 0.0))) / distance_m for way in (along, across))
    return replace(
        motion,
        speed_sigma_mps=float(np.hypot(motion.speed_sigma_mps, motion.speed_mps * stretch)),
        bearing_sigma_rad=float(min(np.pi, np.hypot(motion.bearing_sigma_rad, np.arctan(turn)))),
    )


def _shared(frame: GroundFrame, terrain_sigma_m: float, jitter_share: float) -> Float:
    """``(8, 8)`` covariance of what the frames of a track have in common."""
    spread = np.zeros((ERRORS, ERRORS))
    spread[:6, :6] = frame.pose.covariance - jitter_of(frame, jitter_share).covariance
    spread[6, 6] = frame.camera.focal_sigma**2
    spread[:6, 6] = spread[6, :6] = frame.pose.focal_covariance
    # a pose that was fitted to the ground shares its error of height
    if not len(frame.pose.leverage.moves):
        spread[7, 7] = terrain_sigma_m**2
    return spread


def _ground(sighting: Sighting, error: Float) -> Float:
    """``(2,)`` where a pixel lies on level ground, were pose, focal length and ground off by this."""
    frame = sighting.frame
    camera, pose = frame.camera, frame.pose
    ray = pose.rotation.T @ pixel_rays(sighting.pixel[None], camera.K, camera.distortion, pose.rotation)[0]
    ray = pose.rotation @ (ray * np.array([1 - error[6], 1 - error[6], 1.0]))
    ray = ray + skew(error[3:6]) @ ray
    eye = pose.eye_m + error[:3]
    return np.asarray(eye[:2] + (sighting.ground_m + error[7] - eye[2]) / ray[2] * ray[:2], np.float64)
