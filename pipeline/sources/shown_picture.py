"""Whether the picture that a thermal camera shows is the middle of its counts, enlarged: a digital zoom."""

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from pipeline.records.arrays import Float

SIDE_PX = 320
"""Edges are compared at this width: colours, overlays and sharpening matter little there."""


def shown_enlarged(jpeg: bytes, counts: NDArray[np.uint16], zoom: float) -> bool | None:
    """Compare edges of the shown picture with those of all counts, and of their middle enlarged.

    Colours and overlaid outlines of a second camera change how bright something is shown, seldom where its edges are.

    Args:
        jpeg: The whole file.
        counts: ``(H, W)``.
        zoom: As the tags state it, above 1.

    Returns:
        Which fits better; None where the picture cannot be decoded or neither fits.
    """
    try:
        shown = simplejpeg.decode_jpeg(jpeg, "GRAY", strict=False)[:, :, 0]
    except ValueError:
        return None
    height, width = counts.shape
    size = (SIDE_PX, max(round(SIDE_PX * height / width), 8))
    rows, columns = max(round(height / zoom), 4), max(round(width / zoom), 4)
    top, left = (height - rows) // 2, (width - columns) // 2
    seen = _edges(shown, size)
    whole, middle = (
        float(np.corrcoef(seen.ravel(), _edges(part, size).ravel())[0, 1])
        for part in (counts, counts[top : top + rows, left : left + columns])
    )
    if not max(whole, middle) > 0.3 or abs(whole - middle) < 0.1:
        return None
    return middle > whole


def _edges(picture: "NDArray[np.uint8] | NDArray[np.uint16]", size: tuple[int, int]) -> Float:
    small = cv2.resize(np.asarray(picture, np.float32), size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (0, 0), 1)
    strength = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(np.log1p(strength / max(float(np.median(strength)), 1e-3)), np.float64)
