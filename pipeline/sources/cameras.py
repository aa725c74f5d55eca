"""Cameras of frames: from ``sortie.toml``, the maker's calibration, the camera table, or EXIF, in that order."""

import math
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.geometry.distortion import Lens, distortion_of
from pipeline.records.camera import CameraModel
from pipeline.records.shutter import ShutterKind
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedCamera
from pipeline.records.strict_toml import read_toml
from pipeline.sources.camera_clues import (
    CameraClues,
    camera_model,
    digital_zoom,
    picture_scale,
    plausible,
    zoomed_sigma,
)
from pipeline.sources.maker_calibration import from_calibrated, from_camera_tags, from_dewarp

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
        return abs(_shape(size_px) / _shape(self.size_px) - 1) < SAME_SHAPE


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
        exact = [entry for entry in same if max(entry.size_px) == max(size_px)]
        only = [entry for entry in same if len(same) == 1 and (entry.band is Band.VISIBLE or entry.has_shape(size_px))]
        return next(iter(exact or only), None)


def read_camera_table(path: Path) -> CameraTable:
    """Read a camera table.

    Raises:
        ConfigError: Unknown key or wrong value; names file and line.
    """
    return read_toml(path).to(CameraTable)


def choose_camera(clues: CameraClues, stated: StatedCamera | None, table: CameraTable) -> CameraModel:
    """The best camera model that the clues give.

    Raises:
        InputError: Nothing tells the focal length; the message says what to add.
    """
    if stated is not None:
        return _from_statement(clues, stated)
    found = from_dewarp(clues) or from_calibrated(clues) or from_camera_tags(clues) or _from_table(clues, table)
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
    model = camera_model(clues, (focal * scale,) * 2, sigma, "sortie.toml", principal=principal, distortion=bent)
    return CameraModel(stated.name, model.size_px, model.K, model.distortion, model.focal_sigma, model.source)


def _from_table(clues: CameraClues, table: CameraTable) -> CameraModel | None:
    entry = table.find(clues.make, clues.model, clues.size_px)
    focal = clues.exif.number("focal_mm")
    focal = focal if focal > 0 else (entry.focal_mm if entry and entry.focal_mm else math.nan)
    if entry is None or not focal > 0:
        return None
    # a sensor turned upright gives pictures whose longer side is its width
    scale = max(clues.size_px) / max(entry.size_px)
    resized = abs(scale / picture_scale(clues) - 1) < 0.01
    sure = scale == 1 or entry.has_shape(clues.size_px) or resized
    focal_px = focal / entry.sensor_width_mm * max(clues.size_px) * digital_zoom(clues)
    sigma = zoomed_sigma(clues, entry.focal_sigma if sure else max(entry.focal_sigma, UNKNOWN_CROP_SIGMA))
    return camera_model(clues, (focal_px,) * 2, sigma, "table", distortion=distortion_of(entry.lens, entry.distortion))


def _from_focal_plane(clues: CameraClues) -> CameraModel | None:
    focal = clues.exif.number("focal_mm") * clues.pixels_per_mm("focal_plane_x")
    if not plausible(clues, focal):
        return None
    sigma = zoomed_sigma(clues, FOCAL_PLANE_SIGMA)
    return camera_model(clues, (focal * picture_scale(clues) * digital_zoom(clues),) * 2, sigma, "exif focal plane")


def _from_equivalent(clues: CameraClues) -> CameraModel | None:
    """By the diagonal, as CIPA DCG-001 has it; wide pictures are taken as cut from a 4:3 sensor of their width."""
    equivalent = clues.exif.number("focal_35mm")
    if not 5 <= equivalent <= 3000:
        return None
    diagonal = 1.25 * max(clues.size_px) if _shape(clues.size_px) > 1.7 else math.hypot(*clues.size_px)
    # some makers count the digital zoom in, some do not: half-way, and as unsure as that
    doubt = math.sqrt(digital_zoom(clues))
    focal_px = equivalent / FULL_FRAME_DIAGONAL_MM * diagonal * doubt
    return camera_model(clues, (focal_px,) * 2, max(EQUIVALENT_SIGMA, doubt - 1), "exif 35 mm")


def _shape(size_px: tuple[int, int]) -> float:
    """Ratio of the longer side to the shorter."""
    return max(size_px) / min(size_px)
