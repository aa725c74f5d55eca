"""Noise with the grain of a frame."""

import cv2
import numpy as np

from pipeline.simulator.inject.radiometry import FrameLook
from pipeline.simulator.scene.mesh import Float32

_COLOUR_PX = 1.2


def noise_field(shape: tuple[int, int], look: FrameLook, rng: np.random.Generator) -> Float32:
    """``(H, W, 3)`` noise with the grain of the frame, its luma of unit strength."""
    luma, red, blue = (rng.standard_normal(shape).astype(np.float32) for _ in range(3))
    if look.grain_px > 0:
        # smoothing white noise by a Gaussian leaves 1 / (2 s sqrt(pi)) of it; less smoothing, less exactly
        luma = np.asarray(cv2.GaussianBlur(luma, (0, 0), look.grain_px), np.float32) / _left_of_white(look.grain_px)
    # colour is denoised more and stored coarser than light
    red, blue = (
        np.asarray(cv2.GaussianBlur(c, (0, 0), _COLOUR_PX), np.float32) * look.chroma_noise / _left_of_white(_COLOUR_PX)
        for c in (red, blue)
    )
    return np.stack([luma + 1.4 * red, luma - 0.34 * blue - 0.71 * red, luma + 1.77 * blue], axis=-1)


def _left_of_white(spread_px: float) -> float:
    """Standard deviation of unit white noise after a Gaussian."""
    axis = np.arange(-20, 21)
    weight = np.exp(-(axis**2) / (2 * spread_px**2))
    return float((weight**2).sum() / weight.sum() ** 2)
