"""One adjustment of all poses of a flight: telemetry, pictures of known place, and points seen from two frames.

Unknown are six numbers a frame, and six that all frames share: the shift of the satellite fix, which hardly changes
during a flight, and the boresight, the small constant turn between gimbal and camera. Points seen from two frames
are eliminated one by one (Schur complement): each is held to the terrain by its height.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.normal_equations import NormalEquations, steady_inverse
from pipeline.geometry.pose_from_points import projection_jacobian, rotation_between, small_rotation
from pipeline.geometry.robust import tukey_weights
from pipeline.geometry.terrain_ray import HeightGrid

Float = NDArray[np.float64]

_STEPS = 12
_GENTLE_STEPS = 4  # with all ties at full weight, until the poses have come together
_SMALL_STEP_M = 1e-3
_SLOPE_M = 1.0
_UNKNOWN_HEIGHT_SIGMA_M = 15.0
_LEAST_HEIGHT_SIGMA_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """A frame in the adjustment.

    Attributes:
        K, distortion: Its camera.
        eye_m, rotation: Start.
        told_eye_m, told_rotation: Pose by telemetry, as tagged (before any turn of the pixels).
        told_covariance: ``(6, 6)`` of it.
        turn: ``(3, 3)`` by which the pixels are turned against the tags; identity for most.
        fixed: Pose, information and pull of a match with a picture of known place, None without.
    """

    K: Float
    distortion: Distortion
    eye_m: Float
    rotation: Float
    told_eye_m: Float
    told_rotation: Float
    told_covariance: Float
    turn: Float
    fixed: tuple[Float, Float, Float, Float] | None


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Points that two frames both see.

    Attributes:
        first, second: Ordinals of the frames.
        first_px, second_px: ``(N, 2)`` where they appear.
        sigma_px: Standard deviation of a pixel coordinate.
        points_m: ``(N, 3)`` about where they are, on the terrain.
    """

    first: int
    second: int
    first_px: Float
    second_px: Float
    sigma_px: float
    points_m: Float


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """The poses that fit best.

    Attributes:
        eye_m: ``(F, 3)``.
        rotation: ``(F, 3, 3)``.
        covariance: ``(F, 6, 6)``.
        shift_m: ``(3,)`` common to telemetry of all frames: add it to what telemetry says.
        boresight_rad: ``(3,)`` rotation vector in camera axes, from the camera that telemetry describes.
    """

    eye_m: Float
    rotation: Float
    covariance: Float
    shift_m: Float
    boresight_rad: Float


def adjust_poses(
    stations: Sequence[Station], ties: Sequence[Ties], terrain: HeightGrid, common_share: float
) -> Adjusted:
    """Find the poses that agree best with telemetry, pictures and each other.

    Args:
        stations: Frames.
        ties: Points that pairs of them share.
        terrain: Holds tied points to the ground.
        common_share: Share of telemetry's variance that is common to the whole flight.

    Raises:
        GeometryError: The adjustment does not converge.

    Source: Gauss–Newton with the Schur complement, Triggs et al. (2000) section 6.1.
    """
    poses = _Poses(
        np.array([station.eye_m for station in stations]),
        np.array([station.rotation for station in stations]),
        np.zeros(6),
    )
    points = [tie.points_m.copy() for tie in ties]
    spread = _common_covariance(stations) * common_share
    for step in range(_STEPS + 1):
        system = NormalEquations(len(stations))
        _add_telemetry(system, stations, poses, spread, common_share)
        _add_pictures(system, stations, poses)
        back = [
            _add_tie(system, _look(tie, stations, poses, point), tie, terrain, robust=step >= _GENTLE_STEPS)
            for tie, point in zip(ties, points, strict=True)
        ]
        factor = system.factor()
        if step == _STEPS:
            break
        move = factor.solve(system.right)
        if not np.all(np.isfinite(move)):
            raise GeometryError("the poses of the flight do not converge to a common solution")
        frames = move[:-6].reshape(-1, 6)
        poses = poses.moved(frames, move[-6:])
        points = [
            point + tie_back(frames[tie.first], frames[tie.second])
            for point, tie, tie_back in zip(points, ties, back, strict=True)
        ]
        if step > _GENTLE_STEPS and float(np.abs(frames[:, :3]).max(initial=0.0)) < _SMALL_STEP_M:
            break
    return Adjusted(poses.eyes, poses.turns, system.diagonal_blocks(factor), poses.common[:3], poses.common[3:])


@dataclass(frozen=True, slots=True, eq=False)
class _Poses:
    """Where the adjustment stands: ``(F, 3)`` eyes, ``(F, 3, 3)`` rotations, ``(6,)`` shift and boresight."""

    eyes: Float
    turns: Float
    common: Float

    def moved(self, frames: Float, common: Float) -> "_Poses":
        """After a step of ``(F, 6)`` and ``(6,)``."""
        turns = np.array([small_rotation(w) @ turn for w, turn in zip(frames[:, 3:], self.turns, strict=True)])
        return _Poses(self.eyes + frames[:, :3], turns, self.common + common)


def _common_covariance(stations: Sequence[Station]) -> Float:
    """``(6, 6)`` mean covariance of telemetry: position in site axes, attitude in camera axes."""
    total = np.zeros((6, 6))
    for station in stations:
        total[:3, :3] += station.told_covariance[:3, :3]
        total[3:, 3:] += station.told_rotation.T @ station.told_covariance[3:, 3:] @ station.told_rotation
    return np.asarray(total / len(stations), np.float64)


def _add_telemetry(
    system: NormalEquations, stations: Sequence[Station], poses: _Poses, spread: Float, common_share: float
) -> None:
    """What telemetry says of each frame, after the shift and the boresight that all frames share."""
    information = np.asarray(np.linalg.inv(spread), np.float64)
    system.add([-1], information, -information @ poses.common)
    boresight = small_rotation(poses.common[3:])
    for ordinal, station in enumerate(stations):
        told = station.told_rotation @ boresight @ station.turn
        miss = poses.eyes[ordinal] - station.told_eye_m - poses.common[:3]
        off = np.concatenate([miss, rotation_between(told, poses.turns[ordinal])])
        own = np.asarray(np.linalg.inv(station.told_covariance * (1 - common_share)), np.float64)
        rows = np.hstack([np.eye(6), -np.eye(6)])
        rows[3:, 9:] = -station.told_rotation
        system.add([ordinal, -1], rows.T @ own @ rows, -rows.T @ own @ off)


def _add_pictures(system: NormalEquations, stations: Sequence[Station], poses: _Poses) -> None:
    """What a picture of known place says of each frame that was matched with it."""
    for ordinal, station in enumerate(stations):
        if station.fixed is not None:
            eye, turn, normal, pull = station.fixed
            moved = np.concatenate([poses.eyes[ordinal] - eye, rotation_between(turn, poses.turns[ordinal])])
            system.add([ordinal], normal, pull - normal @ moved)


@dataclass(frozen=True, slots=True, eq=False)
class _Back:
    """How tied points follow the poses of their two frames."""

    inverse: Float
    right: Float
    cross: Float

    def __call__(self, first: Float, second: Float) -> Float:
        follow = self.right - self.cross @ np.concatenate([first, second])
        return np.asarray(np.einsum("nij,nj->ni", self.inverse, follow), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One pair's points as its two frames see them, NaN rows made zero.

    Attributes:
        points: ``(N, 3)``.
        known: ``(N,)`` in front of both cameras.
        off: ``(N, 4)`` pixels by which they miss, first frame then second.
        by_pose: ``(N, 4, 12)``.
        by_point: ``(N, 4, 3)``.
    """

    points: Float
    known: NDArray[np.bool_]
    off: Float
    by_pose: Float
    by_point: Float


def _look(tie: Ties, stations: Sequence[Station], poses: _Poses, points: Float) -> _Look:
    by_pose = np.zeros((len(points), 4, 12))
    by_point = np.zeros((len(points), 4, 3))
    off = np.zeros((len(points), 4))
    for side, (ordinal, pixels) in enumerate(((tie.first, tie.first_px), (tie.second, tie.second_px))):
        station, eye, turn = stations[ordinal], poses.eyes[ordinal], poses.turns[ordinal]
        seen, per_pose, per_point = projection_jacobian(points, station.K, station.distortion, eye, turn)
        two = slice(2 * side, 2 * side + 2)
        by_pose[:, two, 6 * side : 6 * side + 6] = per_pose
        by_point[:, two] = per_point
        off[:, two] = pixels - seen
    known = np.asarray(np.isfinite(off).all(axis=1), np.bool_)
    by_pose[~known], by_point[~known], off[~known] = 0.0, 0.0, 0.0
    return _Look(points, known, off, by_pose, by_point)


def _add_tie(system: NormalEquations, look: _Look, tie: Ties, terrain: HeightGrid, *, robust: bool) -> _Back:
    """Add the equations of one pair's points, the points themselves eliminated."""
    error = np.sqrt((look.off**2).sum(axis=1) / 2) / tie.sigma_px
    strength = tukey_weights(error) if robust else np.ones(len(error))
    weight = np.where(look.known, strength, 0.0) / tie.sigma_px**2
    level, level_right = _height_rows(look.points, terrain)
    A, B, off = look.by_pose, look.by_point, look.off
    inner = np.einsum("nij,n,nik->njk", B, weight, B) + level
    right = np.einsum("nij,n,ni->nj", B, weight, off) + level_right
    cross = np.einsum("nij,n,nik->njk", B, weight, A)
    inverse = steady_inverse(inner)
    outer = np.einsum("nij,n,nik->jk", A, weight, A) - np.einsum("nji,njk,nkl->il", cross, inverse, cross)
    outer_right = np.einsum("nij,n,ni->j", A, weight, off) - np.einsum("nji,njk,nk->i", cross, inverse, right)
    system.add([tie.first, tie.second], outer, outer_right)
    return _Back(inverse, right, cross)


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
