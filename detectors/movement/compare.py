"""What differs between a picture and another one brought onto it, after camera motion, relief and light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey, Points, follow
from detectors.movement.picture import Picture
from detectors.movement.relief import OFF_PLANE_PX, Relief, measure_relief
from detectors.movement.settings import MovementSettings
from pipeline.records.arrays import Float

Plane = NDArray[np.float32]

BLOCK_PX = 16
"""Spacing of the nodes on which flow and light are modelled: finer, and the model would follow small movers."""

PLANE_ENVELOPE_PX = 2.0
"""Flow that is taken for relief without further evidence; a scene with relief raises it."""


UNRULY_SHARE = 0.4
"""Share of corners off the plane from which on a scene without a common epipole is not understood."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A picture against one reference.

    Attributes:
        residual: ``(h, w)`` grey levels that neither a shift of a pixel nor light explains; 0 where not valid.
        valid: ``(h, w)`` True where the reference saw the place.
        texture: ``(h, w)`` range of the reference's grey levels within a pixel.
        noise: Standard deviation of the difference over unmoved ground.
        homography: ``(3, 3)`` from the reference to the picture: of the ground that the two show.
        flow: ``(rows, columns, 2)`` where the background of each node of the picture lies in the aligned reference,
            less the node itself, in pixels.
        relief: Parallax between the two; None where the scene is flat.
        unruly: Much of the scene is off the plane, and no parallax explains how.
    """

    residual: Grey
    valid: NDArray[np.bool_]
    texture: Grey
    noise: float
    homography: Float
    flow: Plane
    relief: Relief | None
    unruly: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """How the reference lies on the picture; see `Comparison`."""

    homography: Float
    flow: Plane
    relief: Relief | None
    unruly: bool


class Comparer:
    """Compares pictures of one size; holds the flow solver's buffers."""

    def __init__(self, settings: MovementSettings) -> None:
        self._settings = settings
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def compare(self, now: Picture, other: Picture, homography: Float) -> Comparison | None:
        """Compare ``now`` with ``other``, which `homography` brings onto it. None when too little is in both."""
        overlaid = self._overlay(now, other, homography)
        if overlaid is None:
            return None
        moved, seen = overlaid
        points, there = self._corners(now, moved, seen)
        better = straighten(points, there)
        if better is not None:
            overlaid = self._overlay(now, other, better @ homography)
            if overlaid is not None:
                homography, (moved, seen) = better @ homography, overlaid
                there = np.asarray(cv2.perspectiveTransform(there[:, None], better)[:, 0], np.float32)
        away = np.hypot(*(there - points).T)
        relief_px = 1.5 * float(np.quantile(away, 0.9)) if len(away) >= 12 else 0.0
        relief = measure_relief(points, there)
        unruly = relief is None and len(away) >= 12 and float(np.mean(away > OFF_PLANE_PX)) > UNRULY_SHARE
        flow, loose = self._background_flow(now.half, moved, relief_px)
        aligned = _resample(other.grey, homography, flow, now.size)
        aligned = _match_light(now.grey, aligned, seen)
        return _difference(now, aligned, seen, loose, _Frame(homography, flow, relief, unruly))

    def _overlay(self, now: Picture, other: Picture, homography: Float) -> tuple[Grey, Grey] | None:
        """The reference's half on the picture's, and where it shows the scene."""
        half_size = (now.half.shape[1], now.half.shape[0])
        to_half = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
        half_h = to_half @ homography @ np.linalg.inv(to_half)
        moved = np.asarray(cv2.warpPerspective(other.half, half_h, half_size), np.uint8)
        reached = cv2.warpPerspective(_scene(other), half_h, half_size, flags=cv2.INTER_NEAREST)
        reached = cv2.erode(reached, np.ones((7, 7), np.uint8), borderValue=0)
        seen = np.asarray(cv2.min(reached, _scene(now)), np.uint8)
        if float(np.mean(seen[::4, ::4] > 0)) < self._settings.min_overlap:
            return None
        moved[seen == 0] = now.half[seen == 0]
        return moved, seen

    def _corners(self, now: Picture, moved: Grey, seen: Grey) -> tuple[Points, Points]:
        """Grid-balanced corners of the picture and where the aligned reference has them, in full pixels."""
        points = np.asarray((now.corners[:: 1 + len(now.corners) // 400] - 0.5) / 2, np.float32)
        if len(points) < 12:
            return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
        there, good = follow(now.half, moved, points)
        good &= seen[points[:, 1].astype(int), points[:, 0].astype(int)] > 0
        back = (points[good] * 2 + 0.5, there[good] * 2 + 0.5)
        return np.asarray(back[0], np.float32), np.asarray(back[1], np.float32)

    def _background_flow(self, half: Grey, moved: Grey, relief_px: float) -> tuple[Plane, NDArray[np.bool_]]:
        """Smooth flow of the background on nodes, and the nodes where it is too ragged to be trusted."""
        dense = 2 * self._dis.calc(half, moved, np.zeros((*half.shape, 2), np.float32))
        rows, columns = -(-half.shape[0] * 2 // BLOCK_PX), -(-half.shape[1] * 2 // BLOCK_PX)
        raw = np.asarray(cv2.resize(dense, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
        smooth = np.empty_like(raw)
        for axis in range(2):
            layer = cv2.medianBlur(np.ascontiguousarray(raw[..., axis]), 5)
            smooth[..., axis] = cv2.blur(cv2.medianBlur(layer, 5), (3, 3))
        length = np.hypot(smooth[..., 0], smooth[..., 1])
        limit = max(PLANE_ENVELOPE_PX, relief_px)
        smooth *= np.minimum(1.0, limit / np.maximum(length, 1e-6))[..., None]
        ragged = np.hypot(*(raw - smooth).transpose(2, 0, 1)) > 1.0
        spread = cv2.blur(ragged.astype(np.float32), (5, 5)) > 0.35
        return smooth, np.asarray(spread, np.bool_)


def _scene(picture: Picture) -> Grey:
    mask = np.zeros_like(picture.half)
    left, top, right, bottom = picture.frame
    mask[top:bottom, left:right] = 255
    return mask


def _resample(grey: Grey, homography: Float, flow: Plane, size: tuple[int, int]) -> Grey:
    """The reference on the picture's pixels: through homography and flow in one interpolation."""
    width, height = size
    padded = np.pad(flow, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = padded.shape[:2]
    x, y = np.meshgrid((np.arange(columns) - 0.5) * BLOCK_PX - 0.5, (np.arange(rows) - 0.5) * BLOCK_PX - 0.5)
    back = np.linalg.inv(homography)
    target = np.stack([x + padded[..., 0], y + padded[..., 1], np.ones_like(x)], axis=-1) @ back.T
    source = (target[..., :2] / target[..., 2:]).astype(np.float32)
    full = (columns * BLOCK_PX, rows * BLOCK_PX)
    inside = (slice(BLOCK_PX, BLOCK_PX + height), slice(BLOCK_PX, BLOCK_PX + width))
    map_x = cv2.resize(np.ascontiguousarray(source[..., 0]), full, interpolation=cv2.INTER_LINEAR)[inside]
    map_y = cv2.resize(np.ascontiguousarray(source[..., 1]), full, interpolation=cv2.INTER_LINEAR)[inside]
    return np.asarray(cv2.remap(grey, map_x, map_y, cv2.INTER_LINEAR), np.uint8)


def _match_light(grey: Grey, aligned: Grey, seen: Grey) -> Grey:
    """The reference with the picture's exposure: one gain, and an offset that varies slowly over the picture."""
    height, width = grey.shape
    mask = seen[::4, ::4] > 0
    now = grey[::8, ::8][: mask.shape[0], : mask.shape[1]]
    then = aligned[::8, ::8][: mask.shape[0], : mask.shape[1]]
    mask = mask[: now.shape[0], : now.shape[1]]
    here, there = np.quantile(now[mask], (0.1, 0.5, 0.9)), np.quantile(then[mask], (0.1, 0.5, 0.9))
    gain = float(np.clip((here[2] - here[0] + 4) / (there[2] - there[0] + 4), 0.6, 1.6))
    levels = np.clip((np.arange(256) - there[1]) * gain + here[1], 0, 255)
    exposed = np.asarray(cv2.LUT(aligned, np.rint(levels).astype(np.uint8)), np.uint8)
    left = np.where(
        mask, np.clip(now.astype(np.float32) - exposed[::8, ::8][: now.shape[0], : now.shape[1]], -12, 12), 0
    )
    coarse = cv2.resize(
        left.astype(np.float32), (max(3, width // 64), max(3, height // 64)), interpolation=cv2.INTER_AREA
    )
    offset = cv2.medianBlur(np.asarray(coarse, np.float32), 5)
    if float(np.abs(offset).max()) < 1.0:
        return exposed
    lift = np.asarray(cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(cv2.add(exposed, lift, dtype=cv2.CV_8U), np.uint8)


def straighten(points: Points, there: Points) -> Float | None:
    """Homography by which the reference fits better: many short steps drift off the ground that both show.

    None when the reference fits as it is, or nothing fits clearly better.
    """
    if len(points) < 40:
        return None
    on_plane = float(np.mean(np.hypot(*(there - points).T) < OFF_PLANE_PX))
    if on_plane > 0.9:
        return None
    found: tuple[cv2.typing.MatLike | None, cv2.typing.MatLike] = cv2.findHomography(
        there, points, cv2.USAC_MAGSAC, 1.0, maxIters=1000, confidence=0.999
    )
    homography, inlying = found
    if homography is None or float(np.mean(inlying)) < max(0.2, on_plane + 0.05):
        return None
    return np.asarray(homography, np.float64)


def _difference(now: Picture, aligned: Grey, seen: Grey, loose: NDArray[np.bool_], frame: _Frame) -> Comparison:
    kernel = np.ones((3, 3), np.uint8)
    high, low = cv2.dilate(aligned, kernel), cv2.erode(aligned, kernel)
    residual = cv2.max(cv2.subtract(now.grey, high), cv2.subtract(low, now.grey))
    if loose.any():
        wide_high, wide_low = cv2.dilate(high, np.ones((5, 5), np.uint8)), cv2.erode(low, np.ones((5, 5), np.uint8))
        wide = cv2.max(cv2.subtract(now.grey, wide_high), cv2.subtract(wide_low, now.grey))
        ragged = cv2.resize(loose.astype(np.uint8), now.size, interpolation=cv2.INTER_NEAREST)
        cv2.copyTo(wide, ragged, residual)
    valid = np.asarray(cv2.resize(seen, now.size, interpolation=cv2.INTER_NEAREST), np.uint8) > 0
    residual[~valid] = 0
    plain = np.asarray(cv2.absdiff(now.grey, aligned), np.uint8)[::7, ::7][valid[::7, ::7]]
    return Comparison(
        residual=np.asarray(residual, np.uint8),
        valid=valid,
        texture=np.asarray(cv2.subtract(high, low), np.uint8),
        noise=_noise(plain),
        homography=frame.homography,
        flow=frame.flow,
        relief=frame.relief,
        unruly=frame.unruly,
    )


def _noise(differences: Grey) -> float:
    """Standard deviation of a normal distribution from the smaller three quarters of absolute differences."""
    if differences.size == 0:
        return 1.0
    smaller = np.sort(differences)[: max(1, differences.size * 3 // 4)]
    return float(np.mean(smaller)) / 0.515  # mean of |z| below its 75 % quantile
