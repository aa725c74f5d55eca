"""Where several references agree that something is there which moves."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.movement.compare import Comparison
from detectors.movement.corners import Grey, Points
from detectors.movement.overlay import BLOCK_PX
from detectors.movement.settings import MovementSettings

ONE = 32
"""Score of what differs by as much as its threshold: whole numbers of 8 bits go four times as fast as real ones."""

_THRESHOLD_FINENESS = 1.5  # steps of a grey level in which thresholds are held: up to 170 levels

ONE_SIDED = 0.8
"""Weight of evidence from references of one side alone, e.g. in the first frames."""

STANDS_OUT = 25.5
"""Grey levels by which a mover is taken to differ from its ground, where it is said what would have been found."""

_FINENESS = 8  # steps of a grey level in which the usual is held


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """References at one baseline; either may be missing."""

    before: Comparison | None
    after: Comparison | None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for movement in one picture.

    Attributes:
        score: ``(h, w)`` residual over threshold, times `ONE`: what is more than that moves.
        by_pair: Per pair its ``(h, w)`` score; None where it has too few references.
        blind_share: Share of the scene where a thing that stands out by `STANDS_OUT` would be lost in what is usual
            there: waves, blown sand, leaves, noise.
    """

    score: Grey
    by_pair: tuple[Grey | None, ...]
    blind_share: float = 0.0

    def foremost(self, pixels: Points) -> int:
        """The pair that says most about pixels ``(n, 2)``, column and row."""
        columns, rows = pixels.T.astype(np.int64)
        told = [one[rows, columns] if one is not None else np.zeros(len(rows), np.uint8) for one in self.by_pair]
        return int(np.bincount(np.argmax(told, axis=0)).argmax())


def agreement(pairs: list[Pair], settings: MovementSettings) -> Evidence | None:
    """Where references agree. None without two of them.

    A thing that moves differs from the background before *and* after; the hole that it left differs from one side
    only. Where only one side saw the place, two baselines of that side must agree.
    """
    scores: list[Grey | None] = []
    blind_share = 1.0
    for index, pair in enumerate(pairs):
        common = _common(pairs, index)
        if common is None:
            scores.append(None)
            continue
        sides = [c for c in (pair.before, pair.after) if c is not None]
        level = max(settings.min_contrast, settings.noise_factor * max(c.noise for c in sides))
        texture = sides[0].texture if len(sides) == 1 else cv2.max(sides[0].texture, sides[1].texture)
        usual = _usual(common)
        clutter = settings.clutter_factor / _FINENESS
        blind = usual[::BLOCK_PX, ::BLOCK_PX] * clutter + level > STANDS_OUT
        blind_share = min(blind_share, float(np.mean(blind)))
        parts = (_THRESHOLD_FINENESS * part for part in (clutter, settings.texture_factor, level))
        weight, texture_weight, least = parts
        threshold = cv2.addWeighted(usual, weight, texture, texture_weight, least)
        scores.append(np.asarray(cv2.divide(common, threshold, scale=ONE * _THRESHOLD_FINENESS), np.uint8))
    told = [one for one in scores if one is not None]
    return Evidence(functools.reduce(_larger, told), tuple(scores), blind_share) if told else None


def _larger(one: Grey, other: Grey) -> Grey:
    return np.asarray(cv2.max(one, other), np.uint8)


def _common(pairs: list[Pair], index: int) -> Grey | None:
    before, after = pairs[index].before, pairs[index].after
    common: Grey | None = None
    if before is not None and after is not None:
        common = np.asarray(cv2.min(before.residual, after.residual), np.uint8)
    for side, other in ((before, after), (after, before)):
        if side is None:
            continue
        for further in pairs[:index] + pairs[index + 1 :]:
            second = further.before if side is before else further.after
            if second is None:
                continue
            alone = np.asarray(cv2.convertScaleAbs(cv2.min(side.residual, second.residual), alpha=ONE_SIDED), np.uint8)
            if other is not None:
                alone = np.asarray(cv2.min(alone, cv2.bitwise_not(other.seen)), np.uint8)
            common = alone if common is None else np.asarray(cv2.max(common, alone), np.uint8)
            break
    return common


def _usual(common: Grey) -> Grey:
    """What is usual round about, times `_FINENESS`: the median over some 200 px of the blocks' means.

    A mover can't hide itself.
    """
    height, width = common.shape
    blocks = (max(3, width // BLOCK_PX), max(3, height // BLOCK_PX))
    mean = np.asarray(cv2.resize(common, blocks, interpolation=cv2.INTER_AREA), np.float32)
    scaled = np.asarray(np.clip(mean * _FINENESS, 0, 255), np.uint8)
    usual = cv2.blur(cv2.medianBlur(scaled, 13), (5, 5))
    return np.asarray(cv2.resize(usual, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
