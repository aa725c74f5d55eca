"""What a camera's maker does to a picture before it is written: denoising, colours, sharpening."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.calm import calmed, evened
from pipeline.simulator.sensor.electrons import full_scale_e
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.tones import LEVELS, level_table, slope_table, tone_table

_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
_HALO = 26.0  # sharpening never lifts an edge by more
_RED_NOISE, _BLUE_NOISE = np.float32(5.0), np.float32(9.0)
"""Variance against that of brightness, twice what undoing the filters' overlap makes of it: colours are calmed most."""
_FINE_STOPS = 2.5
"""Above ISO 100: up to there a finer filter is enough; beyond, its radius would leave blotches for grain."""
_PALER = 0.2  # share of the colours that makers give up with it


def finish(levels: Float32, iso: int, settings: SensorSettings) -> NDArray[np.uint8]:
    """``(H, W, 3)`` linear levels to RGB uint8."""
    index = np.clip(levels * np.float32(LEVELS - 1) + np.float32(0.5), 0, LEVELS - 1).astype(np.int16)
    tones = tone_table(settings.contrast)[index]
    luma = np.asarray(cv2.transform(tones, _LUMA), np.float32)
    colour = tones - luma[..., None]
    stops = max(0.0, float(np.log2(iso / 100.0)))
    noise = _noise_by_tone(iso, settings)
    coarse = min(1.0, max(0.0, stops - _FINE_STOPS) / 2)
    if settings.denoising > 0:
        share, wide = min(0.97, settings.denoising + 0.03 * stops), 1.3 + 0.2 * min(stops, _FINE_STOPS)
        luma = calmed(luma, luma, noise, share, wide)
    if settings.colour_denoising > 0:
        share, wide = min(1.0, settings.colour_denoising + 0.05 * stops), 4.0 + 0.5 * stops
        for channel, noisier in ((0, _RED_NOISE), (2, _BLUE_NOISE)):
            even = cv2.medianBlur(np.ascontiguousarray(colour[..., channel]), 5)  # without the mosaic's false colours
            even = calmed(np.asarray(even, np.float32), luma, noisier * noise, share, wide)
            colour[..., channel] = evened(even, luma, share * coarse) if coarse > 0 else even
        colour[..., 1] = -(_LUMA[0, 0] * colour[..., 0] + _LUMA[0, 2] * colour[..., 2]) / _LUMA[0, 1]
    if settings.sharpening > 0:
        edge = luma - cv2.GaussianBlur(luma, (0, 0), settings.sharpening_px)
        luma = luma + np.float32(_HALO) * np.tanh(edge * np.float32(settings.sharpening / (1 + 0.15 * stops) / _HALO))
    picture = luma[..., None] + colour * np.float32(settings.saturation * (1 - _PALER * coarse))
    written: NDArray[np.uint8] = np.clip(picture + np.float32(0.5), 0, 255).astype(np.uint8)
    return written


def _noise_by_tone(iso: int, settings: SensorSettings) -> Float32:
    """``(256,)`` variance of the noise in counts, by tone."""
    full = full_scale_e(iso, settings)
    variance = (level_table(settings.contrast) * full + settings.read_noise_e**2) / full**2
    return (variance * slope_table(settings.contrast) ** 2).astype(np.float32)
