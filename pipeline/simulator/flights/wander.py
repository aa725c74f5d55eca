"""Noise that is a function of time: the same at one time whoever asks, and in whatever order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.simulator.noise import hash_lattice

_WALK_SPAN_S = 2.0**16
_WALK_BEFORE_S = 4096.0
_WALK_LEVELS = 17  # down to nodes every half second


@dataclass(frozen=True, slots=True, eq=False)
class Wander:
    """Smooth noise in several channels, a sum of waves.

    Attributes:
        omega: ``(C, K)`` rad/s.
        phase: ``(C, K)`` rad.
        amplitude: ``(C, K)``.
    """

    omega: Float
    phase: Float
    amplitude: Float

    @classmethod
    def make(cls, seed: Sequence[int], rms: Sequence[float], band_hz: tuple[float, float], waves: int = 12) -> "Wander":
        """Noise of given strength within a band, slow waves stronger than quick ones.

        Args:
            seed: Which noise.
            rms: Root mean square of each channel.
            band_hz: Lowest and highest frequency.
            waves: In each channel.
        """
        random = np.random.default_rng([*seed])
        low, high = np.log(band_hz[0]), np.log(band_hz[1])
        steps = (np.arange(waves) + random.uniform(0.0, 1.0, (len(rms), waves))) / waves
        frequency = np.exp(low + steps * (high - low))
        strength = (frequency / band_hz[0]) ** -0.5  # power per octave falls as 1/f
        strength *= np.sqrt(2.0) / np.sqrt((strength**2).sum(axis=1, keepdims=True))
        phase = random.uniform(0.0, 2 * np.pi, (len(rms), waves))
        return cls(2 * np.pi * frequency, phase, strength * np.asarray(rms, np.float64)[:, None])

    def at(self, t_s: Float) -> Float:
        """``(N, C)`` values at ``(N,)`` times."""
        return self._sum(np.sin(self._angle(t_s)) * self.amplitude)

    def rate(self, t_s: Float) -> Float:
        """``(N, C)`` derivative by time."""
        return self._sum(np.cos(self._angle(t_s)) * (self.amplitude * self.omega))

    def _angle(self, t_s: Float) -> Float:
        return np.asarray(t_s[:, None, None] * self.omega + self.phase, np.float64)

    @staticmethod
    def _sum(waves: Float) -> Float:
        return np.asarray(waves.sum(axis=2), np.float64)


def white(seed: int, channel: int, t_s: Float) -> Float:
    """``(N,)`` independent standard normal values at ``(N,)`` times; equal microseconds give equal values.

    Source: Box–Muller over hashed times.
    """
    micro = np.round(t_s * 1e6).astype(np.int64)
    return _normal(seed, micro, (micro >> 32) * 64 + channel)


def walk(seed: int, channel: int, t_s: Float) -> Float:
    """``(N,)`` random walk at ``(N,)`` times: 0 at time 0, spread √|t| seconds to either side.

    Straight between nodes half a second apart.

    Source: the Lévy–Ciesielski construction of Brownian motion, with hashed coefficients.
    """
    share = (np.append(t_s, 0.0) + _WALK_BEFORE_S) / _WALK_SPAN_S
    level = np.arange(_WALK_LEVELS)[:, None]
    place = share * 2.0**level
    node = np.floor(place)
    peak = 1.0 - np.abs(2.0 * (place - node) - 1.0)
    drawn = _normal(seed, node.astype(np.int64), 64 * np.int64(channel) + level)
    total = (peak * 2.0 ** (-level / 2 - 1) * drawn).sum(axis=0) * np.sqrt(_WALK_SPAN_S)
    total = total + share * np.sqrt(_WALK_SPAN_S) * _normal(seed, np.array([-1]), np.array([64 * channel]))[0]
    return np.asarray(total[:-1] - total[-1], np.float64)


def _normal(seed: int, column: Int, row: Int) -> Float:
    radius = np.clip((hash_lattice(seed, column, 2 * row).astype(np.float64) + 1) / 2, 1e-9, 1.0)
    angle = np.pi * hash_lattice(seed, column, 2 * row + 1).astype(np.float64)
    return np.asarray(np.sqrt(-2 * np.log(radius)) * np.cos(angle), np.float64)
