"""Cameras of frames: from ``sortie.toml``, the maker's calibration, the camera table, or EXIF, in that order."""

import math
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.geometry.brown import PINHOLE, Brown
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.distortion import Distortion, Lens, distortion_of
from pipeline.records.camera import CameraModel
from pipeline.records.shutter import ShutterKind
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedCamera
from pipeline.records.strict_toml import read_toml
from pipeline.sources.exif import Exif
from pipeline.sources.xmp import number

DEWARP_SIGMA = 0.002
"""A single camera's own calibration, but not of today's temperature and focus."""
CALIBRATED_SIGMA = 0.01
"""Makers write the design's focal length into this tag when a copy was not calibrated."""
FOCAL_PLANE_SIGMA = 0.02
EQUIVALENT_SIGMA = 0.05
"""The 35-mm equivalent is a whole number, and whether it goes by diagonal or width is the maker's choice."""
UNKNOWN_CROP_SIGMA = 0.05
"""The frame's width is neither the sensor's nor the same shape: how much was cut off is a guess."""

SAME_SHAPE = 0.01
"""Ratios of sides that differ by less are the same but for rounding."""

FULL_FRAME_DIAGONAL_MM = 43.267
"""Of 36 × 24 mm."""


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """A row of the camera table. See ``configs/cameras.toml`` for the meaning of the columns."""

    make: str
    model: str
    size_px: tuple[int, int]
    sensor_width_mm: float
    focal_mm: float | None = None
    focal_sigma: float = 0.02
    band: Band = Band.VISIBLE
    shutter: ShutterKind = ShutterKind.UNKNOWN
    readout_ms: float | None = None
    electronic_below_s: float | None = None
    lens: Lens = "brown"
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if min(*self.size_px, self.sensor_width_mm, self.focal_mm or 1.0, self.focal_sigma) <= 0:
            raise ValueError("sizes, lengths and 'focal_sigma' must be positive")
        if min(self.readout_ms or 1.0, self.electronic_below_s or 1.0) <= 0:
            raise ValueError("'readout_ms' and 'electronic_below_s' must be positive")
        distortion_of(self.lens, self.distortion)

    def has_shape(self, size_px: tuple[int, int]) -> bool:
        """Whether a picture has the sensor's ratio of sides."""
        return abs(size_px[0] * self.size_px[1] / (size_px[1] * self.size_px[0]) - 1) < SAME_SHAPE


@dataclass(frozen=True, slots=True)
class CameraTable:
    """Known cameras."""

    cameras: tuple[CameraEntry, ...] = ()

    def find(self, make: str, model: str, size_px: tuple[int, int]) -> CameraEntry | None:
        """The entry of a camera; among several lenses of one model the one whose picture has this width.

        The only entry of a model serves pictures of other widths too, cropped or reduced; that of a thermal sensor
        only those of its shape: the daylight cameras beside it go by the same model.
        """
        same = [
            entry
            for entry in self.cameras
            if entry.model.casefold() == model.casefold() and entry.make.casefold() == make.casefold()
        ]
        exact = [entry for entry in same if entry.size_px[0] == size_px[0]]
        only = [entry for entry in same if len(same) == 1 and (entry.band is Band.VISIBLE or entry.has_shape(size_px))]
        return next(iter(exact or only), None)


def read_camera_table(path: Path) -> CameraTable:
    """Read a camera table.

    Raises:
        ConfigError: Unknown key or wrong value; names file and line.
    """
    return read_toml(path).to(CameraTable)


@dataclass(frozen=True, slots=True)
class CameraClues:
    """What is known about the camera of a frame.

    Attributes:
        make, model: As the tags say.
        size_px: Width, height of the decoded picture.
        exif, xmp: Tags.
    """

    make: str
    model: str
    size_px: tuple[int, int]
    exif: Exif
    xmp: dict[str, str]

    @property
    def name(self) -> str:
        """Make and model."""
        return " ".join(part for part in (self.make, self.model) if part) or "unnamed camera"


def choose_camera(clues: CameraClues, stated: StatedCamera | None, table: CameraTable) -> CameraModel:
    """The best camera model that the clues give.

    Raises:
        InputError: Nothing tells the focal length; the message says what to add.
    """
    if stated is not None:
        return _from_statement(clues, stated)
    found = _from_dewarp(clues) or _from_calibrated(clues) or _from_table(clues, table)
    found = found or _from_focal_plane(clues) or _from_equivalent(clues)
    if found is None:
        raise InputError(
            f"camera {clues.name}, {clues.size_px[0]} × {clues.size_px[1]}: nothing tells its focal length; add "
            "[camera] with focal_px, or with focal_mm and sensor_width_mm, to sortie.toml"
        )
    return found


def camera_of(
    clues: CameraClues, sensor: str, stated: StatedCamera | None, table: CameraTable
) -> tuple[CameraModel | None, str]:
    """The camera of a sensor, or why there is none."""
    applies = stated if stated is not None and stated.sensor in (None, sensor) else None
    try:
        return choose_camera(clues, applies, table), ""
    except InputError as error:
        return None, str(error)


def _model(
    clues: CameraClues,
    focal: tuple[float, float],
    sigma: float,
    source: str,
    *,
    principal: tuple[float, float] | None = None,
    distortion: Distortion = PINHOLE,
) -> CameraModel:
    K = camera_matrix(focal[0], clues.size_px, principal)
    K[1, 1] = focal[1]
    return CameraModel(clues.name, clues.size_px, K, distortion, sigma, source)


def _from_statement(clues: CameraClues, stated: StatedCamera) -> CameraModel:
    width, height = stated.size_px or clues.size_px
    scale = clues.size_px[0] / width
    focal = stated.focal_px or (stated.focal_mm or 0.0) / (stated.sensor_width_mm or 1.0) * width
    cut = abs(clues.size_px[1] / height / scale - 1) > 0.01
    principal = stated.principal_px
    if principal is not None:
        top = (height - clues.size_px[1] / scale) / 2  # a frame of the same width but less height was cut evenly
        principal = ((principal[0] + 0.5) * scale - 0.5, (principal[1] - top + 0.5) * scale - 0.5)
    sigma = max(stated.focal_sigma, UNKNOWN_CROP_SIGMA if cut and scale != 1 else 0.0)
    bent = distortion_of(stated.lens, stated.distortion)
    model = _model(clues, (focal * scale,) * 2, sigma, "sortie.toml", principal=principal, distortion=bent)
    return CameraModel(stated.name, model.size_px, model.K, model.distortion, model.focal_sigma, model.source)


def _scale(clues: CameraClues) -> float:
    """Pixels of the picture per pixel of the camera: pictures are resized, and their tags are not."""
    tagged = clues.exif.number("pixel_width")
    return clues.size_px[0] / tagged if tagged > 0 else 1.0


def _from_dewarp(clues: CameraClues) -> CameraModel | None:
    """``date;fx,fy,cx,cy,k1,k2,p1,p2,k3``; the principal point counts from the centre of the picture."""
    parts = clues.xmp.get("DewarpData", "").rpartition(";")[2].split(",")
    try:
        fx, fy, cx, cy, k1, k2, p1, p2, k3 = (float(part) for part in parts)
    except ValueError:
        return None
    if not (all(map(math.isfinite, (cx, cy, k1, k2, p1, p2, k3))) and _plausible(clues, fx) and _plausible(clues, fy)):
        return None
    scale = _scale(clues)
    centre = ((clues.size_px[0] - 1) / 2 + cx * scale, (clues.size_px[1] - 1) / 2 + cy * scale)
    # with this flag the camera has straightened the picture itself
    straight = number(clues.xmp, "DewarpFlag") == 1
    bent = PINHOLE if straight else Brown(k1, k2, p1, p2, k3)
    return _model(clues, (fx * scale, fy * scale), DEWARP_SIGMA, "xmp dewarp", principal=centre, distortion=bent)


def _from_calibrated(clues: CameraClues) -> CameraModel | None:
    focal = number(clues.xmp, "CalibratedFocalLength")
    if not _plausible(clues, focal):
        return None
    scale = _scale(clues)
    x, y = number(clues.xmp, "CalibratedOpticalCenterX"), number(clues.xmp, "CalibratedOpticalCenterY")
    centre = (x * scale - 0.5, y * scale - 0.5)
    near = all(abs(c / size - 0.5) < 0.1 for c, size in zip(centre, clues.size_px, strict=True))
    return _model(clues, (focal * scale,) * 2, CALIBRATED_SIGMA, "xmp calibrated", principal=centre if near else None)


def _plausible(clues: CameraClues, focal_px: float) -> bool:
    """Between a fisheye and a 60× zoom; 0 stands for "not calibrated"."""
    return 0.3 < focal_px * _scale(clues) / clues.size_px[0] < 100


def _from_table(clues: CameraClues, table: CameraTable) -> CameraModel | None:
    entry = table.find(clues.make, clues.model, clues.size_px)
    focal = clues.exif.number("focal_mm")
    focal = focal if focal > 0 else (entry.focal_mm if entry and entry.focal_mm else math.nan)
    if entry is None or not focal > 0:
        return None
    scale = clues.size_px[0] / entry.size_px[0]
    same_shape = abs(clues.size_px[1] / entry.size_px[1] / scale - 1) < 0.01
    resized = abs(scale / _scale(clues) - 1) < 0.01
    sure = scale == 1 or same_shape or resized
    focal_px = focal / entry.sensor_width_mm * clues.size_px[0] * _zoom(clues)
    sigma = entry.focal_sigma if sure else max(entry.focal_sigma, UNKNOWN_CROP_SIGMA)
    return _model(clues, (focal_px,) * 2, sigma, "table", distortion=distortion_of(entry.lens, entry.distortion))


def _from_focal_plane(clues: CameraClues) -> CameraModel | None:
    unit_mm = {2.0: 25.4, 3.0: 10.0, 4.0: 1.0, 5.0: 0.001}.get(clues.exif.number("focal_plane_unit"), math.nan)
    focal = clues.exif.number("focal_mm") / unit_mm * clues.exif.number("focal_plane_x")
    if not _plausible(clues, focal):
        return None
    return _model(clues, (focal * _scale(clues) * _zoom(clues),) * 2, FOCAL_PLANE_SIGMA, "exif focal plane")


def _from_equivalent(clues: CameraClues) -> CameraModel | None:
    """By the diagonal, as CIPA DCG-001 has it; wide pictures are taken as cut from a 4:3 sensor of their width."""
    equivalent = clues.exif.number("focal_35mm")
    if not 5 <= equivalent <= 3000:
        return None
    width, height = clues.size_px
    diagonal = 1.25 * width if width / height > 1.7 else math.hypot(width, height)
    return _model(clues, (equivalent / FULL_FRAME_DIAGONAL_MM * diagonal,) * 2, EQUIVALENT_SIGMA, "exif 35 mm")


def _zoom(clues: CameraClues) -> float:
    zoom = clues.exif.number("digital_zoom")
    return zoom if 1 < zoom <= 100 else 1.0
