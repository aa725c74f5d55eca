"""Thermal counts carry the noise, patterns and drift that they are made with."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.simulator.scene.shot import Seen
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.settings import SensorSettings, ThermalSettings
from pipeline.simulator.sensor.thermal import thermal_counts

QUIET = ThermalSettings(blur_px=0.0, netd_k=0.0, column_k=0.0, row_k=0.0, pixel_k=0.0, narcissus_k=0.0, drift_k=0.0)
EVEN = np.full((96, 128), 295.15, np.float32)


def counts_of(settings, t_s=0.0, seed=1, noise=1, kelvin=EVEN):
    return thermal_counts(kelvin, t_s, settings, seed, np.random.default_rng(noise)).astype(np.float64)


def test_counts_are_linear_in_kelvin():
    ramp = np.linspace(250.0, 350.0, 96 * 128, dtype=np.float32).reshape(96, 128)

    counts = counts_of(replace(QUIET, counts_per_k=25.0, zero_k=200.0), kelvin=ramp)

    assert counts / 25.0 + 200.0 == pytest.approx(ramp, abs=0.021)


def test_noise_from_frame_to_frame_is_the_netd():
    settings = replace(ThermalSettings(), netd_k=0.05)

    pair = [counts_of(settings, t_s, noise=k) for k, t_s in enumerate((10.0, 10.04))]

    assert (pair[1] - pair[0]).std() / np.sqrt(2) / settings.counts_per_k == pytest.approx(0.05, rel=0.04)


def test_the_pattern_stays_until_the_shutter_falls():
    settings = replace(QUIET, column_k=0.1, shutter_every_s=60.0)
    pictures = [counts_of(settings, t) for t in np.arange(0.0, 240.0, 5.0)]
    shapes = np.array([p.mean(axis=0) - p.mean() for p in pictures])

    alike = np.array([np.corrcoef(a, b)[0, 1] for a, b in pairwise(shapes)])

    assert shapes.std() / 100.0 == pytest.approx(0.1, rel=0.2)
    assert (alike > 0.95).sum() >= 43 and (np.abs(alike) < 0.5).sum() in (3, 4)


def test_the_offset_drifts_between_shutter_events():
    settings = replace(QUIET, drift_k=0.5, shutter_every_s=60.0)

    offsets = np.array([counts_of(settings, t).mean() for t in np.arange(0.0, 600.0, 1.0)]) / 100.0 - 295.15

    assert np.abs(offsets).max() == pytest.approx(0.5, abs=0.03)
    assert np.abs(np.diff(offsets)).max() > 0.3
    assert np.median(np.abs(np.diff(offsets))) == pytest.approx(0.5 / 60.0, abs=0.01)


def test_the_ring_is_even_about_the_middle():
    ring = counts_of(replace(QUIET, narcissus_k=0.3)) / 100.0

    assert ring[0, 0] - ring[48, 64] == pytest.approx(0.3, abs=0.02)
    assert ring.mean() == pytest.approx(295.15, abs=0.02)


def test_counts_end_at_16_bits():
    hot = counts_of(replace(QUIET, counts_per_k=400.0), kelvin=EVEN)
    cold = counts_of(replace(QUIET, zero_k=400.0), kelvin=EVEN)

    assert (hot == 65535).all() and (cold == 0).all()


def test_the_camera_counts_kelvin_and_knows_no_history():
    flat = np.zeros((96, 128), np.float32)
    seen = Seen(None, EVEN, flat.astype(np.int32), (), flat, np.zeros((96, 128, 3), np.float32), np.zeros(3), flat > 0)
    camera = Camera(SensorSettings(), seed=4)

    first = camera.expose([seen], 5, np.random.default_rng(5), t_s=33.0)
    camera.expose([seen], 6, np.random.default_rng(6), t_s=34.0)
    again = camera.expose([seen], 5, np.random.default_rng(5), t_s=33.0)

    assert first.dtype == np.uint16 and np.array_equal(first, again)
    assert camera.meter([seen], 0).exposure_s == SensorSettings().thermal.response_s


def test_wrong_settings_say_why():
    with pytest.raises(ConfigError, match="counts_per_k"):
        ThermalSettings(counts_per_k=0.0)
    with pytest.raises(ConfigError, match="0 or more"):
        ThermalSettings(netd_k=-1.0)
