"""Where fields lie, of which kind, and how they are worked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.noise import Float32, hash_lattice
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.worlds.lattice import Lattice
from pipeline.simulator.worlds.relief import mesh
from pipeline.simulator.worlds.season import Palette

PLOUGHED, STUBBLE, CROP, PASTURE, FALLOW = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class FieldMap:
    """Fields at places: number, metres to the edge, kind, and direction of working, each of the places' shape."""

    number: NDArray[np.int64]
    edge_m: Float32
    kind: NDArray[np.int64]
    azimuth_rad: Float32


@dataclass(frozen=True)
class Fields:
    """A patchwork: nearest of jittered lattice points under a stretched metric.

    Attributes:
        seed: Which.
        azimuth_rad: Long side.
        size_m: Length and width of an average field.
        only: Kind of all fields; None: by the season's shares.
    """

    seed: int
    azimuth_rad: float = 0.3
    size_m: tuple[float, float] = (110.0, 58.0)
    only: int | None = None

    def at(self, x: Float | Float32, y: Float | Float32, palette: Palette) -> FieldMap:
        """Fields at places of any shape."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        u, v = (x * c + y * s) / self.size_m[0], (y * c - x * s) / self.size_m[1]
        best = np.full(np.shape(u), np.inf, np.float32)
        second, number = best.copy(), np.zeros(np.shape(u), np.int64)
        cu, cv = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        for du in (-1, 0, 1):
            for dv in (-1, 0, 1):
                a, b = cu + du, cv + dv
                pu = a + 0.5 + 0.33 * hash_lattice(self.seed + 21, a, b)
                pv = b + 0.5 + 0.33 * hash_lattice(self.seed + 22, a, b)
                far = (((u - pu) * 1.6) ** 2 + (v - pv) ** 2).astype(np.float32)
                nearer = far < best
                second = np.where(nearer, best, np.minimum(second, far))
                number = np.where(nearer, (a & 0xFFFF) * 65536 + (b & 0xFFFF), number)
                best = np.where(nearer, far, best)
        edge = ((np.sqrt(second) - np.sqrt(best)) * self.size_m[1] / 2).astype(np.float32)
        draw = (hash_lattice(self.seed + 23, number, number >> 7) + 1) / 2
        shares = np.cumsum(palette.fields) / np.sum(palette.fields)
        kind = np.minimum(np.searchsorted(shares, draw), 4) if self.only is None else np.full(np.shape(u), self.only)
        across = np.where(hash_lattice(self.seed + 40, number, number) > 0.3, np.pi / 2, 0.0)
        turn = self.azimuth_rad + across + 0.06 * hash_lattice(self.seed + 41, number, number)
        return FieldMap(number, edge, kind.astype(np.int64), turn.astype(np.float32))

    def on(self, x_m: Axis, y_m: Axis, palette: Palette) -> FieldMap:
        """Fields of a tile, worked out every 0.4 m and spread: grass hides where they meet."""
        nodes = Lattice.under(x_m, y_m, 0.4)
        x, y = mesh(nodes.x_m, nodes.y_m)
        there = self.at(x, y, palette)
        return FieldMap(
            nodes.nearest(there.number),
            nodes.spread(there.edge_m),
            nodes.nearest(there.kind),
            nodes.nearest(there.azimuth_rad),
        )


def rows_of(fields: FieldMap, x: Float32, y: Float32, period_m: float, cell_m: float, wave: Float32) -> Float32:
    """``(H, W)`` rows of working, -1 to 1, faded where a cell cannot show them; `wave` bends them by metres."""
    across = y * np.cos(fields.azimuth_rad) - x * np.sin(fields.azimuth_rad) + wave
    fade = float(np.clip((period_m / cell_m - 2) / 3, 0, 1))
    return np.asarray(fade * np.sin(2 * np.pi * across / period_m), np.float32)


def wheelings(fields: FieldMap, x: Float32, y: Float32) -> Float32:
    """``(H, W)`` share of ground under the two wheel tracks that a tractor leaves every 18 m."""
    across = y * np.cos(fields.azimuth_rad) - x * np.sin(fields.azimuth_rad)
    near = np.abs(np.abs(np.mod(across, 18.0) - 9.0) - 0.95)
    return np.asarray(np.clip((0.42 - near) / 0.15, 0, 1), np.float32)
