"""Edges by direction and strength, without their sign: what pictures of unlike sensors have in common."""

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]

_SMOOTH_PX = 1.2
_STRONGEST = 4.0  # edges count up to so many times the mean: one bright roof must not outvote a village
_LEAST_FILLED = 0.2  # of the richest place: likeness to a nearly empty one is chance


def oriented_edges(grey: NDArray[np.uint8], valid: NDArray[np.bool_]) -> Real:
    """``(h, w, 2)`` gradient strength times cosine and sine of twice the gradient's direction.

    A doubled direction is the same for an edge from dark to bright and from bright to dark: warm roofs at night are
    cold by day. Zero where not `valid`.

    Args:
        grey: ``(h, w)``.
        valid: ``(h, w)``; edges of the valid part itself are left out.

    Source: the double-angle representation (Granlund 1978), smoothed over a neighbourhood as in channel features of
    oriented gradients (Ye et al. 2019).
    """
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SMOOTH_PX)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    inner = cv2.erode(valid.astype(np.uint8), np.ones((7, 7), np.uint8), borderType=cv2.BORDER_REPLICATE) > 0
    strength = np.where(inner, np.hypot(across, down), 0.0)
    mean = float(strength[inner].mean()) if inner.any() else 0.0
    if mean <= 0:
        return np.zeros((*grey.shape, 2), np.float32)
    kept = np.minimum(strength / mean, _STRONGEST) / np.maximum(across**2 + down**2, 1e-9)
    doubled = np.dstack([kept * (across**2 - down**2), kept * (2 * across * down)]).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(doubled, (0, 0), _SMOOTH_PX), np.float32)


def agreement(space: Real, part: Real) -> Real:
    """``(H - h + 1, W - w + 1)`` how far the edges of a part run as those of each place, unnormalised.

    Args:
        space: ``(H, W, 2)``.
        part: ``(h, w, 2)``.
    """
    layers = (cv2.matchTemplate(space[..., i].copy(), part[..., i].copy(), cv2.TM_CCORR) for i in (0, 1))
    return np.asarray(sum(np.asarray(layer, np.float32) for layer in layers), np.float32)


def norms(space: Real, part: Real) -> Real:
    """What `agreement` would be at most at each place."""
    height, width = part.shape[:2]
    filled = cv2.boxFilter((space**2).sum(axis=2), -1, (width, height), normalize=False, anchor=(0, 0))
    filled = filled[: space.shape[0] - height + 1, : space.shape[1] - width + 1]
    floor = max(_LEAST_FILLED * float(filled.max()), 1e-9)
    return np.asarray(np.sqrt(np.maximum(filled, floor) * max(float((part**2).sum()), 1e-9)), np.float32)
