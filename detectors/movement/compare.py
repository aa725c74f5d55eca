"""What differs between a picture and another one laid on it, after camera motion, relief and light."""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.movement.corners import Grey
from detectors.movement.overlay import BLOCK_PX, Overlay, Plane, common_ground, nodes_of, shared, through
from detectors.movement.picture import Picture
from detectors.movement.settings import MovementSettings

STRIP_PX = 256
"""Rows that are compared at a time; whole blocks."""

RIM_PX = 4
"""Rows beyond a strip that its own pixels are compared with."""

SPARSE_PX, SAMPLED_PX = 8, 7
"""Steps in pixels at which light and noise are measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A picture against one reference.

    Attributes:
        residual: ``(h, w)`` grey levels that neither a shift of a pixel nor light explains; 0 where not seen.
        seen: ``(h, w)`` 255 where the reference saw the place.
        texture: ``(h, w)`` range of the reference's grey levels within a pixel.
        noise: Standard deviation of the difference over unmoved ground.
        overlay: How the reference lies on the picture.
    """

    residual: Grey
    seen: Grey
    texture: Grey
    noise: float
    overlay: Overlay


def compare(now: Picture, other: Picture, overlay: Overlay, settings: MovementSettings) -> Comparison | None:
    """Compare `now` with `other`, which lies on it. None when too little is in both."""
    seen = common_ground(now, other, overlay.homography, settings)
    if seen is None:
        return None
    places = _places(overlay)
    light = _measure_light(now.grey, other.grey, places, seen)
    return _Strips(now, other, overlay, places, light).compare()


@dataclass(frozen=True, slots=True, eq=False)
class _Light:
    """What brings a reference to the picture's exposure.

    Attributes:
        gain, level: By which a grey level is multiplied, and what is then added.
        lift: ``(rows, columns)`` on the nodes of `_places`, grey levels to add after; None where it is too little.
    """

    gain: float
    level: float
    lift: Plane | None

    def shine(self, grey: Grey, strip: slice) -> Grey:
        """On a strip of the reference."""
        exposed = np.asarray(cv2.addWeighted(grey, self.gain, grey, 0.0, self.level), np.uint8)
        if self.lift is None:
            return exposed
        return np.asarray(cv2.add(exposed, _between(self.lift, strip)[:, : grey.shape[1]], dtype=cv2.CV_8U), np.uint8)


def _places(overlay: Overlay) -> Plane:
    """``(rows + 2, columns + 2, 2)`` where nodes, and those a block beyond the rim, lie in the reference as taken."""
    padded = np.pad(overlay.flow, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = padded.shape[:2]
    nodes = nodes_of(rows, columns) - BLOCK_PX
    return through(np.asarray(np.linalg.inv(overlay.homography), np.float64), nodes + padded).astype(np.float32)


def _between(nodes: Plane, strip: slice) -> Plane:
    """Values at the pixels of some rows of the picture, linear between nodes (one of which lies beyond each rim)."""
    first, last = strip.start // BLOCK_PX, -(-strip.stop // BLOCK_PX) + 2
    near = nodes[first:last]
    size = (near.shape[1] * BLOCK_PX, near.shape[0] * BLOCK_PX)
    full = np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_LINEAR), np.float32)
    top = strip.start + BLOCK_PX - first * BLOCK_PX
    return full[top : top + strip.stop - strip.start, BLOCK_PX:]


def _resample(grey: Grey, places: Plane) -> Grey:
    laid = cv2.remap(grey, places, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]  # its stub knows no one map
    return np.asarray(laid, np.uint8)


def _measure_light(grey: Grey, other: Grey, places: Plane, seen: Grey) -> _Light:
    """One gain, and an offset that varies slowly over the picture, by every eighth pixel."""
    height, width = grey.shape
    fine = cv2.resize(places, None, fx=BLOCK_PX / SPARSE_PX, fy=BLOCK_PX / SPARSE_PX, interpolation=cv2.INTER_LINEAR)
    rim = BLOCK_PX // SPARSE_PX
    mask = seen[::4, ::4] > 0
    now = grey[::SPARSE_PX, ::SPARSE_PX][: mask.shape[0], : mask.shape[1]]
    mask = mask[: now.shape[0], : now.shape[1]]
    then = _resample(other, np.asarray(fine, np.float32)[rim:, rim:][: now.shape[0], : now.shape[1]])
    here, there = np.quantile(now[mask], (0.1, 0.5, 0.9)), np.quantile(then[mask], (0.1, 0.5, 0.9))
    gain = float(np.clip((here[2] - here[0] + 4) / (there[2] - there[0] + 4), 0.6, 1.6))
    level = float(here[1] - gain * there[1])
    left = np.where(mask, np.clip(now - np.clip(gain * then.astype(np.float32) + level, 0, 255), -12, 12), 0)
    size = (max(3, width // 64), max(3, height // 64))
    coarse = np.asarray(cv2.resize(left.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    offset = cv2.medianBlur(coarse, 5)
    if float(np.abs(offset).max()) < 1.0:
        return _Light(gain, level, None)
    inner = cv2.resize(offset, (places.shape[1] - 2, places.shape[0] - 2), interpolation=cv2.INTER_LINEAR)
    return _Light(gain, level, np.pad(np.asarray(inner, np.float32), 1, mode="edge"))


@dataclass(frozen=True, slots=True, eq=False)
class _Strips:
    """A comparison in strips that stay in the processor's cache."""

    now: Picture
    other: Picture
    overlay: Overlay
    places: Plane
    light: _Light

    def compare(self) -> Comparison:
        """All of it."""
        grey = self.now.grey
        mask = np.zeros_like(grey)
        fine = shared(self.now, self.other, self.overlay.homography, 2)[: len(grey), : grey.shape[1]]
        mask[: len(fine), : fine.shape[1]] = fine  # a last odd row or column is not compared
        residual, texture = np.empty_like(grey), np.empty_like(grey)
        sample = []
        for top in range(0, len(grey), STRIP_PX):
            strip = slice(top, min(top + STRIP_PX, len(grey)))
            wide = slice(max(0, top - RIM_PX), min(strip.stop + RIM_PX, len(grey)))
            aligned = _resample(self.other.grey, _between(self.places, wide)[:, : grey.shape[1]])
            aligned = self.light.shine(aligned, wide)
            inner = slice(strip.start - wide.start, strip.stop - wide.start)
            differs, varies = self._difference(wide, aligned)
            cv2.min(differs[inner], mask[strip], dst=residual[strip])
            texture[strip] = varies[inner]
            skip = -top % SAMPLED_PX
            apart = cv2.absdiff(grey[strip], aligned[inner])[skip::SAMPLED_PX, ::SAMPLED_PX]
            sample.append(apart[mask[strip][skip::SAMPLED_PX, ::SAMPLED_PX] > 0])
        noise = _noise(np.concatenate(sample))
        return Comparison(residual, mask, texture, noise, self.overlay)

    def _difference(self, rows: slice, aligned: Grey) -> tuple[Grey, Grey]:
        """What no shift explains, and the texture, of some rows."""
        now = self.now.grey[rows]
        kernel = np.ones((3, 3), np.uint8)
        high, low = cv2.dilate(aligned, kernel), cv2.erode(aligned, kernel)
        residual = cv2.max(cv2.subtract(now, high), cv2.subtract(low, now))
        loose = self.overlay.loose[rows.start // BLOCK_PX : -(-rows.stop // BLOCK_PX)]
        if loose.any():
            wider = np.ones((5, 5), np.uint8)
            wide = cv2.max(cv2.subtract(now, cv2.dilate(high, wider)), cv2.subtract(cv2.erode(low, wider), now))
            ragged = np.repeat(np.repeat(loose.astype(np.uint8), BLOCK_PX, axis=0), BLOCK_PX, axis=1)
            top = rows.start % BLOCK_PX
            cv2.copyTo(wide, ragged[top : top + len(now), : now.shape[1]].copy(), residual)
        return np.asarray(residual, np.uint8), np.asarray(cv2.subtract(high, low), np.uint8)


def _noise(differences: Grey) -> float:
    """Standard deviation of a normal distribution from the smaller three quarters of absolute differences."""
    if differences.size == 0:
        return 1.0
    smaller = np.sort(differences)[: max(1, differences.size * 3 // 4)]
    return float(np.mean(smaller)) / 0.515  # mean of |z| below its 75 % quantile
