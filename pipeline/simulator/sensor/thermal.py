"""A thermal camera's 16-bit counts."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.settings import ThermalSettings

_GRAIN = np.array([0.09, 1.0, 0.09], np.float32) / np.float32(np.sqrt(1 + 2 * 0.09**2))
"""The camera's own filter: neighbouring pixels of radiometric frames share 0.15 to 0.25 of their noise."""


def thermal_counts(
    kelvin: Float32, t_s: float, settings: ThermalSettings, seed: int, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """``(H, W)`` counts of brightness temperatures; `counts_per_k` and `zero_k` turn them back.

    Args:
        kelvin: ``(H, W)`` before the lens.
        t_s: Of the frame: patterns and offset change at shutter events and drift in between.
        settings: The camera.
        seed: Of its patterns.
        rng: Source of the noise from frame to frame.
    """
    seen = cv2.GaussianBlur(kelvin, (0, 0), settings.blur_px) if settings.blur_px > 0 else kelvin
    seen = seen + _pattern(seen.shape, t_s, settings, seed)
    grain = cv2.sepFilter2D(rng.standard_normal(seen.shape, np.float32), -1, _GRAIN, _GRAIN)
    seen = seen + np.float32(settings.netd_k) * grain
    counts = (seen - np.float32(settings.zero_k)) * np.float32(settings.counts_per_k)
    return np.clip(np.round(counts), 0, 65535).astype(np.uint16)


def _pattern(shape: tuple[int, ...], t_s: float, settings: ThermalSettings, seed: int) -> Float32:
    """``(H, W)`` kelvin that the camera adds by itself."""
    phase = float(np.random.default_rng([seed, 71]).random())
    cycle = t_s / settings.shutter_every_s + phase
    event, since = int(np.floor(cycle)), float(cycle - np.floor(cycle))
    drawn = np.random.default_rng([seed, 72, event & 0xFFFFFFFF])
    grown = np.float32(0.6 + 0.8 * since)
    columns = np.float32(settings.column_k) * drawn.standard_normal((1, shape[1]), np.float32)
    rows = np.float32(settings.row_k) * drawn.standard_normal((shape[0], 1), np.float32)
    pixels = np.float32(settings.pixel_k) * drawn.standard_normal(shape, np.float32)
    y, x = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None], np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    ring = np.float32(settings.narcissus_k) * ((x * x + y * y) / 2 - np.float32(1 / 3))
    offset = np.float32(settings.drift_k * since * (1.0 if drawn.random() < 0.5 else -1.0))
    return np.asarray(grown * (columns + rows + pixels) + ring + offset, np.float32)
