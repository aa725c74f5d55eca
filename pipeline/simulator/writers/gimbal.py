"""The camera's attitude as angles relative to its platform, and where it then looks on flat ground."""

from dataclasses import dataclass

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_ned, camera_to_site
from pipeline.records.arrays import Float
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.writers.sample import Sample

_LEVEL = 1e-9


def body_to_ned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Float:
    """``(3, 3)`` whose columns are forward, right and down of a body in north, east, down."""
    right, down, forward = camera_to_ned(*np.radians([yaw_deg, pitch_deg, roll_deg])).T
    return np.column_stack([forward, right, down])


def relative_angles(camera: Float, platform: Float) -> tuple[float, float, float]:
    """Azimuth, elevation and roll in degrees that turn the platform's axes into the camera's.

    Args:
        camera, platform: As `body_to_ned` gives them.

    Returns:
        Azimuth clockwise from above in [0, 360), elevation up in [-90, 90], roll clockwise from behind in [0, 360);
        applied in this order. Where the camera looks along the platform's vertical axis, roll is 0.

    Source: MISB ST 0601, items 18 to 20.
    """
    relative = platform.T @ camera
    elevation = float(np.arcsin(np.clip(-relative[2, 0], -1.0, 1.0)))
    if abs(abs(relative[2, 0]) - 1) < _LEVEL:
        azimuth, roll = float(np.arctan2(-relative[0, 1], relative[1, 1])), 0.0
    else:
        azimuth = float(np.arctan2(relative[1, 0], relative[0, 0]))
        roll = float(np.arctan2(relative[2, 1], relative[2, 2]))
    return np.degrees(azimuth) % 360.0, float(np.degrees(elevation)), np.degrees(roll) % 360.0


def sample_angles(sample: Sample) -> tuple[float, float, float]:
    """`relative_angles` of what a sample says."""
    camera = body_to_ned(sample.yaw_deg, sample.pitch_deg, sample.roll_deg)
    platform = body_to_ned(sample.platform_yaw_deg, sample.platform_pitch_deg, sample.platform_roll_deg)
    return relative_angles(camera, platform)


def field_of_view_deg(lens: Lens, focal_px: float) -> tuple[float, float]:
    """Horizontal and vertical angles between the middles of opposite edges, without distortion."""
    half = np.array(lens.size_px) / 2 / focal_px
    angles = np.degrees(2 * (half if lens.kind == "fisheye" else np.arctan(half)))
    return min(float(angles[0]), 180.0), min(float(angles[1]), 180.0)


@dataclass(frozen=True, slots=True, eq=False)
class FlatFootprint:
    """Where a camera looks, if the ground were flat at the height of its take-off: what autopilots compute.

    Attributes:
        centre_lonlat: ``(2,)`` of the picture's middle; NaN where that looks above the horizon.
        corners_lonlat: ``(4, 2)`` upper left, upper right, lower right, lower left; NaN likewise.
        ground_m: Height of the ground in the sample's own datum.
        slant_m: Distance to the centre; NaN likewise.
    """

    centre_lonlat: Float
    corners_lonlat: Float
    ground_m: float
    slant_m: float


def flat_footprint(sample: Sample, lens: Lens, site: SiteFrame) -> FlatFootprint | None:
    """None without a fix, or from below the height of take-off."""
    if not sample.fixed or not sample.relative_alt_m > 0:
        return None
    width, height = lens.size_px
    offsets = np.array([[0, 0], [-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    plane = offsets / sample.focal_px
    if lens.kind == "fisheye":
        angle = np.hypot(*plane.T)
        rays = np.column_stack([plane * np.sinc(angle / np.pi)[:, None], np.cos(angle)])
    else:
        rays = np.column_stack([plane, np.ones(5)])
    yaw, pitch, roll = np.radians([sample.yaw_deg, sample.pitch_deg, sample.roll_deg])
    towards = rays @ camera_to_site(yaw, pitch, roll, site.convergence_rad).T
    steps = np.where(towards[:, 2] < -_LEVEL, -sample.relative_alt_m / np.minimum(towards[:, 2], -_LEVEL), np.nan)
    eye = site.from_lonlat(np.array([sample.lon_deg]), np.array([sample.lat_deg]))[0]
    lonlat = site.to_lonlat(eye + steps[:, None] * towards[:, :2])
    slant = float(steps[0] * np.linalg.norm(towards[0]))
    return FlatFootprint(lonlat[0], lonlat[1:], sample.alt_m - sample.relative_alt_m, slant)
