"""Telemetry samples of one flight."""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float, Int, require_shape


class Quality(IntFlag):
    """Why a sample deserves less trust; 0 is a good one."""

    GOOD = 0
    POSITION_INVALID = 1
    POSITION_JUMP = 2
    POSITION_FROZEN = 4
    ATTITUDE_MISSING = 8
    TIME_REPEATED = 16
    TIME_BACKWARD = 32
    GNSS_DEGRADED = 64
    HEIGHT_CONTRADICTED = 128
    SPOOF_SUSPECTED = 256
    ATTITUDE_ZERO = 512


@dataclass(frozen=True, slots=True, eq=False)
class TelemetryTrack:
    """Samples in order of time; NaN where a value was not given.

    Attributes:
        t_utc_ns: ``(N,)`` strictly increasing.
        lon_deg, lat_deg: ``(N,)`` WGS 84.
        alt_m: ``(N,)`` height above the zero of `vertical_datum`.
        relative_alt_m: ``(N,)`` height above take-off.
        yaw_deg, pitch_deg, roll_deg: ``(N,)`` attitude of the *camera*: yaw from true north clockwise, pitch -90 at
            nadir.
        position_sigma_m: ``(N,)`` horizontal, one axis.
        alt_sigma_m: ``(N,)``.
        yaw_sigma_deg, tilt_sigma_deg: ``(N,)``.
        quality: ``(N,)`` bits of `Quality`.
        vertical_datum: ``ellipsoidal``, ``egm96``, ``egm2008`` or ``unknown``.
        source: File or kind of source, in words.
    """

    t_utc_ns: Int
    lon_deg: Float
    lat_deg: Float
    alt_m: Float
    relative_alt_m: Float
    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    position_sigma_m: Float
    alt_sigma_m: Float
    yaw_sigma_deg: Float
    tilt_sigma_deg: Float
    quality: Int
    vertical_datum: str
    source: str

    def __post_init__(self) -> None:
        count = len(self.t_utc_ns)
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                require_shape(name, value, (count,))
        if count > 1 and not np.all(np.diff(self.t_utc_ns) > 0):
            raise InputError(f"{self.source}: telemetry times must increase; sort and de-duplicate them first")

    def __len__(self) -> int:
        return len(self.t_utc_ns)
