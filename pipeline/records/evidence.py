"""What detectors find: in pixels first, then on the ground."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float, Int, require_shape


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that speaks for or against a finding: a code with parameters, never a sentence."""

    code: str
    parameters: tuple[tuple[str, float], ...] = ()


class Direction(StrEnum):
    """How a place differs from before."""

    NEW = "new"
    VANISHED = "vanished"
    ALTERED = "altered"


class ChangeKind(StrEnum):
    """What a change looks like from above; its cause is never said."""

    LINEAR_EARTHWORK = "linear_earthwork"
    CRATER = "crater"
    STRUCTURE = "structure"
    VEHICLE = "vehicle"
    BURN = "burn"
    OTHER = "other"


class MoverKind(StrEnum):
    """Movers by metric size, speed and shape; a class of size, never an identity."""

    VEHICLE_SIZE = "vehicle_size"
    PERSON_SIZE = "person_size"
    ANIMAL = "animal"
    UNKNOWN = "unknown"


KIND_BY_MODEL = "kind_by_model"
"""Code of the reason of a track whose kind a model said where its measures left it open."""


PERSON_WITH_SHADOW = "may_be_person_with_shadow"
"""Code against a track of unknown kind that a person with the shadow of that hour explains: blurred as persons are."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageChange:
    """A change in pixels of a registered pair.

    Attributes:
        mask: ``(h, w)`` True on the change, within the box.
        left_px, top_px: Corner of the mask in the image.
        outline_px: ``(N, 2)`` column, row; not closed.
        direction, kind: What it is.
        score: 0 to 1, calibrated as a probability that a person would agree there is a change.
        area_px, area_sigma_px: Area.
        reasons, against: Codes with parameters.
        views: In how many independent views it shows.
    """

    mask: Bool
    left_px: int
    top_px: int
    outline_px: Float
    direction: Direction
    kind: ChangeKind
    score: float
    area_px: float
    area_sigma_px: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    views: int = 1

    def __post_init__(self) -> None:
        require_shape("outline_px", self.outline_px, (None, 2))


class TrackOrigin(StrEnum):
    """Who saw a mover."""

    IMAGERY = "imagery"
    SENSOR_REPORT = "sensor_report"
    BOTH = "both"


REPORTED_ONLY, ALSO_REPORTED = "reported_by_sensor_only", "also_reported_by_sensor"
"""Codes of reasons: a target of the sensor that our own detector does not show, or does."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageTrack:
    """A mover in the pixels of one frame stream.

    Attributes:
        track_id: From 1, in order of first appearance.
        frames: ``(N,)`` ordinals of the frames in the stream, increasing.
        boxes_px: ``(N, 4)`` left, top, width, height in full-resolution pixels of that frame.
        detected: ``(N,)`` False where the box was bridged.
        score: 0 to 1.
        reasons, against: Codes with parameters.
        centre_sigma_px: Error of a box's middle on top of what its size says.
    """

    track_id: int
    frames: Int
    boxes_px: Float
    detected: Bool
    score: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    centre_sigma_px: float = 0.0

    def __post_init__(self) -> None:
        require_shape("boxes_px", self.boxes_px, (len(self.frames), 4))
        require_shape("detected", self.detected, (len(self.frames),))


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A mover on the ground.

    Attributes:
        track_id: ``T0001`` …, unique in the sortie.
        t_utc_ns: ``(N,)`` increasing.
        xy_m: ``(N, 2)`` site metres.
        covariance_m2: ``(N, 2, 2)`` of each position; the pose's share is common to all of a track.
        detected: ``(N,)`` False where bridged.
        speed_mps, speed_sigma_mps: Net, over the whole track.
        heading_deg, heading_sigma_deg: Clockwise from true north; NaN when not moving.
        length_m: Longer side of the mover, NaN when not resolved.
        kind: By size, speed and shape, or by a model where these leave it open.
        score: 0 to 1.
        frame_ids: ``N`` frames.
        boxes_px: ``(N, 4)``.
        gsd_m: Median ground sample distance.
        reasons, against: Codes with parameters.
    """

    track_id: str
    t_utc_ns: Int
    xy_m: Float
    covariance_m2: Float
    detected: Bool
    speed_mps: float
    speed_sigma_mps: float
    heading_deg: float
    heading_sigma_deg: float
    length_m: float
    kind: MoverKind
    score: float
    frame_ids: tuple[str, ...]
    boxes_px: Float
    gsd_m: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]

    def __post_init__(self) -> None:
        count = len(self.t_utc_ns)
        require_shape("xy_m", self.xy_m, (count, 2))
        require_shape("covariance_m2", self.covariance_m2, (count, 2, 2))
        require_shape("boxes_px", self.boxes_px, (count, 4))


def origin_of(track: Track) -> TrackOrigin:
    """By its reasons."""
    codes = {reason.code for reason in track.reasons}
    if REPORTED_ONLY in codes:
        return TrackOrigin.SENSOR_REPORT
    return TrackOrigin.BOTH if ALSO_REPORTED in codes else TrackOrigin.IMAGERY


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A change on the ground between a named earlier sortie and this one.

    Attributes:
        change_id: ``C0001`` …, unique in the sortie.
        outline_m: ``(N, 2)`` site metres, counter-clockwise, not closed.
        covariance_m2: ``(2, 2)`` of its position.
        direction, kind, score: As found.
        area_m2, area_sigma_m2, length_m: Metric size; length is that of the long axis.
        tile: Name of the tile that holds its centre.
        t_utc_ns: Exposure time of the frame that shows it best.
        frame_ids: Frames that show the place tonight.
        baseline_sortie_id, baseline_t_utc_ns, baseline_frame_ids: What it was compared with.
        views: In how many viewpoints it shows.
        gsd_m: Of the tile.
        reasons, against: Codes with parameters.
    """

    change_id: str
    outline_m: Float
    covariance_m2: Float
    direction: Direction
    kind: ChangeKind
    score: float
    area_m2: float
    area_sigma_m2: float
    length_m: float
    tile: str
    t_utc_ns: int
    frame_ids: tuple[str, ...]
    baseline_sortie_id: str
    baseline_t_utc_ns: int
    baseline_frame_ids: tuple[str, ...]
    views: int
    gsd_m: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]

    def __post_init__(self) -> None:
        require_shape("outline_m", self.outline_m, (None, 2))
        require_shape("covariance_m2", self.covariance_m2, (2, 2))


Mask = NDArray[np.uint8]
