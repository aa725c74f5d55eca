"""What a sortie folder holds, as its files say it: not yet judged, matched or corrected."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.records.arrays import Int
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.samples import TelemetrySamples
from pipeline.records.shutter import Shutter
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedFacts

__all__ = [
    "SortieContents",
    "StatedFacts",
    "Still",
    "StillTags",
    "Video",
]


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
        east_mps, north_mps: Velocity over ground.
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
    east_mps: float = float("nan")
    north_mps: float = float("nan")


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
        counts_from: Where the counts of a radiometric still stand, in words; "" where the shown picture is the frame.
        warmth_c: Least and greatest temperature in it, in °C, where the file holds the constants for it.
        shutter: That took it.
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
    counts_from: str = ""
    warmth_c: tuple[float, float] | None = None
    shutter: Shutter = field(default_factory=Shutter)


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
        lasts_ns: From the first frame's beginning to the last one's end.
        file_bytes: Size of the file.
        created_utc: What the container says about its beginning.
        start_utc: When it began, as stated in ``sortie.toml``.
        shutter: That took it.
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
    shutter: Shutter = field(default_factory=Shutter)
    lasts_ns: int = 0
    file_bytes: int = 0


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
