"""How far around a flight ground may be looked at."""

import numpy as np

from pipeline.geometry.footprint import MAX_RANGE_M
from pipeline.records.frame import PosedFrame


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
    half_field = float(np.arctan(np.hypot(*frame.camera.size_px) / 2 / frame.camera.focal_px))
    down = float(np.arcsin(np.clip(-frame.pose.rotation[2, 2], -1.0, 1.0))) - half_field
    return min(height_m / np.tan(down), MAX_RANGE_M) if down > 0.01 else MAX_RANGE_M
