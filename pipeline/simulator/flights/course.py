"""A way through the air without wind: pieces of movement, joined and rounded off as an autopilot would."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float

GroundHeight = Callable[[float, float], float]
HeightMode = Literal["take_off", "terrain"]

STEP_S = 0.2
LEAD_S = 20.0  # flown before the first and after the last frame: telemetry may begin earlier and end later
LONGEST_S = 86_400.0  # no drone of these kinds stays up for longer
MOST_STRIPS, LONGEST_M = 1000, 100_000.0
_ROUND_S = 0.7
_CLIMB_ROUND_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Movement from a time of its own on.

    Attributes:
        t_s: ``(N,)`` ascending from 0.
        xy_m: ``(N, 2)``.
        line: Whether stills are taken; turns and ways between lines are not.
        climb_m: Above the plan's height, over the whole piece: at its begin and end.
    """

    t_s: Float
    xy_m: Float
    line: bool
    climb_m: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A whole way.

    Attributes:
        place: Site metres by time.
        heading_rad: Direction of flight, clockwise from grid north, unwrapped, by time.
        lines_s: First and last second of each line.
        duration_s: From the first frame to the last.
    """

    place: CubicSpline
    heading_rad: CubicSpline
    lines_s: tuple[tuple[float, float], ...]
    duration_s: float


def check_strips(what: str, strips: int, length_m: float, spacing_m: float) -> None:
    """Refuse strips that cannot be laid out.

    Raises:
        ConfigError: None or too many of them, or without a length or distance.
    """
    if not 1 <= strips <= MOST_STRIPS:
        raise ConfigError(f"{what}: strips must be from 1 to {MOST_STRIPS}, not {strips}")
    if not (0 < length_m <= LONGEST_M and 0 < spacing_m <= LONGEST_M):
        raise ConfigError(
            f"{what}: length_m {length_m:g} and spacing_m {spacing_m:g} must be above 0 and at most {LONGEST_M:.0f}"
        )


def check_flight(what: str, height_m: float, speed_mps: float, *, may_hover: bool = False) -> None:
    """Refuse heights and speeds that no drone flies.

    Raises:
        ConfigError: Out of range.
    """
    if not 2.0 <= height_m <= 12_000.0:
        raise ConfigError(f"{what}: height_m {height_m} is not within 2 to 12000 m; give metres above the ground")
    if not (0.0 if may_hover else 0.1) <= speed_mps <= 150.0:
        raise ConfigError(f"{what}: speed_mps {speed_mps} is not within 0.1 to 150; give metres a second")


def straight(a_m: Float, b_m: Float, speed_mps: float, *, line: bool) -> Piece:
    """Even movement from one place to another."""
    seconds = float(np.hypot(*(b_m - a_m))) / speed_mps
    return Piece(np.array([0.0, seconds]), np.stack([a_m, b_m]), line)


def stop_and_go(a_m: Float, b_m: Float, speed_mps: float, acceleration_mps2: float) -> Piece:
    """From standing to standing with at most a speed and an acceleration."""
    length = float(np.hypot(*(b_m - a_m)))
    top = min(speed_mps, float(np.sqrt(length * acceleration_mps2)))
    ramp = top / acceleration_mps2
    seconds = 2 * ramp + (max(length - top * ramp, 0.0) / top if top > 0 else 0.0)
    t = np.linspace(0.0, seconds, 40)
    rising = acceleration_mps2 * np.minimum(t, ramp) ** 2 / 2
    even = top * np.clip(t - ramp, 0.0, seconds - 2 * ramp)
    left = np.clip(t - (seconds - ramp), 0.0, ramp)
    along = rising + even + top * left - acceleration_mps2 * left**2 / 2
    share = along / length if length > 0 else np.zeros(len(t))
    return Piece(t, a_m + share[:, None] * (b_m - a_m), line=False)


def speed_change(at_m: Float, direction: Float, speed_mps: float, acceleration_mps2: float, *, stop: bool) -> Piece:
    """Braking from a speed to a stand (beginning at a place), or gathering it (ending there)."""
    seconds = speed_mps / acceleration_mps2
    t = np.linspace(0.0, seconds, 30)
    gathered = acceleration_mps2 * t**2 / 2
    along = speed_mps * t - gathered if stop else gathered - acceleration_mps2 * seconds**2 / 2
    return Piece(t, at_m + along[:, None] * direction, line=False)


def pause(at_m: Float, seconds: float, *, line: bool = False) -> Piece:
    """Standing still."""
    return Piece(np.array([0.0, seconds]), np.stack([at_m, at_m]), line)


def check_duration(what: str, seconds: float) -> None:
    """Refuse ways that no drone flies to their end.

    Raises:
        ConfigError: Longer than `LONGEST_S`.
    """
    if not seconds <= LONGEST_S:
        raise ConfigError(
            f"{what}: it lasts {seconds / 3600:,.0f} hours, and at most {LONGEST_S / 3600:.0f} are flown; "
            "make its way shorter or its speed higher"
        )


def lay(pieces: Sequence[Piece], height_m: float, mode: HeightMode, take_off_m: float, ground: GroundHeight) -> Course:
    """Join pieces into a course.

    Args:
        pieces: Each begins where the one before ends. The first frame is taken where the first line begins.
        height_m: Above take-off or, following the terrain, above the ground below.
        mode: Which of the two.
        take_off_m: Ellipsoidal height of the take-off.
        ground: Ellipsoidal height of the ground at site x, y.

    Raises:
        ConfigError: It lasts for longer than any drone flies.
    """
    starts = np.concatenate([[0.0], np.cumsum([piece.t_s[-1] for piece in pieces])])
    spans = [(a, b) for piece, a, b in zip(pieces, starts[:-1], starts[1:], strict=True) if piece.line]
    check_duration("plan", float(starts[-1]))
    first, last = spans[0][0], spans[-1][1]
    t = np.concatenate([piece.t_s + start for piece, start in zip(pieces, starts, strict=False)])
    xy = np.concatenate([piece.xy_m for piece in pieces])
    climb = np.interp(t, *_climbs(pieces, starts))
    t, order = np.unique(t, return_index=True)
    grid = np.arange(t[0] - LEAD_S, t[-1] + LEAD_S + STEP_S, STEP_S)
    flat = np.stack([_along(grid, t, xy[order, axis]) for axis in (0, 1)], axis=1)
    rounded = gaussian_filter1d(flat, _ROUND_S / STEP_S, axis=0, mode="nearest")
    low = _low(grid, rounded, ground) if mode == "terrain" else np.full(len(grid), take_off_m)
    up = gaussian_filter1d(low + np.interp(grid, t, climb[order]), _CLIMB_ROUND_S / STEP_S, mode="nearest") + height_m
    place = CubicSpline(grid - first, np.column_stack([rounded, up]))
    heading = CubicSpline(grid - first, _headings(flat))
    lines = tuple((float(a - first), float(b - first)) for a, b in spans)
    return Course(place, heading, lines, float(last - first))


def _climbs(pieces: Sequence[Piece], starts: Float) -> tuple[Float, Float]:
    t = np.concatenate([[start, start + piece.t_s[-1]] for piece, start in zip(pieces, starts, strict=False)])
    return t, np.concatenate([piece.climb_m for piece in pieces])


def _along(grid: Float, t: Float, values: Float) -> Float:
    """Linear between times and, at the last speed, beyond them."""
    inside = np.interp(grid, t, values)
    if len(t) < 2:
        return inside
    before = values[0] + (grid - t[0]) * (values[1] - values[0]) / (t[1] - t[0])
    after = values[-1] + (grid - t[-1]) * (values[-1] - values[-2]) / (t[-1] - t[-2])
    return np.asarray(np.where(grid < t[0], before, np.where(grid > t[-1], after, inside)), np.float64)


def _low(grid: Float, xy_m: Float, ground: GroundHeight) -> Float:
    """Ground below the way, asked about once a second."""
    every = round(1.0 / STEP_S)
    asked = np.unique(np.append(np.arange(0, len(grid), every), len(grid) - 1))
    heights = np.array([float(ground(float(xy_m[k, 0]), float(xy_m[k, 1]))) for k in asked])
    return np.asarray(np.interp(grid, grid[asked], heights), np.float64)


def _headings(xy_m: Float) -> Float:
    """Unwrapped heading of movement; kept while standing, turned evenly."""
    step = np.diff(xy_m, axis=0, append=xy_m[-1:])
    moving = np.hypot(step[:, 0], step[:, 1]) > 0.05 * STEP_S
    moving[-1] = False
    if not moving.any():
        return np.zeros(len(xy_m))
    index = np.where(moving, np.arange(len(xy_m)), 0)
    held = np.maximum.accumulate(index)
    held[: int(np.argmax(moving))] = int(np.argmax(moving))
    heading = np.unwrap(np.arctan2(step[held, 0], step[held, 1]))
    return np.asarray(gaussian_filter1d(heading, _ROUND_S / STEP_S, mode="nearest"), np.float64)
