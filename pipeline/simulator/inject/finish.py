"""What was rendered, as this frame's camera and coder would have given it."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.records.arrays import Bool
from pipeline.simulator.inject.jpeg_file import UInt8
from pipeline.simulator.inject.radiometry import HALO_PX, FrameLook, high_pass, linear_of, value_of
from pipeline.simulator.inject.window import FINE, Altered
from pipeline.simulator.scene.mesh import Float32

_SEEN = 0.004
"""Smaller changes of a linear value's share are below a quarter of an 8-bit step."""


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A rectangle of a frame with events in it.

    Attributes:
        value: ``(H, W, 3)`` float32 0 to 255; the old one where nothing changed.
        changed: ``(H, W)``.
    """

    value: Float32
    changed: Bool


def finish(altered: Altered, old: UInt8, look: FrameLook, rng: np.random.Generator) -> Finished:
    """Composite a rectangle.

    Args:
        altered: What was traced, with at least some pixels of margin around it.
        old: ``(H, W, 3)`` the frame's pixels there.
        look: Of the frame.
        rng: Of the noise.
    """
    keep, add = (_optics(field, look) for field in (altered.keep, altered.add))
    before = linear_of(old.astype(np.float32))
    kept = keep * before
    lit = kept + add
    changed = (np.abs(keep - 1).max(axis=2) > _SEEN) | (add.max(axis=2) > _SEEN * 0.3)
    # the curve's knee is for what is rendered: real highlights have been through the camera's own
    value: Float32 = np.where(add > 0.002, value_of(lit), _plain_value(lit))
    slope_old, slope_new = _slope(before), _slope(lit)
    left = np.clip(keep * slope_new / slope_old, 0, 1.5).mean(axis=2) * look.noise_at(
        old.mean(axis=2).astype(np.float32)
    )
    wanted = look.noise_at(value.mean(axis=2).astype(np.float32))
    missing = np.sqrt(np.maximum(wanted**2 - left**2, 0))
    value = value + missing[..., None] * noise_field(value.shape[:2], look, rng)
    whole = np.where(changed[..., None], np.clip(value, 0, 255), old.astype(np.float32))
    return Finished(whole.astype(np.float32), np.asarray(changed, np.bool_))


def noise_field(shape: tuple[int, int], look: FrameLook, rng: np.random.Generator) -> Float32:
    """``(H, W, 3)`` noise whose luma has the grain of the frame and unit strength after `high_pass`."""
    luma, red, blue = (rng.standard_normal(shape).astype(np.float32) for _ in range(3))
    if look.grain_px > 0:
        luma = np.asarray(cv2.GaussianBlur(luma, (0, 0), look.grain_px), np.float32)
    strength = _high_pass_strength(look.grain_px)
    luma /= strength
    # colour is denoised more and stored coarser than light
    spread = float(luma.std()) * look.chroma_noise
    red, blue = (cv2.GaussianBlur(c, (0, 0), 1.2) * 4.25 * spread for c in (red, blue))
    return np.stack([luma + 1.4 * red, luma - 0.34 * blue - 0.71 * red, luma + 1.77 * blue], axis=-1)


def _high_pass_strength(grain_px: float) -> float:
    """What `high_pass` leaves of unit white noise after smoothing."""
    spot = np.zeros((41, 41), np.float32)
    spot[20, 20] = 1
    if grain_px > 0:
        spot = np.asarray(cv2.GaussianBlur(spot, (0, 0), grain_px), np.float32)
    return float(np.sqrt((high_pass(spot) ** 2).sum()))


def _optics(field: Float32, look: FrameLook) -> Float32:
    """A fine raster through lens and sharpening onto pixels."""
    pixel_area = 1 / np.sqrt(12)
    lens_px = np.sqrt(max(look.blur_px**2 - pixel_area**2, 0.01))
    soft = cv2.GaussianBlur(field, (0, 0), float(lens_px) * FINE, borderType=cv2.BORDER_REPLICATE)
    height, width = field.shape[0] // FINE, field.shape[1] // FINE
    pixels = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    if look.sharpening > 0:
        halo = cv2.GaussianBlur(pixels, (0, 0), HALO_PX, borderType=cv2.BORDER_REPLICATE)
        pixels = pixels + look.sharpening * (pixels - halo)
    return np.asarray(np.maximum(pixels, 0), np.float32)


def _plain_value(linear: Float32) -> Float32:
    v = np.clip(linear, 0, 1)
    return (255 * np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)).astype(np.float32)


def _slope(linear: Float32) -> Float32:
    """Of the tone curve: 8-bit steps per linear value, up to a factor."""
    return np.maximum(linear, 0.004) ** np.float32(1 / 2.4 - 1)
