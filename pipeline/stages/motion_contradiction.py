"""Stretches of a flight in which telemetry flies otherwise than the pictures."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float, Int
from pipeline.stages.picture_speed import PictureSpeed

Complex = NDArray[np.complex128]

LEAST_SHARE = 0.3
"""Of the mean difference of velocities, that each pair must show."""

_MOUNTING = 0.035
"""Radians by which camera and aircraft may be turned against each other: it bends the way that pictures show."""

_HEIGHT_OR_WAY = 0.1
"""Where the attitude may err, a height above ground is given the benefit of the doubt, up to this share."""

_LEAST_STEPS = 6
_LEAST_TURNED, _SAME_SPEED = 2, 0.15
_RAYLEIGH = 1 / 1.1774
"""Standard deviation of one axis over the median length, of a normal distribution in the plane."""
_LEAST_SHOWN = 0.02

FACTORS = (0.05, 60.0)
"""Shared factors that are heights above ground: 5 m to 6 km where nothing tells the height."""


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """From where on pictures contradict telemetry.

    Attributes:
        estimate: Whether pictures are looked at for this at all.
        max_pairs: Most pairs of a stream that are looked at, in groups spread over the flight.
        group: Neighbouring pairs of one group.
        max_gap_s: Frames further apart are no pair.
        least_pairs, least_s: A contradiction must last both.
        sigmas: Times its standard deviation that the difference of velocities must be.
        least_mps: And at least this.
        position_m: Standard deviation of the position of neighbouring frames against each other, one axis.
        height_share: Relative error of the height above ground along a flight: its relief.
    """

    estimate: bool = True
    max_pairs: int = 96
    group: int = 6
    max_gap_s: float = 12.0
    least_pairs: int = 3
    least_s: float = 3.0
    sigmas: float = 4.0
    least_mps: float = 3.0
    position_m: float = 0.7
    height_share: float = 0.15

    def __post_init__(self) -> None:
        if not min(self.max_gap_s, self.least_s, self.sigmas, self.least_mps, self.position_m, self.height_share) > 0:
            raise ValueError("limits of motion must be positive")
        if not 2 <= self.least_pairs <= self.group <= self.max_pairs:
            raise ValueError("'least_pairs', 'group' and 'max_pairs' must rise, from 2")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One stretch.

    Attributes:
        first, last: Pairs, both within.
        height: A height above ground that is wrong explains it; else positions are deceived.
        seen_mps, told_mps: Mean velocity, east and north, by pictures and by telemetry.
        sigma_mps: Of their difference, one axis.
        seconds: That its pairs cover.
    """

    first: int
    last: int
    height: bool
    seen_mps: tuple[float, float]
    told_mps: tuple[float, float]
    sigma_mps: float
    seconds: float


def contradictions(
    speeds: Sequence[PictureSpeed | None], settings: MotionSettings, *, may_turn: bool = False
) -> list[Contradiction]:
    """What lasts.

    A factor and a turn that most pairs share are of the height, the focal length and the mounting, and no
    contradiction; where no half of the pairs agrees on them, nothing is said.

    Args:
        speeds: Of pairs in order of time, None where pictures show nothing or a group ends.
        settings: Limits.
        may_turn: Stills: pixels of some may be turned by 180° against their tags, which is registration's to name.
    """
    at = np.array([index for index, speed in enumerate(speeds) if speed is not None], np.intp)
    known = [speed for speed in speeds if speed is not None]
    if len(known) < 2 * settings.least_pairs:
        return []
    seen = np.array([complex(*speed.seen_mps) for speed in known])
    told = np.array([complex(*speed.told_mps) for speed in known])
    seconds = np.array([speed.seconds for speed in known])
    stated = np.array([speed.sigma_mps for speed in known])
    noise = _shown_noise(seen, told, stated)
    factor = _shared_factor(seen, told, noise, seconds, settings, may_turn=False)
    if factor is None and may_turn:
        factor = _shared_factor(seen, told, noise, seconds, settings, may_turn=True)
    if factor is None:
        return []
    seen, noise, told_noise = seen * factor, noise * abs(factor), stated * abs(factor)
    if may_turn:
        seen, kept = _upright(seen, told, at, noise, settings)
        at, seen, told, seconds = at[kept], seen[kept], told[kept], seconds[kept]
        noise, told_noise = noise[kept], told_noise[kept]
    found: list[Contradiction] = []
    for rows in _windows(at, seconds, settings):
        lasted = float(seconds[rows].sum())
        weight = seconds[rows] / lasted
        flown, claimed = complex((seen[rows] * weight).sum()), complex((told[rows] * weight).sum())
        # ways between neighbours add up to the way from first to last: only the errors of these two frames remain
        random_mps = float((noise[rows] * seconds[rows]).max()) / lasted
        random_mps = math.hypot(random_mps, math.sqrt(2) * settings.position_m / lasted)
        unsure_mps = min(float((told_noise[rows] * seconds[rows]).max()) / lasted, _HEIGHT_OR_WAY * abs(claimed))
        spread = math.hypot(random_mps, settings.height_share * abs(flown))
        if abs(claimed - flown) <= max(settings.sigmas * spread, settings.least_mps):
            continue
        # one leap between two frames is another fault: every pair has to bear its share
        apart = (told[rows] - seen[rows]) / (claimed - flown)
        if apart.real.min() < LEAST_SHARE:
            continue
        found.append(
            Contradiction(
                int(at[rows[0]]),
                int(at[rows[-1]]),
                _of_height(flown, claimed, math.hypot(unsure_mps, math.sqrt(2) * settings.position_m / lasted)),
                (flown.real, flown.imag),
                (claimed.real, claimed.imag),
                spread,
                lasted,
            )
        )
    return _joined(found)


def _windows(at: Int, seconds: Float, settings: MotionSettings) -> Iterator[Int]:
    """Every shortest run of neighbouring pairs that lasts long enough; between groups nobody looked."""
    for first in range(len(at)):
        last = first
        while last + 1 < len(at) and at[last + 1] == at[last] + 1:
            if last - first + 1 >= settings.least_pairs and seconds[first : last + 1].sum() >= settings.least_s:
                break
            last += 1
        if last - first + 1 >= settings.least_pairs and seconds[first : last + 1].sum() >= settings.least_s - 1e-6:
            yield np.arange(first, last + 1)


def _joined(found: Sequence[Contradiction]) -> list[Contradiction]:
    """Windows that overlap as one stretch, with the numbers of the clearest; deception outweighs a height."""
    out: list[Contradiction] = []
    for window in found:
        if not out or window.first > out[-1].last + 1:
            out.append(window)
            continue
        clearer = max(out[-1], window, key=_clarity)
        out[-1] = replace(
            clearer, first=out[-1].first, last=max(out[-1].last, window.last), height=out[-1].height and window.height
        )
    return out


def _clarity(window: Contradiction) -> float:
    (e, n), (east, north) = window.seen_mps, window.told_mps
    return math.hypot(east - e, north - n) / window.sigma_mps


def _of_height(flown: complex, stated: complex, noise_mps: float) -> bool:
    """Whether both fly the same way, one up to three times as fast as the other."""
    if min(abs(flown), abs(stated)) <= 2 * noise_mps:
        return False
    ratio = stated / flown
    aside_mps = abs((ratio / abs(ratio)).imag) * abs(stated)
    unsure_mps = math.hypot(noise_mps, _MOUNTING * abs(stated))
    return 1 / 3 < abs(ratio) < 3 and ratio.real > 0 and aside_mps < 3 * unsure_mps


def _shared_factor(
    seen: Complex,
    told: Complex,
    noise: Float,
    seconds: Float,
    settings: MotionSettings,
    *,
    may_turn: bool,
) -> complex | None:
    """The complex factor, a stretch and a turn, under which most pairs agree; None where no half of them does."""
    moving = (np.abs(seen) > 3 * noise) & (np.abs(told) > 1.0)
    if np.count_nonzero(moving) < settings.least_pairs:
        return None
    tried = np.concatenate([[1.0 + 0j], told[moving] / seen[moving]])
    tried = tried[(np.abs(tried) > FACTORS[0]) & (np.abs(tried) < FACTORS[1])]

    def agree(factor: complex) -> Bool:
        sigma = np.hypot(noise * abs(factor), math.sqrt(2) * settings.position_m / seconds)
        off = np.abs(told - factor * seen)
        if may_turn:  # of pixels that are turned by 180° the ground moves the other way
            off = np.minimum(off, np.abs(told + factor * seen))
        return np.asarray(off < 2 * np.hypot(sigma, 0.05 * np.abs(told)))

    best = max(tried, key=lambda factor: (int(agree(factor)[moving].sum()), -abs(factor - 1)))
    good = agree(best) & moving
    if np.count_nonzero(good) < max(settings.least_pairs, 0.5 * np.count_nonzero(moving)):
        return None
    way = np.ones(np.count_nonzero(good))
    if may_turn:
        way = np.where(np.abs(told - best * seen) <= np.abs(told + best * seen), 1.0, -1.0)[good]
        way = -way if best.real < 0 else way  # the mounting of a camera is no half turn
    return complex((told[good] * way * seen[good].conj()).sum() / (np.abs(seen[good]) ** 2).sum())


def _shown_noise(seen: Complex, told: Complex, stated_mps: Float) -> Float:
    """``(N,)`` standard deviations of `seen`, one axis: what is stated, or what neighbours show where that is less.

    Of a stabilised sensor the attitude's error hardly changes from frame to frame, whatever its maker states. In steady
    flight it would make neighbouring pairs differ, and so it can be had from these differences.
    """
    if len(seen) < _LEAST_STEPS + 1:
        return stated_mps
    # the part of the change that telemetry explains is left out: its own scale is that of the whole
    scale = np.median(np.abs(seen)) / max(float(np.median(np.abs(told))), 1e-9)
    steps = np.maximum(np.abs(np.diff(seen)) - scale * np.abs(np.diff(told)), 0.0)
    if float(np.median(np.abs(told))) <= 1.0:
        return stated_mps
    shown = _RAYLEIGH * float(np.median(steps)) / math.sqrt(2)
    least = _LEAST_SHOWN * float(np.median(np.abs(seen)))
    return np.minimum(stated_mps, max(shown, least))


def _upright(seen: Complex, told: Complex, at: Int, noise_mps: Float, settings: MotionSettings) -> tuple[Complex, Bool]:
    """Velocities as if no pixels were turned by 180°, and which pairs can be used.

    A stretch of pairs that all fly the opposite way has turned pixels, which registration names; of the pairs at its
    ends, only one of the two frames is turned.
    """
    limit = settings.sigmas * np.hypot(noise_mps, settings.height_share * np.abs(told)) + settings.least_mps / 2
    turned = (np.abs(told + seen) < limit) & (np.abs(told - seen) > np.maximum(limit, 2 * np.abs(told + seen)))
    ratios = told[turned] / seen[turned]
    if len(ratios) < _LEAST_TURNED or abs(complex(np.median(ratios.real), np.median(ratios.imag)) + 1) > _SAME_SPEED:
        return seen, np.ones(len(seen), np.bool_)
    upright = np.abs(told - seen) < limit
    beside = np.zeros(len(seen), np.bool_)
    ends = set(at[turned] - 1) | set(at[turned] + 1)
    beside[:] = [place in ends for place in at]
    return np.where(turned, -seen, seen), np.asarray(upright | turned | ~beside, np.bool_)
