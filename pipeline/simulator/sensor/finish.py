"""What a camera's maker does to a picture before it is written: denoising, colours, sharpening."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.electrons import full_scale_e
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.tones import LEVELS, level_table, slope_table, tone_table

_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
_HALO = 26.0  # sharpening never lifts an edge by more


def finish(levels: Float32, iso: int, settings: SensorSettings) -> NDArray[np.uint8]:
    """``(H, W, 3)`` linear levels to RGB uint8."""
    index = np.clip(levels * np.float32(LEVELS - 1) + np.float32(0.5), 0, LEVELS - 1).astype(np.int16)
    tones = tone_table(settings.contrast)[index]
    luma = np.asarray(cv2.transform(tones, _LUMA), np.float32)
    colour = tones - luma[..., None]
    if settings.denoising > 0:
        luma = _calm(luma, iso, settings)
    if settings.colour_denoising > 0:
        wide = 0.9 + 0.35 * max(0.0, float(np.log2(iso / 100.0)))
        soft = cv2.GaussianBlur(colour, (0, 0), wide)
        colour += np.float32(settings.colour_denoising) * (soft - colour)
    if settings.sharpening > 0:
        edge = luma - cv2.GaussianBlur(luma, (0, 0), settings.sharpening_px)
        luma = luma + np.float32(_HALO) * np.tanh(edge * np.float32(settings.sharpening / _HALO))
    picture = luma[..., None] + colour * np.float32(settings.saturation)
    written: NDArray[np.uint8] = np.clip(picture + np.float32(0.5), 0, 255).astype(np.uint8)
    return written


def _calm(luma: Float32, iso: int, settings: SensorSettings) -> Float32:
    """Take fine detail away where it is no stronger than the noise there.

    Source: Wiener's shrinkage by the local energy of the detail.
    """
    base = cv2.GaussianBlur(luma, (0, 0), 1.3)
    detail = luma - base
    energy = cv2.GaussianBlur(detail * detail, (0, 0), 1.8)
    full = full_scale_e(iso, settings)
    level = level_table(settings.contrast)
    variance = (level * full + settings.read_noise_e**2) / full**2 * slope_table(settings.contrast) ** 2
    expected = cv2.LUT(np.clip(base, 0, 255).astype(np.uint8), variance.astype(np.float32))
    kept = np.clip(1.0 - np.float32(1.2) * expected / np.maximum(energy, np.float32(1e-3)), 0.0, 1.0)
    share = np.float32(settings.denoising)
    return np.asarray(base + detail * (1 - share + share * kept), np.float32)
