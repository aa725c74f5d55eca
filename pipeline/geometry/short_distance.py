"""Distances of metres to kilometres from degrees: to the 0.5 % that speeds and gates need, where no map is at hand."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

EARTH_M_PER_DEG = 111_320.0
"""Of latitude."""


def from_first(lon_deg: Float, lat_deg: Float) -> Float:
    """``(N, 2)`` metres east and north of the first place, over the date line too."""
    east = (lon_deg - lon_deg[0] + 180) % 360 - 180
    return np.column_stack([east * np.cos(np.radians(lat_deg[0])), lat_deg - lat_deg[0]]) * EARTH_M_PER_DEG


def step_m(lon_deg: Float, lat_deg: Float) -> Float:
    """``(N-1,)`` metres between successive places."""
    east = (np.diff(lon_deg) + 180) % 360 - 180
    east_m = east * EARTH_M_PER_DEG * np.cos(np.radians((lat_deg[1:] + lat_deg[:-1]) / 2))
    return np.hypot(east_m, np.diff(lat_deg) * EARTH_M_PER_DEG)
