"""What differs between a picture and another one laid on it, after camera motion, relief and light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey
from detectors.movement.overlay import BLOCK_PX, Overlay, Plane, common_ground
from detectors.movement.picture import Picture
from detectors.movement.settings import MovementSettings
from pipeline.records.arrays import Float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A picture against one reference.

    Attributes:
        residual: ``(h, w)`` grey levels that neither a shift of a pixel nor light explains; 0 where not valid.
        valid: ``(h, w)`` True where the reference saw the place.
        texture: ``(h, w)`` range of the reference's grey levels within a pixel.
        noise: Standard deviation of the difference over unmoved ground.
        overlay: How the reference lies on the picture.
    """

    residual: Grey
    valid: NDArray[np.bool_]
    texture: Grey
    noise: float
    overlay: Overlay


def compare(now: Picture, other: Picture, overlay: Overlay, settings: MovementSettings) -> Comparison | None:
    """Compare `now` with `other`, which lies on it. None when too little is in both."""
    seen = common_ground(now, other, overlay.homography, settings)
    if seen is None:
        return None
    aligned = _resample(other.grey, overlay.homography, overlay.flow, now.size)
    aligned = _match_light(now.grey, aligned, seen)
    return _difference(now, aligned, seen, overlay)


def _resample(grey: Grey, homography: Float, flow: Plane, size: tuple[int, int]) -> Grey:
    """The reference on the picture's pixels: through homography and flow in one interpolation."""
    width, height = size
    padded = np.pad(flow, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = padded.shape[:2]
    x, y = np.meshgrid((np.arange(columns) - 0.5) * BLOCK_PX - 0.5, (np.arange(rows) - 0.5) * BLOCK_PX - 0.5)
    back = np.linalg.inv(homography)
    target = np.stack([x + padded[..., 0], y + padded[..., 1], np.ones_like(x)], axis=-1) @ back.T
    source = (target[..., :2] / target[..., 2:]).astype(np.float32)
    full = cv2.resize(source, (columns * BLOCK_PX, rows * BLOCK_PX), interpolation=cv2.INTER_LINEAR)
    inside = full[BLOCK_PX : BLOCK_PX + height, BLOCK_PX : BLOCK_PX + width]
    laid = cv2.remap(grey, inside, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]  # its stub knows no one map
    return np.asarray(laid, np.uint8)


def _match_light(grey: Grey, aligned: Grey, seen: Grey) -> Grey:
    """The reference with the picture's exposure: one gain, and an offset that varies slowly over the picture."""
    height, width = grey.shape
    mask = seen[::4, ::4] > 0
    now = grey[::8, ::8][: mask.shape[0], : mask.shape[1]]
    then = aligned[::8, ::8][: mask.shape[0], : mask.shape[1]]
    mask = mask[: now.shape[0], : now.shape[1]]
    here, there = np.quantile(now[mask], (0.1, 0.5, 0.9)), np.quantile(then[mask], (0.1, 0.5, 0.9))
    gain = float(np.clip((here[2] - here[0] + 4) / (there[2] - there[0] + 4), 0.6, 1.6))
    levels = np.clip((np.arange(256) - there[1]) * gain + here[1], 0, 255)
    exposed = np.asarray(cv2.LUT(aligned, np.rint(levels).astype(np.uint8)), np.uint8)
    left = np.where(
        mask, np.clip(now.astype(np.float32) - exposed[::8, ::8][: now.shape[0], : now.shape[1]], -12, 12), 0
    )
    coarse = cv2.resize(
        left.astype(np.float32), (max(3, width // 64), max(3, height // 64)), interpolation=cv2.INTER_AREA
    )
    offset = cv2.medianBlur(np.asarray(coarse, np.float32), 5)
    if float(np.abs(offset).max()) < 1.0:
        return exposed
    lift = np.asarray(cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(cv2.add(exposed, lift, dtype=cv2.CV_8U), np.uint8)


def _difference(now: Picture, aligned: Grey, seen: Grey, overlay: Overlay) -> Comparison:
    kernel = np.ones((3, 3), np.uint8)
    high, low = cv2.dilate(aligned, kernel), cv2.erode(aligned, kernel)
    residual = cv2.max(cv2.subtract(now.grey, high), cv2.subtract(low, now.grey))
    if overlay.loose.any():
        wide_high, wide_low = cv2.dilate(high, np.ones((5, 5), np.uint8)), cv2.erode(low, np.ones((5, 5), np.uint8))
        wide = cv2.max(cv2.subtract(now.grey, wide_high), cv2.subtract(wide_low, now.grey))
        ragged = cv2.resize(overlay.loose.astype(np.uint8), now.size, interpolation=cv2.INTER_NEAREST)
        cv2.copyTo(wide, ragged, residual)
    mask = np.asarray(cv2.resize(seen, now.size, interpolation=cv2.INTER_NEAREST), np.uint8)
    residual = cv2.min(residual, mask)
    valid = mask > 0
    plain = np.asarray(cv2.absdiff(now.grey[::7, ::7], aligned[::7, ::7]), np.uint8)[mask[::7, ::7] > 0]
    return Comparison(
        residual=np.asarray(residual, np.uint8),
        valid=valid,
        texture=np.asarray(cv2.subtract(high, low), np.uint8),
        noise=_noise(plain),
        overlay=overlay,
    )


def _noise(differences: Grey) -> float:
    """Standard deviation of a normal distribution from the smaller three quarters of absolute differences."""
    if differences.size == 0:
        return 1.0
    smaller = np.sort(differences)[: max(1, differences.size * 3 // 4)]
    return float(np.mean(smaller)) / 0.515  # mean of |z| below its 75 % quantile
