"""Light and noise of twilight against photometry."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.simulator.render.light import light_of
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.scene.shot import Seen
from pipeline.simulator.sensor.electrons import mosaic, read_out
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.metering import meter
from pipeline.simulator.sensor.settings import SensorSettings

SUN_LX = {
    60: 103_000.0, 45: 77_800.0, 30: 46_300.0, 20: 27_300.0, 10: 11_100.0, 5: 4_500.0, 2: 1_920.0, 1: 1_270.0,
    0: 759.0, -1: 405.0, -2: 189.0, -3: 79.1, -4: 29.9, -5: 10.4, -6: 3.41, -7: 1.13, -8: 0.348, -9: 0.124,
}  # fmt: skip
"""Illuminance of level ground under a clear sky by the sun's height in degrees.

Source: the polynomials of Janiczek and DeYoung (1987), as in the Explanatory Supplement to the
Astronomical Almanac (1992).
"""
LUX = 1.03e5  # of light 1, from the highest sun above
DUSK = SensorSettings(exposure_s=1 / 50, iso=6400)


def level_light(height_deg):
    up = np.radians(height_deg)
    light = light_of(np.array([np.cos(up), 0.0, np.sin(up)]), Weather())
    return (light.sky + light.key * max(float(light.toward[2]), 0.0)) @ np.array([0.2126, 0.7152, 0.0722]), light


def grey(lux, shape=(360, 480)):
    return np.full((*shape, 3), 0.2 * lux / LUX, np.float32)


def seen_of(radiance):
    shape = radiance.shape[:2]
    return Seen(
        radiance, None, np.zeros(shape, np.int32), (), np.ones(shape, np.float32),
        np.zeros((*shape, 3), np.float32), np.zeros(3), np.zeros(shape, np.bool_),
    )  # fmt: skip


def half_length_px(plane):
    """Columns after which a pattern resembles itself by less than half."""
    power = np.abs(np.fft.rfft2(plane - plane.mean())) ** 2
    alike = np.fft.irfft2(power)[0]
    return int(np.argmax(alike < 0.5 * alike[0]))


@pytest.mark.parametrize("height_deg", SUN_LX)
def test_light_falls_with_the_sun_as_tables_say(height_deg):
    moon, _ = level_light(-30)
    level, _ = level_light(height_deg)
    from_sun = level - (moon if height_deg < 0 else 0.0)

    assert 0.5 < from_sun * LUX / SUN_LX[height_deg] < 2


@pytest.mark.parametrize("lux", [3.0, 30.0, 120.0])
def test_a_pixel_has_the_electrons_that_photometry_gives(lux):
    """Grey ground at f/2.8: published responsivities of pixels of 1.4 to 1.6 um lie at 4 to 10 ke- per lux second."""
    on_sensor_lx_s = 0.9 * 0.2 * lux / (4 * 2.8**2) * DUSK.exposure_s
    exposure = meter(grey(lux), 0, replace(DUSK, meter_error_ev=0.0), 1)

    raw = mosaic(grey(lux), exposure)
    green = read_out(raw, 6400, replace(DUSK, read_noise_e=0.0), np.random.default_rng(1))[0::2, 1::2]

    snr = float(green.mean(dtype=np.float64) / green.std(dtype=np.float64))
    assert 4_000 < snr**2 / on_sensor_lx_s < 10_000


def test_read_noise_limits_what_dusk_gives():
    """17 electrons of light, 1.8 of reading: their squares add up."""
    exposure = meter(grey(25.0), 0, DUSK, 1)
    raw = mosaic(grey(25.0), exposure)

    green = read_out(raw, 6400, DUSK, np.random.default_rng(1))[0::2, 1::2]

    electrons = float(raw[0, 1]) * DUSK.full_well_e / 64
    snr = green.mean(dtype=np.float64) / green.std(dtype=np.float64)
    assert snr == pytest.approx(electrons / np.sqrt(electrons + DUSK.read_noise_e**2), rel=0.02)
    assert 2.5 < snr < 6


def test_dusk_leaves_fine_grain_and_no_coloured_blotches():
    _, light = level_light(-4)
    ground = np.broadcast_to(0.2 * light.sky, (360, 480, 3)).astype(np.float32)

    picture = Camera(DUSK, 1).expose([seen_of(ground)], 0, np.random.default_rng(1)).astype(np.float32)

    luma = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    assert 4 < luma.std() < 12
    assert half_length_px(luma) <= 3
    assert max((picture[..., k] - luma).std() for k in (0, 2)) < 2.5


def test_high_sensitivity_keeps_a_coloured_roof_coloured():
    scene = grey(30.0)
    scene[120:240, 160:320] *= np.array([1.6, 0.7, 0.5], np.float32)

    picture = Camera(DUSK, 1).expose([seen_of(scene)], 0, np.random.default_rng(1)).astype(np.float32)

    redder = picture[..., 0] - picture[..., 2]
    assert redder[150:210, 200:280].mean() > redder[20:80, 20:100].mean() + 25
