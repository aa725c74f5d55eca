"""Which differences a still scene with relief could make."""

from dataclasses import dataclass

import numpy as np

from detectors.movement.blobs import Blob, Points
from detectors.movement.compare import Comparison
from detectors.movement.evidence import Evidence, Pair
from detectors.movement.relief import FOUND_AGAIN, Traffic, found_again
from detectors.movement.window import Window
from pipeline.records.arrays import Bool, Float

PART_PX = 40.0
"""A longer thing is looked for in parts: of a pole the top goes further than the foot."""

MOST_PARTS = 4


def relief_explains(
    window: Window, index: int, pairs: list[Pair], offsets: list[int], evidence: Evidence, blobs: list[Blob]
) -> Bool:
    """``(len(blobs),)`` what relief alone could make, judged at the baseline that shows each one best."""
    least = np.ones(len(blobs))
    traffic = _traffic(window.at(index).picture.size, pairs)
    chosen = np.array([evidence.foremost(blob.pixels) for blob in blobs], np.int64)
    for k, (pair, offset) in enumerate(zip(pairs, offsets, strict=True)):
        own = np.flatnonzero(chosen == k)
        for side, other in ((pair.before, index - offset), (pair.after, index + offset)):
            if side is None or not len(own):
                continue
            again = _Search(window, index, other, side, traffic).found(blobs, own)
            least[own] = np.minimum(least[own], again)
    return np.asarray(least < FOUND_AGAIN, np.bool_)


def _traffic(size: tuple[int, int], pairs: list[Pair]) -> Traffic:
    sides = [side for pair in pairs for side in (pair.before, pair.after) if side is not None]
    return Traffic.of(np.concatenate([side.overlay.runaways() for side in sides]), size)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Looks for the things of a picture in one reference."""

    window: Window
    index: int
    other: int
    side: Comparison
    traffic: Traffic

    def found(self, blobs: list[Blob], own: np.ndarray) -> Float:
        """``(len(own),)`` share of the difference that stays, the mean over a thing's parts; 1 where not concerned."""
        told = np.ones(len(own))
        overlay = self.side.overlay
        parts: list[Points] = []
        owner: list[int] = []
        for k, b in enumerate(own):
            blob = blobs[b]
            if overlay.relief_concerns(blob.left, blob.top, blob.width, blob.height, self.traffic):
                parts += _parts(blob)
                owner += [k] * (len(parts) - len(owner))
        if not parts:
            return told
        middles = [np.asarray(part.mean(axis=0), np.float64) for part in parts]
        again = found_again(
            self.window.at(self.index).picture.grey,
            self.window.at(self.other).picture.grey,
            overlay.homography,
            [overlay.stretch(middle) for middle in middles],
            parts,
            [overlay.flow_at(middle) for middle in middles],
        )
        weight = np.array([len(part) for part in parts], np.float64)
        total = np.bincount(owner, again * weight, len(own))
        seen = np.bincount(owner, weight, len(own))
        return np.asarray(np.where(seen > 0, total / np.maximum(seen, 1.0), told), np.float64)


def _parts(blob: Blob) -> list[Points]:
    """A thing's pixels, cut across its length."""
    long_side = max(blob.width, blob.height)
    count = min(MOST_PARTS, int(np.ceil(long_side / PART_PX)))
    if count < 2:
        return [blob.pixels]
    along = blob.pixels[:, 0] - blob.left if blob.width >= blob.height else blob.pixels[:, 1] - blob.top
    place = np.minimum((along * count / long_side).astype(np.int64), count - 1)
    return [blob.pixels[place == k] for k in range(count) if np.any(place == k)]
