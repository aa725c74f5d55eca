"""Lines on the ground: parts of them, distances to them, bands along them."""

from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString, Polygon
from shapely.geometry.polygon import orient
from shapely.ops import substring, unary_union

from pipeline.records.arrays import Float

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Nearness:
    """Cells seen from a line.

    Attributes:
        aside_m: Distance to it, positive on its left.
        along_m: Place of its nearest point, from its start.
        past_m: How far beyond its ends, negative within.
    """

    aside_m: Float
    along_m: Float
    past_m: Float


def length_of(points: Points) -> float:
    """Metres."""
    return float(LineString(points).length)


def part_of(points: Points, from_m: float, to_m: float) -> Points:
    """The line between two places along it; its corners within are kept."""
    cut = substring(LineString(points), from_m, to_m)
    return tuple((float(x), float(y)) for x, y in cut.coords)


def zigzag(start: tuple[float, float], azimuth_rad: float, length_m: float, swing_rad: float, seed: int) -> Points:
    """A line of legs of 6 to 10 m that turn left and right of a direction; `length_m` along itself."""
    rng = np.random.default_rng([seed, 907])
    points, gone, side = [start], 0.0, 1.0 if rng.random() < 0.5 else -1.0
    while gone < length_m - 1e-9:
        leg = min(float(rng.uniform(6.0, 10.0)), length_m - gone)
        turn = azimuth_rad + side * swing_rad * float(rng.uniform(0.6, 1.0))
        x, y = points[-1]
        points.append((x + leg * float(np.cos(turn)), y + leg * float(np.sin(turn))))
        gone, side = gone + leg, -side
    return tuple(points)


def centred(points: Points, at_m: tuple[float, float]) -> Points:
    """The line shifted so that the point half-way along it is at a place."""
    half = LineString(points).interpolate(0.5, normalized=True)
    return tuple((x - half.x + at_m[0], y - half.y + at_m[1]) for x, y in points)


def nearness(points: Points, x: Float, y: Float) -> Nearness:
    """Each cell's place relative to the line; `x` and `y` are ``(h, w)``."""
    best = np.full(x.shape, np.inf)
    aside, along, past = np.zeros(x.shape), np.zeros(x.shape), np.full(x.shape, -np.inf)
    done, last = 0.0, len(points) - 2
    for k in range(last + 1):
        (ax, ay), (bx, by) = points[k], points[k + 1]
        leg = float(np.hypot(bx - ax, by - ay))
        c, s = (bx - ax) / leg, (by - ay) / leg
        t = (x - ax) * c + (y - ay) * s
        off = (y - ay) * c - (x - ax) * s
        low = -np.inf if k == 0 else 0.0
        high = np.inf if k == last else leg
        far = np.hypot(t - np.clip(t, low, high), off)
        nearer = far < best
        best = np.where(nearer, far, best)
        aside = np.where(nearer, np.copysign(far, off), aside)
        along = np.where(nearer, done + np.clip(t, 0, leg), along)
        beyond = np.maximum(-t if k == 0 else -np.inf, t - leg if k == last else -np.inf)
        past = np.where(nearer, beyond, past)
        done += leg
    return Nearness(aside, along, past)


def band(points: Points, left_m: float, right_m: float) -> Float:
    """``(N, 2)`` outline of a band that reaches that far to the left and right of a line; ends are cut square."""
    line = LineString(points)
    sides = []
    for reach in (left_m, -right_m):
        if abs(reach) > 1e-6:
            sides.append(line.buffer(reach, cap_style="flat", join_style="mitre", mitre_limit=3.0, single_sided=True))
    whole = unary_union([*sides, line.buffer(0.01, cap_style="flat")])
    widest = max(getattr(whole, "geoms", [whole]), key=lambda shape: float(shape.area))
    return ring(widest)


def ring(shape: Polygon) -> Float:
    """``(N, 2)`` outer ring, counter-clockwise, not closed."""
    corners: Float = np.array(orient(Polygon(shape.exterior)).exterior.coords)[:-1, :2]
    return corners


def polygon_area(outline_m: Float) -> float:
    """Square metres."""
    return float(Polygon(outline_m).area)
