"""One adjustment of all poses of a flight: telemetry, pictures of known place, and points seen from two frames.

Unknown are seven numbers a frame, and some that frames share: the shift of the satellite fix, which hardly changes
during a flight; the boresight of each camera, the small constant turn between gimbal and camera; and the focal length
of each lens, as the logarithm of its ratio to what is stated. Points seen from two frames are eliminated one by one
(Schur complement): each is held to the terrain by its height.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.geometry.normal_equations import Index, NormalEquations
from pipeline.geometry.pose_from_points import LEAST_FOCAL_SIGMA, rotation_between, small_rotation
from pipeline.geometry.stations import FlightState, SharedPriors, Station, Ties
from pipeline.geometry.terrain_error import Leverage
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.geometry.tied_points import add_tie, follow

Float = NDArray[np.float64]

_STEPS = 12
_GENTLE_STEPS = 4  # with all ties at full weight, until the poses have come together
_SMALL_STEP_M = 1e-3
_OWN_FOCAL_SIGMA = 0.01
"""How far a matched frame's own may differ from what pictures show: rows read one after the other, the curl of a
surface model."""
_SAME_FOCAL_SIGMA = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """The poses that fit best.

    Attributes:
        eye_m: ``(F, 3)``.
        rotation: ``(F, 3, 3)``.
        covariance: ``(F, 7, 7)`` of the pose and the logarithm of the focal length.
        shift_m: ``(3,)`` common to telemetry of all frames: add it to what telemetry says.
        boresight_rad: ``(M, 3)`` rotation vector of each mount in camera axes, from the camera that telemetry
            describes.
        log_focal: ``(F,)`` logarithm of each frame's focal length over the stated one.
        of_lens: ``(L,)`` the same of each lens.
        leverage: Of each frame, on the heights that it was matched with.
    """

    eye_m: Float
    rotation: Float
    covariance: Float
    shift_m: Float
    boresight_rad: Float
    log_focal: Float
    of_lens: Float
    leverage: tuple[Leverage, ...]


def adjust_poses(
    stations: Sequence[Station], ties: Sequence[Ties], terrain: HeightGrid, priors: SharedPriors
) -> Adjusted:
    """Find the poses that agree best with telemetry, pictures and each other.

    Args:
        stations: Frames.
        ties: Points that pairs of them share.
        terrain: Holds tied points to the ground.
        priors: Of what frames share.

    Raises:
        GeometryError: The adjustment does not converge.

    Source: Gauss–Newton with the Schur complement, Triggs et al. (2000) section 6.1.
    """
    state = FlightState.start(stations, len(priors.focal_sigma))
    points = [tie.points_m.copy() for tie in ties]
    for step in range(_STEPS + 1):
        system = NormalEquations(len(stations), state.shared)
        _add_priors(system, stations, state, priors)
        _add_telemetry(system, stations, state, priors.common_share)
        _add_pictures(system, stations, state)
        robust = step >= _GENTLE_STEPS
        for tie, place in zip(ties, points, strict=True):
            add_tie(system, tie, stations, state, place, terrain, robust=robust)
        factor = system.factor()
        if step == _STEPS:
            break
        move = factor.solve(system.right)
        if not np.all(np.isfinite(move)):
            raise GeometryError("the poses of the flight do not converge to a common solution")
        points = [
            place + follow(system, tie, stations, state, place, terrain, move, robust=robust)
            for tie, place in zip(ties, points, strict=True)
        ]
        state = state.moved(move)
        if step > _GENTLE_STEPS and float(np.abs(state.frames_of(move)[:, :3]).max(initial=0.0)) < _SMALL_STEP_M:
            break
    pulled = {i: station.fixed.by_terrain for i, station in enumerate(stations) if station.fixed is not None}
    inverse, added = system.covariances(factor, {i: pulls.covariance() for i, pulls in pulled.items()})
    leverage = tuple(pulled[i].solved(inverse[i]) if i in pulled else Leverage.none() for i in range(len(stations)))
    return Adjusted(
        state.eyes,
        state.turns,
        inverse + added,
        state.shift,
        state.boresight,
        state.log_focal,
        state.of_lens,
        leverage,
    )


def _add_priors(system: NormalEquations, stations: Sequence[Station], state: FlightState, priors: SharedPriors) -> None:
    """What is expected of shift, boresights and focal lengths before any pixel is looked at."""
    position = np.mean([station.told_covariance[:3, :3] for station in stations], axis=0) * priors.common_share
    known = np.asarray(np.linalg.inv(position), np.float64)
    system.add([system.of_shared(0, 3)], known, -known @ state.shift)
    for mount, boresight in enumerate(state.boresight):
        own = [station for station in stations if station.mount == mount]
        spread = [s.told_rotation.T @ s.told_covariance[3:, 3:] @ s.told_rotation for s in own]
        known = np.asarray(np.linalg.inv(np.mean(spread, axis=0) * priors.common_share), np.float64)
        system.add([system.of_shared(state.boresight_at(mount), 3)], known, -known @ boresight)
    for lens, sigma in enumerate(priors.focal_sigma):
        focal, shown = system.of_shared(state.focal_at(lens), 1), system.of_shared(state.shown_at(lens), 1)
        known = np.array([[max(sigma, LEAST_FOCAL_SIGMA) ** -2]])
        system.add([focal], known, -known[0] * state.of_lens[lens])
        _add_same(system, (shown, focal), float(state.shown[lens] - state.of_lens[lens]), priors.shown_sigma[lens])


def _add_same(system: NormalEquations, pair: tuple[Index, Index], difference: float, sigma: float) -> None:
    """Two unknowns are the same but for σ."""
    system.add(
        list(pair), np.array([[1.0, -1.0], [-1.0, 1.0]]) / sigma**2, np.array([-1.0, 1.0]) * difference / sigma**2
    )


def _add_telemetry(
    system: NormalEquations, stations: Sequence[Station], state: FlightState, common_share: float
) -> None:
    """What telemetry says of each frame, after the shift and the boresight that frames share."""
    for ordinal, station in enumerate(stations):
        told = station.told_rotation @ small_rotation(state.boresight[station.mount]) @ station.turn
        miss = state.eyes[ordinal] - station.told_eye_m - state.shift
        off = np.concatenate([miss, rotation_between(told, state.turns[ordinal])])
        own = np.asarray(np.linalg.inv(station.told_covariance * (1 - common_share)), np.float64)
        rows = np.hstack([np.eye(6), -np.eye(6)])
        rows[3:, 9:] = -station.told_rotation
        mount = system.of_shared(state.boresight_at(station.mount), 3)
        frame = system.of_frame(ordinal)
        system.add([frame[:6], system.of_shared(0, 3), mount], rows.T @ own @ rows, -rows.T @ own @ off)
        matched, lens = station.fixed is not None, station.lens
        at, like = (state.shown_at, state.shown) if matched else (state.focal_at, state.of_lens)
        sigma = _OWN_FOCAL_SIGMA if matched else _SAME_FOCAL_SIGMA
        difference = float(state.log_focal[ordinal] - like[lens])
        _add_same(system, (frame[6:], system.of_shared(at(lens), 1)), difference, sigma)


def _add_pictures(system: NormalEquations, stations: Sequence[Station], state: FlightState) -> None:
    """What a picture of known place says of each frame that was matched with it."""
    for ordinal, station in enumerate(stations):
        fit = station.fixed
        if fit is not None:
            turned = rotation_between(fit.rotation, state.turns[ordinal])
            focal = state.log_focal[ordinal] - fit.log_focal
            moved = np.concatenate([state.eyes[ordinal] - fit.eye_m, turned, [focal]])
            system.add([system.of_frame(ordinal)], fit.information, fit.pull - fit.information @ moved)
