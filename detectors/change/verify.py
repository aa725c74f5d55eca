"""What each picture shows at a region and round it: the evidence on which a region is believed, explained or typed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.picture import F32, Pair, chroma, tone
from pipeline.records.arrays import Bool

RING_M = 0.8
"""Width of the surroundings that a region is held against."""

TWIN_REACH_M = 1.4
"""How far relief can carry a thing between two viewpoints beyond what smooth flow took out."""

LARGEST_PATCH_PX = 48
"""Longer patches are reduced before twins are sought: likeness of a large thing needs no fine pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a region stands out in one picture, in logarithms of light.

    Attributes:
        tone, colour: Distance of its mean from that of its ring.
        step: Mean gradient along its border, across and along alike.
        spread: Standard deviation of tone inside.
        ring_spread: Standard deviation of tone in the ring.
        hollow: Tone of its middle less that of its rim: negative for a pit with a bright edge.
    """

    tone: float
    colour: float
    step: float
    spread: float
    ring_spread: float
    hollow: float

    @property
    def contrast(self) -> float:
        """How far it stands out in all; colour counts double, since light changes it less."""
        return float(np.hypot(self.tone, 2 * self.colour))


@dataclass(frozen=True, slots=True)
class Sight:
    """Evidence on one region.

    Attributes:
        before, after: How it stands out in each picture.
        tone_change: Median of later minus earlier tone inside.
        colour_change: Length of the median change of colour inside.
        likeness: Correlation of the two pictures inside.
        twin: Best likeness of the region's surroundings found near by in the other picture, the worse of both ways.
    """

    before: Look
    after: Look
    tone_change: float
    colour_change: float
    likeness: float
    twin: float

    @property
    def shadow_like(self) -> bool:
        """Darker or lighter by what shade can do, of nearly one colour, with the ground's pattern still there."""
        shade = 0.15 < abs(self.tone_change) < 1.3
        return shade and self.colour_change < 0.1 and self.likeness > 0.6


def look_at(pair: Pair, mask: NDArray[np.uint8], left: int, top: int) -> Sight:
    """Gather the evidence on a region.

    Args:
        pair: Aligned.
        mask: ``(h, w)`` 1 on the region, in working pixels.
        left, top: Where the mask lies in the pair.
    """
    ring_px = max(2, round(RING_M / pair.gsd_m))
    height, width = pair.valid.shape
    y0, x0 = max(top - 2 * ring_px, 0), max(left - 2 * ring_px, 0)
    y1, x1 = min(top + mask.shape[0] + 2 * ring_px, height), min(left + mask.shape[1] + 2 * ring_px, width)
    window = np.s_[y0:y1, x0:x1]
    inside = np.zeros((y1 - y0, x1 - x0), np.uint8)
    inside[top - y0 : top - y0 + mask.shape[0], left - x0 : left - x0 + mask.shape[1]] = mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * ring_px + 1, 2 * ring_px + 1))
    ring = (cv2.dilate(inside, disc) > cv2.dilate(inside, np.ones((3, 3), np.uint8))) & pair.valid[window]
    border = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    core = cv2.erode(inside, np.ones((3, 3), np.uint8)) > 0
    core = core if core.sum() >= 8 else inside > 0
    pictures = pair.before[window], pair.after[window]
    light = [tone(picture) for picture in pictures]
    colours = [chroma(picture) for picture in pictures]
    depth = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32)
    depth = depth / depth.max()
    parts = _Parts(core, ring, border, depth > 0.6, (depth > 0.12) & (depth < 0.45))
    looks = [_look(one, colour, parts) for one, colour in zip(light, colours, strict=True)]
    change = np.median(colours[1][core] - colours[0][core], axis=0)
    return Sight(
        looks[0],
        looks[1],
        float(np.median(light[1][core] - light[0][core])),
        float(np.linalg.norm(change)),
        _correlation(light[0][core], light[1][core]),
        _twin(pair, inside, x0, y0),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Where to look: all ``(h, w)``."""

    core: Bool
    ring: Bool
    border: Bool
    middle: Bool
    rim: Bool


def _look(light: F32, colour: F32, parts: _Parts) -> Look:
    gx, gy = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=0.125)
    step = float(np.hypot(gx, gy)[parts.border].mean()) if parts.border.any() else 0.0
    hollow = float(np.median(light[parts.middle]) - np.median(light[parts.rim])) if parts.rim.any() else 0.0
    spread = float(light[parts.core].std())
    if not parts.ring.any():
        return Look(0.0, 0.0, step, spread, 0.0, hollow)
    apart = np.median(colour[parts.core], axis=0) - np.median(colour[parts.ring], axis=0)
    darker = float(np.median(light[parts.core]) - np.median(light[parts.ring]))
    return Look(darker, float(np.linalg.norm(apart)), step, spread, float(light[parts.ring].std()), hollow)


def _correlation(x: F32, y: F32) -> float:
    x, y = x - x.mean(), y - y.mean()
    power = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / power if power > 1e-6 else 0.0


def _twin(pair: Pair, inside: NDArray[np.uint8], x0: int, y0: int) -> float:
    """Whether what one picture shows here stands a little aside in the other: parallax, not change."""
    shrink = max(1, int(np.ceil(max(inside.shape) / LARGEST_PATCH_PX)))
    reach = round(TWIN_REACH_M / pair.gsd_m)
    height, width = pair.valid.shape
    y1, x1 = y0 + inside.shape[0], x0 + inside.shape[1]
    wide = np.s_[max(y0 - reach, 0) : min(y1 + reach, height), max(x0 - reach, 0) : min(x1 + reach, width)]
    grow = 2 * max(2, round(0.4 / pair.gsd_m)) + 1
    mask = _shrunk(cv2.dilate(inside, np.ones((grow, grow), np.uint8)).astype(np.float32), shrink)
    mask = (mask > 0.5).astype(np.float32)
    if mask.sum() < 9:
        return 0.0
    light = pair.tones()
    found = []
    for here, there in (light, light[::-1]):
        patch = _shrunk(here[y0:y1, x0:x1], shrink)
        field = _shrunk(there[wide], shrink)
        if field.shape[0] < patch.shape[0] or field.shape[1] < patch.shape[1]:
            return 0.0
        likeness = cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED, mask=mask)
        likeness = likeness[np.isfinite(likeness)]
        found.append(float(likeness.max()) if likeness.size else 0.0)
    return float(np.clip(min(found), -1, 1))


def _shrunk(picture: F32, factor: int) -> F32:
    if factor == 1:
        return np.ascontiguousarray(picture, np.float32)
    size = max(1, picture.shape[1] // factor), max(1, picture.shape[0] // factor)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
