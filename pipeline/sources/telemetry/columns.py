"""Names that columns of telemetry tables go by. ``docs/input.md`` lists them for people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FOOT_M = 0.3048
MPH_MPS = 0.44704
KMH_MPS = 1 / 3.6


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means.

    Attributes:
        name: Field of `TelemetrySamples` or `GnssSamples`, or ``time``, ``local_time``, ``local_date``,
            ``local_clock``, ``video_time``, ``elapsed``, ``frame``, ``recording``, ``velocity_east_mps``,
            ``velocity_north_mps``.
        scale: Factor to the field's unit.
        datum: Vertical datum that the column's name states.
    """

    name: str
    scale: float = 1.0
    datum: str = "unknown"


_PLAIN = {
    "time": "t_utc time_utc utc utc_time timestamp timestamp_utc datetime datetime_utc date_time time gps_time "
    "t_utc_ns timestamp_ns time_utc_ns",
    "local_time": "datetime_local local_time timestamp_local time_local",
    "local_date": "custom_date_local",
    "local_clock": "custom_update_time_local",
    "video_time": "video_s video_time_s video_time t_s time_s seconds offset_s time_second",
    "elapsed": "elapsed_s elapsed_seconds osd_fly_time_s fly_time_s flight_time_s",
    "frame": "frame file filename file_name image image_name frame_id frame_name name photo picture",
    "recording": "is_video is_taking_video camera_is_video",
    "lon_deg": "lon_deg lon longitude longitude_deg lng gps_longitude x_lon osd_longitude",
    "lat_deg": "lat_deg lat latitude latitude_deg gps_latitude y_lat osd_latitude",
    "alt_m": "alt_m alt altitude altitude_m height_m alt_msl_m alt_msl altitude_msl_m elevation elevation_m "
    "absolute_altitude_m abs_alt_m gps_altitude_m altitude_above_sealevel_m osd_altitude_m",
    "relative_alt_m": "relative_alt_m rel_alt_m relative_altitude_m relative_altitude height_above_takeoff_m agl_m "
    "height_above_home_m osd_height_m",
    "yaw_deg": "yaw_deg yaw camera_yaw_deg gimbal_yaw_deg gimbal_yaw gimbal_heading_deg gimbal_heading camera_yaw",
    "pitch_deg": "pitch_deg pitch camera_pitch_deg gimbal_pitch_deg gimbal_pitch camera_pitch",
    "roll_deg": "roll_deg roll camera_roll_deg gimbal_roll_deg gimbal_roll camera_roll",
    "aircraft_yaw_deg": "aircraft_yaw_deg heading_deg heading compass_heading_deg compass_heading flight_yaw_deg "
    "uav_yaw_deg course_deg osd_yaw",
    "position_sigma_m": "position_sigma_m horizontal_sigma_m h_sigma_m horizontal_accuracy_m hacc_m eph_m eph",
    "alt_sigma_m": "alt_sigma_m vertical_sigma_m v_sigma_m vertical_accuracy_m vacc_m epv_m epv",
    "yaw_sigma_deg": "yaw_sigma_deg heading_sigma_deg",
    "tilt_sigma_deg": "tilt_sigma_deg pitch_sigma_deg",
    "satellites": "satellites satellites_used satellite_count sats num_sats nsats sat osd_gps_num gps_num",
    "hdop": "hdop gps_hdop",
    "fix": "fix fix_type gps_fix gps_fix_type",
    "jamming": "jamming jamming_indicator",
    "spoofed": "spoofed spoofing",
    "speed_mps": "speed_mps speed_m_s ground_speed_mps groundspeed_mps h_speed_mps osd_h_speed_mps",
    "climb_mps": "climb_mps velocity_up_mps vertical_speed_mps",
    "velocity_east_mps": "velocity_east_mps",
    "velocity_north_mps": "velocity_north_mps",
}
_SCALED = {
    "video_time_ms": Column("video_time", 1e-3),
    "time_ms": Column("elapsed", 1e-3),
    "time_millisecond": Column("elapsed", 1e-3),
    "elapsed_ms": Column("elapsed", 1e-3),
    "altitude_above_sealevel_ft": Column("alt_m", FOOT_M),
    "altitude_ft": Column("alt_m", FOOT_M),
    "osd_altitude_ft": Column("alt_m", FOOT_M),
    "height_above_takeoff_ft": Column("relative_alt_m", FOOT_M),
    "relative_altitude_ft": Column("relative_alt_m", FOOT_M),
    "osd_height_ft": Column("relative_alt_m", FOOT_M),
    "gimbal_pitch_raw": Column("pitch_deg", 0.1),
    "gimbal_roll_raw": Column("roll_deg", 0.1),
    "gimbal_yaw_raw": Column("yaw_deg", 0.1),
    "speed_mph": Column("speed_mps", MPH_MPS),
    "osd_h_speed_mph": Column("speed_mps", MPH_MPS),
    "speed_kmh": Column("speed_mps", KMH_MPS),
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
_OF_THE_AIRCRAFT = {"yaw": "aircraft_yaw_deg", "pitch": "", "roll": ""}
_TAKE_OFF_BELOW = {"altitude_m": 1.0, "altitude_ft": FOOT_M, "altitude": 1.0}


def plain_name(header: str) -> str:
    """``" Gimbal Pitch (degrees)"`` as ``gimbal_pitch_deg``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", header.strip()) if "_" not in header else header
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    return "_".join(_UNITS.get(word, word) for word in words)


def column_of(header: str) -> Column | None:
    """What a column means by itself, or None."""
    name = plain_name(header)
    return (
        COLUMNS.get(name)
        or COLUMNS.get(name.removesuffix("_deg"))
        or COLUMNS.get(name.replace("sea_level", "sealevel"))
    )


def columns_of(headers: Sequence[str]) -> list[Column | None]:
    """What a table's columns mean, each field once.

    Where a gimbal has columns of its own, plain ``pitch`` and ``roll`` are the aircraft's and are left out, ``yaw`` is
    its heading. Beside a gimbal's raw angles (tenths of degrees) or a height above the sea, a plain ``altitude`` is
    that above take-off. Of several heights, the one whose datum is stated is taken; else the first column of a field.
    """
    names = [plain_name(header) for header in headers]
    found = [column_of(header) for header in headers]
    gimbal = any(re.match(r"(gimbal|camera)_(yaw|pitch|roll|heading)", name) for name in names)
    raw = "gimbal_pitch_raw" in names
    above_sea = any(name.replace("sea_level", "sealevel").startswith("altitude_above_sealevel") for name in names)
    for at, name in enumerate(names):
        plain = _OF_THE_AIRCRAFT.get(name.removesuffix("_deg")) if gimbal else None
        if plain is not None:
            found[at] = Column(plain) if plain else None
        elif name in _TAKE_OFF_BELOW and (raw or above_sea):
            found[at] = Column("relative_alt_m", _TAKE_OFF_BELOW[name])
    stated = next((at for at, column in enumerate(found) if column and column.datum != "unknown"), None)
    seen: set[str] = set()
    for at, column in enumerate(found):
        if column is None:
            continue
        if column.name in seen or (column.name == "alt_m" and stated not in (None, at)):
            found[at] = None
        else:
            seen.add(column.name)
    return found


def is_telemetry(columns: Sequence[Column | None]) -> bool:
    """Whether a table places or aims something at a time or for a frame."""
    names = {column.name for column in columns if column}
    placed = {"lon_deg", "lat_deg"} <= names or {"yaw_deg", "pitch_deg"} <= names
    clocks = {"time", "local_time", "local_clock", "video_time", "elapsed", "frame"}
    return placed and bool(clocks & names)
