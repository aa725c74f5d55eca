"""How something covers the ground: where on a tile, how densely, in what colour."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.noise import smooth_noise
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The part of a tile that something reaches.

    Attributes:
        rows, columns: Of the tile.
        x_m, y_m: Axes of the part.
        cell_m: Size of a cell.
    """

    rows: slice
    columns: slice
    x_m: Axis
    y_m: Axis
    cell_m: float

    @property
    def empty(self) -> bool:
        """Whether nothing is reached."""
        return len(self.x_m) == 0 or len(self.y_m) == 0

    def grid(self) -> tuple[Float, Float]:
        """Site x and y of every cell, ``(h, w)`` each."""
        x, y = np.meshgrid(self.x_m, self.y_m)
        return x, y


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What lies on a window.

    Attributes:
        share: ``(h, w)`` 0 to 1, how much of a cell is covered.
        albedo: ``(h, w, 3)``.
        bumps_m: ``(h, w)`` fine relief of the covering.
        material: Of cells that are covered by half.
    """

    share: Float32
    albedo: Float32
    bumps_m: Float32
    material: Material


def window(x_m: Axis, y_m: Axis, at_m: tuple[float, float], reach_m: float) -> Window:
    """The cells within a square around a place; axes ascend."""
    columns = slice(*np.searchsorted(x_m, [at_m[0] - reach_m, at_m[0] + reach_m]).tolist())
    rows = slice(*np.searchsorted(y_m, [at_m[1] - reach_m, at_m[1] + reach_m]).tolist())
    cell = float(x_m[1] - x_m[0]) if len(x_m) > 1 else float(y_m[1] - y_m[0]) if len(y_m) > 1 else 0.1
    return Window(rows, columns, x_m[columns], y_m[rows], cell)


def spread(values: Float32, part: Window, shape: tuple[int, int]) -> Float32:
    """``(H, W)`` of a tile with `values` in a window of it and 0 elsewhere."""
    whole = np.zeros(shape, np.float32)
    whole[part.rows, part.columns] = values
    return whole


def covered(ground: Ground, part: Window, layers: tuple[Cover, ...]) -> Ground:
    """The ground under layers, in order; a layer's own relief replaces that of the ground as far as it covers."""
    albedo, bumps, material = ground.albedo.copy(), ground.bumps_m.copy(), ground.material.copy()
    at = (part.rows, part.columns)
    for layer in layers:
        share = np.clip(layer.share, 0, 1)
        albedo[at] += share[..., None] * (np.clip(layer.albedo, 0.004, 0.95) - albedo[at])
        bumps[at] += share * (layer.bumps_m - bumps[at])
        material[at] = np.where(share >= 0.5, np.uint8(int(layer.material)), material[at])
    return Ground(albedo, bumps, material)


def texture(seed: int, part: Window, layers: tuple[tuple[float, float], ...]) -> Float32:
    """Sum of noise over ``(spacing_m, amplitude)`` layers, ``(h, w)``; what a cell cannot show fades out."""
    total = np.zeros((len(part.y_m), len(part.x_m)), np.float32)
    for spacing, amplitude in layers:
        seen = float(np.clip(spacing / part.cell_m - 0.8, 0, 1))
        if seen > 0:
            total += np.float32(seen * amplitude) * smooth_noise(
                seed + round(spacing * 1000), part.x_m, part.y_m, spacing
            )
    return total


def edge(inside_m: Float | Float32, part: Window, soft_m: float) -> Float32:
    """Share of cells inside a border, from the distance to it (positive inside); never sharper than a cell."""
    share = 0.5 + np.asarray(inside_m, np.float32) / np.float32(max(soft_m, part.cell_m))
    return np.asarray(np.clip(share, 0, 1), np.float32)


def tone(rgb: tuple[float, float, float], factor: Float32) -> Float32:
    """``(h, w, 3)``: a colour, lighter or darker by place."""
    return np.asarray(np.array(rgb, np.float32) * factor[..., None], np.float32)
