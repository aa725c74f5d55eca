"""A frame from its file to its place on the ground."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from pipeline.geometry.rolling_shutter import sweep_covariance
from pipeline.geometry.terrain_error import Leverage
from pipeline.records.arrays import Float, Image, require_shape
from pipeline.records.camera import CameraModel
from pipeline.records.sortie import FrameRef

MATCHED_BY = "matched_by_"
"""Begins the note of a frame in which a matcher found what features did not."""


class GeorefMethod(StrEnum):
    """How a pose came about."""

    TELEMETRY_ONLY = "telemetry_only"
    IMAGE_MATCH = "image_match"
    GCP = "gcp"
    MANUAL = "manual"


class GeorefStatus(StrEnum):
    """What is wrong with a pose, if anything."""

    OK = "ok"
    DEGRADED_GNSS = "degraded_gnss"
    SPOOF_SUSPECTED = "spoof_suspected"
    LOST_LINK = "lost_link"
    CLOCK_SUSPECT = "clock_suspect"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Decoded pixels."""

    ref: FrameRef
    image: Image


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where a camera was and how it looked, in the site frame.

    Attributes:
        eye_m: ``(3,)`` camera centre: east, north, ellipsoidal height.
        rotation: ``(3, 3)`` camera to site.
        covariance: ``(6, 6)`` of (east, north, up in m; small rotation about the site's x, y, z axes in rad, applied
            from the left: ``R' = exp(skew(w)) @ R``).
        method: How it came about.
        focal_covariance: ``(6,)`` of each of these with the relative focal length of the frame's camera: a pose that
            was found together with the focal length goes with it.
        leverage: How these and the focal length go with errors of the terrain that the pose was fitted to; what they
            add is in `covariance`.
    """

    eye_m: Float
    rotation: Float
    covariance: Float
    method: GeorefMethod
    focal_covariance: Float = field(default_factory=lambda: np.zeros(6))
    leverage: Leverage = field(default_factory=Leverage.none)

    def __post_init__(self) -> None:
        require_shape("eye_m", self.eye_m, (3,))
        require_shape("rotation", self.rotation, (3, 3))
        require_shape("covariance", self.covariance, (6, 6))
        require_shape("focal_covariance", self.focal_covariance, (6,))


@dataclass(frozen=True, slots=True, eq=False)
class PosedFrame:
    """A frame with its camera and a pose from telemetry: what ingest hands on.

    Attributes:
        ref: The frame.
        camera: Its camera.
        pose: From telemetry. Its third coordinate is the height above the zero of `vertical_datum`; georeferencing
            makes it ellipsoidal.
        vertical_datum: ``ellipsoidal``, ``egm96``, ``egm2008`` or ``unknown``.
        relative_alt_m: Height above take-off, NaN when not given.
        quality: Bits of `pipeline.records.telemetry.Quality`.
        status: What the telemetry's faults make of it.
        notes: Codes of what was assumed or corrected, e.g. ``altitude_datum_assumed``.
        sweep: ``(6,)`` how the pose changes from the first row to the last: metres, and rotation from the left in rad.
        sighted_ground_m: Height, above the same zero, of the ground that the sensor says it looks at; NaN when it
            does not say.
    """

    ref: FrameRef
    camera: CameraModel
    pose: Pose
    vertical_datum: str
    relative_alt_m: float
    quality: int
    status: GeorefStatus
    notes: tuple[str, ...]
    sweep: Float = field(default_factory=lambda: np.zeros(6))
    sighted_ground_m: float = float("nan")


@dataclass(frozen=True, slots=True)
class Registration:
    """What matching a frame against something else gave.

    Attributes:
        against: ``reference``, ``archive``, ``neighbours`` or ``none``.
        outcome: ``registered``, ``no_match``, ``too_few``, ``inconsistent``, ``not_tried``, ``out_of_reach``, or
            ``unreadable`` when the picture cannot be read.
        matches: Tentative matches.
        inliers: Matches that agree with the pose.
        residual_px: Median reprojection error of inliers, NaN without.
        check_residual_m: Median ground error of matches held out of the solution, NaN without.
        shift_m: Horizontal move of the frame's centre on the ground, NaN without.
        turn_deg: Change of heading, NaN without.
        turned_180: The pixels are turned against the yaw tag.
    """

    against: str
    outcome: str
    matches: int
    inliers: int
    residual_px: float
    check_residual_m: float
    shift_m: float
    turn_deg: float
    turned_180: bool


@dataclass(frozen=True, slots=True, eq=False)
class GroundFrame:
    """A frame on the ground.

    Attributes:
        ref, camera, pose: As adjusted.
        status: Faults known.
        footprint_m: ``(N, 2)`` outline on the ground in site metres, counter-clockwise, not closed.
        gsd_m: Ground sample distance at the image centre.
        ellipse_m: ``(3,)`` 95 % error ellipse at the image centre: semi-major m, semi-minor m, azimuth of the major
            axis in degrees clockwise from true north.
        registration: How it was matched.
        notes: Codes of what was assumed or corrected.
        sweep: As in `PosedFrame`; the pose is that of the middle row.
        skew_px: How far that shifts the last row against the first at most, 0 for a global shutter, NaN unknown.
    """

    ref: FrameRef
    camera: CameraModel
    pose: Pose
    status: GeorefStatus
    footprint_m: Float
    gsd_m: float
    ellipse_m: Float
    registration: Registration
    notes: tuple[str, ...]
    sweep: Float = field(default_factory=lambda: np.zeros(6))
    skew_px: float = float("nan")

    def __post_init__(self) -> None:
        require_shape("footprint_m", self.footprint_m, (None, 2))
        require_shape("ellipse_m", self.ellipse_m, (3,))
        require_shape("sweep", self.sweep, (6,))

    @property
    def row_covariance(self) -> Float:
        """``(6, 6)`` of the pose of any row: that of the pose, and how far the rows lie apart."""
        return self.pose.covariance + sweep_covariance(self.sweep)
