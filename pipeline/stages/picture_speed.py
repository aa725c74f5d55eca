"""How far the camera flew between two frames, from how the ground moved in the picture, against telemetry.

A receiver that is deceived together with its own speed contradicts nothing in its log; the ground in the pictures
still moves as the aircraft flies. Attitude turns the picture at any height; what is left is the way flown, in heights
above the ground: with the height it is metres.
"""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.stages.clock_offset import View, directions_of
from pipeline.stages.image_motion import ImageMotion

MATCH_PX = 1.0
"""Standard deviation of a match, pixels of the reduced pictures."""

CLIMB_SHARE = 0.02
"""Share of the height that relief between the matches of one pair stands for."""


@dataclass(frozen=True, slots=True)
class AttitudeNoise:
    """What the attitude of two neighbouring frames may err against each other, standard deviations in radians.

    Attributes:
        tilt_rad, yaw_rad: The part that changes from frame to frame.
        mounting_rad: The part that both share: it turns with the picture and bends the way flown.
    """

    tilt_rad: float
    yaw_rad: float
    mounting_rad: float


@dataclass(frozen=True, slots=True, eq=False)
class PictureSpeed:
    """What one pair of frames shows.

    Attributes:
        seen_mps: ``(2,)`` east and north, from the pictures.
        told_mps: ``(2,)`` the same from telemetry.
        sigma_mps: Standard deviation of `seen_mps`, one axis, without the errors of height and focal length.
        seconds: Between the frames.
        matches: That it rests on.
    """

    seen_mps: Float
    told_mps: Float
    sigma_mps: float
    seconds: float
    matches: int


def picture_speed(
    camera: CameraModel,
    motion: ImageMotion,
    before: View,
    after: View,
    height_m: float,
    seconds: float,
    noise: AttitudeNoise,
) -> PictureSpeed | None:
    """The horizontal velocity that the picture shows, over level ground.

    Args:
        camera: Of both frames.
        motion: Where points of the first lie in the second.
        before, after: From telemetry, in metres from the first.
        height_m: Of the camera above the ground.
        seconds: Between the frames.
        noise: Of the attitudes.

    Returns:
        None where too few matches lie below the horizon.

    Source: points of level ground at ``-h`` are ``h`` times the rays over their steepness; seen from the second camera
    they are nearer by the way flown: two places of one point on the plane differ by that way.
    """
    rays = directions_of(camera, motion.before_px) @ before.rotation.T
    later = directions_of(camera, motion.after_px) @ after.rotation.T
    low = (rays[:, 2] < -0.2) & (later[:, 2] < -0.2)
    if np.count_nonzero(low) < 12:
        return None
    rays, later = rays[low] / -rays[low, 2:], later[low] / -later[low, 2:]
    climb_m = float(after.eye_m[2] - before.eye_m[2])
    way = height_m * rays[:, :2] - (height_m + climb_m) * later[:, :2]
    middle = np.median(way, axis=0)
    reach = np.median(rays[:, :2], axis=0)
    # a ray that is tilted by an angle meets the ground further by (1 + reach²) heights times that angle
    stretch = 1 + float(reach @ reach)
    turned_m = height_m * math.hypot(*reach) * noise.yaw_rad
    tilted_m = height_m * stretch * noise.tilt_rad * math.sqrt(2)
    matched_m = height_m * stretch * MATCH_PX * motion.pixel_px / camera.K[0, 0]
    flown_m = math.hypot(*middle)
    relief_m = CLIMB_SHARE * height_m * math.hypot(*reach)
    cosine = (float(np.trace(before.rotation.T @ after.rotation)) - 1) / 2
    turn_rad = math.acos(min(1.0, max(-1.0, cosine)))
    mounted_m = noise.mounting_rad * (flown_m + height_m * stretch * turn_rad)
    variance = tilted_m**2 + turned_m**2 * 2 + matched_m**2 + relief_m**2 + mounted_m**2
    return PictureSpeed(
        middle / seconds,
        (after.eye_m - before.eye_m)[:2] / seconds,
        math.sqrt(variance) / seconds,
        seconds,
        int(np.count_nonzero(low)),
    )
