"""Directions and distances between places on the ellipsoid, as seen from one of them."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

_SEMI_MAJOR_M, _FLATTENING = 6_378_137.0, 1 / 298.257_223_563


def line_of_sight(sensor: tuple[Float, Float, Float], centre: tuple[Float, Float, Float]) -> tuple[Float, Float, Float]:
    """Bearing from true north, elevation, both in degrees, and distance in metres from one place to another.

    Args:
        sensor, centre: Longitude, latitude in degrees and height in metres, ``(N,)`` each; heights above one zero.

    Source: straight line between geocentric positions on WGS 84, in the sensor's own horizon.
    """
    away = _geocentric(*centre) - _geocentric(*sensor)
    lon, lat = np.radians(sensor[0]), np.radians(sensor[1])
    sin_lon, cos_lon, sin_lat, cos_lat = np.sin(lon), np.cos(lon), np.sin(lat), np.cos(lat)
    east = -sin_lon * away[:, 0] + cos_lon * away[:, 1]
    north = -sin_lat * cos_lon * away[:, 0] - sin_lat * sin_lon * away[:, 1] + cos_lat * away[:, 2]
    up = cos_lat * cos_lon * away[:, 0] + cos_lat * sin_lon * away[:, 1] + sin_lat * away[:, 2]
    distance = np.sqrt((away**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        elevation = np.degrees(np.arctan2(up, np.hypot(east, north)))
    bearing = np.degrees(np.arctan2(east, north))
    known = distance > 1.0
    return np.where(known, bearing, np.nan), np.where(known, elevation, np.nan), distance


def direction(bearing_deg: Float, elevation_deg: Float) -> Float:
    """``(N, 3)`` unit vectors in north, east, down."""
    bearing, elevation = np.radians(bearing_deg), np.radians(elevation_deg)
    level = np.cos(elevation)
    towards: Float = np.column_stack([level * np.cos(bearing), level * np.sin(bearing), -np.sin(elevation)])
    return towards


def _geocentric(lon_deg: Float, lat_deg: Float, height_m: Float) -> Float:
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    squared = _FLATTENING * (2 - _FLATTENING)
    normal = _SEMI_MAJOR_M / np.sqrt(1 - squared * np.sin(lat) ** 2)
    across = (normal + height_m) * np.cos(lat)
    up = (normal * (1 - squared) + height_m) * np.sin(lat)
    places: Float = np.column_stack([across * np.cos(lon), across * np.sin(lon), up])
    return places
