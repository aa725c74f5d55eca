"""Array types, and the checks that records apply where they are made."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
Image = NDArray[np.uint8] | NDArray[np.uint16]
"""``(H, W, 3)`` uint8 RGB, ``(H, W)`` uint8 grey or ``(H, W)`` uint16 thermal counts."""


def require_shape(name: str, array: NDArray[np.generic], shape: tuple[int | None, ...]) -> None:
    """Check a shape; ``None`` stands for any length.

    Raises:
        ValueError: The array has another shape. A defect in the calling code, not in the input.
    """
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
