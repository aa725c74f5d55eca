"""What differences are usual on unchanged ground, by strength of texture."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detectors.change.distance import Distances
from detectors.change.picture import F32
from pipeline.records.arrays import Float, require_shape

TEXTURE_CLASSES = np.array([0.7, 1.5, 3.0, 6.0, 12.0, 24.0, 48.0])
"""Centres of the classes, in grey levels of gradient."""

FLOOR = np.array([0.02, 0.04, 0.02])
"""Least spread of structure, tone and colour: what noise and compression do to any two pictures. Without it, two
pictures that agree perfectly would have their noise called change."""

CEILING = np.array([0.04, 0.08, 0.05])
"""Largest spread that is believed. Where trees lean and shadows move, most of a picture differs; that must not blind
the detector to what else is new there."""

FEW = 200
"""Cells of a class below which the neighbouring classes speak for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Usual differences, of one pair or of a whole flight.

    Attributes:
        median, spread: ``(3, C)`` of structure, tone, colour in each class of texture.
        cells: ``(C,)`` how many cells each class was measured on.
    """

    median: Float
    spread: Float
    cells: Float

    def __post_init__(self) -> None:
        count = len(TEXTURE_CLASSES)
        require_shape("median", self.median, (3, count))
        require_shape("spread", self.spread, (3, count))
        require_shape("cells", self.cells, (count,))

    @classmethod
    def measure(cls, found: Distances) -> "Calibration":
        """From one pair, most of which is unchanged."""
        inside = found.valid
        texture, parts = found.texture[inside][::3], found.parts[:, inside][:, ::3]
        borders = np.sqrt(TEXTURE_CLASSES[1:] * TEXTURE_CLASSES[:-1])
        label = np.searchsorted(borders, texture)
        shape = (3, len(TEXTURE_CLASSES))
        median, spread = np.zeros(shape), np.zeros(shape)
        cells = np.bincount(label, minlength=shape[1]).astype(np.float64) * 3
        for index in np.flatnonzero(cells):
            low, high = np.quantile(parts[:, label == index], [0.5, 0.8], axis=1)
            median[:, index], spread[:, index] = low, (high - low) / 0.84
        return cls(median, spread, cells)

    @classmethod
    def pooled(cls, parts: Iterable["Calibration"]) -> "Calibration":
        """Of a whole flight: the mean of its pairs, weighted by cells; the same in any order."""
        known = list(parts)
        cells = np.sum([one.cells for one in known], axis=0)
        weights = np.maximum(cells, 1)
        median = np.sum([one.median * one.cells for one in known], axis=0) / weights
        spread = np.sum([one.spread * one.cells for one in known], axis=0) / weights
        return cls(median, spread, cells)

    def excess(self, found: Distances) -> F32:
        """``(3, h, w)`` how many spreads above the usual each difference is."""
        known = np.flatnonzero(self.cells >= min(FEW, self.cells.max(initial=0)))
        if not len(known) or self.cells.max() == 0:
            return np.zeros_like(found.parts)
        steps = np.log(TEXTURE_CLASSES[known])
        at = np.log(np.maximum(found.texture, 1e-3))
        out = np.empty_like(found.parts)
        for part in range(3):
            usual = np.interp(at, steps, self.median[part, known])
            spread = np.minimum(np.interp(at, steps, self.spread[part, known]), CEILING[part])
            out[part] = (found.parts[part] - usual) / (spread + FLOOR[part])
        return out
