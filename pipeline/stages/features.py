"""Point features of a grey picture: few, spread over the picture, and small enough to keep for a whole sortie."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float, require_shape

_CELLS = 12  # along the longer side: selection keeps the strongest of each cell
_CONTRAST = 0.02  # half of Lowe's: bare ground has little; selection by cell discards the surplus elsewhere
_POOL = 2  # strongest points of the picture to choose from: describing them is most of the work
_SCALE = 512.0  # of a unit RootSIFT vector; its elements stay below 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Points of a picture that can be found again in another.

    Attributes:
        pixels: ``(N, 2)`` column, row in the picture that was searched.
        size_px: ``(N,)`` diameter of the neighbourhood that describes the point.
        descriptors: ``(N, 128)`` uint8 RootSIFT.
    """

    pixels: Float
    size_px: Float
    descriptors: NDArray[np.uint8]

    def __post_init__(self) -> None:
        require_shape("pixels", self.pixels, (None, 2))
        require_shape("size_px", self.size_px, (len(self.pixels),))
        require_shape("descriptors", self.descriptors, (len(self.pixels), 128))

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, chosen: NDArray[np.intp] | Bool) -> "Features":
        """Some of them."""
        return Features(self.pixels[chosen], self.size_px[chosen], self.descriptors[chosen])


def find_features(grey: NDArray[np.uint8], limit: int, valid: Bool | None = None) -> Features:
    """SIFT points of a grey picture, the strongest of each cell of a grid.

    Args:
        grey: ``(h, w)``.
        limit: Most features to return.
        valid: ``(h, w)``; nothing is sought within a few pixels of where it is False.

    Returns:
        Strongest first within rounds over the cells; the same picture gives the same features. Empty without texture.

    Source: Lowe (2004); square-rooted descriptors by Arandjelović and Zisserman (2012).
    """
    mask = None if valid is None else _eroded(valid)
    detector = cv2.SIFT.create(_POOL * limit, contrastThreshold=_CONTRAST, enable_precise_upscale=True)
    points, vectors = detector.detectAndCompute(grey, mask)
    if vectors is None or len(points) == 0:
        return Features(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 128), np.uint8))
    raw = np.array([(*point.pt, point.size, point.response) for point in points])
    kept = spread(raw[:, :2], raw[:, 3], (grey.shape[1], grey.shape[0]), limit)
    return Features(raw[kept, :2], raw[kept, 2], _rooted(vectors[kept]))


def mirrored(features: Features, width: int) -> Features:
    """The features that the same picture, of that width, would have with left and right exchanged.

    A mirrored neighbourhood has its rows in reverse, seen along the point's orientation, and its gradients the other
    way round: the elements of a descriptor trade places.
    """
    order = np.arange(128).reshape(4, 4, 8)[::-1][:, :, (-np.arange(8)) % 8].ravel()
    pixels = np.column_stack([width - 1 - features.pixels[:, 0], features.pixels[:, 1]])
    return Features(pixels, features.size_px, np.ascontiguousarray(features.descriptors[:, order]))


def _eroded(valid: Bool) -> NDArray[np.uint8]:
    """Where a neighbourhood lies wholly on valid pixels: the edge of a picture is no texture."""
    framed = cv2.copyMakeBorder(valid.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    shrunk = cv2.erode(framed, np.ones((13, 13), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return np.where(shrunk[1:-1, 1:-1] > 0, 255, 0).astype(np.uint8)


def spread(pixels: Float, response: Float, size_px: tuple[int, int], limit: int) -> NDArray[np.intp]:
    """Indices of at most `limit` points: the strongest of every cell, then the second of every cell, and so on."""
    step = max(size_px) / _CELLS
    cell = (pixels[:, 0] // step).astype(np.int64) * 1000 + (pixels[:, 1] // step).astype(np.int64)
    order = np.lexsort((pixels[:, 0], pixels[:, 1], -response, cell))
    first = np.concatenate([[0], np.flatnonzero(np.diff(cell[order])) + 1])
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    rounds = np.lexsort((-response[order], rank))[:limit]
    chosen: NDArray[np.intp] = order[rounds]
    return chosen


def _rooted(vectors: NDArray[Any]) -> NDArray[np.uint8]:
    share = vectors / np.maximum(vectors.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.minimum(np.rint(np.sqrt(share) * _SCALE), 255), np.uint8)
