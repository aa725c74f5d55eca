"""The camera's attitude from the platform's and the sensor's angles relative to it.

Makers differ in what the sensor's angles are relative to, whatever the standard says. Where the same packets also say
where the sensor is and where the frame's centre lies on the ground, the direction from one to the other shows it.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float

_SEMI_MAJOR_M, _FLATTENING = 6_378_137.0, 1 / 298.257_223_563
_NEAR_VERTICAL = np.cos(np.radians(0.01))
WRONG_DEG = 2.0
"""A reading that misses the frame's centre by less is not doubted."""
BETTER = 4.0
"""Another reading is taken where it misses so many times less."""


@dataclass(frozen=True, slots=True, eq=False)
class Attitude:
    """Attitudes of a camera.

    Attributes:
        yaw_deg, pitch_deg, roll_deg: ``(N,)``.
        reading: ``platform``: relative to the platform, as ST 0601 has it; ``level``: to its heading alone;
            ``north``: to north and the horizon.
        misses_deg: Median angle between the camera's axis and the direction to the frame's centre; NaN: not known.
        others_deg: The same of the readings that were not taken, by name.
    """

    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    reading: str
    misses_deg: float
    others_deg: dict[str, float]


def camera_attitude(
    platform_deg: tuple[Float, Float, Float],
    relative_deg: tuple[Float, Float, Float],
    sight: tuple[Float, Float],
) -> Attitude:
    """Compose, by the reading that the frame's centre confirms.

    Args:
        platform_deg: Heading, pitch and roll, ``(N,)`` each.
        relative_deg: Azimuth, elevation and roll that turn the platform's axes into the camera's, in this order.
        sight: Bearing and elevation of the frame's centre as the sensor sees it, as `line_of_sight` gives them.

    Source: MISB ST 0601, items 5 to 7 and 18 to 20; rotations as in `pipeline.geometry.rotation`.
    """
    heading, zero = platform_deg[0], np.zeros(len(platform_deg[0]))
    relative = rotations(*relative_deg)
    axes = {
        "platform": rotations(*platform_deg) @ relative,
        "level": rotations(heading, zero, zero) @ relative,
        "north": relative,
    }
    towards = _direction(*sight)
    misses = {name: _median_angle(matrix[:, :, 0], towards) for name, matrix in axes.items()}
    reading = "platform"
    if misses[reading] > WRONG_DEG:
        best = min(misses, key=lambda name: misses[name])
        if misses[best] * BETTER < misses[reading]:
            reading = best
    others = {name: angle for name, angle in misses.items() if name != reading}
    return Attitude(*angles_of(axes[reading]), reading, misses[reading], others)


def rotations(yaw_deg: Float, pitch_deg: Float, roll_deg: Float) -> Float:
    """``(N, 3, 3)`` whose columns are forward, right and down of a body in north, east, down."""
    yaw, pitch, roll = (np.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    rows = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def angles_of(axes: Float) -> tuple[Float, Float, Float]:
    """Yaw, pitch and roll in degrees of `rotations`; straight down or up, roll is 0 and yaw the picture's top."""
    forward, right, down = axes[:, :, 0], axes[:, :, 1], axes[:, :, 2]
    pitch = -np.arcsin(np.clip(forward[:, 2], -1.0, 1.0))
    vertical = np.abs(forward[:, 2]) > _NEAR_VERTICAL
    top = np.where(forward[:, 2:] > 0, -down, down)
    yaw = np.where(vertical, np.arctan2(top[:, 1], top[:, 0]), np.arctan2(forward[:, 1], forward[:, 0]))
    roll = np.where(vertical, 0.0, np.arctan2(right[:, 2], down[:, 2]))
    return np.degrees(yaw), np.degrees(pitch), np.degrees(roll)


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


def grid_convergence_deg(lon_deg: Float, lat_deg: Float) -> Float:
    """Bearing of UTM grid north from true north, clockwise, ``(N,)``. Source: transverse Mercator on a sphere."""
    middle = np.floor((lon_deg + 180) / 6) * 6 - 177
    bearing: Float = np.degrees(np.arctan(np.tan(np.radians(lon_deg - middle)) * np.sin(np.radians(lat_deg))))
    return bearing


def _geocentric(lon_deg: Float, lat_deg: Float, height_m: Float) -> Float:
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    squared = _FLATTENING * (2 - _FLATTENING)
    normal = _SEMI_MAJOR_M / np.sqrt(1 - squared * np.sin(lat) ** 2)
    across = (normal + height_m) * np.cos(lat)
    up = (normal * (1 - squared) + height_m) * np.sin(lat)
    places: Float = np.column_stack([across * np.cos(lon), across * np.sin(lon), up])
    return places


def _direction(bearing_deg: Float, elevation_deg: Float) -> Float:
    bearing, elevation = np.radians(bearing_deg), np.radians(elevation_deg)
    level = np.cos(elevation)
    towards: Float = np.column_stack([level * np.cos(bearing), level * np.sin(bearing), -np.sin(elevation)])
    return towards


def _median_angle(one: Float, other: Float) -> float:
    chord = np.sqrt(((one - other) ** 2).sum(1))
    angles = np.degrees(2 * np.arcsin(np.clip(chord[np.isfinite(chord)] / 2, 0, 1)))
    return float(np.median(angles)) if len(angles) else float("nan")
