"""What a sortie folder holds, as its files say it: not yet judged, matched or corrected."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pipeline.records.arrays import Float, Int, require_shape
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.sortie import Band


@dataclass(frozen=True, slots=True)
class StatedCamera:
    """The ``[camera]`` table of ``sortie.toml``. Either ``focal_px`` or ``focal_mm`` with ``sensor_width_mm``.

    Attributes:
        name: In words.
        sensor: Only for frames of this sensor; None for all.
        size_px: Width, height that `focal_px` and `principal_px` refer to; None: the frame's own.
        focal_px: Focal length in pixels.
        focal_mm, sensor_width_mm: Focal length, and width of the sensor that `size_px` covers.
        principal_px: Principal point; the centre of the top-left pixel is (0, 0). None: the centre of the image.
        distortion: k1 k2 p1 p2 k3 in OpenCV's order.
        focal_sigma: Relative standard deviation of the focal length.
    """

    name: str = "stated in sortie.toml"
    sensor: str | None = None
    size_px: tuple[int, int] | None = None
    focal_px: float | None = None
    focal_mm: float | None = None
    sensor_width_mm: float | None = None
    principal_px: tuple[float, float] | None = None
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    focal_sigma: float = 0.003

    def __post_init__(self) -> None:
        if self.focal_px is None and (self.focal_mm is None or self.sensor_width_mm is None):
            raise ValueError("state 'focal_px', or 'focal_mm' and 'sensor_width_mm'")
        lengths = [self.focal_px, self.focal_mm, self.sensor_width_mm, self.focal_sigma, *(self.size_px or ())]
        if any(length is not None and not length > 0 for length in lengths):
            raise ValueError("focal lengths, sizes and 'focal_sigma' must be positive")


@dataclass(frozen=True, slots=True)
class StatedAttitude:
    """The ``[attitude]`` table of ``sortie.toml``: the camera's attitude where telemetry gives none.

    Attributes:
        pitch_deg: -90 at nadir.
        roll_deg: Clockwise as seen from behind.
        yaw_deg: From true north; None: the aircraft's heading.
        tilt_sigma_deg, yaw_sigma_deg: How well that is known.
    """

    pitch_deg: float = -90.0
    roll_deg: float = 0.0
    yaw_deg: float | None = None
    tilt_sigma_deg: float = 5.0
    yaw_sigma_deg: float = 10.0


@dataclass(frozen=True, slots=True)
class StatedVideo:
    """One member of ``[[videos]]`` in ``sortie.toml``."""

    file: str
    start_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class StatedFacts:
    """``sortie.toml``: what people know about a sortie that its files do not say. Every key is optional.

    Attributes:
        id: Sortie id; starts with S.
        operating_cell: The cell that flew it.
        means: What it was flown with.
        security_marking: Marking of the source.
        utc_offset_h: Zone of clocks that do not state theirs, and of the night's noon.
        vertical_datum: Of every absolute height that does not state its own.
        position_sigma_m, alt_sigma_m, yaw_sigma_deg, tilt_sigma_deg: Instead of the defaults by source.
        camera: The camera.
        attitude: Where telemetry gives none.
        videos: When videos began.
    """

    id: str | None = None
    operating_cell: str | None = None
    means: str | None = None
    security_marking: str | None = None
    utc_offset_h: float | None = None
    vertical_datum: str | None = None
    position_sigma_m: float | None = None
    alt_sigma_m: float | None = None
    yaw_sigma_deg: float | None = None
    tilt_sigma_deg: float | None = None
    camera: StatedCamera | None = None
    attitude: StatedAttitude | None = None
    videos: tuple[StatedVideo, ...] = ()

    def __post_init__(self) -> None:
        datums = ("ellipsoidal", "egm96", "egm2008", "unknown")
        if self.vertical_datum is not None and self.vertical_datum not in datums:
            raise ValueError(f"'vertical_datum' must be one of {', '.join(datums)}, not '{self.vertical_datum}'")
        if self.utc_offset_h is not None and not -15 <= self.utc_offset_h <= 15:
            raise ValueError("'utc_offset_h' must lie between -15 and 15")


@dataclass(frozen=True, slots=True)
class StillTags:
    """What the tags of a still say. NaN, None and "" where they say nothing.

    Attributes:
        make, model: Of the camera.
        clock: Camera clock at exposure, without a zone, and its step: 1 s without sub-seconds.
        clock_step_s: See above.
        utc_offset_s: Zone of the clock, if the tags state it.
        gps_utc: GNSS time stamp, UTC.
        lon_deg, lat_deg: WGS 84.
        alt_m: Absolute height as the vendor's XMP states it, else EXIF's.
        exif_alt_m: EXIF's height.
        relative_alt_m: Height above take-off.
        rtk: The position was fixed with carrier phases; heights are then ellipsoidal.
        position_sigma_m, alt_sigma_m: As stated.
        yaw_deg, pitch_deg, roll_deg: Of the gimbal, that is of the camera.
        aircraft_yaw_deg: Heading of the aircraft.
        faults: Codes of what was wrong with the tags.
    """

    make: str = ""
    model: str = ""
    clock: dt.datetime | None = None
    clock_step_s: float = 1.0
    utc_offset_s: int | None = None
    gps_utc: dt.datetime | None = None
    lon_deg: float = float("nan")
    lat_deg: float = float("nan")
    alt_m: float = float("nan")
    exif_alt_m: float = float("nan")
    relative_alt_m: float = float("nan")
    rtk: bool = False
    position_sigma_m: float = float("nan")
    alt_sigma_m: float = float("nan")
    yaw_deg: float = float("nan")
    pitch_deg: float = float("nan")
    roll_deg: float = float("nan")
    aircraft_yaw_deg: float = float("nan")
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A still picture.

    Attributes:
        path: Where it lies.
        item: Its path within the sortie, with ``/``.
        frame_id: Unique in the sortie.
        size_px: Width, height from the header of the pixels, never from a tag.
        sha256: Of the file.
        band, sensor: What it sees, and with which camera stream.
        tags: What it says about itself.
        camera: Its camera; None where `camera_error` says why there is none.
    """

    path: Path
    item: str
    frame_id: str
    size_px: tuple[int, int]
    sha256: str
    band: Band
    sensor: str
    tags: StillTags
    camera: CameraModel | None
    camera_error: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Video:
    """A video, of which some frames were chosen.

    Attributes:
        path, item, size_px, sha256, band, sensor, camera, camera_error: As for a still.
        stem: What its frame ids begin with.
        indices: ``(N,)`` ordinals of the chosen frames in order of presentation.
        pts: ``(N,)`` their presentation time stamps in the stream's own unit.
        t_ns: ``(N,)`` nanoseconds since the first frame was presented.
        frame_count: Frames in the whole video.
        created_utc: What the container says about its beginning.
        start_utc: When it began, as stated in ``sortie.toml``.
    """

    path: Path
    item: str
    stem: str
    size_px: tuple[int, int]
    sha256: str
    band: Band
    sensor: str
    camera: CameraModel | None
    camera_error: str
    indices: Int
    pts: Int
    t_ns: Int
    frame_count: int
    created_utc: dt.datetime | None
    start_utc: dt.datetime | None


class TimeBase(StrEnum):
    """What the times of a telemetry file count from."""

    UTC = "utc"
    VIDEO_START = "video_start"
    NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class TelemetrySamples:
    """Samples in the order of their file; NaN where a value was not given.

    Attributes:
        path, item, sha256: The file.
        time_base: What `t_ns` counts from.
        t_ns: ``(N,)`` nanoseconds; 0 throughout when there are no times.
        frame_names: ``(N,)`` name of the frame that a sample belongs to, "" for none.
        lon_deg, lat_deg, alt_m, relative_alt_m: ``(N,)`` as in `TelemetryTrack`.
        yaw_deg, pitch_deg, roll_deg: ``(N,)`` of the camera.
        aircraft_yaw_deg: ``(N,)`` heading of the aircraft.
        position_sigma_m, alt_sigma_m, yaw_sigma_deg, tilt_sigma_deg: ``(N,)`` as stated.
        vertical_datum: As the columns' names state it, else ``unknown``.
        video_start_utc_ns: Start of the video where the file gives both clocks.
        bad_rows: Rows that could not be read.
        format: Name of the reader.
    """

    path: Path
    item: str
    sha256: str
    time_base: TimeBase
    t_ns: Int
    frame_names: tuple[str, ...]
    lon_deg: Float
    lat_deg: Float
    alt_m: Float
    relative_alt_m: Float
    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    aircraft_yaw_deg: Float
    position_sigma_m: Float
    alt_sigma_m: Float
    yaw_sigma_deg: Float
    tilt_sigma_deg: Float
    vertical_datum: str
    video_start_utc_ns: int | None
    bad_rows: int
    format: str

    def __post_init__(self) -> None:
        count = len(self.t_ns)
        if len(self.frame_names) != count:
            raise ValueError(f"frame_names must have {count} members, not {len(self.frame_names)}")
        for name in SAMPLE_COLUMNS:
            require_shape(name, getattr(self, name), (count,))


SAMPLE_COLUMNS = (
    "lon_deg",
    "lat_deg",
    "alt_m",
    "relative_alt_m",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "aircraft_yaw_deg",
    "position_sigma_m",
    "alt_sigma_m",
    "yaw_sigma_deg",
    "tilt_sigma_deg",
)
"""Names of the columns of numbers of `TelemetrySamples`."""


@dataclass(frozen=True, slots=True, eq=False)
class SortieContents:
    """All that was found in a folder.

    Attributes:
        folder: The folder.
        sortie_id: From ``sortie.toml`` or the folder's name.
        facts: ``sortie.toml``.
        stills, videos: In order of their names.
        telemetry: In order of their names.
        dropped: What was not read, and why.
    """

    folder: Path
    sortie_id: str
    facts: StatedFacts
    stills: tuple[Still, ...] = ()
    videos: tuple[Video, ...] = ()
    telemetry: tuple[TelemetrySamples, ...] = ()
    dropped: tuple[Dropped, ...] = field(default=())
