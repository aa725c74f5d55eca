"""What the tags of a picture tell about its camera, and camera models made of it."""

import math
from dataclasses import dataclass

from pipeline.geometry.brown import PINHOLE
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.distortion import Distortion
from pipeline.records.camera import CameraModel
from pipeline.sources.exif import Exif

ZOOMED_SIGMA = 0.02
"""A digital zoom is stated to a tenth, and the camera cuts to whole blocks of pixels."""
_UNIT_MM = {2.0: 25.4, 3.0: 10.0, 4.0: 1.0, 5.0: 0.001}
"""Of the focal plane's resolution, as Exif numbers them."""


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

    def pixels_per_mm(self, tag: str) -> float:
        """The focal plane's resolution, ``focal_plane_x`` or ``focal_plane_y``, NaN where EXIF does not state it."""
        return self.exif.number(tag) / _UNIT_MM.get(self.exif.number("focal_plane_unit"), math.nan)


def camera_model(
    clues: CameraClues,
    focal: tuple[float, float],
    sigma: float,
    source: str,
    *,
    principal: tuple[float, float] | None = None,
    distortion: Distortion = PINHOLE,
) -> CameraModel:
    """The camera of the clues with a focal length in pixels of the picture, across and down."""
    K = camera_matrix(focal[0], clues.size_px, principal)
    K[1, 1] = focal[1]
    return CameraModel(clues.name, clues.size_px, K, distortion, sigma, source)


def picture_scale(clues: CameraClues) -> float:
    """Pixels of the picture per pixel of the camera: pictures are resized, and their tags are not."""
    tagged = clues.exif.number("pixel_width")
    return clues.size_px[0] / tagged if tagged > 0 else 1.0


def plausible(clues: CameraClues, focal_px: float) -> bool:
    """Between a fisheye and a 60× zoom; 0 stands for "not calibrated"."""
    return 0.3 < focal_px * picture_scale(clues) / clues.size_px[0] < 100


def zoomed_sigma(clues: CameraClues, sigma: float) -> float:
    """Relative standard deviation of a focal length, once a digital zoom has been reckoned in."""
    return max(sigma, ZOOMED_SIGMA) if digital_zoom(clues) > 1 else sigma


def digital_zoom(clues: CameraClues) -> float:
    """How much larger than without it the picture shows things; 1 where none is stated."""
    zoom = clues.exif.number("digital_zoom")
    return zoom if 1 < zoom <= 100 else 1.0
