"""Points that two frames of a flight both see, in the flight's adjustment: eliminated one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.normal_equations import Index, NormalEquations, steady_inverse
from pipeline.geometry.pose_from_points import projection_jacobian, with_focal
from pipeline.geometry.robust import tukey_weights
from pipeline.geometry.stations import FlightState, Station, Ties
from pipeline.geometry.terrain_ray import HeightGrid

Float = NDArray[np.float64]

_SLOPE_M = 1.0
_UNKNOWN_HEIGHT_SIGMA_M = 15.0
_LEAST_HEIGHT_SIGMA_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Eliminated:
    """One pair's points as equations of its two frames alone."""

    unknowns: Index
    outer: Float
    outer_right: Float
    inverse: Float
    right: Float
    cross: Float


def follow(
    system: NormalEquations,
    tie: Ties,
    stations: Sequence[Station],
    state: FlightState,
    points: Float,
    terrain: HeightGrid,
    move: Float,
    *,
    robust: bool,
) -> Float:
    """``(N, 3)`` by which a pair's points move, after a step of all unknowns, ``(U,)``.

    Arguments as for `add_tie`, of which it is the other half: made anew, since the equations of all pairs together
    would not fit into memory on a long flight.
    """
    gone = _eliminated(system, tie, stations, state, points, terrain, robust=robust)
    rest = gone.right - gone.cross @ move[gone.unknowns]
    return np.asarray(np.einsum("nij,nj->ni", gone.inverse, rest), np.float64)


def add_tie(
    system: NormalEquations,
    tie: Ties,
    stations: Sequence[Station],
    state: FlightState,
    points: Float,
    terrain: HeightGrid,
    *,
    robust: bool,
) -> None:
    """Add the equations of one pair's points, the points themselves eliminated.

    Args:
        system: Equations of the flight.
        tie, stations, state: The pair, and where its frames stand.
        points: ``(N, 3)`` where the points stand.
        terrain: Holds them by their height.
        robust: Whether points that miss by far count less (Tukey's weights).

    Source: Schur complement, Triggs et al. (2000) section 6.1.
    """
    gone = _eliminated(system, tie, stations, state, points, terrain, robust=robust)
    system.add([gone.unknowns], gone.outer, gone.outer_right)


def _eliminated(
    system: NormalEquations,
    tie: Ties,
    stations: Sequence[Station],
    state: FlightState,
    points: Float,
    terrain: HeightGrid,
    *,
    robust: bool,
) -> _Eliminated:
    look = _look(tie, stations, state, points)
    error = np.sqrt((look.off**2).sum(axis=1) / 2) / tie.sigma_px
    strength = tukey_weights(error) if robust else np.ones(len(error))
    weight = np.where(look.known, strength, 0.0) / tie.sigma_px**2
    level, level_right = _height_rows(look.points, terrain)
    A, B, off = look.by_view, look.by_point, look.off
    inner = np.einsum("nij,n,nik->njk", B, weight, B) + level
    right = np.einsum("nij,n,ni->nj", B, weight, off) + level_right
    cross = np.einsum("nij,n,nik->njk", B, weight, A)
    inverse = steady_inverse(inner)
    outer = np.einsum("nij,n,nik->jk", A, weight, A) - np.einsum("nji,njk,nkl->il", cross, inverse, cross)
    outer_right = np.einsum("nij,n,ni->j", A, weight, off) - np.einsum("nji,njk,nk->i", cross, inverse, right)
    unknowns = np.concatenate([system.of_frame(tie.first), system.of_frame(tie.second)])
    return _Eliminated(unknowns, outer, outer_right, inverse, right, cross)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One pair's points as its two frames see them, NaN rows made zero.

    Attributes:
        points: ``(N, 3)``.
        known: ``(N,)`` in front of both cameras.
        off: ``(N, 4)`` pixels by which they miss, first frame then second.
        by_view: ``(N, 4, 14)``: by pose and focal length of the first frame, then of the second.
        by_point: ``(N, 4, 3)``.
    """

    points: Float
    known: NDArray[np.bool_]
    off: Float
    by_view: Float
    by_point: Float


def _look(tie: Ties, stations: Sequence[Station], state: FlightState, points: Float) -> _Look:
    by_view = np.zeros((len(points), 4, 14))
    by_point = np.zeros((len(points), 4, 3))
    off = np.zeros((len(points), 4))
    for side, (ordinal, pixels) in enumerate(((tie.first, tie.first_px), (tie.second, tie.second_px))):
        station, eye, turn = stations[ordinal], state.eyes[ordinal], state.turns[ordinal]
        K = with_focal(station.K, float(state.log_focal[ordinal]))
        seen, per_pose, per_point = projection_jacobian(points, K, station.distortion, eye, turn)
        two = slice(2 * side, 2 * side + 2)
        by_view[:, two, 7 * side : 7 * side + 6] = per_pose
        by_view[:, two, 7 * side + 6] = seen - K[:2, 2]
        by_point[:, two] = per_point
        off[:, two] = pixels - seen
    known = np.asarray(np.isfinite(off).all(axis=1), np.bool_)
    by_view[~known], by_point[~known], off[~known] = 0.0, 0.0, 0.0
    return _Look(points, known, off, by_view, by_point)


def _height_rows(points: Float, terrain: HeightGrid) -> tuple[Float, Float]:
    """Information ``(N, 3, 3)`` and right side ``(N, 3)`` of "lies on the terrain"; weak where that is not known."""
    xy = points[:, :2]
    height = terrain.height_at(xy)
    slope_x = (terrain.height_at(xy + np.array([_SLOPE_M, 0.0])) - height) / _SLOPE_M
    slope_y = (terrain.height_at(xy + np.array([0.0, _SLOPE_M])) - height) / _SLOPE_M
    normal = np.stack([-np.nan_to_num(slope_x), -np.nan_to_num(slope_y), np.ones(len(points))], axis=1)
    known = np.isfinite(height)
    crowd = np.sqrt(max(len(points), 1))  # points of one pair share the terrain's error: together they are worth one
    sigma = np.where(known, crowd * max(terrain.sigma_m, _LEAST_HEIGHT_SIGMA_M), _UNKNOWN_HEIGHT_SIGMA_M)
    off = np.where(known, height - points[:, 2], 0.0)
    strength = normal / sigma[:, None]
    return strength[:, :, None] * strength[:, None, :], strength * (off / sigma)[:, None]
