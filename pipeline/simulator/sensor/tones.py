"""From linear light to the tones of a picture, and back."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.shot import Float32

LEVELS = 4096
_SHOULDER = 1.1


def tone(level: Float, contrast: float) -> Float:
    """Share of full scale in the picture of linear levels, 1 where the sensor is full.

    A shoulder for the lights, the sRGB transfer function, and an S about the middle.
    """
    x = np.clip(level, 0.0, 1.0)
    rolled = (1.0 - np.exp(-_SHOULDER * x)) / (1.0 - np.exp(-_SHOULDER))
    curved = np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(curved - contrast / (2 * np.pi) * np.sin(2 * np.pi * curved), np.float64)


def tone_table(contrast: float) -> Float32:
    """``(LEVELS,)`` tones of evenly spaced levels, in counts of 255."""
    return (255.0 * tone(np.linspace(0.0, 1.0, LEVELS), contrast)).astype(np.float32)


def slope_table(contrast: float) -> Float32:
    """``(256,)`` counts that a unit of level makes, by tone."""
    table = tone_table(contrast).astype(np.float64)
    slopes = np.gradient(table) * (LEVELS - 1)
    return np.interp(np.arange(256), table, slopes).astype(np.float32)


def level_table(contrast: float) -> Float32:
    """``(256,)`` levels, by tone."""
    table = tone_table(contrast).astype(np.float64)
    return np.interp(np.arange(256), table, np.linspace(0.0, 1.0, LEVELS)).astype(np.float32)


def level_of(share: float, contrast: float) -> float:
    """The level whose tone is a share of full scale."""
    return float(np.interp(255.0 * share, tone_table(contrast), np.linspace(0.0, 1.0, LEVELS)))
