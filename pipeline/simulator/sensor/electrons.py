"""A colour sensor behind a Bayer pattern: electrons, their noise, and colours made whole again."""

import cv2
import numpy as np

from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.metering import Exposure
from pipeline.simulator.sensor.settings import SensorSettings

RESPONSE = np.array([[0.74, 0.19, 0.07], [0.15, 0.72, 0.13], [0.05, 0.25, 0.70]], np.float32)
"""What each filter passes of red, green and blue light: rows add up to 1. Typical of filters on small sensors; undoing
their overlap is what makes colours noisier than brightness."""
SENSITIVITY = np.array([0.52, 1.0, 0.62], np.float32)
"""Of the filters in daylight; white balance undoes it."""
_BLACK = 2048.0
_SCALE = 60_000.0


def full_scale_e(iso: int, settings: SensorSettings) -> float:
    """Electrons of a full pixel at a sensitivity."""
    return settings.full_well_e * 100.0 / iso


def noise_sigma(level: Float32, iso: int, settings: SensorSettings) -> Float32:
    """Standard deviation of raw levels: shot noise of the electrons, and reading."""
    full = np.float32(full_scale_e(iso, settings))
    read = np.float32(settings.read_noise_e)
    return np.asarray(np.sqrt(np.maximum(level, 0) * full + read * read) / full, np.float32)


def mosaic(light: Float32, exposure: Exposure) -> Float32:
    """``(H, W)`` raw levels behind a pattern of red-green over green-blue, without noise; 1 is full."""
    mixed = cv2.transform(light, RESPONSE * (SENSITIVITY * np.float32(exposure.level_per_light))[:, None])
    raw = mixed[..., 1].astype(np.float32)
    raw[0::2, 0::2] = mixed[0::2, 0::2, 0]
    raw[1::2, 1::2] = mixed[1::2, 1::2, 2]
    return raw


def read_out(raw: Float32, iso: int, settings: SensorSettings, rng: np.random.Generator) -> Float32:
    """Raw levels with noise, cut off at full scale."""
    noisy = raw + noise_sigma(raw, iso, settings) * rng.standard_normal(raw.shape, np.float32)
    return np.asarray(np.minimum(noisy, np.float32(1.0)), np.float32)


def develop(raw: Float32, white: tuple[float, float]) -> Float32:
    """``(H, W, 3)`` linear levels: white balance, whole colours, overlap of the filters undone."""
    gains = np.array([white[0], 1.0, white[1]], np.float32) / SENSITIVITY
    balanced = raw.copy()
    balanced[0::2, 0::2] *= gains[0]
    balanced[1::2, 1::2] *= gains[2]
    counts = np.clip(balanced * np.float32(_SCALE / 2) + np.float32(_BLACK), 0, 65535).astype(np.uint16)
    whole = cv2.cvtColor(counts, cv2.COLOR_BayerBG2RGB_EA).astype(np.float32)
    levels = (whole - np.float32(_BLACK)) * np.float32(2 / _SCALE)
    return np.asarray(cv2.transform(np.minimum(levels, np.float32(1.0)), np.linalg.inv(RESPONSE).astype(np.float32)))
