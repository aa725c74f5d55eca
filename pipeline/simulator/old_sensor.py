"""From light to the numbers a camera writes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.noise import Float32
from pipeline.simulator.world import FULL_SCALE


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """A small daylight camera.

    Attributes:
        exposure: Gain; 1 renders sunlit dry grass as a middling bright tone.
        white_balance: Gains of red and blue against green.
        blur_px: Standard deviation of lens and focus blur.
        noise: Standard deviation of the noise of a mid-grey pixel, of full scale.
        vignetting: Loss of light in the corners.
        sharpening: Strength of the camera's own sharpening.
        jpeg_quality: 1 to 100.
    """

    exposure: float = 1.0
    white_balance: tuple[float, float] = (1.0, 1.0)
    blur_px: float = 0.6
    noise: float = 0.012
    vignetting: float = 0.18
    sharpening: float = 0.5
    jpeg_quality: int = 86


def expose(
    light: Float32, settings: SensorSettings, motion_px: tuple[float, float], random: np.random.Generator
) -> NDArray[np.uint8]:
    """``(H, W, 3)`` radiance to RGB uint8.

    Args:
        light: In counts of the world.
        settings: The camera.
        motion_px: How far the picture moves during the exposure, right and down.
        random: Source of the noise.

    Source: shot noise as the root of the signal, a floor of read noise, the sRGB transfer curve with a soft shoulder.
    """
    linear = light * np.float32(2.3 * settings.exposure / FULL_SCALE)
    if settings.blur_px > 0:
        linear = np.asarray(cv2.GaussianBlur(linear, (0, 0), settings.blur_px), np.float32)
    linear = _smear(linear, motion_px)
    linear *= _falloff(linear.shape[:2], settings.vignetting)[..., None]
    spread = settings.noise * np.sqrt(np.clip(linear, 0, None) / 0.2 + 0.08)
    linear += spread * random.standard_normal(linear.shape, np.float32) * np.float32(0.45)
    linear *= np.array([settings.white_balance[0], 1.0, settings.white_balance[1]], np.float32)
    linear = np.clip(linear, 0, None)
    rolled = np.where(linear > 0.6, 0.6 + 0.4 * (1 - np.exp(-(linear - 0.6) / 0.4)), linear)
    curved = np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.power(rolled, 1 / 2.4) - 0.055)
    tone = (255 * curved).astype(np.float32)
    if settings.sharpening > 0:
        tone += settings.sharpening * (tone - np.asarray(cv2.GaussianBlur(tone, (0, 0), 1.0), np.float32))
    picture: NDArray[np.uint8] = np.clip(tone + 0.5, 0, 255).astype(np.uint8)
    return picture


def _smear(linear: Float32, motion_px: tuple[float, float]) -> Float32:
    length = float(np.hypot(*motion_px))
    if length < 0.25:
        return linear
    half = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for share in np.linspace(-0.5, 0.5, 33):
        x, y = half + share * motion_px[0], half + share * motion_px[1]
        c, r = int(np.floor(x)), int(np.floor(y))
        kernel[r : r + 2, c : c + 2] += np.outer([1 - y + r, y - r], [1 - x + c, x - c]).astype(np.float32)
    return np.asarray(cv2.filter2D(linear, -1, kernel / kernel.sum()), np.float32)


def _falloff(shape: tuple[int, int], vignetting: float) -> Float32:
    rows, columns = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    falloff: Float32 = (1 - vignetting * ((rows**2 + columns**2) / 2) ** 1.5).astype(np.float32)
    return falloff
