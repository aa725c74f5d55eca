"""What a flight's telemetry says, faults included, and the frames that a flight's files are made of."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool, Float, Int
from pipeline.simulator.scene.lens import Lens


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Telemetry samples as the aircraft gives them out, in the order in which it gives them (time may step back).

    Attributes:
        t_utc_ns: ``(N,)`` int64 by the telemetry's own clock.
        true_s: ``(N,)`` when it was really sampled, seconds since the first frame. No writer may write it.
        lon_deg, lat_deg: ``(N,)``; exactly 0 where the receiver had no fix and says so in the usual way.
        alt_m: ``(N,)`` stated absolute height, in the datum that the stated one is (rightly or wrongly) said to be.
        relative_alt_m: ``(N,)`` above take-off.
        yaw_deg, pitch_deg, roll_deg: ``(N,)`` of the camera, yaw from true north.
        platform_yaw_deg, platform_pitch_deg, platform_roll_deg: ``(N,)``.
        velocity_mps: ``(N, 3)`` east, north, up.
        focal_px: ``(N,)`` as stated.
        satellites: ``(N,)`` int64.
        hdop: ``(N,)``.
        jamming: ``(N,)`` 0 to 255, as u-blox receivers say it.
        position_sigma_m: ``(N,)`` as stated; NaN where the format or receiver does not say.
        present: ``(N,)`` False where the sample never reached the ground.
        linked: ``(N,)`` False where the link was lost: nothing at all was recorded.
    """

    t_utc_ns: Int
    true_s: Float
    lon_deg: Float
    lat_deg: Float
    alt_m: Float
    relative_alt_m: Float
    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    platform_yaw_deg: Float
    platform_pitch_deg: Float
    platform_roll_deg: Float
    velocity_mps: Float
    focal_px: Float
    satellites: Int
    hdop: Float
    jamming: Int
    position_sigma_m: Float
    present: Bool
    linked: Bool


@dataclass(frozen=True, slots=True, eq=False)
class SensorTarget:
    """A mover that the sensor itself reports (ST 0903)."""

    number: int
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    confidence: float
    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """A frame as the sensor gives it out.

    Attributes:
        index: From 0.
        image: ``(H, W, 3)`` uint8 RGB, or ``(H, W)`` uint16 thermal counts.
        t_utc_ns: Of its middle row, by the camera's clock.
        exposure_s: Exposure time.
        iso: Sensitivity.
        targets: What the sensor reports by itself.
    """

    index: int
    image: NDArray[np.uint8] | NDArray[np.uint16]
    t_utc_ns: int
    exposure_s: float
    iso: int
    targets: tuple[SensorTarget, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FlightFacts:
    """What every file of a flight may say.

    Attributes:
        name: The flight's, such as ``S0007``.
        make, model: Of the camera.
        site: Frame of all metres.
        lens: As the maker states it (with its faults), at zoom 1.
        start_utc_ns: First frame by the camera's clock.
        interval_s: Between frames.
        frames: How many.
        utc_offset_h: Whole hours that local time is ahead of UTC.
        vertical_datum: What the altitude tags are said to be: ``ellipsoidal`` or ``egm96``.
        thermal: Whether frames are thermal.
        security: Classification mark, such as ``UNCLASSIFIED``.
        stream: Telemetry at its own rate; None where the format carries one sample a frame.
        at_frames: Telemetry at the frames, ``(frames,)``; the writer takes the one of its frame.
        geoid_m: Height of the geoid above the ellipsoid at the site, for formats that state heights above both; None
            where the receiver knows of none.
        exif_offset_m: By which the EXIF tag's height contradicts those of XMP and telemetry.
    """

    name: str
    make: str
    model: str
    site: SiteFrame
    lens: Lens
    start_utc_ns: int
    interval_s: float
    frames: int
    utc_offset_h: int
    vertical_datum: str
    thermal: bool
    security: str
    stream: Told | None
    at_frames: Told
    geoid_m: float | None = None
    exif_offset_m: float = 0.0


class FlightWriter(Protocol):
    """Writes one flight's frames and telemetry into its folder, frame by frame."""

    def frame_id(self, index: int) -> str:
        """What the pipeline's ingest calls a frame."""
        ...

    def add(self, frame: Exposed) -> None:
        """Append a frame; indices ascend."""
        ...

    def close(self) -> None:
        """Finish all files."""
        ...
