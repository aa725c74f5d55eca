"""How far the references, and the surroundings, bear out that something moves."""

import cv2
import numpy as np

from detectors.movement.blobs import Blob
from detectors.movement.evidence import ONE, Evidence, Pair
from detectors.movement.settings import MovementSettings
from pipeline.records.arrays import Bool, Float

NO_SUPPORT, FULL_SUPPORT = 0.3, 0.8
"""Shares of the references that differ at which a thing is not trusted, and trusted fully.

What moves differs from nearly every picture in which its place was seen. A pole or a ridge before a changing background
differs from those that happen to show another background.
"""

DIFFERS = 0.6
"""Share of the least contrast from which on a pixel differs from a reference."""

MIN_REFERENCES = 5
"""With fewer a share is too coarse to tell anything."""

CROWD_SHARE = 0.05
"""Share of the surroundings that differ too at which trust falls to 1 / e: leaves, waves, ill-matched ground."""

SOLID_SUPPORT, SOLID_FILL = 0.7, 0.45
"""What is borne out this well, and fills its box this much, is a thing of its own and no crumb."""

CROWD_SCORE = 0.5
CROWD_PX = 40.0
"""Least reach of the surroundings on either side of a box; larger things have larger ones."""


def support(pairs: list[Pair], blobs: list[Blob], settings: MovementSettings) -> Float:
    """``(len(blobs),)`` 0 to 1: share of the references that differ where a thing is."""
    told = np.ones(len(blobs))
    sides = [side for pair in pairs for side in (pair.before, pair.after) if side is not None]
    for k, blob in enumerate(blobs):
        columns, rows = blob.pixels.T.astype(np.int64)
        votes = []
        for side in sides:
            if np.mean(side.seen[rows, columns] > 0) < 0.5:
                continue
            level = settings.min_contrast + settings.texture_factor * side.texture[rows, columns].astype(np.float64)
            votes.append(float(np.mean(side.residual[rows, columns] > DIFFERS * level)))
        if len(votes) >= MIN_REFERENCES:
            told[k] = np.clip((np.mean(votes) - NO_SUPPORT) / (FULL_SUPPORT - NO_SUPPORT), 0.0, 1.0)
    return told


def solid(blobs: list[Blob], explained: Bool, supported: Float) -> Bool:
    """``(len(blobs),)`` things that are movers rather than crumbs of a restless surface: compact and borne out."""
    fill = np.array([blob.area / (blob.width * blob.height) for blob in blobs])
    return np.asarray(~explained & (supported >= SOLID_SUPPORT) & (fill >= SOLID_FILL), np.bool_)


def solitude(evidence: Evidence, blobs: list[Blob], solids: Bool) -> Float:
    """``(len(blobs),)`` 0 to 1: less the more of a thing's surroundings differ as well, other movers aside.

    In dense traffic each mover has others round about.
    """
    height, width = evidence.score.shape
    differs = (evidence.score > CROWD_SCORE * ONE).astype(np.uint8)
    for blob in (b for b, whole in zip(blobs, solids, strict=True) if whole):
        left, top = max(0, int(blob.left) - 1), max(0, int(blob.top) - 1)
        differs[top : int(blob.top + blob.height) + 1, left : int(blob.left + blob.width) + 1] = 0
    total = np.asarray(cv2.integral(differs), np.int32)

    def count(left: int, top: int, right: int, bottom: int) -> int:
        return int(total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left])

    told = np.ones(len(blobs))
    for k, blob in enumerate(blobs):
        reach = max(CROWD_PX, 1.5 * max(blob.width, blob.height))
        left, top = max(0, int(blob.left - reach)), max(0, int(blob.top - reach))
        right = min(width, int(blob.left + blob.width + reach))
        bottom = min(height, int(blob.top + blob.height + reach))
        own = int(blob.left), int(blob.top), int(blob.left + blob.width), int(blob.top + blob.height)
        around = max(1.0, (right - left) * (bottom - top) - blob.width * blob.height)
        told[k] = np.exp(-(count(left, top, right, bottom) - count(*own)) / around / CROWD_SHARE)
    return told
