"""A maker's noise filter: fine detail no stronger than its noise goes, and at high sensitivity coarse colour too."""

import cv2
import numpy as np

from pipeline.simulator.scene.shot import Float32

_SHRINK = 4  # coarse colour is filtered in a picture so much smaller
_COARSE_PX = 4  # and there over this radius, twice: blotches of 30 px of the whole picture go
_LUMA_NOISE = 9.0  # variance in counts below which brightness is no guide there


def calmed(plane: Float32, luma: Float32, noise: Float32, share: float, wide_px: float) -> Float32:
    """Take fine detail away where it is no stronger than the noise there.

    Args:
        plane: ``(H, W)`` of brightness or of a difference of colour, in counts.
        luma: ``(H, W)`` brightness, which says how strong the noise is.
        noise: ``(256,)`` variance of it by brightness.
        share: Of what is taken for noise that goes.
        wide_px: Standard deviation of what counts as coarse.

    Source: Wiener's shrinkage by the local energy of the detail.
    """
    base = cv2.GaussianBlur(plane, (0, 0), wide_px)
    detail = plane - base
    energy = cv2.GaussianBlur(detail * detail, (0, 0), 1.4 * wide_px)
    expected = cv2.LUT(np.clip(luma, 0, 255).astype(np.uint8), noise)
    kept = np.clip(1.0 - np.float32(1.5) * expected / np.maximum(energy, np.float32(1e-3)), 0.0, 1.0)
    return np.asarray(base + detail * (1 - np.float32(share) + np.float32(share) * kept), np.float32)


def evened(plane: Float32, luma: Float32, share: float) -> Float32:
    """Take coarse blotches of colour away, but for those that brightness shows too.

    Args:
        plane: ``(H, W)`` difference of colour, in counts.
        luma: ``(H, W)`` brightness without much noise.
        share: Of the filter's result.

    Source: the guided filter of He, Sun and Tang (2010), with brightness as its guide.
    """
    height, width = plane.shape
    small = (max(1, width // _SHRINK), max(1, height // _SHRINK))
    guide = np.asarray(cv2.resize(luma, small, interpolation=cv2.INTER_AREA), np.float32)
    colour = np.asarray(cv2.resize(plane, small, interpolation=cv2.INTER_AREA), np.float32)
    mean_guide, mean_colour = _boxed(guide), _boxed(colour)
    spread = _boxed(guide * guide) - mean_guide**2
    together = _boxed(guide * colour) - mean_guide * mean_colour
    slope = together / (spread + np.float32(_LUMA_NOISE))
    offset = mean_colour - slope * mean_guide
    smooth = cv2.resize(_boxed(slope) * guide + _boxed(offset), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(plane + np.float32(share) * (smooth - plane), np.float32)


def _boxed(plane: Float32) -> Float32:
    side = 2 * _COARSE_PX + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)
