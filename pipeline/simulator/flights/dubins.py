"""Shortest ways of a vehicle that can't turn tighter than a radius."""

from collections.abc import Iterator

import numpy as np

from pipeline.records.arrays import Float

_TURN = 2 * np.pi


def dubins_way(
    start: tuple[float, float, float], goal: tuple[float, float, float], radius_m: float, step_m: float
) -> Float:
    """Places along the shortest way between two poses.

    Args:
        start, goal: x, y and direction (counter-clockwise from x).
        radius_m: Of the turns.
        step_m: Between places, at most.

    Returns:
        ``(N, 2)``, evenly spaced along each of the three parts; first and last are start and goal.

    Source: Dubins (1957), words in the normalised form of Shkel and Lumelsky (2001).
    """
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    apart, bearing = float(np.hypot(dx, dy)) / radius_m, float(np.arctan2(dy, dx))
    word, lengths = min(
        _words(apart, (start[2] - bearing) % _TURN, (goal[2] - bearing) % _TURN), key=lambda way: sum(way[1])
    )
    x, y, direction = start
    out = [np.array([[x, y]])]
    for side, length in zip(word, lengths, strict=True):
        share = np.linspace(0.0, length, max(2, int(np.ceil(length * radius_m / step_m)) + 1))[1:]
        turn = {"L": 1.0, "R": -1.0, "S": 0.0}[side]
        if turn == 0.0:
            xs, ys = x + radius_m * share * np.cos(direction), y + radius_m * share * np.sin(direction)
        else:
            ahead = direction + turn * share
            xs = x + turn * radius_m * (np.sin(ahead) - np.sin(direction))
            ys = y - turn * radius_m * (np.cos(ahead) - np.cos(direction))
        out.append(np.column_stack([xs, ys]))
        x, y, direction = float(xs[-1]), float(ys[-1]), direction + turn * length
    return np.concatenate(out)


def _words(d: float, a: float, b: float) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """The possible ways in turns and lengths, all in radii."""
    sa, sb, ca, cb = np.sin(a), np.sin(b), np.cos(a), np.cos(b)
    cab = np.cos(a - b)
    for word, sign in (("LSL", 1.0), ("RSR", -1.0)):
        square = 2 + d * d - 2 * cab + sign * 2 * d * (sa - sb)
        if square >= 0:
            angle = np.arctan2(sign * (cb - ca), d + sign * (sa - sb))
            yield word, ((sign * (angle - a)) % _TURN, float(np.sqrt(square)), (sign * (b - angle)) % _TURN)
    for word, sign in (("LSR", 1.0), ("RSL", -1.0)):
        square = -2 + d * d + 2 * cab + sign * 2 * d * (sa + sb)
        if square >= 0:
            p = float(np.sqrt(square))
            angle = np.arctan2(-sign * (ca + cb), d + sign * (sa + sb)) - np.arctan2(-sign * 2.0, p)
            yield word, ((sign * (angle - a)) % _TURN, p, (sign * (angle - b)) % _TURN)
    for word, sign in (("RLR", 1.0), ("LRL", -1.0)):
        cosine = (6 - d * d + 2 * cab + sign * 2 * d * (sa - sb)) / 8
        if abs(cosine) <= 1:
            p = float((_TURN - np.arccos(cosine)) % _TURN)
            t = (sign * a - np.arctan2(ca - cb, d - sign * (sa - sb)) + p / 2) % _TURN
            yield word, (float(t), p, float((sign * (a - b) - t + p) % _TURN))
