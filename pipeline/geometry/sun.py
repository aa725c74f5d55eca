"""Where the sun stands."""

import math

import numpy as np
from numpy.typing import NDArray

_J2000_UTC_NS = 946_728_000_000_000_000  # 2000-01-01T12:00Z


def sun_direction(t_utc_ns: int, lon_deg: float, lat_deg: float) -> NDArray[np.float64]:
    """Unit vector towards the sun, ``(3,)`` east, north, up.

    Source: the Astronomical Almanac's low-precision formula; 0.01° between 1950 and 2050, refraction left out.
    """
    days = (t_utc_ns - _J2000_UTC_NS) / 86_400e9
    mean = math.radians(280.460 + 0.9856474 * days)
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = mean + math.radians(1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 4e-7 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal = math.radians(280.46061837 + 360.98564736629 * days + lon_deg)
    hour, lat = sidereal - right_ascension, math.radians(lat_deg)
    return np.array(
        [
            -math.cos(declination) * math.sin(hour),
            math.cos(lat) * math.sin(declination) - math.sin(lat) * math.cos(declination) * math.cos(hour),
            math.sin(lat) * math.sin(declination) + math.cos(lat) * math.cos(declination) * math.cos(hour),
        ]
    )
