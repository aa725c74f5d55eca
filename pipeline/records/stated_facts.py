"""What people state about a sortie in ``sortie.toml``."""

import datetime as dt
from dataclasses import dataclass

from pipeline.geometry.distortion import Lens, distortion_of


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
        lens: ``brown``: a pinhole with Brown–Conrady distortion; ``fisheye``: OpenCV's fisheye.
        distortion: k1 k2 p1 p2 k3 of a brown lens, k1 k2 k3 k4 of a fisheye, in OpenCV's order; none: zeros.
        focal_sigma: Relative standard deviation of the focal length.
        readout_ms: From the first row to the last; 0: the shutter exposes all rows at once. None: not stated.
    """

    name: str = "stated in sortie.toml"
    sensor: str | None = None
    size_px: tuple[int, int] | None = None
    focal_px: float | None = None
    focal_mm: float | None = None
    sensor_width_mm: float | None = None
    principal_px: tuple[float, float] | None = None
    lens: Lens = "brown"
    distortion: tuple[float, ...] = ()
    focal_sigma: float = 0.003
    readout_ms: float | None = None

    def __post_init__(self) -> None:
        if self.focal_px is None and (self.focal_mm is None or self.sensor_width_mm is None):
            raise ValueError("state 'focal_px', or 'focal_mm' and 'sensor_width_mm'")
        lengths = [self.focal_px, self.focal_mm, self.sensor_width_mm, self.focal_sigma, *(self.size_px or ())]
        if any(length is not None and not length > 0 for length in lengths):
            raise ValueError("focal lengths, sizes and 'focal_sigma' must be positive")
        if self.readout_ms is not None and not 0 <= self.readout_ms <= 1000:
            raise ValueError("'readout_ms' must lie between 0 and 1000")
        distortion_of(self.lens, self.distortion)


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
