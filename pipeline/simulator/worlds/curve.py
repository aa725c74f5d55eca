"""Smooth lines through a place: roads, rivers, ridges."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.noise import Float32

STEP_M = 1.0


@dataclass(frozen=True)
class Curve:
    """A line that swings about a straight one.

    Attributes:
        x_m, y_m: A point of the straight line, in the middle of the curve.
        azimuth_rad: Its direction, counter-clockwise from east.
        swings: ``(amplitude_m, wavelength_m, phase_rad)`` each.
        half_m: Along the straight line to either end; beyond, it goes on swinging for those who ask `offset`.
    """

    x_m: float
    y_m: float
    azimuth_rad: float
    swings: tuple[tuple[float, float, float], ...]
    half_m: float = 3000.0

    def swing(self, along: Float | Float32) -> tuple[Float | Float32, Float | Float32]:
        """Distance to the left of the straight line, and its slope, at lengths along it."""
        left, slope = np.zeros_like(along), np.zeros_like(along)
        for amplitude, wavelength, phase in self.swings:
            k = 2 * np.pi / wavelength
            left = left + amplitude * np.sin(k * along + phase)
            slope = slope + amplitude * k * np.cos(k * along + phase)
        return left, slope

    def along(self, x: Float | Float32, y: Float | Float32) -> Float | Float32:
        """Length along the straight line, 0 in the middle."""
        out: Float | Float32 = (x - self.x_m) * np.cos(self.azimuth_rad) + (y - self.y_m) * np.sin(self.azimuth_rad)
        return out

    def offset(self, x: Float | Float32, y: Float | Float32) -> Float | Float32:
        """Distance to the left of the curve, right to a few per cent within its radius of curvature."""
        aside = (y - self.y_m) * np.cos(self.azimuth_rad) - (x - self.x_m) * np.sin(self.azimuth_rad)
        left, slope = self.swing(self.along(x, y))
        out: Float | Float32 = (aside - left) / np.sqrt(1 + slope**2)
        return out

    @cached_property
    def _table(self) -> tuple[Float, Float]:
        """Lengths along the straight line, and along the curve from its start."""
        line = np.arange(-self.half_m, self.half_m + STEP_M, STEP_M)
        _, slope = self.swing(line)
        pieces = np.hypot(1.0, (slope[1:] + slope[:-1]) / 2) * STEP_M
        return line, np.concatenate([[0.0], np.cumsum(pieces)])

    @property
    def length_m(self) -> float:
        """Of the curve between its ends."""
        return float(self._table[1][-1])

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading at a length along the curve; its ends are prolonged straight."""
        line, run = self._table
        inside = float(np.clip(along_m, 0.0, run[-1]))
        t = float(np.interp(inside, run, line))
        left, slope = (float(v) for v in self.swing(np.asarray(t)))
        turn = self.azimuth_rad + float(np.arctan(slope))
        beyond = along_m - inside
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        x = self.x_m + t * c - left * s + beyond * np.cos(turn) - left_m * np.sin(turn)
        y = self.y_m + t * s + left * c + beyond * np.sin(turn) + left_m * np.cos(turn)
        return float(x), float(y), turn


@dataclass(frozen=True)
class CurvedRoad:
    """A road along a curve: a `Road`."""

    road_id: str
    kind: str
    width_m: float
    curve: Curve

    @property
    def length_m(self) -> float:
        """Of its middle line."""
        return self.curve.length_m

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading at a length along it."""
        return self.curve.at(along_m, left_m)

    def clear(self, x: Float, y: Float) -> Float:
        """Metres from its edge, ``(N,)``; negative on it. Infinite beyond its ends."""
        beyond = np.abs(self.curve.along(x, y)) > self.curve.half_m
        return np.where(beyond, np.inf, np.abs(self.curve.offset(x, y)) - self.width_m / 2)
