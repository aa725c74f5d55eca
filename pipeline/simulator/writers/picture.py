"""Pixels of a frame as compressed bytes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError


def eight_bit_rgb(image: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    """``(H, W, 3)`` RGB of a frame; thermal counts are stretched between their 1st and 99th percentile, hot white."""
    if image.ndim == 3:
        return image.astype(np.uint8, copy=False)
    low, high = np.percentile(image, (1.0, 99.0))
    grey = np.clip((image.astype(np.float32) - low) * (255.0 / max(high - low, 1.0)), 0, 255).round().astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """A JPEG file without tags of ``(H, W, 3)`` RGB.

    Raises:
        ConfigError: OpenCV cannot write any.
    """
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ConfigError("OpenCV on this machine cannot write JPEG; run trucewatch doctor")
    return data.tobytes()
