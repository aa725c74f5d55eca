"""What movers had to be like to be found, in metres: of each frame, and of a stretch of watching."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.frame import GeorefStatus, GroundFrame
from pipeline.records.mover_sight import FrameSight, PixelSight, SightFlaw, SightGrade
from pipeline.stages.frame_jitter import jitter_of

IN_VIEW_S = 10.0
"""A mover is taken to be in view for this long."""

MOST_OF_IT = 0.9
"""Share of the watched time in which what is told of it holds."""


@dataclass(frozen=True, slots=True)
class SightLimits:
    """What held in most of a stretch of watching; NaN where nothing could be assessed.

    Attributes:
        least_m: Shortest side of a mover that would have been found.
        slowest_mps, fastest_mps: Speeds between which it would have been.
    """

    least_m: float
    slowest_mps: float
    fastest_mps: float


def on_ground(
    sights: Sequence[PixelSight], frames: Sequence[GroundFrame], jitter_share: float, displacement_sigmas: float
) -> list[FrameSight]:
    """Each frame's sight with the ground's scale at its centre, and with what its place shakes by.

    Args:
        sights: One a frame.
        frames: Placed.
        jitter_share: As in `pipeline.stages.frame_jitter.jitter_of`.
        displacement_sigmas: A mover must have moved by this much of its error on the ground.
    """
    return [_one(sight, frame, jitter_share, displacement_sigmas) for sight, frame in zip(sights, frames, strict=True)]


def _one(sight: PixelSight, frame: GroundFrame, jitter_share: float, displacement_sigmas: float) -> FrameSight:
    name, gsd_m = frame.ref.frame_id, frame.gsd_m
    if frame.status == GeorefStatus.UNUSABLE or not np.isfinite(gsd_m):
        flaws = (*sight.flaws, SightFlaw.NO_GROUND)
        return FrameSight(name, SightGrade.NOT_ASSESSABLE, flaws, *(float("nan"),) * 3)
    jolt = jitter_of(frame, jitter_share)
    reach_m = gsd_m * frame.camera.focal_px
    moved, turned = np.trace(jolt.covariance[:3, :3]) / 3, np.trace(jolt.covariance[3:5, 3:5]) / 2 * reach_m**2
    ends_m = np.sqrt(2 * (jolt.ground_m**2 + moved + turned))
    slowest = max(sight.slowest_px_s * gsd_m, displacement_sigmas * float(ends_m) / IN_VIEW_S)
    return FrameSight(name, sight.grade, sight.flaws, sight.least_px * gsd_m, slowest, sight.fastest_px_s * gsd_m)


def limits(sights: Iterable[FrameSight]) -> SightLimits:
    """What holds in most of the frames in which anything could be assessed."""
    told = [s for s in sights if s.grade is not SightGrade.NOT_ASSESSABLE]
    if not told:
        return SightLimits(float("nan"), float("nan"), float("nan"))
    least, slowest, fastest = np.array([(s.least_m, s.slowest_mps, s.fastest_mps) for s in told]).T
    return SightLimits(
        float(np.quantile(least, MOST_OF_IT, method="higher")),
        float(np.quantile(slowest, MOST_OF_IT, method="higher")),
        float(np.quantile(fastest, 1 - MOST_OF_IT, method="lower")),
    )
