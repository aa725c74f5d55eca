"""Rows of fruit trees."""

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.noise import Float32, hash_lattice
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.worlds.fields import Fields
from pipeline.simulator.worlds.relief import mesh

ROW_M, TREE_M = 5.2, 4.1
EDGE_M = 5.0
"""From the field's edge to the first row: where a tractor turns."""


def is_orchard(seed: int, number: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which fields are planted."""
    return np.asarray(hash_lattice(seed + 61, number, number >> 5) > -0.55, np.bool_)


def strip(fields: Fields, x_m: Axis, y_m: Axis) -> Float32:
    """``(H, W)`` share of bare ground under the rows."""
    x, y = mesh(x_m, y_m)
    across = y * np.cos(fields.azimuth_rad) - x * np.sin(fields.azimuth_rad)
    away = np.abs(np.mod(across, ROW_M) - ROW_M / 2)
    return np.asarray(np.clip((0.75 - away) / 0.3 + 0.5, 0, 1), np.float32)


def places(fields: Fields, extent: Extent) -> tuple[NDArray[np.int64], NDArray[np.int64], Float, Float]:
    """Columns, rows, x and y of all trees that rows could hold in an extent."""
    c, s = np.cos(fields.azimuth_rad), np.sin(fields.azimuth_rad)
    x = np.array([extent.west_m, extent.east_m, extent.east_m, extent.west_m])
    y = np.array([extent.south_m, extent.south_m, extent.north_m, extent.north_m])
    along, across = (x * c + y * s) / TREE_M, (y * c - x * s) / ROW_M
    columns, rows = np.meshgrid(
        np.arange(int(np.floor(along.min())), int(np.ceil(along.max())) + 1),
        np.arange(int(np.floor(across.min())) - 1, int(np.ceil(across.max())) + 1),
    )
    i, j = columns.ravel(), rows.ravel()
    u = (i + 0.08 * hash_lattice(fields.seed + 62, i, j)) * TREE_M
    v = (j + 0.5 + 0.04 * hash_lattice(fields.seed + 63, i, j)) * ROW_M
    return i, j, u * c - v * s, u * s + v * c
