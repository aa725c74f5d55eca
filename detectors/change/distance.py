"""How far two pictures differ, cell by cell: in structure, tone and colour, whatever small displacement is left."""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.change.picture import F32, Pair, chroma, tone
from pipeline.records.arrays import Bool

STRIDE = 2
"""Working pixels on a side of one cell."""

BINS = 8
GREY_PER_LOG = 60.0
"""Brings gradients of logarithms to the size of grey levels."""

FLAT = 2.5
"""Gradient, in such grey levels, below which structure is noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Differences at every cell.

    Attributes:
        parts: ``(3, h, w)``: structure 0 to 1, tone and colour in logarithms.
        texture: ``(h, w)`` strength of the gradients of both pictures together.
        valid: ``(h, w)``.
    """

    parts: F32
    texture: F32
    valid: Bool


def distances(pair: Pair, window_m: float) -> Distances:
    """Compare; each cell is content with its best counterpart among the nine nearest cells."""
    window = 2 * round(window_m / pair.gsd_m / 2) + 1
    size = (pair.valid.shape[1] // STRIDE, pair.valid.shape[0] // STRIDE)
    before, strength_before = _structure(tone(pair.before), window, size)
    after, strength_after = _structure(tone(pair.after), window, size)
    earlier, later = (
        np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
        for image in (pair.before, pair.after)
    )
    structure = _least(before, after, 0.5, squared=True)
    tones = _least(tone(earlier)[..., None], tone(later)[..., None], 1.0, squared=False)
    colours = _least(chroma(earlier), chroma(later), 1.0, squared=False)
    valid = cv2.resize(pair.valid.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    texture = np.sqrt(strength_before**2 + strength_after**2)
    return Distances(np.stack([structure, tones, colours]), texture, valid)


def _structure(light: F32, window: int, size: tuple[int, int]) -> tuple[F32, F32]:
    """``(h, w, BINS)`` histograms of gradient directions, of length near 1 where there is structure; their strength."""
    scaled = light * GREY_PER_LOG
    gx = cv2.Sobel(scaled, cv2.CV_32F, 1, 0, scale=0.125)
    gy = cv2.Sobel(scaled, cv2.CV_32F, 0, 1, scale=0.125)
    strength, angle = cv2.cartToPolar(gx, gy)
    angle *= BINS / (2 * np.pi)
    bins = []
    for index in range(BINS):
        away = np.abs(angle - index)
        np.minimum(away, BINS - away, out=away)
        np.subtract(1, away, out=away)
        np.maximum(away, 0, out=away)
        away *= strength
        bins.append(cv2.resize(cv2.blur(away, (window, window)), size, interpolation=cv2.INTER_AREA))
    histogram = np.stack(bins, axis=-1)
    total = np.sqrt(np.einsum("hwb,hwb->hw", histogram, histogram))
    return histogram / (total + FLAT)[..., None], total


def _least(before: F32, after: F32, factor: float, *, squared: bool) -> F32:
    """Least squared distance, or its root, over displacements by one cell."""
    height, width = before.shape[:2]
    padded = np.pad(after, ((1, 1), (1, 1), (0, 0)), mode="edge")
    best = np.full((height, width), np.inf, np.float32)
    for row in range(3):
        for column in range(3):
            apart = before - padded[row : row + height, column : column + width]
            np.minimum(best, np.einsum("hwb,hwb->hw", apart, apart), out=best)
    best *= factor
    return best if squared else np.sqrt(best)
