"""Where one sample a pixel is not enough."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.scene.mesh import Float32

_Kind = TypeVar("_Kind", bound=np.generic)

OFFSETS = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))
"""Of the extra samples from a pixel's centre: a turned square, no two in one row or column."""


def edges(thing: NDArray[np.int32], far_m: Float32, bright: Float32, contrast: float) -> NDArray[np.bool_]:
    """``(H, W)`` pixels whose neighbour is another thing, lies much deeper, or is of another brightness.

    Args:
        thing: ``(H, W)`` what is seen.
        far_m: ``(H, W)``; inf in the sky.
        bright: ``(H, W)`` brightness, or temperature in units in which 1 is much.
        contrast: Difference of brightness, of the brighter, that counts; on bare ground only thrice as much does.
    """
    out = np.zeros(thing.shape, np.bool_)
    near = np.where(np.isfinite(far_m), far_m, np.float32(1e7))
    for axis in (0, 1):
        other = np.diff(thing, axis=axis) != 0
        step = np.diff(near, axis=axis)
        bend = np.abs(np.diff(step, axis=axis, append=step.take([-1], axis=axis)))
        low = np.minimum(_front(near, axis), _back(near, axis))
        deep = bend > np.float32(0.02) * low
        difference = np.abs(np.diff(bright, axis=axis))
        brighter = np.maximum(_front(bright, axis), _back(bright, axis)) + np.float32(1e-9)
        bare = thing < 0
        ground = _front(bare, axis) & _back(bare, axis)
        needed = np.where(ground, np.float32(3 * contrast), np.float32(contrast)) * brighter
        found = other | deep | (difference > needed)
        if axis == 0:
            out[:-1] |= found
            out[1:] |= found
        else:
            out[:, :-1] |= found
            out[:, 1:] |= found
    return out


def _front(array: NDArray[_Kind], axis: int) -> NDArray[_Kind]:
    return array[:-1] if axis == 0 else array[:, :-1]


def _back(array: NDArray[_Kind], axis: int) -> NDArray[_Kind]:
    return array[1:] if axis == 0 else array[:, 1:]
