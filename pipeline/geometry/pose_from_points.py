"""The pose of a camera from points of known place, with the telemetry's pose as prior.

A small rotation is always a vector about the site's axes, applied from the left: ``R' = exp(skew(w)) @ R``. The focal
length is the seventh unknown: the logarithm of its ratio to that of the camera matrix.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.errors import GeometryError
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.robust import tukey_weights
from pipeline.geometry.terrain_error import Leverage

Float = NDArray[np.float64]

_STEPS = 30
_SMALL_STEP_M = 1e-4
_SMALL_STEP_RAD = 1e-6
_MAX_LOG_FOCAL = 1.5  # 4.5 times: farther off, no match of points is one
_EMPTY = 1e-13  # of information scaled to a diagonal of 1: what rounding leaves where there is none


LEAST_COVARIANCE = np.diag([1e-3, 1e-3, 1e-3, 1e-5, 1e-5, 1e-5]) ** 2
"""Added to what telemetry states: a pose without any error could not be weighed against anything."""

LEAST_FOCAL_SIGMA = 1e-5
"""No focal length is known better."""

MODEL_SIGMA = np.array([0.1, 0.01])
"""What all points of a flight may share: heights above their mean that are off by a share (a surface model that cuts
roofs and crowns), and radial distortion that is left in the stated lens (k1). From straight above, 10 % of the relief
changes the focal length by 10 %, and k1 = 0.01 by as much again, if heights of telemetry do not hold it."""


@dataclass(frozen=True, slots=True, eq=False)
class PosePrior:
    """A pose that is expected.

    Attributes:
        eye_m: ``(3,)``.
        rotation: ``(3, 3)`` camera to site.
        information: ``(6, 6)`` inverse covariance of eye and small rotation; zeros where nothing is expected.
        focal_sigma: Relative standard deviation of the focal length.
        log_focal: Logarithm of the focal length over that of the camera matrix.
    """

    eye_m: Float
    rotation: Float
    information: Float
    focal_sigma: float = 0.0
    log_focal: float = 0.0

    @property
    def with_focal(self) -> Float:
        """``(7, 7)`` inverse covariance of the pose and the logarithm of the focal length."""
        whole = np.zeros((7, 7))
        whole[:6, :6] = self.information
        whole[6, 6] = max(self.focal_sigma, LEAST_FOCAL_SIGMA) ** -2
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class FittedPose:
    """A pose and how well it is known.

    Attributes:
        eye_m: ``(3,)``.
        rotation: ``(3, 3)`` camera to site.
        log_focal: Logarithm of the focal length over that of the camera matrix.
        information: ``(7, 7)`` of the points alone, at the solution: eye, small rotation, `log_focal`.
        pull: ``(7,)`` where the points alone would move the solution, times their information: what the prior holds.
        covariance: ``(7, 7)`` of points and prior together.
        by_model: ``(2, 10)`` equations of the two errors that `MODEL_SIGMA` is about: their products with the seven
            unknowns, with themselves, and their pull.
        by_terrain: What errors of the heights add to the right side of the equations of `information`: `covariance`
            does not hold these.
        error_px: ``(N,)`` distance from where each point should appear; inf behind the camera.
    """

    eye_m: Float
    rotation: Float
    log_focal: float
    information: Float
    pull: Float
    covariance: Float
    by_model: Float
    by_terrain: Leverage
    error_px: Float

    def worth(self, share: float, prior: PosePrior) -> "FittedPose":
        """The same pose, its points counted for a share of what they are: they err together, not each for itself."""
        if share == 1.0:
            return self
        return replace(
            self,
            information=share * self.information,
            pull=share * self.pull,
            covariance=np.asarray(np.linalg.inv(_determined(share * self.information + prior.with_focal)), np.float64),
            by_model=share * self.by_model,
            by_terrain=self.by_terrain.scaled(share),
        )

    def with_model_errors(self) -> tuple[Float, Float]:
        """Information ``(7, 7)`` and pull ``(7,)`` of the points when the model may err as `MODEL_SIGMA` says."""
        cross, own, pull = self.by_model[:, :7], self.by_model[:, 7:9], self.by_model[:, 9]
        follow = np.linalg.solve(own + np.diag(MODEL_SIGMA**-2), np.column_stack([cross, pull]))
        return self.information - cross.T @ follow[:, :7], self.pull - cross.T @ follow[:, 7]


def small_rotation(vector: Float) -> Float:
    """``(3, 3)`` rotation of a rotation vector ``(3,)`` in rad."""
    return np.asarray(Rotation.from_rotvec(vector).as_matrix(), np.float64)


def rotation_between(start: Float, end: Float) -> Float:
    """``(3,)`` rotation vector that leads from one rotation to another, applied from the left."""
    return np.asarray(Rotation.from_matrix(end @ start.T).as_rotvec(), np.float64)


def with_focal(K: Float, log_focal: float) -> Float:
    """Camera matrix ``(3, 3)`` of another focal length, given as the logarithm of its ratio to the matrix's own."""
    changed = K.copy()
    changed[:2, :2] *= np.exp(log_focal)
    return changed


def projection_jacobian(
    points_m: Float, K: Float, distortion: Distortion, eye_m: Float, rotation: Float
) -> tuple[Float, Float, Float]:
    """Where points appear, and how that changes with the pose and with the points.

    Args:
        points_m: ``(N, 3)`` site metres.
        K, distortion, eye_m, rotation: As in `pipeline.geometry.camera.project`.

    Returns:
        ``(N, 2)`` pixels, ``(N, 2, 6)`` by eye and small rotation, ``(N, 2, 3)`` by the point. NaN rows as in
        `project`.
    """
    away = points_m - eye_m
    local = away @ rotation
    bent = distortion.distort(local)
    pixels = np.column_stack([K[0, 0] * bent[:, 0] + K[0, 1] * bent[:, 1] + K[0, 2], K[1, 1] * bent[:, 1] + K[1, 2]])
    by_point = K[:2, :2] @ distortion.slopes(local) @ rotation.T
    turned = np.zeros((len(points_m), 3, 3))  # skew(away): a small turn w of the camera moves the ray by -w x away
    turned[:, 0, 1], turned[:, 0, 2], turned[:, 1, 2] = -away[:, 2], away[:, 1], -away[:, 0]
    turned[:, 1, 0], turned[:, 2, 0], turned[:, 2, 1] = away[:, 2], -away[:, 1], away[:, 0]
    return pixels, np.concatenate([-by_point, by_point @ turned], axis=2), by_point


def fit_pose(
    pixels: Float,
    points_m: Float,
    K: Float,
    distortion: Distortion,
    *,
    sigma_px: float,
    votes: Float,
    start: tuple[Float, Float],
    prior: PosePrior,
    log_focal: float = 0.0,
    height_sigma_m: float = 0.0,
) -> FittedPose:
    """Robust Gauss–Newton fit of a pose and a focal length to points and a prior.

    Args:
        pixels: ``(N, 2)`` where the points appear.
        points_m: ``(N, 3)`` site metres.
        K, distortion: The camera.
        sigma_px: Standard deviation of a pixel coordinate; decides which points count as wrong (Tukey's weights).
        votes: ``(N,)`` how many independent observations each point is worth, at most 1: neighbours that share an
            error are worth one together.
        start: Eye and rotation; near enough that right points project within a few standard deviations.
        prior: Expected pose and focal length.
        log_focal: Start of the focal length.
        height_sigma_m: Standard deviation of the points' heights, by errors that neighbours share.

    Raises:
        GeometryError: Points and prior together do not determine the pose.
    """
    (eye_m, rotation), expected = start, prior.with_focal

    def equations(errors_of_model: bool = False) -> _Equations:
        lens = with_focal(K, log_focal)
        seen, by_pose, by_point = projection_jacobian(points_m, lens, distortion, eye_m, rotation)
        columns = [by_pose, (seen - lens[:2, 2])[..., None]]
        if errors_of_model:
            columns.append(_by_model(seen - lens[:2, 2], points_m, by_point, float(lens[0, 0])))
        return _Equations.of(pixels - seen, np.concatenate(columns, axis=2), by_point[:, :, 2], sigma_px, votes)

    for _ in range(_STEPS):
        found = equations()
        off = np.concatenate(
            [prior.eye_m - eye_m, rotation_between(rotation, prior.rotation), [prior.log_focal - log_focal]]
        )
        step = np.linalg.solve(_determined(found.normal() + expected), found.pull() + expected @ off)
        astray = np.linalg.norm(step[3:6]) > 1.0 or abs(log_focal + step[6]) > _MAX_LOG_FOCAL
        if not np.all(np.isfinite(step)) or astray:
            raise GeometryError("the pose of the camera does not converge; the points contradict the start")
        eye_m, rotation = eye_m + step[:3], small_rotation(step[3:6]) @ rotation
        log_focal += float(step[6])
        if np.linalg.norm(step[:3]) < _SMALL_STEP_M and np.linalg.norm(step[3:]) < _SMALL_STEP_RAD:
            break
    found = equations(errors_of_model=True)
    whole, every = found.normal(), found.pull()
    normal, pull = whole[:7, :7], every[:7]
    covariance = np.asarray(np.linalg.inv(_determined(normal + expected)), np.float64)
    by_model = np.column_stack([whole[7:, :9], every[7:]])
    by_terrain = found.leverage(points_m, height_sigma_m)
    return FittedPose(eye_m, rotation, log_focal, normal, pull, covariance, by_model, by_terrain, found.error_px)


def _by_model(from_middle_px: Float, points_m: Float, by_point: Float, focal_px: float) -> Float:
    """``(N, 2, 2)`` how pixels move with a share of the relief, and with radial distortion."""
    relief_m = points_m[:, 2] - points_m[:, 2].mean()
    squared = (from_middle_px**2).sum(axis=1) / focal_px**2
    return np.stack([by_point[:, :, 2] * relief_m[:, None], from_middle_px * squared[:, None]], axis=2)


def _determined(information: Float) -> Float:
    """The information ``(7, 7)``, when no direction of it is empty but for rounding.

    Raises:
        GeometryError: Points and prior together do not determine the pose.
    """
    known = np.sqrt(np.maximum(np.diag(information), 0.0))
    if not known.min() > 0 or not np.linalg.eigvalsh(information / np.outer(known, known))[0] > _EMPTY:
        raise GeometryError("points do not determine the pose of the camera; are they all in one line?")
    return information


@dataclass(frozen=True, slots=True, eq=False)
class _Equations:
    """Equations of ``N`` points: misses ``(N, 2)`` px, derivatives ``(N, 2, U)``, weights and errors ``(N,)``.

    `by_height` ``(N, 2)`` is how points appear to move when they are higher.
    """

    miss: Float
    derivatives: Float
    by_height: Float
    weights: Float
    error_px: Float

    @classmethod
    def of(cls, miss: Float, derivatives: Float, by_height: Float, sigma_px: float, votes: Float) -> "_Equations":
        """Of points that miss by so many pixels; NaN counts nothing."""
        known = np.asarray(np.isfinite(miss).all(axis=1, keepdims=True), np.bool_)
        off, A = np.where(known, miss, 0.0), np.where(known[..., None], derivatives, 0.0)
        error_px = np.where(known[:, 0], np.hypot(off[:, 0], off[:, 1]), np.inf)
        weights = votes * tukey_weights(error_px / sigma_px) / sigma_px**2
        return cls(off, A, np.where(known, by_height, 0.0), weights, error_px)

    # einsum, not matmul: its sums do not depend on how many threads the linear algebra library uses
    def normal(self) -> Float:
        """Information ``(U, U)``."""
        return np.asarray(np.einsum("nij,n,nik->jk", self.derivatives, self.weights, self.derivatives), np.float64)

    def pull(self) -> Float:
        """Right side ``(U,)``."""
        return np.asarray(np.einsum("nij,n,ni->j", self.derivatives, self.weights, self.miss), np.float64)

    def leverage(self, points_m: Float, height_sigma_m: float) -> Leverage:
        """What heights that are too high add to the right side of the first seven: a point seems to miss by it."""
        pulls = -np.einsum("nij,n,ni->nj", self.derivatives[:, :, :7], self.weights, self.by_height) * height_sigma_m
        return Leverage.of_points(points_m, self.weights * (self.by_height**2).sum(axis=1), pulls)
