"""What was rendered, as this frame's camera and coder would have given it."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.records.arrays import Bool
from pipeline.simulator.inject.jpeg_file import UInt8
from pipeline.simulator.inject.noise_field import noise_field
from pipeline.simulator.inject.radiometry import HALO_PX, FrameLook, linear_of, value_of
from pipeline.simulator.inject.window import FINE, Altered
from pipeline.simulator.scene.mesh import Float32

_SEEN = 0.004
"""Smaller changes of a linear value's share are below a quarter of an 8-bit step."""


_EVEN_PX = 3.0
_MOST_HALO = 30.0
"""8-bit steps: cameras bound what they add."""


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
    keep, add = (_through_lens(field, look) for field in (altered.keep, altered.add))
    before = linear_of(old.astype(np.float32))
    lit = keep * before + add
    changed = (np.abs(keep - 1).max(axis=2) > _SEEN) | (add.max(axis=2) > _SEEN * 0.3)
    # the curve's knee is for what is rendered: real highlights have been through the camera's own
    value: Float32 = np.where(add > 0.002, value_of(lit), _plain_value(lit))
    value = value + _halos(keep, add, before, look)
    slope_old, slope_new = _slope(before), _slope(lit)
    left = np.clip(keep * slope_new / slope_old, 0, 1.5).mean(axis=2) * look.noise_at(
        old.mean(axis=2).astype(np.float32)
    )
    wanted = look.noise_at(value.mean(axis=2).astype(np.float32))
    missing = np.sqrt(np.maximum(wanted**2 - left**2, 0))
    value = value + missing[..., None] * noise_field(value.shape[:2], look, rng)
    whole = np.where(changed[..., None], np.clip(value, 0, 255), old.astype(np.float32))
    return Finished(whole.astype(np.float32), np.asarray(changed, np.bool_))


def _through_lens(field: Float32, look: FrameLook) -> Float32:
    """A fine raster through the lens onto pixels."""
    lens_px = np.sqrt(max(look.blur_px**2 - 1 / 12, 0.01))  # a pixel's own area blurs by the root of a twelfth
    soft = cv2.GaussianBlur(field, (0, 0), float(lens_px) * FINE, borderType=cv2.BORDER_REPLICATE)
    height, width = field.shape[0] // FINE, field.shape[1] // FINE
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _halos(keep: Float32, add: Float32, before: Float32, look: FrameLook) -> Float32:
    """What the camera's sharpening makes of new edges.

    Real pixels have been sharpened once: only what differs between the smoothed ground with and without the events
    is sharpened here.
    """
    if look.sharpening == 0:
        return np.zeros_like(before)
    even = np.asarray(cv2.GaussianBlur(before, (0, 0), _EVEN_PX), np.float32)
    new, old = (_plain_value(field) for field in (keep * even + add, even))
    sharper = [v - cv2.GaussianBlur(v, (0, 0), HALO_PX, borderType=cv2.BORDER_REPLICATE) for v in (new, old)]
    return np.asarray(np.clip(look.sharpening * (sharper[0] - sharper[1]), -_MOST_HALO, _MOST_HALO), np.float32)


def _plain_value(linear: Float32) -> Float32:
    v = np.clip(linear, 0, 1)
    return (255 * np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)).astype(np.float32)


def _slope(linear: Float32) -> Float32:
    """Of the tone curve: 8-bit steps per linear value, up to a factor."""
    return np.maximum(linear, 0.004) ** np.float32(1 / 2.4 - 1)
