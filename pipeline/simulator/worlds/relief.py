"""Bare ground: how high a place lies, and where its water stands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import Float32, octaves, smooth_noise
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.worlds.curve import Curve

Layers = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Relief:
    """Heights above a base.

    Attributes:
        seed: Which relief.
        rolling: ``(spacing_m, amplitude_m)`` of the swells.
        ridges: The same for ridges and gullies, sharp at their crests.
        gullies: The same for narrow cuts in even ground.
        valley: Its floor's middle line; None for no valley.
        floor_m: Half width of the flat floor.
        rise_m, slope_m: How high the sides rise, over which length.
        stream: Middle line of a river; None for none.
        stream_half_m: Half its width.
        level_m: Of standing or running water above the base; nothing lies visible below it. None: dry.
        basin: Middle x, y and radius of a bowl that the ground falls into; None: none.
        causeway: Middle line of a road that crosses the water on a stone dam; None: none.
    """

    seed: int
    rolling: Layers
    ridges: Layers = ()
    gullies: Layers = ()
    valley: Curve | None = None
    floor_m: float = 60.0
    rise_m: float = 0.0
    slope_m: float = 900.0
    stream: Curve | None = None
    stream_half_m: float = 14.0
    level_m: float | None = None
    basin: tuple[float, float, float] | None = None
    causeway: Curve | None = None

    def bed(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` of the ground, under water too."""
        up = octaves(self.seed, x_m, y_m, self.rolling) if self.rolling else _flat(x_m, y_m)
        x, y = mesh(x_m, y_m)
        if self.valley is not None:
            far = np.abs(np.asarray(self.valley.offset(x, y), np.float32))
            share = _smooth(((far - self.floor_m) / self.slope_m).astype(np.float32))
            up = up * (0.25 + 0.75 * np.minimum(1, 6 * share)) + self.rise_m * share
            up = up + share ** np.float32(0.75) * ridged(self.seed + 3, x_m, y_m, self.ridges)
        elif self.ridges:
            up = up + ridged(self.seed + 3, x_m, y_m, self.ridges)
        for spacing, deep in self.gullies:
            line = np.abs(smooth_noise(self.seed + 5, x_m, y_m, spacing)) * spacing / 3
            where = _smooth(smooth_noise(self.seed + 6, x_m, y_m, 3.1 * spacing) - 0.1)
            up = up - deep * where * np.exp(-((line / (2.5 * deep)) ** 2))
        if self.basin is not None:
            cx, cy, radius = self.basin
            far = np.hypot(x - cx, y - cy) / radius
            wavy = 1 + 0.18 * smooth_noise(self.seed + 8, x_m, y_m, 160.0)
            up = up + 22.0 * (_smooth(far * wavy) - 0.5)
        if self.stream is not None and self.level_m is not None:
            off = np.asarray(self.stream.offset(x, y), np.float32)
            ragged = np.abs(off) + 1.6 * smooth_noise(self.seed + 9, x_m, y_m, 14.0)
            land = _smooth((ragged - self.stream_half_m) / 120.0)
            bank = 0.55 * np.clip(ragged - self.stream_half_m, -3.5, 4.0) * (1 + 0.3 * np.tanh(off / 9))
            bars = 0.9 * smooth_noise(self.seed + 10, x_m, y_m, 26.0) * np.exp(-((ragged / self.stream_half_m) ** 4))
            up = self.level_m + bank + bars + land * (np.maximum(up, -1.0) + 2.5)
            if self.causeway is not None:
                aside = np.abs(np.asarray(self.causeway.offset(x, y), np.float32))
                dam = self.level_m + 1.9 - 1.1 * np.maximum(aside - 5.0, 0)
                up = np.maximum(up, dam)
        return np.asarray(up, np.float32)

    def surface(self, x_m: Axis, y_m: Axis) -> tuple[Float32, Float32]:
        """``(H, W)`` of ground or water, and depth of water (0 or less: dry, minus the height above it)."""
        bed = self.bed(x_m, y_m)
        if self.level_m is None:
            return bed, np.full(bed.shape, -99.0, np.float32)
        level = np.float32(self.level_m)
        return np.maximum(bed, level), (level - bed).astype(np.float32)


def ridged(seed: int, x_m: Axis, y_m: Axis, layers: Sequence[tuple[float, float]]) -> Float32:
    """Ridges: each layer's strength follows how high the coarser ones lie, so that valleys stay smooth.

    Source: Musgrave's ridged multifractal.
    """
    total, weight = _flat(x_m, y_m), np.ones((len(y_m), len(x_m)), np.float32)
    for number, (spacing, amplitude) in enumerate(layers):
        wave = 1 - np.sqrt(smooth_noise(seed + 17 * number, x_m, y_m, spacing) ** 2 + np.float32(0.012)) / 1.6
        sharp = np.clip(wave, 0, 1) ** 2
        total += np.float32(amplitude) * weight * (sharp - 0.45)
        weight = np.clip(weight * (0.35 + 1.3 * sharp), 0.35, 1).astype(np.float32)
    return total


def mesh(x_m: Axis, y_m: Axis) -> tuple[Float32, Float32]:
    """``(H, W)`` x and y."""
    x, y = np.meshgrid(x_m.astype(np.float32), y_m.astype(np.float32))
    return x, y


def _flat(x_m: Axis, y_m: Axis) -> Float32:
    return np.zeros((len(y_m), len(x_m)), np.float32)


def _smooth(share: Float32) -> Float32:
    s = np.clip(share, 0, 1)
    return np.asarray(s * s * (3 - 2 * s), np.float32)
