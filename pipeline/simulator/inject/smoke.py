"""Smoke and dust before a real picture."""

import numpy as np
from scipy.special import erf

from pipeline.records.arrays import Float
from pipeline.simulator.scene.mesh import Puff


def veil(
    keep: Float, add: Float, eye_m: Float, rays: Float, far_m: Float, puffs: tuple[Puff, ...], origin_m: Float,
    white: Float,
) -> None:  # fmt: skip
    """Lay puffs over rays, the farthest first, changing `keep` and `add` ``(N, 3)`` in place.

    Args:
        eye_m: ``(3,)`` start of the rays relative to `origin_m`.
        rays: ``(N, 3)`` unit vectors.
        far_m: ``(N,)`` where they end.
        puffs: Balls of smoke in site metres.
        origin_m: Of the rays' coordinates.
        white: ``(3,)`` linear value of a white surface.

    Source: the integral of a Gaussian along a ray is exp(-d²/2s²) times a difference of error functions.
    """
    order = sorted(puffs, key=lambda puff: -float(np.linalg.norm(puff.centre_m - origin_m - eye_m)))
    for puff in order:
        to_centre = puff.centre_m - origin_m - eye_m
        along = rays @ to_centre
        aside2 = (to_centre**2).sum() - along**2
        near = aside2 < (4 * puff.sigma_m) ** 2
        if not near.any():
            continue
        reach = np.minimum(far_m[near], 1e6) - along[near]
        passed = 0.5 * (erf(reach / (np.sqrt(2) * puff.sigma_m)) + 1)
        depth = puff.depth * np.exp(-aside2[near] / (2 * puff.sigma_m**2)) * passed
        through = np.exp(-depth)[:, None]
        keep[near] *= through
        add[near] = add[near] * through + np.array(puff.colour) * white * (1 - through)
