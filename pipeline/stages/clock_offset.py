"""By how much telemetry runs before or after its pictures, from how the pictures moved.

The pose that telemetry gives at the time of two neighbouring frames predicts how the picture moves between them. Where
a flight turns, tilts or changes its speed, only the right offset between the two clocks predicts it well. A constant
error of the mounting moves both frames alike and cancels; the height above ground is one unknown factor, solved for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry.camera import pixel_rays
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.stages.image_motion import ImageMotion

GROUND_M = 100.0
"""Distance to the ground that predictions are made for, before the factor is solved."""


@dataclass(frozen=True, slots=True)
class OffsetSettings:
    """How an offset between clocks is sought.

    Attributes:
        estimate: Whether at all.
        max_offset_s: Sought on both sides of zero.
        step_s: Between the offsets that are tried; the best is refined below that.
        pairs: Most pairs of frames that are looked at: those in which an offset would show most.
        max_gap_s: Frames further apart are no pair.
        max_sigma_s: A less certain offset is only reported.
        min_offset_s: A smaller one is left alone.
        min_gain: Share of the misfit that an offset must explain to be applied.
    """

    estimate: bool = True
    max_offset_s: float = 5.0
    step_s: float = 0.1
    pairs: int = 48
    max_gap_s: float = 2.5
    max_sigma_s: float = 0.15
    min_offset_s: float = 0.08
    min_gain: float = 0.2

    def __post_init__(self) -> None:
        if not min(self.max_offset_s, self.step_s, self.max_gap_s, self.max_sigma_s) > 0 or self.pairs < 8:
            raise ValueError("limits of the clock's offset must be positive, and 'pairs' at least 8")
        if not 0 <= self.min_gain < 1:
            raise ValueError("'min_gain' must lie in [0, 1)")


@dataclass(frozen=True, slots=True)
class View:
    """A camera at an instant, from telemetry.

    Attributes:
        eye_m: ``(3,)``.
        rotation: ``(3, 3)`` camera to site.
    """

    eye_m: Float
    rotation: Float


@dataclass(frozen=True, slots=True, eq=False)
class MovedPair:
    """Two frames and how the picture moved between them.

    Attributes:
        camera: Of both.
        motion: As measured.
        views: The camera at both frames when telemetry is read that many seconds later; None where it has none.
    """

    camera: CameraModel
    motion: ImageMotion
    views: Callable[[float], tuple[View, View] | None]


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """What the pictures say.

    Attributes:
        offset_s: Telemetry is to be read that much later than the frame's time.
        sigma_s: Standard deviation, from resampling the pairs.
        gain: Share of the misfit at zero that the offset explains.
        misfit_px: Median misfit that is left, pixels of the reduced pictures.
        pairs: Pairs that were used.
        turned: The pictures fit better when turned by 180°.
        applies: Sure and large enough to be applied.
    """

    offset_s: float
    sigma_s: float
    gain: float
    misfit_px: float
    pairs: int
    turned: bool
    applies: bool


def clock_offset(pairs: Sequence[MovedPair], settings: OffsetSettings) -> ClockOffset | None:
    """The offset that explains the motion of all pairs best; None where there are too few."""
    steps = round(settings.max_offset_s / settings.step_s)
    offsets = np.asarray(np.arange(-steps, steps + 1) * settings.step_s, np.float64)
    if len(pairs) < 8:
        return None
    upright, upside = np.stack([_misfits(pair, offsets) for pair in pairs], axis=1)
    turned = _lowest(upside) < 0.7 * _lowest(upright)
    misfits = upside if turned else upright
    usable = np.isfinite(misfits).mean(axis=1) > 0.6
    misfits = misfits[usable]
    if len(misfits) < 8:
        return None
    best = _argmin(misfits, offsets)
    rng = np.random.default_rng(len(misfits))
    drawn = [_argmin(misfits[rng.integers(0, len(misfits), len(misfits))], offsets) for _ in range(60)]
    sigma = float(np.hypot(np.std(drawn), settings.step_s / 10))
    zero = _cost(misfits)[steps]
    left = float(np.interp(best, offsets, _cost(misfits)))
    gain = 1 - left / zero if zero > 0 else 0.0
    inside = abs(best) < settings.max_offset_s - settings.step_s
    sure = inside and sigma <= settings.max_sigma_s and gain >= settings.min_gain
    applies = sure and abs(best) >= max(settings.min_offset_s, 3 * sigma)
    return ClockOffset(best, sigma, float(gain), left, len(misfits), bool(turned), bool(applies))


def informative(pairs: Sequence[tuple[int, float]], most: int) -> list[int]:
    """The pairs in which an offset shows most, in their own order.

    Args:
        pairs: Index of a pair, and how far a picture would move otherwise if the clock were a second off.
        most: How many.
    """
    ranked = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:most]
    return sorted(index for index, _ in ranked)


def predicted(camera: CameraModel, before: View, after: View, directions: Float) -> tuple[Float, Float]:
    """Where pixels go by turning alone, and how much further for ground `GROUND_M` below the camera.

    Args:
        camera: Of both views.
        before, after: The views.
        directions: ``(N, 3)`` rays in camera axes of pixels of the first.

    Returns:
        ``(N, 2)`` each, pixels. NaN for rays that do not go down.
    """
    rays = directions @ before.rotation.T
    down = np.where(rays[:, 2] < -0.05, -rays[:, 2], np.nan)
    ground = rays * (GROUND_M / down)[:, None]
    far = _seen(camera, rays, after.rotation)
    near = _seen(camera, ground - (after.eye_m - before.eye_m), after.rotation)
    return far, near - far


def directions_of(camera: CameraModel, pixels: Float) -> Float:
    """``(N, 3)`` rays of pixels in camera axes."""
    return pixel_rays(pixels, camera.K, camera.distortion, np.eye(3))


def _seen(camera: CameraModel, directions: Float, rotation: Float) -> Float:
    """Pixels of directions, without distortion."""
    local = directions @ rotation
    depth = np.where(local[:, 2] > 1e-6, local[:, 2], np.nan)
    return np.asarray(local[:, :2] / depth[:, None] * np.diag(camera.K)[:2] + camera.K[:2, 2])


def _misfits(pair: MovedPair, offsets: Float) -> tuple[Float, Float]:
    """``(T,)`` misfit of a pair in reduced pixels at each offset, NaN where telemetry has no pose.

    As the pictures are, and as if they were turned by 180°.
    """
    motion, camera = pair.motion, pair.camera
    chosen = np.linspace(0, len(motion.before_px) - 1, min(24, len(motion.before_px))).astype(np.intp)
    corner = np.array(camera.size_px) - 1.0
    upright = (motion.before_px[chosen], motion.after_px[chosen])
    sides = [(directions_of(camera, a), _straight(camera, b)) for a, b in (upright, tuple(corner - p for p in upright))]
    out = np.full((2, len(offsets)), np.nan)
    for at, offset in enumerate(offsets):
        views = pair.views(float(offset))
        if views is not None:
            for side, (directions, after) in enumerate(sides):
                far, nearer = predicted(camera, *views, directions)
                out[side, at] = _misfit(after - far, nearer) / motion.pixel_px
    return out[0], out[1]


def _straight(camera: CameraModel, pixels: Float) -> Float:
    """Pixels without distortion."""
    return _seen(camera, directions_of(camera, pixels), np.eye(3))


def _misfit(missing: Float, parallax: Float) -> float:
    """Median of what is missing when the height above ground explains what it can."""
    known = np.isfinite(missing).all(axis=1) & np.isfinite(parallax).all(axis=1)
    if np.count_nonzero(known) < 4:
        return float("nan")
    missing, parallax = missing[known], parallax[known]
    factor = (missing * parallax).sum() / max(float((parallax**2).sum()), 1e-9)
    # ground nearer than 10 m or further than 10 km is none
    left = missing - np.clip(factor, 0.01, 10.0) * parallax
    return float(np.median(np.hypot(*left.T)))


def _cost(misfits: Float) -> Float:
    """``(T,)`` over all pairs: large misfits, of wrong matches and gusts, count less than their size."""
    return np.asarray(np.nanmean(np.sqrt(1 + misfits**2) - 1, axis=0)) if len(misfits) else np.zeros(0)


def _lowest(misfits: Float) -> float:
    known = np.isfinite(misfits).any(axis=0)
    return float(np.min(_cost(misfits[:, known]))) if known.any() else np.inf


def _argmin(misfits: Float, offsets: Float) -> float:
    """The offset of the lowest cost, between steps by a parabola."""
    enough = np.isfinite(misfits).mean(axis=0) > 0.6
    if not enough.any():
        return 0.0
    cost = np.where(enough, _cost(np.where(enough, misfits, 0.0)), np.inf)
    at = int(np.argmin(cost))
    if at in (0, len(cost) - 1) or not np.isfinite(cost[at - 1 : at + 2]).all():
        return float(offsets[at])
    low, mid, high = cost[at - 1 : at + 2]
    bend = low - 2 * mid + high
    shift = 0.5 * (low - high) / bend if bend > 0 else 0.0
    return float(offsets[at] + shift * (offsets[1] - offsets[0]))
