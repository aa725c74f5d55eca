"""The sun's place against published worked examples."""

from datetime import UTC, datetime

import numpy as np
import pytest

from pipeline.geometry.sun import sun_direction


def angles_deg(time, lon_deg, lat_deg):
    """Azimuth clockwise from north and elevation, in degrees."""
    east, north, up = sun_direction(int(time.timestamp()) * 10**9, lon_deg, lat_deg)
    return np.degrees(np.arctan2(east, north)) % 360, np.degrees(np.arcsin(up))


def test_golden_colorado_as_in_the_report_on_the_solar_position_algorithm():
    """Reda and Andreas 2004, section 5 of appendix A: azimuth 194.34024°, elevation 39.87205° before refraction."""
    azimuth, elevation = angles_deg(datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), -105.1786, 39.742476)

    assert azimuth == pytest.approx(194.340, abs=0.03)
    assert elevation == pytest.approx(39.872, abs=0.03)


def test_declination_as_in_meeus():
    """Astronomical Algorithms, example 25.a: -7.78507° on 1992 October 13.0; at the pole it is the elevation."""
    _, elevation = angles_deg(datetime(1992, 10, 13, tzinfo=UTC), 0.0, 90.0)

    assert elevation == pytest.approx(-7.785, abs=0.02)


def test_the_vector_has_unit_length_whatever_the_hour():
    for hour in range(24):
        when = datetime(2024, 2, 29, hour, tzinfo=UTC)
        assert np.linalg.norm(sun_direction(int(when.timestamp()) * 10**9, 46.8, -12.0)) == pytest.approx(1.0)
