"""What a part of a frame keeps of the frame that it was cut from: light lost away from the lens's axis."""

from dataclasses import replace

import numpy as np

from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.shot import Seen

HALF_DIAGONAL_PX = 2500.0  # of 4000 x 3000 pixels


def fallen_off(seen: Seen, lens: Lens, loss: float) -> Seen:
    """Darken a part by where it lies in its frame; the corners of the frame lose a share `loss`.

    Two frames show a place at different distances from their axes, so that their light differs slowly over it. The law
    is that of `pipeline.simulator.sensor.optics.falloff`.
    """
    if seen.radiance is None:
        return seen
    width, height = lens.size_px
    x, y = np.arange(width) - lens.K[0, 2], np.arange(height) - lens.K[1, 2]
    square = np.minimum((x[None] ** 2 + y[:, None] ** 2) / HALF_DIAGONAL_PX**2, 1.0)
    kept = (1.0 - loss * (0.6 * square + 0.4 * square**2)).astype(np.float32)
    return replace(seen, radiance=seen.radiance * kept[..., None])
