"""Noise: what is left in the calmest parts of a picture when its smooth part is taken away."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.bench.realism.samples import Image

BLOCK = 16
CALMEST = 0.05


@dataclass(frozen=True, slots=True)
class Grain:
    """Of one picture, in the calmest twentieth of its 16 px blocks.

    Attributes:
        sigma: Standard deviation of the green channel's residual, grey levels.
        slope: How it grows with brightness: sigma of the brightest third of these blocks by that of the darkest.
        between_channels: Correlation of red's and green's residual.
        neighbours: Correlation of the residual with that of the pixel to the right: 0 for white noise before the high
            pass (which itself gives about -0.1), positive after blur, demosaicking and compression.
    """

    sigma: float
    slope: float
    between_channels: float
    neighbours: float


def measure(image: Image) -> Grain:
    """Residual against a Gaussian of 2 px; blocks that are clipped are left out."""
    full = image.astype(np.float32)
    rest = full - cv2.GaussianBlur(full, (0, 0), 2.0)
    residual, level = _blocks(rest), _blocks(full)
    brightness = level[..., 1].mean(axis=(1, 2))
    sound = (level.min(axis=(1, 2, 3)) > 3) & (level.max(axis=(1, 2, 3)) < 252)
    spread = residual[..., 1].std(axis=(1, 2))
    spread = np.where(sound, spread, np.inf)
    chosen = np.argsort(spread, kind="stable")[: max(int(CALMEST * len(spread)), 12)]
    chosen = chosen[np.isfinite(spread[chosen])]
    if len(chosen) < 12:
        return Grain(np.nan, np.nan, np.nan, np.nan)
    calm, by_light = residual[chosen], chosen[np.argsort(brightness[chosen], kind="stable")]
    third = len(by_light) // 3
    dark, bright = (float(np.sqrt((spread[part] ** 2).mean())) for part in (by_light[:third], by_light[-third:]))
    return Grain(
        float(np.sqrt((spread[chosen] ** 2).mean())),
        bright / max(dark, 1e-3),
        _correlation(calm[..., 0], calm[..., 1]),
        _correlation(calm[:, :, :-1, 1], calm[:, :, 1:, 1]),
    )


def _blocks(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(N, 16, 16, 3)`` of ``(H, W, 3)``, rows and columns that fill no block left out."""
    height, width = (side // BLOCK * BLOCK for side in image.shape[:2])
    cut = image[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return np.ascontiguousarray(cut.swapaxes(1, 2)).reshape(-1, BLOCK, BLOCK, 3)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
