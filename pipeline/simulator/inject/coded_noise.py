"""Noise as it was before a JPEG's coder took part of it: what has to be rendered, as the coder comes again."""

from dataclasses import replace

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.simulator.inject.jpeg_code import dequantised
from pipeline.simulator.inject.noise_field import noise_field
from pipeline.simulator.inject.radiometry import FrameLook, neighbours_agree
from pipeline.simulator.scene.mesh import Float32

_GRAINS_PX = (0.0, 0.35, 0.45, 0.55, 0.7, 0.9, 1.2)
_SIDE_PX = 192
_ROUNDS = 3
_MOST = 2.5
"""A coder that took more than this leaves no noise to go by."""


def before_coding(look: FrameLook, table: Int) -> FrameLook:
    """The look whose noise, coded with a quantisation table ``(8, 8)``, becomes that of `look`.

    Noise that the table removes altogether is not guessed: strength grows by a factor of 2.5 at most.
    """
    strength = float(np.median(look.noise))
    wanted = float(np.exp(-1 / (4 * look.grain_px**2))) if look.grain_px > 0 else 0.0
    best: tuple[float, float, float] | None = None
    for grain in _GRAINS_PX:
        factor, agree = 1.0, 0.0
        field = noise_field((_SIDE_PX, _SIDE_PX), replace(look, grain_px=grain), np.random.default_rng(7))[..., 0]
        for _ in range(_ROUNDS):
            left, agree = _coded(field * np.float32(factor * strength), table)
            factor = float(np.clip(factor * strength / max(left, 1e-3), 0.5, _MOST))
        if best is None or abs(agree - wanted) < best[0]:
            best = (abs(agree - wanted), grain, factor)
    if best is None:
        return look
    noise: Float = look.noise * best[2]
    return replace(look, noise=noise, grain_px=best[1])


def _coded(field: Float32, table: Int) -> tuple[float, float]:
    """Strength, and agreement of neighbours, of noise on an even patch after coding."""
    value = dequantised(np.clip(np.rint(field + 128), 0, 255).astype(np.uint8), table).astype(np.float32)
    cells = value.reshape(_SIDE_PX // 12, 12, _SIDE_PX // 12, 12).swapaxes(1, 2).reshape(-1, 12, 12)
    return neighbours_agree(cells)
