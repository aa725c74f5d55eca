"""Fine texture of ground: equal contrast in every octave, as in pictures of nature."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import Float32, hash_lattice, smooth_noise
from pipeline.simulator.scene.ground import Axis

OCTAVES_M = (61.0, 29.0, 13.0, 6.1, 2.9, 1.37, 0.66, 0.31, 0.15, 0.071, 0.034, 0.017)
FINEST_CELLS = 2.4
"""Octaves whose bumps are closer than so many cells would beat against them; one grain stands for the first of them."""
FINE_SPREAD = 0.42
"""Spread of what is finer than 0.6 m: with 1, gradients of ground at 5 cm were 2.5 times those of five real flights,
their finest detail 2.4 times and their features 5 times (docs/simulator-realism.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """Fields of a tile that all covers share, of about unit spread, or `FINE_SPREAD`. ``(H, W)`` float32.

    Attributes:
        broad: From 61 m to 6 m.
        middle: From 6 m to 0.6 m.
        fine: Below 0.6 m, down to the cell, of `FINE_SPREAD`; what the cell cannot show is missing from its spread.
        tint: Another one from 13 m to 0.3 m, for colour.
        tufts: Another one of single plants and clods, about 0.3 to 0.15 m, of `FINE_SPREAD`.
    """

    broad: Float32
    middle: Float32
    fine: Float32
    tint: Float32
    tufts: Float32


def texture(seed: int, x_m: Axis, y_m: Axis) -> Texture:
    """The fields at the centres of cells."""
    cell = float(x_m[1] - x_m[0]) if len(x_m) > 1 else 1.0
    return Texture(
        _sum(seed + 1, x_m, y_m, OCTAVES_M[0:4], cell, 4),
        _sum(seed + 2, x_m, y_m, OCTAVES_M[4:7], cell, 3),
        np.float32(FINE_SPREAD) * _sum(seed + 3, x_m, y_m, OCTAVES_M[7:], cell, 4),
        _sum(seed + 4, x_m, y_m, OCTAVES_M[2:8:2], cell, 3),
        np.float32(FINE_SPREAD) * _sum(seed + 5, x_m, y_m, OCTAVES_M[7:9], cell, 2),
    )


def _sum(seed: int, x_m: Axis, y_m: Axis, spacings: tuple[float, ...], cell: float, count: int) -> Float32:
    total = np.zeros((len(y_m), len(x_m)), np.float32)
    for number, spacing in enumerate(spacings):
        if spacing >= FINEST_CELLS * cell:
            total += smooth_noise(seed + 101 * number, x_m, y_m, spacing)
        elif spacing * 2.2 >= FINEST_CELLS * cell:
            column = np.floor(x_m / cell).astype(np.int64)
            row = np.floor(y_m / cell).astype(np.int64)
            total += np.float32(1.2) * hash_lattice(seed + 101 * number, column[None, :], row[:, None])
    return (total / np.float32(np.sqrt(count))).astype(np.float32)
