"""Cast shadow within a changed region: whose it is, and what is left of the region without it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.picture import F32, Pair, chroma, tone
from pipeline.records.arrays import Bool, Float
from pipeline.records.sunlight import PairLight

LEAST_FALL, MOST_FALL = 0.18, 1.4
"""What shade takes from light, in logarithms: skylight is a fifth to four fifths of all light that falls on ground."""

REDDER, BLUER = 0.06, 0.5
"""How far blue over red may fall or rise in shade. The sky is bluer than the sun: it rises, unless walls reflect."""

TEXTURE_M = 0.9
"""Side of the window in which the ground's pattern must persist."""

PERSISTS = 0.25
"""Correlation of that pattern in both pictures, below which the ground itself is another."""

NOISE = 0.03
"""Standard deviation of tone below which ground has no pattern to go by."""

FRINGE_M = 0.25
"""Strips of shade narrower than twice this are edges, not shadows."""

STRIP_M = (0.4, 1.6)
"""How far towards the sun a shadow's caster, or the part of the shadow that did not move, must begin."""

CASTER_SHARE = 0.4
"""Share of that strip, in either picture, that must look unlike the ground on which the shadow fell. A roof of the
ground's colour shows by its wall and its ridge only."""

EDGE_M = 0.8
"""Nearer to the edge of either picture than this, regions end; what lies there is not known."""

LEAST_SEEN = 0.5
"""Share of that strip that must be seen. Where the picture ends sunward of a shadow, nobody can ask for the caster."""

LEAST_THING_SHARE = 0.25
"""Share of that strip that a thing of the region must fill for the shadow to be its own."""

LEAST_APART = 0.15
"""Least contrast between caster and ground, in logarithms."""

SMOOTHED_M = 0.5
"""Side of the window over which furrows and leaves are averaged before caster and ground are compared."""

ENCLOSED = 0.5
"""Share of the strip behind a shadow that belongs to the region, from which on the shade lies in it, as in a pit."""

TALLEST = 1.5
"""Height of a thing over the root of its area, beyond which its own shadow is not believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Shade:
    """Parts of a region, all ``(h, w)`` over the region's window in working pixels.

    Attributes:
        moved: Shadow, in one picture, of a thing that stands in both.
        own: Shadow of the thing that came or went, which is in the region too.
        rest: Everything else.
    """

    moved: Bool
    own: Bool
    rest: Bool


def shade_of(pair: Pair, mask: Bool, left: int, top: int, light: PairLight) -> Shade:
    """Divide a region.

    Args:
        pair: Aligned.
        mask: ``(h, w)`` True on the region, in working pixels.
        left, top: Where the mask lies in the pair.
        light: Where the sun stood.
    """
    reach = int(np.ceil(STRIP_M[1] / pair.gsd_m)) + 1
    height, width = pair.valid.shape
    y0, x0 = max(top - reach, 0), max(left - reach, 0)
    y1, x1 = min(top + mask.shape[0] + reach, height), min(left + mask.shape[1] + reach, width)
    wide = np.zeros((y1 - y0, x1 - x0), np.bool_)
    inner = np.s_[top - y0 : top - y0 + mask.shape[0], left - x0 : left - x0 + mask.shape[1]]
    wide[inner] = mask[: height - top, : width - left]
    pictures = pair.before[y0:y1, x0:x1], pair.after[y0:y1, x0:x1]
    seen = _judged(pair, np.s_[y0:y1, x0:x1])
    moved, own = np.zeros_like(wide), np.zeros_like(wide)
    darker = [
        (_shaded(lit, dark, wide, pair.gsd_m), lit, sun)
        for lit, dark, sun in ((pictures[1], pictures[0], light.before), (pictures[0], pictures[1], light.after))
        if sun is not None
    ]
    shaded = np.logical_or.reduce([part for part, _, _ in darker]) if darker else np.zeros_like(wide)
    thing = _opened(wide & ~shaded, FRINGE_M / pair.gsd_m)
    for part, lit, sun in darker:
        count, labels = cv2.connectedComponents(part.astype(np.uint8), connectivity=8)
        for index in range(1, count):
            shadow = labels == index
            ahead = _swept(shadow, sun, pair.gsd_m)
            strip = ahead & seen
            hidden = strip.sum() < LEAST_SEEN * ahead.sum()
            if hidden or _stands(strip, shadow, lit, pictures, pair.gsd_m):
                moved |= shadow
            elif strip.any() and thing[strip].mean() >= LEAST_THING_SHARE and _outermost(shadow, wide, sun, pair.gsd_m):
                own |= shadow & _can_cast(thing, shadow, sun)
    rest = wide & ~moved & ~own
    return Shade(moved[inner], own[inner], rest[inner])


def _judged(pair: Pair, window: tuple[slice, slice]) -> Bool:
    """Where both pictures show the ground, away from their edges."""
    side = 2 * round(EDGE_M / pair.gsd_m) + 1
    framed = cv2.erode(np.pad(pair.valid.astype(np.uint8), 1), np.ones((side, side), np.uint8), borderValue=0)
    return np.asarray(framed[1:-1, 1:-1][window] > 0, np.bool_)


def _shaded(lit: F32, dark: F32, mask: Bool, gsd_m: float) -> Bool:
    """Where the one picture shows the other's ground, less the sun's light."""
    change = dark - lit
    fall, bluer = -change.mean(axis=2), change[..., 2] - change[..., 0]
    dimmed = mask & (fall > LEAST_FALL) & (fall < MOST_FALL) & (bluer > -REDDER) & (bluer < BLUER)
    side = 2 * round(TEXTURE_M / gsd_m / 2) + 1
    weight = dimmed.astype(np.float32)
    share = np.maximum(cv2.blur(weight, (side, side)), 1e-3)

    def mean(values: F32) -> F32:
        return np.asarray(cv2.blur(values * weight, (side, side)) / share, np.float32)

    x, y = tone(lit), tone(dark)
    mean_x, mean_y = mean(x), mean(y)
    power_x = np.maximum(mean(x * x) - mean_x**2, 0)
    power_y = np.maximum(mean(y * y) - mean_y**2, 0)
    alike = (mean(x * y) - mean_x * mean_y) / np.sqrt((power_x + 1e-5) * (power_y + 1e-5))
    other_ground = (alike < PERSISTS) & (np.maximum(power_x, power_y) > NOISE**2)
    return _opened(dimmed & ~other_ground, FRINGE_M / gsd_m)


def _opened(mask: Bool, radius: float) -> Bool:
    side = 2 * max(1, round(radius)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0, np.bool_)


def _swept(shadow: Bool, way: Float, gsd_m: float) -> Bool:
    """The strip that a shadow's edge sweeps towards the sun, or away from it, without the shadow."""
    level = np.hypot(way[0], way[1])
    if level < 1e-6:
        return np.zeros_like(shadow)
    height, width = shadow.shape
    swept = np.zeros(shadow.shape, np.uint8)
    for away_m in np.arange(STRIP_M[0], STRIP_M[1] + 1e-6, 0.4):
        step = np.round(way[:2] / level * away_m / gsd_m)
        matrix = np.array([[1.0, 0.0, step[0]], [0.0, 1.0, step[1]]])
        there = cv2.warpAffine(shadow.astype(np.uint8), matrix, (width, height), flags=cv2.INTER_NEAREST)
        swept = np.maximum(swept, np.asarray(there, np.uint8))
    near = cv2.dilate(shadow.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray((swept > 0) & ~near, np.bool_)


def _outermost(shadow: Bool, region: Bool, sun: Float, gsd_m: float) -> bool:
    beyond = _swept(shadow, -sun, gsd_m)
    return bool(beyond.any() and region[beyond].mean() < ENCLOSED)


def _can_cast(thing: Bool, shadow: Bool, sun: Float) -> bool:
    """Whether a thing of such an area, no taller than `TALLEST` allows, throws that much shadow."""
    length_per_height = float(np.hypot(sun[0], sun[1]) / max(float(sun[2]), 1e-3))
    return bool(shadow.sum() <= TALLEST * length_per_height * thing.sum())


def _stands(
    strip: Bool, shadow: Bool, lit: F32, pictures: tuple[NDArray[np.float32], NDArray[np.float32]], gsd_m: float
) -> bool:
    """Whether both pictures show, sunward of a shadow, something other than the ground it fell on."""
    ground = _appearance(lit, gsd_m)[shadow]
    middle = np.median(ground, axis=0)
    usual = float(np.median(np.linalg.norm(ground - middle, axis=1)))
    apart = max(LEAST_APART, 2 * usual)
    unlike = [np.linalg.norm(_appearance(one, gsd_m)[strip] - middle, axis=1) > apart for one in pictures]
    return bool(min(part.mean() for part in unlike) >= CASTER_SHARE)


def _appearance(picture: F32, gsd_m: float) -> F32:
    """``(h, w, 3)`` tone, and twice both colours, smoothed."""
    side = 2 * round(SMOOTHED_M / gsd_m / 2) + 1
    return np.asarray(cv2.blur(np.dstack([tone(picture), 2 * chroma(picture)]), (side, side)), np.float32)
