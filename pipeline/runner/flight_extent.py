"""How far around a flight ground may be looked at, and whether the terrain reaches that far."""

from collections.abc import Iterable

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.footprint import MAX_RANGE_M
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GroundFrame, PosedFrame

STEEP = np.sin(np.radians(10.0))
"""Rays nearer to the horizon may leave any elevation model."""


def terrain_bounds(frames: tuple[PosedFrame, ...], reach_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north of the ground that frames may look at, in site metres.

    A frame that looks near the horizon may see ground as far as `MAX_RANGE_M`.
    """
    eyes = np.array([frame.pose.eye_m[:2] for frame in frames])
    ranges = np.array([_range_m(frame) for frame in frames])[:, None] + reach_m
    west, south = (eyes - ranges).min(axis=0)
    east, north = (eyes + ranges).max(axis=0)
    return float(west), float(south), float(east), float(north)


def _range_m(frame: PosedFrame) -> float:
    """Horizontal distance to which the upper edge of a frame sees, over flat ground."""
    height_m = frame.relative_alt_m if np.isfinite(frame.relative_alt_m) and frame.relative_alt_m > 0 else 500.0
    half_field = _half_field_rad(frame.camera)
    down = float(np.arcsin(np.clip(-frame.pose.rotation[2, 2], -1.0, 1.0))) - half_field
    return min(height_m / np.tan(down), MAX_RANGE_M) if down > 0.01 else MAX_RANGE_M


def _half_field_rad(camera: CameraModel) -> float:
    """Angle between the optical axis and the farthest corner; π where the lens does not say."""
    width, height = camera.size_px
    corners = np.array([[0.0, 0.0], [width - 1.0, 0.0], [0.0, height - 1.0], [width - 1.0, height - 1.0]])
    along = pixel_rays(corners, camera.K, camera.distortion, np.eye(3))[:, 2]
    return float(np.nan_to_num(np.arccos(np.clip(along, -1.0, 1.0)), nan=np.pi).max())


def beyond_terrain(frames: Iterable[GroundFrame], terrain: HeightGrid) -> list[str]:
    """Ids of frames of which a part looks at ground that the elevation model does not know."""
    found = []
    for frame in frames:
        width, height = frame.camera.size_px
        columns, rows = np.meshgrid(np.linspace(0, width - 1, 5), np.linspace(0, height - 1, 5))
        pixels = np.column_stack([columns.ravel(), rows.ravel()])
        rays = pixel_rays(pixels, frame.camera.K, frame.camera.distortion, frame.pose.rotation)
        rays = rays[rays[:, 2] < -STEEP]
        try:
            met = meet_terrain(frame.pose.eye_m, rays, terrain) if len(rays) else rays
        except GeometryError:
            continue
        if np.isnan(met).any():
            found.append(frame.ref.frame_id)
    return found
