"""What is true of each pixel, as PNG files: which thing, how far, whether in shadow."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, GeometryError, InputError

SKY = 0
"""Depth of what has none."""
STEPS = 65_534
"""Values of a depth that are not sky."""


def mask_png(number: NDArray[np.int32]) -> bytes:
    """Numbers of things, 16 bits.

    Raises:
        GeometryError: A frame shows more things than 16 bits count.
    """
    if number.size and int(number.max()) > np.iinfo(np.uint16).max:
        raise GeometryError("a frame shows more than 65,535 things; fly lower or take a narrower lens")
    return _png(number.astype(np.uint16))


def depth_png(depth_m: NDArray[np.float32]) -> tuple[bytes, float]:
    """Depth along the optical axis, 16 bits, and the metres of one step; 0 is the sky.

    The farthest point of the frame has the highest value, so that a step is a 65,534th of it.
    """
    known = np.isfinite(depth_m)
    scale = float(depth_m[known].max()) / STEPS if known.any() else 1.0
    with np.errstate(invalid="ignore"):
        steps = np.where(known, np.clip(np.rint(depth_m / scale), 1, STEPS), SKY)
    return _png(steps.astype(np.uint16)), scale


def shadow_png(shadow: NDArray[np.bool_]) -> bytes:
    """8 bits: 255 where the sun does not reach."""
    return _png(shadow.astype(np.uint8) * np.uint8(255))


def read_mask(path: Path) -> NDArray[np.uint16]:
    """``(H, W)`` numbers of things."""
    return _read(path).astype(np.uint16)


def read_depth(path: Path, scale_m: float) -> NDArray[np.float32]:
    """``(H, W)`` metres; inf in the sky."""
    steps = _read(path)
    return np.where(steps == SKY, np.inf, steps * scale_m).astype(np.float32)


def read_shadow(path: Path) -> NDArray[np.bool_]:
    """``(H, W)`` whether in shadow."""
    return _read(path) > 0


def _png(image: NDArray[Any]) -> bytes:
    done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ConfigError("OpenCV on this machine cannot write PNG; run trucewatch doctor")
    return data.tobytes()


def _read(path: Path) -> NDArray[Any]:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); was this picture of the truth written?"
        ) from error
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if image is None:
        raise InputError(f"{path}: not a PNG that can be decoded; render the sortie again")
    return image
