"""From blobs in single pictures to tracks: assignment, birth and death."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment

from detectors.movement.declare import moves, stands
from detectors.movement.fragments import without_fragments
from detectors.movement.life import Life, Moment, Sight, born, correct, measurement_sigma, predict
from detectors.movement.settings import MovementSettings
from pipeline.records.arrays import Float

FORBIDDEN = 1e6
GATE = 3.5
"""Standard deviations within which a sight may belong to a track."""

FORGET = 0.02
"""Weight of the newest picture in how many tracks come to nothing."""


class Tracker:
    """Follows blobs from picture to picture, always in the pixels of the newest picture.

    Loose sights keep a track alive, what declares it is decided by `detectors.movement.declare`.
    """

    def __init__(self, settings: MovementSettings, size_px: tuple[int, int]) -> None:
        self._settings = settings
        self._size_px = size_px
        self._alive: list[Life] = []
        self._over: list[Life] = []
        self._born = 0
        self._futile = 0.0  # tracks a picture that came to nothing, over the last 50 or so
        self._steps = 0

    def step(
        self, index: int, homography: Float, drift_at: Callable[[Float], Float], dt_s: float, sights: list[Sight]
    ) -> None:
        """Take in the sights of the next picture; `homography` leads to it from the one before."""
        acceleration = 0.02 * max(self._size_px)  # pixels per second²; 0 to 50 km/h in 5 s at 6 cm GSD is 45
        grounds = []
        for life in self._alive:
            drift = drift_at(life.state[:2])
            grounds.append((predict(life, homography, drift, dt_s, acceleration), float(np.hypot(*drift))))
        chosen = self._assign(sights)
        for order, life in enumerate(self._alive):
            self._live(life, index, dt_s, grounds[order], chosen.get(order), sights)
        self._bury()
        taken = set(chosen.values())
        for k in range(len(sights)):
            if k not in taken:
                self._born += 1
                sigma = self._settings.speed_sigma_share_hz * max(self._size_px)
                self._alive.append(born(self._born, index, sights[k], sigma))

    def cut(self) -> None:
        """The thread of pictures is lost: end every track."""
        self._over += self._alive
        self._alive = []

    def movers(self) -> list[Life]:
        """Everything that was declared to move, in order of birth; parts of larger things are not told apart."""
        told = [
            life for life in self._over + self._alive if life.declared and stands(life, self._settings, self._size_px)
        ]
        return sorted(without_fragments(told), key=lambda life: life.number)

    def _assign(self, sights: list[Sight]) -> dict[int, int]:
        if not self._alive or not sights:
            return {}
        centres = np.array([s.blob.centre for s in sights])
        areas = np.log([max(9.0, s.blob.width * s.blob.height) for s in sights])
        patches = np.stack([s.patch for s in sights])
        where = np.array([life.state[:2] for life in self._alive])
        sizes = np.array([life.size for life in self._alive])
        sigma = np.sqrt([life.covariance[0, 0] + measurement_sigma(life.size) ** 2 for life in self._alive])
        away = np.hypot(*(where[:, None] - centres[None]).transpose(2, 0, 1)) / sigma[:, None]
        growth = np.abs(np.log(np.maximum(9.0, sizes.prod(axis=1)))[:, None] - areas[None])
        unlike = 1 - np.stack([life.patch for life in self._alive]) @ patches.T
        cost = away + 0.7 * growth + 1.5 * unlike
        cost[(away > GATE) | (growth > 1.8)] = FORBIDDEN
        rows, columns = linear_sum_assignment(cost)
        return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if cost[r, c] < FORBIDDEN}

    def _live(
        self, life: Life, index: int, dt_s: float, ground: tuple[Float, float], choice: int | None, sights: list[Sight]
    ) -> None:
        at, drift_px = ground
        sight, likeness, surprise_px = None, np.nan, np.nan
        if choice is None:
            life.missed_s += dt_s
        else:
            sight = sights[choice]
            likeness = float(life.patch @ sight.patch)
            surprise_px = correct(life, sight)
            life.missed_s = 0.0
        step = life.state[:2] - at
        life.net = life.net + step
        life.path_px += float(np.hypot(*step))
        seen = sight, likeness, step, drift_px, surprise_px
        life.moments.append(Moment(index, life.state[:2].copy(), life.size.copy(), *seen))
        if not life.declared:
            life.declared = moves(life, dt_s, self._futile, self._settings, self._size_px)
            life.declared_at = len(life.moments) - 1

    def _bury(self) -> None:
        width, height = self._size_px
        alive: list[Life] = []
        failed = 0
        for life in self._alive:
            x, y = life.state[:2]
            gone = not (-10 < x < width + 10 and -10 < y < height + 10)
            rate = life.moments[-1].index - life.moments[0].index + 1
            patience = self._settings.gap_s * (2.0 if life.declared else 0.6)
            silent = rate - life.hits
            late = life.missed_s > patience and silent > 1
            (self._over if gone or late else alive).append(life)
            failed += (gone or late) and not life.declared
        self._alive = alive
        self._steps += 1
        self._futile += (failed - self._futile) * max(1 / self._steps, FORGET)
