"""Calibrations that makers write into the XMP of their pictures."""

import math

from pipeline.geometry.brown import PINHOLE, Brown
from pipeline.records.camera import CameraModel
from pipeline.sources.camera_clues import (
    CameraClues,
    camera_model,
    digital_zoom,
    picture_scale,
    plausible,
    zoomed_sigma,
)
from pipeline.sources.xmp import number

DEWARP_SIGMA = 0.002
"""A single camera's own calibration, but not of today's temperature and focus."""
STRAIGHTENED_SIGMA = 0.005
"""The camera has straightened the picture itself, and does not say to which focal length."""
CAMERA_TAGS_SIGMA = 0.003
"""Each camera's own calibration; of warmth and mounting as above."""
CALIBRATED_SIGMA = 0.01
"""Makers write the design's focal length into this tag when a copy was not calibrated."""
NEAR_MIDDLE = 0.03
"""Lenses are mounted within this share of the picture's side; a centre further off is that of another picture."""


def from_dewarp(clues: CameraClues) -> CameraModel | None:
    """``DewarpData``: ``date;fx,fy,cx,cy,k1,k2,p1,p2,k3``; the principal point counts from the picture's centre."""
    parts = clues.xmp.get("DewarpData", "").rpartition(";")[2].split(",")
    try:
        fx, fy, cx, cy, k1, k2, p1, p2, k3 = (float(part) for part in parts)
    except ValueError:
        return None
    if not (all(map(math.isfinite, (cx, cy, k1, k2, p1, p2, k3))) and plausible(clues, fx) and plausible(clues, fy)):
        return None
    scale = picture_scale(clues) * digital_zoom(clues)
    centre = ((clues.size_px[0] - 1) / 2 + cx * scale, (clues.size_px[1] - 1) / 2 + cy * scale)
    # with this flag the camera has straightened the picture itself
    straight = number(clues.xmp, "DewarpFlag") == 1
    bent = PINHOLE if straight else Brown(k1, k2, p1, p2, k3)
    sigma = zoomed_sigma(clues, STRAIGHTENED_SIGMA if straight else DEWARP_SIGMA)
    return camera_model(clues, (fx * scale, fy * scale), sigma, "xmp dewarp", principal=centre, distortion=bent)


def from_calibrated(clues: CameraClues) -> CameraModel | None:
    """``CalibratedFocalLength`` in pixels; the optical centre counts from the picture's outer corner."""
    focal = number(clues.xmp, "CalibratedFocalLength")
    if not plausible(clues, focal):
        return None
    scale = picture_scale(clues)
    at = tuple(number(clues.xmp, f"CalibratedOpticalCenter{axis}") * scale for axis in "XY")
    size = (focal * scale * digital_zoom(clues),) * 2
    sigma = zoomed_sigma(clues, CALIBRATED_SIGMA)
    return camera_model(clues, size, sigma, "xmp calibrated", principal=_principal(clues, at))


def from_camera_tags(clues: CameraClues) -> CameraModel | None:
    """``PerspectiveFocalLength``, ``PrincipalPoint``, ``PerspectiveDistortion`` of multispectral cameras.

    Lengths are in millimetres, and the focal plane's resolution in EXIF makes pixels of them. The principal point
    counts from the picture's outer corner; coefficients are k1 k2 k3 p1 p2.
    """
    if clues.xmp.get("ModelType", "perspective") != "perspective":
        return None
    if clues.xmp.get("PerspectiveFocalLengthUnits", "mm") != "mm":
        return None
    per_mm = tuple(clues.pixels_per_mm(tag) for tag in ("focal_plane_x", "focal_plane_y"))
    focal = [number(clues.xmp, "PerspectiveFocalLength") * resolution for resolution in per_mm]
    if not all(plausible(clues, value) for value in focal):
        return None
    scale = picture_scale(clues)
    at = _numbers(clues.xmp.get("PrincipalPoint", ""), 2)
    principal = None
    if at is not None:
        principal = _principal(clues, (at[0] * per_mm[0] * scale, at[1] * per_mm[1] * scale))
    bent = _numbers(clues.xmp.get("PerspectiveDistortion", ""), 5)
    lens = PINHOLE if bent is None else Brown(bent[0], bent[1], bent[3], bent[4], bent[2])
    zoomed = (focal[0] * scale * digital_zoom(clues), focal[1] * scale * digital_zoom(clues))
    sigma = zoomed_sigma(clues, CAMERA_TAGS_SIGMA)
    return camera_model(clues, zoomed, sigma, "xmp camera", principal=principal, distortion=lens)


def _principal(clues: CameraClues, corner_px: tuple[float, ...]) -> tuple[float, float] | None:
    """Principal point from one that counts from the outer corner; None for one that is not of this picture."""
    column, row = (at - size / 2 for at, size in zip(corner_px, clues.size_px, strict=True))
    width, height = clues.size_px
    if not (abs(column) < NEAR_MIDDLE * width and abs(row) < NEAR_MIDDLE * height):
        return None
    zoom = digital_zoom(clues)
    return (width - 1) / 2 + zoom * column, (height - 1) / 2 + zoom * row


def _numbers(text: str, least: int) -> tuple[float, ...] | None:
    """Finite numbers between commas, when there are enough."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return found if len(found) >= least and all(map(math.isfinite, found)) else None
