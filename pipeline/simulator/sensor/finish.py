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
_RED_NOISE, _BLUE_NOISE = np.float32(5.0), np.float32(9.0)
"""Variance against that of brightness, twice what undoing the filters' overlap makes of it: colours are calmed most."""


def finish(levels: Float32, iso: int, settings: SensorSettings) -> NDArray[np.uint8]:
    """``(H, W, 3)`` linear levels to RGB uint8."""
    index = np.clip(levels * np.float32(LEVELS - 1) + np.float32(0.5), 0, LEVELS - 1).astype(np.int16)
    tones = tone_table(settings.contrast)[index]
    luma = np.asarray(cv2.transform(tones, _LUMA), np.float32)
    colour = tones - luma[..., None]
    stops = max(0.0, float(np.log2(iso / 100.0)))
    noise = _noise_by_tone(iso, settings)
    if settings.denoising > 0:
        luma = _calm(luma, luma, noise, min(0.97, settings.denoising + 0.08 * stops), 1.3 + 0.2 * stops)
    if settings.colour_denoising > 0:
        share, wide = min(1.0, settings.colour_denoising + 0.05 * stops), 4.0 + 0.5 * stops
        for channel, noisier in ((0, _RED_NOISE), (2, _BLUE_NOISE)):
            even = cv2.medianBlur(np.ascontiguousarray(colour[..., channel]), 5)  # without the mosaic's false colours
            colour[..., channel] = _calm(np.asarray(even, np.float32), luma, noisier * noise, share, wide)
        colour[..., 1] = -(_LUMA[0, 0] * colour[..., 0] + _LUMA[0, 2] * colour[..., 2]) / _LUMA[0, 1]
    if settings.sharpening > 0:
        edge = luma - cv2.GaussianBlur(luma, (0, 0), settings.sharpening_px)
        luma = luma + np.float32(_HALO) * np.tanh(edge * np.float32(settings.sharpening / (1 + 0.15 * stops) / _HALO))
    picture = luma[..., None] + colour * np.float32(settings.saturation)
    written: NDArray[np.uint8] = np.clip(picture + np.float32(0.5), 0, 255).astype(np.uint8)
    return written


def _noise_by_tone(iso: int, settings: SensorSettings) -> Float32:
    """``(256,)`` variance of the noise in counts, by tone."""
    full = full_scale_e(iso, settings)
    variance = (level_table(settings.contrast) * full + settings.read_noise_e**2) / full**2
    return (variance * slope_table(settings.contrast) ** 2).astype(np.float32)


def _calm(plane: Float32, luma: Float32, noise: Float32, share: float, wide_px: float) -> Float32:
    """Take fine detail away where it is no stronger than the noise there.

    Source: Wiener's shrinkage by the local energy of the detail.
    """
    base = cv2.GaussianBlur(plane, (0, 0), wide_px)
    detail = plane - base
    energy = cv2.GaussianBlur(detail * detail, (0, 0), 1.4 * wide_px)
    expected = cv2.LUT(np.clip(luma, 0, 255).astype(np.uint8), noise)
    kept = np.clip(1.0 - np.float32(1.5) * expected / np.maximum(energy, np.float32(1e-3)), 0.0, 1.0)
    return np.asarray(base + detail * (1 - np.float32(share) + np.float32(share) * kept), np.float32)
