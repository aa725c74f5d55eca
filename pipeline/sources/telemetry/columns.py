"""Names that columns of telemetry tables go by. ``docs/input.md`` lists them for people."""

import re
from dataclasses import dataclass

FOOT_M = 0.3048


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means.

    Attributes:
        name: Field of `TelemetrySamples`, or ``time``, ``video_time``, ``frame``.
        scale: Factor to the field's unit.
        datum: Vertical datum that the column's name states.
    """

    name: str
    scale: float = 1.0
    datum: str = "unknown"


_PLAIN = {
    "time": "t_utc time_utc utc utc_time timestamp timestamp_utc datetime datetime_utc date_time time gps_time "
    "t_utc_ns timestamp_ns time_utc_ns",
    "video_time": "video_s video_time_s video_time t_s time_s seconds elapsed_s elapsed_seconds offset_s time_second",
    "frame": "frame file filename file_name image image_name frame_id frame_name name photo picture",
    "lon_deg": "lon_deg lon longitude longitude_deg lng gps_longitude x_lon",
    "lat_deg": "lat_deg lat latitude latitude_deg gps_latitude y_lat",
    "alt_m": "alt_m alt altitude altitude_m height_m alt_msl_m alt_msl altitude_msl_m elevation elevation_m "
    "absolute_altitude_m abs_alt_m gps_altitude_m altitude_above_sealevel_m",
    "relative_alt_m": "relative_alt_m rel_alt_m relative_altitude_m relative_altitude height_above_takeoff_m agl_m "
    "height_above_home_m",
    "yaw_deg": "yaw_deg yaw camera_yaw_deg gimbal_yaw_deg gimbal_yaw gimbal_heading_deg gimbal_heading camera_yaw",
    "pitch_deg": "pitch_deg pitch camera_pitch_deg gimbal_pitch_deg gimbal_pitch camera_pitch",
    "roll_deg": "roll_deg roll camera_roll_deg gimbal_roll_deg gimbal_roll camera_roll",
    "aircraft_yaw_deg": "aircraft_yaw_deg heading_deg heading compass_heading_deg compass_heading flight_yaw_deg "
    "uav_yaw_deg course_deg",
    "position_sigma_m": "position_sigma_m horizontal_sigma_m h_sigma_m horizontal_accuracy_m hacc_m",
    "alt_sigma_m": "alt_sigma_m vertical_sigma_m v_sigma_m vertical_accuracy_m vacc_m",
    "yaw_sigma_deg": "yaw_sigma_deg heading_sigma_deg",
    "tilt_sigma_deg": "tilt_sigma_deg pitch_sigma_deg",
}
_SCALED = {
    "video_time_ms": Column("video_time", 1e-3),
    "time_ms": Column("video_time", 1e-3),
    "time_millisecond": Column("video_time", 1e-3),
    "elapsed_ms": Column("video_time", 1e-3),
    "altitude_above_sealevel_ft": Column("alt_m", FOOT_M),
    "altitude_ft": Column("alt_m", FOOT_M),
    "height_above_takeoff_ft": Column("relative_alt_m", FOOT_M),
    "relative_altitude_ft": Column("relative_alt_m", FOOT_M),
    "alt_hae_m": Column("alt_m", 1.0, "ellipsoidal"),
    "alt_ellipsoidal_m": Column("alt_m", 1.0, "ellipsoidal"),
    "height_ellipsoidal_m": Column("alt_m", 1.0, "ellipsoidal"),
    "ellipsoidal_height_m": Column("alt_m", 1.0, "ellipsoidal"),
    "alt_egm96_m": Column("alt_m", 1.0, "egm96"),
    "alt_egm2008_m": Column("alt_m", 1.0, "egm2008"),
}
COLUMNS = {alias: Column(name) for name, aliases in _PLAIN.items() for alias in aliases.split()} | _SCALED
"""Meaning of each column name in its plain form."""

_UNITS = {"degrees": "deg", "degree": "deg", "feet": "ft", "metres": "m", "meters": "m", "metre": "m", "meter": "m"}


def plain_name(header: str) -> str:
    """``" Gimbal Pitch (degrees)"`` as ``gimbal_pitch_deg``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", header.strip()) if "_" not in header else header
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    return "_".join(_UNITS.get(word, word) for word in words)


def column_of(header: str) -> Column | None:
    """What a column means, or None."""
    name = plain_name(header)
    return (
        COLUMNS.get(name)
        or COLUMNS.get(name.removesuffix("_deg"))
        or COLUMNS.get(name.replace("sea_level", "sealevel"))
    )
