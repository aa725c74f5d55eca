"""Telemetry as its file gives it: not yet sorted, gated or matched."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from pipeline.records.arrays import Float, Int, require_shape


class TimeBase(StrEnum):
    """What the times of a telemetry file count from."""

    UTC = "utc"
    VIDEO_START = "video_start"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ReadingFault:
    """A kind of fault that a reader met and survived.

    Attributes:
        code: Stable, e.g. ``checksum_wrong``.
        count: How often.
        reason: In words, after "N of M samples": what it is and what was done.
    """

    code: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class GnssSamples:
    """What the receiver says of itself; NaN where it does not.

    Attributes:
        satellites: ``(N,)`` satellites used.
        hdop: ``(N,)`` horizontal dilution of precision.
        fix: ``(N,)`` 0–1 none, 2 flat, 3 full, 4 differential, 5 floated and 6 fixed carrier phases.
        jamming: ``(N,)`` 0 … 1, the receiver's own indicator of interference.
        speed_mps: ``(N,)`` horizontal speed that the receiver (or the autopilot) measured, not derived from positions.
        climb_mps: ``(N,)`` vertical speed, up.
        spoofed: ``(N,)`` 1 where the receiver says that it is being deceived.
    """

    satellites: Float
    hdop: Float
    fix: Float
    jamming: Float
    speed_mps: Float
    climb_mps: Float
    spoofed: Float

    @classmethod
    def of(cls, count: int, **columns: Float) -> "GnssSamples":
        """With NaN in every column that is not given."""
        return cls(**{name: columns.pop(name, np.full(count, np.nan)) for name in cls.__slots__}, **columns)


@dataclass(frozen=True, slots=True, eq=False)
class ViewSamples:
    """What a sensor says that it sees; NaN where it does not.

    Attributes:
        hfov_deg, vfov_deg: ``(N,)`` full angles of view.
        slant_range_m: ``(N,)`` to the frame's centre.
        target_lon_deg, target_lat_deg, target_height_m: ``(N,)`` the frame's centre on the ground as the source
            computed it.
        corners_deg: ``(N, 4, 2)`` longitude and latitude of the corners, from the top left clockwise.
        target_datum: Vertical datum of `target_height_m`.
        focal_sigma: Relative standard deviation of the focal length that follows from the angles.
    """

    hfov_deg: Float
    vfov_deg: Float
    slant_range_m: Float
    target_lon_deg: Float
    target_lat_deg: Float
    target_height_m: Float
    corners_deg: Float
    target_datum: str = "unknown"
    focal_sigma: float = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class TargetSamples:
    """What a sensor itself reports as moving: M targets of all samples together; NaN where a value was not given.

    Attributes:
        row: ``(M,)`` which sample each belongs to.
        number: ``(M,)`` the sensor's number for the target.
        box_px: ``(M, 4)`` left, top, right and bottom pixel, both ends within; the top left pixel is (0, 0).
        centre_px: ``(M, 2)`` column and row.
        confidence: ``(M,)`` 0 … 1.
        lon_deg, lat_deg: ``(M,)`` place as the sensor computed it.
        height_m: ``(M,)`` above the ellipsoid.
        status: ``(M,)`` 0 inactive, 1 moving, 2 dropped, 3 stopped, 4 coasting.
    """

    row: Int
    number: Int
    box_px: Float
    centre_px: Float
    confidence: Float
    lon_deg: Float
    lat_deg: Float
    height_m: Float
    status: Float

    def __len__(self) -> int:
        return len(self.row)

    def of_rows(self, rows: Int) -> "TargetSamples":
        """Targets of some samples, whose rows are then counted among these; `rows` increasing."""
        place = np.searchsorted(rows, self.row)
        chosen = (
            (place < len(rows)) & (rows[np.minimum(place, len(rows) - 1)] == self.row) if len(rows) else self.row < 0
        )
        columns = {name: getattr(self, name)[chosen] for name in self.__slots__}
        return TargetSamples(**{**columns, "row": place[chosen].astype(np.int64)})


@dataclass(frozen=True, slots=True, eq=False)
class ReportedStream:
    """Targets of one telemetry table, by the clock of the frames.

    Attributes:
        sensor: Camera stream in whose pixels they are.
        t_utc_ns: ``(N,)`` time of each sample.
        targets: Their rows count `t_utc_ns`.
    """

    sensor: str
    t_utc_ns: Int
    targets: TargetSamples


@dataclass(frozen=True, slots=True, eq=False)
class CaptureSamples:
    """When a flight log says that the camera took stills, in the order of the log.

    Attributes:
        t_ns: ``(M,)`` by the clock of the samples beside it.
        sequence: ``(M,)`` number that the autopilot gave to the still, rising by one; -1 where it gave none.
        fed_back: Whether the camera confirmed that its shutter opened; else it was only asked to.
    """

    t_ns: Int
    sequence: Int
    fed_back: bool


@dataclass(frozen=True, slots=True, eq=False)
class TelemetrySamples:
    """Samples in the order of their file; NaN where a value was not given.

    One continuous clip of one stream: a file with several streams, or with clips joined behind one another, gives
    several.

    Attributes:
        path, item, sha256: The file.
        time_base: What `t_ns` counts from.
        t_ns: ``(N,)`` nanoseconds; 0 throughout when there are no times.
        frame_names: ``(N,)`` name of the frame that a sample belongs to, "" for none.
        lon_deg, lat_deg, alt_m, relative_alt_m: ``(N,)`` as in `TelemetryTrack`.
        yaw_deg, pitch_deg, roll_deg: ``(N,)`` of the camera.
        aircraft_yaw_deg: ``(N,)`` heading of the aircraft.
        position_sigma_m, alt_sigma_m, yaw_sigma_deg, tilt_sigma_deg: ``(N,)`` as stated.
        vertical_datum: As the file states it, else ``unknown``.
        video_start_utc_ns: Start of the video (its first presented frame) where the file relates the two clocks.
        bad_rows: Rows that could not be read.
        format: Name of the reader.
        video_start_sigma_s: Standard deviation of `video_start_utc_ns`.
        video_start_local_ns: The same by a clock without a zone, as if it were UTC: a resolver finds the zone.
        local_clock: `t_ns` of base ``UTC`` comes from a clock whose zone is not stated.
        stream: Which stream of the file, "" where it has one.
        in_video: The samples lie in a video file and belong to it.
        gnss: What the receiver says of itself.
        view: What the sensor says that it sees.
        sensor, platform: Names that the file states.
        security_marking: Highest marking in it, in words; None where it has none.
        faults: What was wrong and survived.
        datum_reason: Why `vertical_datum` is what it is, in words; "" for nothing to say.
        notes: How it was read, in words, for people: what was settled by evidence and by which.
        unnamed_deg: ``(N, 2)`` coordinates of which the file does not tell which is the longitude, NaN elsewhere;
            `lon_deg` and `lat_deg` are NaN there. None where there are none.
        captures: Stills that a flight log tells of without their names; they pair with stills by order.
        targets: What the sensor reports as moving; None where it reports nothing of the kind.
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
    video_start_sigma_s: float = 0.1
    video_start_local_ns: int | None = None
    local_clock: bool = False
    stream: str = ""
    in_video: bool = False
    gnss: GnssSamples | None = None
    view: ViewSamples | None = None
    sensor: str = ""
    platform: str = ""
    security_marking: str | None = None
    faults: tuple[ReadingFault, ...] = ()
    datum_reason: str = ""
    notes: tuple[str, ...] = ()
    unnamed_deg: Float | None = None
    captures: CaptureSamples | None = None
    targets: TargetSamples | None = None

    def __post_init__(self) -> None:
        count = len(self.t_ns)
        if len(self.frame_names) != count:
            raise ValueError(f"frame_names must have {count} members, not {len(self.frame_names)}")
        for name in SAMPLE_COLUMNS:
            require_shape(name, getattr(self, name), (count,))
        for name in GnssSamples.__slots__ if self.gnss is not None else ():
            require_shape(name, getattr(self.gnss, name), (count,))
        if self.unnamed_deg is not None:
            require_shape("unnamed_deg", self.unnamed_deg, (count, 2))

    def __len__(self) -> int:
        return len(self.t_ns)


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


def make_samples(
    path: Path, reader: str, time_base: TimeBase, t_ns: Int, columns: dict[str, Float], **facts: object
) -> TelemetrySamples:
    """Samples whose unnamed columns are NaN and whose unnamed facts say nothing.

    Args:
        path: The file.
        reader: Name of the reader.
        time_base, t_ns: As in `TelemetrySamples`.
        columns: ``(N,)`` each, some of `SAMPLE_COLUMNS`.
        facts: Other attributes of `TelemetrySamples`.

    Raises:
        ValueError: A column or fact that there is none of, or a wrong shape.
    """
    unknown = set(columns) - set(SAMPLE_COLUMNS)
    if unknown:
        raise ValueError(f"no such columns of telemetry: {', '.join(sorted(unknown))}")
    count = len(t_ns)
    nothing: dict[str, object] = {
        "path": path,
        "item": path.name,
        "sha256": "",
        "time_base": time_base,
        "t_ns": np.asarray(t_ns, np.int64),
        "frame_names": ("",) * count,
        "vertical_datum": "unknown",
        "video_start_utc_ns": None,
        "bad_rows": 0,
        "format": reader,
    }
    numbers = {name: np.asarray(columns.get(name, np.full(count, np.nan)), np.float64) for name in SAMPLE_COLUMNS}
    return TelemetrySamples(**{**nothing, **numbers, **facts})  # type: ignore[arg-type]
