"""The part of a pose's error that changes from frame to frame: all of it that bears on motion."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.records.frame import GeorefMethod, GroundFrame

RAYLEIGH_MEDIAN = 1.1774
"""Median length of a vector whose two coordinates have σ 1."""

ELSEWHERE = 2.0
"""A frame may be off by this much more away from where it was matched."""

LEAST_PX = 0.5
"""No matching is better than this."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameJitter:
    """What a frame errs by against the other frames of its track.

    Attributes:
        covariance: ``(6, 6)`` of the pose, as in `pipeline.records.frame.Pose`.
        ground_m: Standard deviation along either axis on the ground, on top of that.
    """

    covariance: Float
    ground_m: float


def jitter_of(frame: GroundFrame, telemetry_share: float) -> FrameJitter:
    """The jitter of a frame.

    What a picture or the neighbours are off by is common to all frames matched against them; how well a frame lies on
    them shows in the matches that were kept out of its solution. A pose from telemetry drifts slowly, and shakes by a
    share of its error. Of a pose that was matched, but not measured, all may be its own.

    Args:
        frame: The frame.
        telemetry_share: Share of the standard deviation of a pose from telemetry.
    """
    registration = frame.registration
    if registration.outcome == "registered":
        gsd_m = frame.gsd_m
        told = (registration.check_residual_m, registration.residual_px * gsd_m)
        median_m = next((m for m in told if np.isfinite(m)), np.nan)
        if np.isfinite(median_m):
            ground_m = max(LEAST_PX * gsd_m, ELSEWHERE * median_m / RAYLEIGH_MEDIAN)
            return FrameJitter(np.zeros((6, 6)), float(ground_m))
    share = 1.0 if frame.pose.method is not GeorefMethod.TELEMETRY_ONLY else telemetry_share
    return FrameJitter(np.asarray(frame.pose.covariance * share**2, np.float64), 0.0)
