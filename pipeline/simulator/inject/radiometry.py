"""What a camera and its coder do to edges and to even patches, read from a frame's own pixels."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import erf

from pipeline.records.arrays import Float
from pipeline.simulator.inject.jpeg_file import UInt8
from pipeline.simulator.scene.mesh import Float32

_LEVELS = np.array([16.0, 48.0, 80.0, 112.0, 144.0, 176.0, 208.0, 240.0])
_CELL_PX = 12
_EVENEST = 0.03
"""Share of patches of one brightness that count as even."""

_CHOSEN = 0.87
"""Even patches chosen for being so show less noise than all: 2.3 of their own spread, 1 / sqrt(2 · 141), less."""

_TEXTURE = 1.6
"""Noise differs less than this between brightnesses after a camera's tone curve; what is more is texture."""

_PROFILES = 4000
_HALF_PX = 5.0

HALO_PX = 1.3
"""Reach of the sharpening that cameras apply."""

_USUAL = (1.6, 0.05)
"""Width and overshoot of edges where a frame shows no clean ones."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameLook:
    """How a frame renders things.

    Attributes:
        blur_px: Spread of its point spread function (Gaussian), pixel area included, before sharpening.
        sharpening: Amount of the unsharp mask of `HALO_PX` that makes its edges' halos.
        noise: ``(8,)`` standard deviation of luma noise at `levels`, 8-bit values.
        levels: ``(8,)`` those brightnesses.
        grain_px: Spread of the noise's own smoothing; 0: white.
        chroma_noise: Of blue and red differences against that of luma.
    """

    blur_px: float
    sharpening: float
    noise: Float
    levels: Float
    grain_px: float
    chroma_noise: float

    def noise_at(self, level: Float32) -> Float32:
        """Standard deviation at 8-bit brightnesses."""
        return np.interp(level, self.levels, self.noise).astype(np.float32)


def frame_look(rgb: UInt8) -> FrameLook:
    """Read a frame ``(H, W, 3)``."""
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    blur, sharpening = _optics(*edge_shape(luma[..., 0]))
    noise, grain, chroma = _noise(luma)
    return FrameLook(blur, sharpening, noise, _LEVELS, grain, chroma)


def linear_of(value: Float32) -> Float32:
    """8-bit values to linear ones: the curve of sRGB, which consumer cameras come near to."""
    v = value / 255.0
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def value_of(linear: Float32) -> Float32:
    """The way back; above 0.75 highlights are compressed as cameras do, and never reach 255."""
    knee = np.where(linear > 0.75, 0.75 + 0.23 * (1 - np.exp(-(linear - 0.75) / 0.23)), np.maximum(linear, 0.0))
    return (255 * np.where(knee <= 0.0031308, 12.92 * knee, 1.055 * knee ** (1 / 2.4) - 0.055)).astype(np.float32)


def edge_shape(luma: Float32) -> tuple[float, float]:
    """Rise from 10 % to 90 % in pixels, and overshoot as a share of the step, of the clean edges that are sharp."""
    along_x, along_y = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    size = np.hypot(along_x, along_y)
    peak = size >= cv2.dilate(size, np.ones((5, 5), np.uint8))
    border = int(_HALF_PX) + 3
    peak[:border] = peak[-border:] = peak[:, :border] = peak[:, -border:] = False
    row, column = np.nonzero(peak & (size > 120))
    if len(row) < 40:
        return _USUAL
    order = np.argsort(-size[row, column], kind="stable")[:_PROFILES]
    row, column = row[order], column[order]
    toward = np.column_stack([along_x[row, column], along_y[row, column]]) / size[row, column][:, None]
    step = np.arange(-_HALF_PX, _HALF_PX + 0.01, 0.25)
    x = (column[:, None] + toward[:, :1] * step).astype(np.float32)
    y = (row[:, None] + toward[:, 1:] * step).astype(np.float32)
    profile = cv2.remap(luma, x, y, cv2.INTER_CUBIC)
    low, high = np.median(profile[:, :9], axis=1), np.median(profile[:, -9:], axis=1)
    height = high - low
    ends = np.maximum(profile[:, :9].std(axis=1), profile[:, -9:].std(axis=1))
    # light branches and dark gaps are no steps: both ends must be even, and neither clipped
    clean = (height > 40) & (ends < 0.08 * height) & (low > 8) & (high < 247)
    if clean.sum() < 15:
        return _USUAL
    shape = (profile[clean] - low[clean, None]) / height[clean, None]
    width = np.array([_crossing(line, step, 0.9) - _crossing(line, step, 0.1) for line in shape])
    sharp = width <= np.percentile(width, 50)
    typical = np.median(shape[sharp], axis=0)
    rise = _crossing(typical, step, 0.9) - _crossing(typical, step, 0.1)
    return float(rise), float(max(typical.max() - 1, -typical.min(), 0.0))


def _optics(rise_px: float, overshoot: float) -> tuple[float, float]:
    """Blur and amount of sharpening that give an edge its rise and its overshoot; the nearest of a table."""
    step = np.arange(-6, 6, 0.02)
    best = (np.inf, 0.7, 0.0)
    for blur in np.arange(0.4, 3.01, 0.1):
        soft = 0.5 * (1 + erf(step / (blur * np.sqrt(2))))
        softer = 0.5 * (1 + erf(step / (np.hypot(blur, HALO_PX) * np.sqrt(2))))
        for amount in np.arange(0.0, 2.01, 0.1):
            edge = soft + amount * (soft - softer)
            rise = 0.02 * (np.argmax(edge >= 0.9) - np.argmax(edge >= 0.1))
            miss = ((rise - rise_px) / 0.5) ** 2 + ((edge.max() - 1 - overshoot) / 0.05) ** 2
            if miss < best[0]:
                best = (float(miss), float(blur), float(amount))
    return best[1], best[2]


def _crossing(line: Float32, step: Float, level: float) -> float:
    """Where a rising profile first passes a level, going out from its middle."""
    middle = len(line) // 2
    if level > 0.5:
        at = middle + int(np.argmax(line[middle:] >= level))
        a, b = line[at - 1], line[at]
        return float(step[at] - 0.25 * np.clip((b - level) / max(b - a, 1e-6), 0, 1))
    at = middle - int(np.argmax(line[middle::-1] <= level))
    a, b = line[at], line[min(at + 1, len(line) - 1)]
    return float(step[at] + 0.25 * np.clip((level - a) / max(b - a, 1e-6), 0, 1))


def _noise(ycc: Float32) -> tuple[Float, float, float]:
    """Noise by brightness, its grain, and that of the colour planes, from the most even patches."""
    rows, columns = (side // _CELL_PX * _CELL_PX for side in ycc.shape[:2])

    def cells(plane: Float32) -> Float32:
        cut = plane[:rows, :columns].reshape(rows // _CELL_PX, _CELL_PX, columns // _CELL_PX, _CELL_PX)
        return cut.swapaxes(1, 2).reshape(-1, _CELL_PX, _CELL_PX)

    luma = cells(ycc[..., 0])
    rough = np.sqrt(((luma - _planes_through(luma)) ** 2).mean(axis=(1, 2)))
    mean = luma.mean(axis=(1, 2))
    even = np.zeros(len(rough), bool)
    spread = np.full(len(_LEVELS), np.nan)
    for k, level in enumerate(_LEVELS):
        mine = np.abs(mean - level) < 16
        if mine.sum() >= 60:
            limit = np.quantile(rough[mine], _EVENEST)
            even |= mine & (rough <= limit)
            spread[k] = np.median(rough[mine & (rough <= limit)]) / _CHOSEN
    known = np.isfinite(spread)
    if not known.any():
        return np.full(len(_LEVELS), float(np.median(rough))), 0.0, 0.5
    # the most even patches of some brightness may all be grass; nothing even was lit to the brim
    least = max(float(np.min(spread[known & (_LEVELS < 230)], initial=np.inf)), 0.15)
    least = least if np.isfinite(least) else float(np.nanmin(spread))
    noise = np.interp(_LEVELS, _LEVELS[known], np.clip(spread[known], least, _TEXTURE * least))
    strength, near = neighbours_agree(luma[even])
    # white noise smoothed by a Gaussian of spread s correlates as exp(-d² / 4s²)
    grain = 1 / (2 * np.sqrt(-np.log(near))) if near > 0.05 else 0.0
    colour = [cells(ycc[..., k])[even] for k in (1, 2)]
    chroma = float(np.mean([np.sqrt(((c - _planes_through(c)) ** 2).mean()) for c in colour])) / strength
    return noise, float(grain), float(np.clip(chroma, 0.0, 2.0))


def neighbours_agree(patch: Float32) -> tuple[float, float]:
    """Standard deviation of ``(N, n, n)`` patches about their planes, and the correlation of neighbours, 0 to 0.85."""
    flat = patch - _planes_through(patch)
    power = float((flat**2).mean()) + 1e-9
    beside = float((flat[:, :, 1:] * flat[:, :, :-1]).mean() + (flat[:, 1:] * flat[:, :-1]).mean()) / 2
    return float(np.sqrt(power)), float(np.clip(beside / power, 0.0, 0.85))


def _planes_through(patch: Float32) -> Float32:
    """Least-squares plane of each ``(N, n, n)`` patch."""
    n = patch.shape[1]
    axis = np.arange(n) - (n - 1) / 2
    weight = axis / (n * (axis**2).sum())
    across = np.einsum("nij,j->n", patch, weight)
    down = np.einsum("nij,i->n", patch, weight)
    mean = patch.mean(axis=(1, 2))
    plane = mean[:, None, None] + across[:, None, None] * axis + down[:, None, None] * axis[:, None]
    return np.asarray(plane, np.float32)
