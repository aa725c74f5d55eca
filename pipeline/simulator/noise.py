"""Random fields that are the same wherever and in whatever order they are looked at."""

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
UInt32 = NDArray[np.uint32]


def hash_lattice(seed: int, column: NDArray[np.int64], row: NDArray[np.int64]) -> Float32:
    """Values in [-1, 1) of lattice nodes; `column` and `row` broadcast.

    Source: integer mixing after Chris Wellons' lowbias32.
    """
    mixed = (column.astype(np.uint32) * np.uint32(0x9E3779B1)) ^ (row.astype(np.uint32) * np.uint32(0x85EBCA77))
    mixed = mixed ^ np.uint32((seed * 0xC2B2AE3D) & 0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    mixed = mixed ^ (mixed >> np.uint32(16))
    return (mixed.astype(np.float32) * np.float32(2**-31) - 1).astype(np.float32)


def smooth_noise(seed: int, x_m: NDArray[np.float64], y_m: NDArray[np.float64], spacing_m: float) -> Float32:
    """``(H, W)`` field of about unit spread whose bumps are `spacing_m` apart.

    Args:
        seed: Which field.
        x_m: ``(W,)`` site x of the columns.
        y_m: ``(H,)`` site y of the rows.
        spacing_m: Distance of the lattice's nodes.

    Source: uniform cubic B-spline over hashed nodes; twice differentiable.
    """
    (left, across), (low, up) = _places(x_m, spacing_m), _places(y_m, spacing_m)
    columns, rows = np.unique(left[:, None] + np.arange(4)), np.unique(low[:, None] + np.arange(4))
    nodes = hash_lattice(seed, columns[None, :], rows[:, None])
    down, right = np.searchsorted(rows, low), np.searchsorted(columns, left)
    lines = sum(up[:, k, None] * nodes[down + k] for k in range(4))
    if len(columns) > len(x_m):  # samples farther apart than nodes: each has four of its own
        field: Float32 = np.asarray(sum(np.asarray(lines)[:, right + k] * across[:, k] for k in range(4)), np.float32)
    else:
        spread = np.zeros((len(columns), len(x_m)), np.float32)
        for k in range(4):
            spread[right + k, np.arange(len(x_m))] = across[:, k]
        field = np.asarray(lines) @ spread
    return field * np.float32(3.2)  # the spline averages: back to a standard deviation near 1


def _places(at_m: NDArray[np.float64], spacing_m: float) -> tuple[NDArray[np.int64], Float32]:
    """First of the four nodes, and the four weights."""
    place = at_m / spacing_m
    first = np.floor(place).astype(np.int64)
    f = place - first
    weights = np.stack([(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3], axis=1) / 6
    return first - 1, weights.astype(np.float32)


def octaves(
    seed: int, x_m: NDArray[np.float64], y_m: NDArray[np.float64], layers: tuple[tuple[float, float], ...]
) -> Float32:
    """Sum of `smooth_noise` over ``(spacing_m, amplitude)`` layers, ``(H, W)``."""
    total = np.zeros((len(y_m), len(x_m)), np.float32)
    for spacing, amplitude in layers:
        total += np.float32(amplitude) * smooth_noise(seed + round(spacing * 1000), x_m, y_m, spacing)
    return total
