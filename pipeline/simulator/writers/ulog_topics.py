"""What a PX4 autopilot logs of a flight, from a sample of telemetry."""

import math

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.told import FlightFacts
from pipeline.simulator.writers.photo_tags import RTK_FIXED_M, RTK_FLOAT_M
from pipeline.simulator.writers.sample import Sample
from pipeline.simulator.writers.ulog_file import Topic, ULogFile

GPS = Topic(
    "vehicle_gps_position",
    "uint64_t timestamp;uint64_t time_utc_usec;int32_t lat;int32_t lon;int32_t alt;int32_t alt_ellipsoid;"
    "float s_variance_m_s;float c_variance_rad;float eph;float epv;float hdop;float vdop;int32_t noise_per_ms;"
    "int32_t jamming_indicator;float vel_m_s;float vel_n_m_s;float vel_e_m_s;float vel_d_m_s;float cog_rad;"
    "int32_t timestamp_time_relative;float heading;float heading_offset;uint8_t fix_type;bool vel_ned_valid;"
    "uint8_t satellites_used;uint8_t[5] _padding0",
)
ATTITUDE = Topic(
    "vehicle_attitude",
    "uint64_t timestamp;float[4] q;float[4] delta_q_reset;uint8_t quat_reset_counter;uint8_t[7] _padding0",
)
GLOBAL_POSITION = Topic(
    "vehicle_global_position",
    "uint64_t timestamp;double lat;double lon;float alt;float alt_ellipsoid;float delta_alt;float eph;float epv;"
    "float terrain_alt;uint8_t lat_lon_reset_counter;uint8_t alt_reset_counter;bool terrain_alt_valid;"
    "bool dead_reckoning;uint8_t[4] _padding0",
)
GIMBAL = Topic(
    "gimbal_device_attitude_status",
    "uint64_t timestamp;float[4] q;float angular_velocity_x;float angular_velocity_y;float angular_velocity_z;"
    "uint32_t failure_flags;uint16_t device_flags;uint8_t target_system;uint8_t target_component;"
    "bool received_from_mavlink;uint8_t[7] _padding0",
)
CAPTURE = Topic(
    "camera_capture",
    "uint64_t timestamp;uint64_t timestamp_utc;double lat;double lon;uint32_t seq;float alt;float ground_distance;"
    "float[4] q;int8_t result;uint8_t[3] _padding0",
)
TRIGGER = Topic(
    "camera_trigger", "uint64_t timestamp;uint64_t timestamp_utc;uint32_t seq;bool feedback;uint8_t[3] _padding0"
)
TOPICS = (GPS, ATTITUDE, GLOBAL_POSITION, GIMBAL, CAPTURE, TRIGGER)

BOOT_BEFORE_US = 60_000_000
"""The autopilot was switched on a minute before the first frame."""

_YAW_LOCK = 16  # the gimbal's attitude counts from north, not from the vehicle's nose (MAVLink, GIMBAL_DEVICE_FLAGS)
_NO_FIX, _FIX_3D, _RTK_FLOAT, _RTK_FIXED = 1, 3, 5, 6


def since_boot_us(facts: FlightFacts, t_utc_ns: int) -> int:
    """A time of the telemetry's clock as the autopilot counts it."""
    return max((t_utc_ns - facts.start_utc_ns) // 1000 + BOOT_BEFORE_US, 0)


def quaternion(yaw_deg: float, pitch_deg: float, roll_deg: float) -> tuple[float, float, float, float]:
    """w, x, y, z of a body in north, east, down; w is not negative."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg]) / 2
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    q: Float = np.array(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ]
    )
    w, x, y, z = (float(part) for part in (q if q[0] >= 0 else -q))
    return w, x, y, z


def heights(facts: FlightFacts, alt_m: float) -> tuple[float, float]:
    """Above the sea and above the ellipsoid; the same where the receiver knows of no geoid."""
    geoid = facts.geoid_m or 0.0
    return (alt_m - geoid, alt_m) if facts.vertical_datum == "ellipsoidal" else (alt_m, alt_m + geoid)


def log_sample(log: ULogFile, facts: FlightFacts, s: Sample) -> None:
    """Position, attitude and gimbal at one time. The estimate of position goes only with a fix."""
    now = since_boot_us(facts, s.t_utc_ns)
    sea, ellipsoid = heights(facts, s.alt_m)
    east, north, up = s.velocity_mps
    fixed = s.fixed
    sigma, moving = s.position_sigma_m, math.hypot(east, north)
    course = math.atan2(east, north)
    log.log(
        GPS,
        *(now, s.t_utc_ns // 1000 if fixed else 0),
        *(round(s.lat_deg * 1e7), round(s.lon_deg * 1e7)),
        *((round(sea * 1e3), round(ellipsoid * 1e3)) if fixed else (0, 0)),
        *(0.3, 0.1, sigma, 1.5 * sigma, s.hdop, 1.4 * s.hdop, 90, s.jamming),
        *(moving, north, east, -up, course % (2 * math.pi), 0, math.nan, 0.0),
        *(_fix_type(s), fixed, s.satellites),
    )
    vehicle = quaternion(s.platform_yaw_deg, s.platform_pitch_deg, s.platform_roll_deg)
    log.log(ATTITUDE, now, *vehicle, *(1.0, 0.0, 0.0, 0.0), 0)
    if fixed:
        log.log(
            GLOBAL_POSITION,
            *(now, s.lat_deg, s.lon_deg, sea, ellipsoid, 0.0, sigma, 1.5 * sigma),
            *(sea - s.relative_alt_m, 0, 0, False, False),
        )
    camera = quaternion(s.yaw_deg, s.pitch_deg, s.roll_deg)
    log.log(GIMBAL, now, *camera, 0.0, 0.0, 0.0, 0, _YAW_LOCK, 1, 154, True)


def log_capture(log: ULogFile, facts: FlightFacts, s: Sample, number: int, *, fed_back: bool) -> None:
    """A frame: that the shutter was asked, and with a hot shoe, when and where it opened."""
    now, utc_us = since_boot_us(facts, s.t_utc_ns), s.t_utc_ns // 1000 if s.fixed else 0
    log.log(TRIGGER, now, utc_us, number, False)
    if fed_back:
        sea, _ = heights(facts, s.alt_m)
        camera = quaternion(s.yaw_deg, s.pitch_deg, s.roll_deg)
        log.log(CAPTURE, now, utc_us, s.lat_deg, s.lon_deg, number, sea, s.relative_alt_m, *camera, 1)


def _fix_type(s: Sample) -> int:
    if not s.fixed:
        return _NO_FIX
    if s.position_sigma_m < RTK_FIXED_M:
        return _RTK_FIXED
    return _RTK_FLOAT if s.position_sigma_m < RTK_FLOAT_M else _FIX_3D
