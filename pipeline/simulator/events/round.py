"""Closed lines that are round, more or less."""

import numpy as np

from pipeline.records.arrays import Float

CORNERS = 72
BARE_RGB = (0.285, 0.225, 0.150)


def wavy(seed: int, turn: Float, waves: tuple[tuple[int, float], ...]) -> Float:
    """A closed line's deviation from a circle at angles: a sum of waves of stated numbers and heights."""
    rng = np.random.default_rng([seed, 911])
    phases = rng.uniform(0, 2 * np.pi, len(waves))
    total = np.zeros_like(turn)
    for (number, height), phase in zip(waves, phases, strict=True):
        total = total + height * np.cos(number * turn + phase)
    return total


def around(x_m: float, y_m: float, radius: Float) -> Float:
    """``(N, 2)`` points at radii of evenly spaced angles around a place, counter-clockwise."""
    turn = np.linspace(0, 2 * np.pi, len(radius), endpoint=False)
    return np.column_stack([x_m + radius * np.cos(turn), y_m + radius * np.sin(turn)])
