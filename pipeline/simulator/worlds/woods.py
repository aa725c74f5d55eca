"""Where trees stand close."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import Float32, smooth_noise
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.worlds.curve import Curve
from pipeline.simulator.worlds.relief import mesh


@dataclass(frozen=True)
class Woods:
    """Woods as patches, or everything on the left of an edge.

    Attributes:
        seed: Which.
        over: How rare patches are: they begin where a field of unit spread exceeds it.
        patch_m: Size of patches.
        edge: Its left is wood; None: patches only.
        conifers: Share.
        meadow: Middle line of a valley whose floor is kept open; None: none.
        clearing: Middle x, y and radius of a place that is kept open; None: none.
    """

    seed: int
    over: float
    patch_m: float = 130.0
    edge: Curve | None = None
    conifers: float = 0.15
    meadow: Curve | None = None
    clearing: tuple[float, float, float] | None = None

    def density(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` 0 open to 1 closed."""
        patch = smooth_noise(self.seed + 1, x_m, y_m, self.patch_m)
        patch = patch + 0.5 * smooth_noise(self.seed + 2, x_m, y_m, self.patch_m / 3.7)
        out = np.clip((patch - self.over) / 0.5, 0, 1)
        x, y = mesh(x_m, y_m)
        if self.meadow is not None:
            away = np.abs(np.asarray(self.meadow.offset(x, y), np.float32)) + 14.0 * patch
            out = out * np.clip((away - 55.0) / 15.0, 0, 1)
        if self.clearing is not None:
            cx, cy, radius = self.clearing
            out = out * np.clip((np.hypot(x - cx, y - cy) + 9.0 * patch - radius) / 12.0, 0, 1)
        if self.edge is not None:
            side = np.asarray(self.edge.offset(x, y), np.float32) + 9.0 * patch
            clearing = np.clip((patch + 1.7) / 0.5, 0, 1)
            out = np.maximum(out, np.clip(side / 16.0, 0, 1) * clearing)
        return np.asarray(out, np.float32)
