"""Heights of frames that state only how far they are above take-off: how high the take-off point itself is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.datum import ELLIPSOIDAL
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.frame import Pose, PosedFrame

RELATIVE_ONLY = "height_relative_only"
"""Note of a frame of which z is the height above take-off."""


@dataclass(frozen=True, slots=True)
class TakeOff:
    """The point from which heights are counted.

    Attributes:
        height_m: Its height, in the datum of the terrain.
        sigma_m: Standard deviation of it, common to all frames that rest on it.
        note: Code of how it is known.
    """

    height_m: float
    sigma_m: float
    note: str


def is_relative_only(frame: PosedFrame) -> bool:
    """Whether a frame's z is its height above take-off."""
    return RELATIVE_ONLY in frame.notes


def take_off_shown_by(frames: Sequence[PosedFrame]) -> TakeOff | None:
    """The take-off point by frames that state both heights; None where no frame does.

    Args:
        frames: Those whose z is settled.
    """
    both = [frame for frame in frames if np.isfinite(frame.relative_alt_m)]
    if not both:
        return None
    heights = np.array([frame.pose.eye_m[2] - frame.relative_alt_m for frame in both])
    own = float(np.median([frame.pose.covariance[2, 2] for frame in both]))
    return TakeOff(float(np.median(heights)), float(np.sqrt(own + heights.var())), "take_off_shown_by_other_frames")


def take_off_below_first(frames: Sequence[PosedFrame], terrain: HeightGrid) -> TakeOff:
    """The take-off point as the ground below the earliest frame that lies over known terrain.

    Nothing says how far off that is. The standard deviation is half of the relief under the flight (from the 5th to
    the 95th percentile), together with the terrain's own.

    Args:
        frames: All of the sortie.
        terrain: Ground.

    Raises:
        GeometryError: No frame lies over known terrain.
    """
    ordered = sorted(frames, key=lambda frame: (frame.ref.t_utc_ns, frame.ref.frame_id))
    ground = terrain.height_at(np.array([frame.pose.eye_m[:2] for frame in ordered]))
    ground = ground[np.isfinite(ground)]
    if not len(ground):
        raise GeometryError(
            f"the telemetry gives heights above take-off only, and no frame lies over the elevation model "
            f"({terrain.source}) that would tell how high that is; does it cover the flight?"
        )
    low, high = np.percentile(ground, [5, 95])
    sigma_m = float(np.hypot((high - low) / 2, terrain.sigma_m))
    return TakeOff(float(ground[0]), sigma_m, "take_off_assumed_below_first_frame")


def lifted_from(take_off: TakeOff, frame: PosedFrame, notes: Sequence[str] = ()) -> PosedFrame:
    """A frame that states only its height above take-off, at its height in the terrain's datum."""
    pose = frame.pose
    covariance = pose.covariance.copy()
    covariance[2, 2] += take_off.sigma_m**2
    eye = np.array([pose.eye_m[0], pose.eye_m[1], pose.eye_m[2] + take_off.height_m])
    every = tuple(dict.fromkeys([*frame.notes, *notes, take_off.note]))
    return replace(
        frame, pose=Pose(eye, pose.rotation, covariance, pose.method), vertical_datum=ELLIPSOIDAL, notes=every
    )
