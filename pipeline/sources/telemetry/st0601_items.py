"""Items of the UAS Datalink Local Set that say where, when, whereto and by what a picture was taken.

Weapons, lasers, fuel and air data are not read: nothing here has a use for them.

Source: MISB ST 0601.19, section 8; ranges of the items' "software values".
"""

from pipeline.sources.telemetry.klv_values import Mapping, Number

CHECKSUM, TIME, SECURITY, VMTI = 1, 2, 48, 74
MISSION, TAIL_NUMBER, PLATFORM, SENSOR, COORDINATES, CALL_SIGN = 3, 4, 10, 11, 12, 59

_ANGLE_2 = Number(Mapping.UNSIGNED, 0.0, 360.0, 2)
_ANGLE_4 = Number(Mapping.UNSIGNED, 0.0, 360.0, 4)
_LATITUDE = Number(Mapping.SIGNED, -90.0, 90.0, 4)
_LONGITUDE = Number(Mapping.SIGNED, -180.0, 180.0, 4)
_HEIGHT = Number(Mapping.UNSIGNED, -900.0, 19_000.0, 2)
_LONG_HEIGHT = Number(Mapping.IMAPB, -900.0, 40_000.0)
_OFFSET = Number(Mapping.SIGNED, -0.075, 0.075, 2)
_RATE = Number(Mapping.IMAPB, -1000.0, 1000.0)
_TILT_4 = Number(Mapping.SIGNED, -90.0, 90.0, 4)

NUMBERS: dict[int, tuple[str, Number]] = {
    2: ("time_us", Number(Mapping.COUNT, size=8)),
    5: ("heading_deg", _ANGLE_2),
    6: ("pitch_deg", Number(Mapping.SIGNED, -20.0, 20.0, 2)),
    7: ("roll_deg", Number(Mapping.SIGNED, -50.0, 50.0, 2)),
    13: ("lat_deg", _LATITUDE),
    14: ("lon_deg", _LONGITUDE),
    15: ("alt_msl_m", _HEIGHT),
    16: ("hfov_deg", Number(Mapping.UNSIGNED, 0.0, 180.0, 2)),
    17: ("vfov_deg", Number(Mapping.UNSIGNED, 0.0, 180.0, 2)),
    18: ("relative_azimuth_deg", _ANGLE_4),
    19: ("relative_elevation_deg", Number(Mapping.SIGNED, -180.0, 180.0, 4)),
    20: ("relative_roll_deg", _ANGLE_4),
    21: ("slant_range_m", Number(Mapping.UNSIGNED, 0.0, 5_000_000.0, 4)),
    22: ("target_width_m", Number(Mapping.UNSIGNED, 0.0, 10_000.0, 2)),
    23: ("centre_lat_deg", _LATITUDE),
    24: ("centre_lon_deg", _LONGITUDE),
    25: ("centre_msl_m", _HEIGHT),
    **{26 + 2 * c: (f"corner_{c + 1}_lat_offset_deg", _OFFSET) for c in range(4)},
    **{27 + 2 * c: (f"corner_{c + 1}_lon_offset_deg", _OFFSET) for c in range(4)},
    40: ("target_lat_deg", _LATITUDE),
    41: ("target_lon_deg", _LONGITUDE),
    42: ("target_msl_m", _HEIGHT),
    43: ("gate_width_px", Number(Mapping.UNSIGNED, 0.0, 510.0, 1)),
    44: ("gate_height_px", Number(Mapping.UNSIGNED, 0.0, 510.0, 1)),
    45: ("target_ce90_m", Number(Mapping.UNSIGNED, 0.0, 4095.0, 2)),
    46: ("target_le90_m", Number(Mapping.UNSIGNED, 0.0, 4095.0, 2)),
    51: ("climb_mps", Number(Mapping.SIGNED, -180.0, 180.0, 2)),
    56: ("ground_speed_mps", Number(Mapping.COUNT, size=1)),
    57: ("ground_range_m", Number(Mapping.UNSIGNED, 0.0, 5_000_000.0, 4)),
    63: ("fov_name", Number(Mapping.COUNT)),
    64: ("magnetic_heading_deg", _ANGLE_2),
    65: ("version", Number(Mapping.COUNT)),
    75: ("alt_ellipsoidal_m", _HEIGHT),
    77: ("operational_mode", Number(Mapping.COUNT)),
    78: ("centre_ellipsoidal_m", _HEIGHT),
    79: ("north_mps", Number(Mapping.SIGNED, -327.0, 327.0, 2)),
    80: ("east_mps", Number(Mapping.SIGNED, -327.0, 327.0, 2)),
    **{82 + 2 * c: (f"corner_{c + 1}_lat_deg", _LATITUDE) for c in range(4)},
    **{83 + 2 * c: (f"corner_{c + 1}_lon_deg", _LONGITUDE) for c in range(4)},
    90: ("pitch_full_deg", _TILT_4),
    91: ("roll_full_deg", _TILT_4),
    96: ("target_width_long_m", Number(Mapping.IMAPB, 0.0, 1_500_000.0)),
    104: ("alt_ellipsoidal_long_m", _LONG_HEIGHT),
    109: ("range_to_recovery_km", Number(Mapping.IMAPB, 0.0, 21_000.0)),
    110: ("time_airborne_s", Number(Mapping.COUNT)),
    112: ("course_deg", Number(Mapping.IMAPB, 0.0, 360.0)),
    113: ("above_ground_m", _LONG_HEIGHT),
    114: ("radar_height_m", _LONG_HEIGHT),
    117: ("azimuth_rate_dps", _RATE),
    118: ("elevation_rate_dps", _RATE),
    119: ("roll_rate_dps", _RATE),
    123: ("satellites", Number(Mapping.COUNT)),
    124: ("positioning", Number(Mapping.COUNT)),
    125: ("platform_status", Number(Mapping.COUNT)),
    126: ("sensor_mode", Number(Mapping.COUNT)),
    131: ("take_off_us", Number(Mapping.COUNT)),
    134: ("zoom_percent", Number(Mapping.IMAPB, 0.0, 100.0)),
    136: ("leap_s", Number(Mapping.WHOLE)),
    137: ("time_correction_us", Number(Mapping.WHOLE)),
}
"""Name and mapping of each item that is a number, by tag."""

GNSS_BITS = 0xFE
"""Of item 124: all satellite systems; the lowest bit is inertial navigation."""
