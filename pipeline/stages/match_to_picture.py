"""One frame against a picture of known place: the pose that the pixels tell, and whether to believe it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.errors import GeometryError
from pipeline.geometry.brown import PINHOLE, Brown
from pipeline.geometry.camera import pixel_rays, project
from pipeline.geometry.pose_from_points import FittedPose, PosePrior, fit_pose, rotation_between
from pipeline.geometry.robust import rayleigh_sigma
from pipeline.records.arrays import Bool, Float
from pipeline.records.camera import CameraModel
from pipeline.records.frame import Pose
from pipeline.stages.heading import expected_toward

_SPLIT_CELLS = 10  # along the longer side of the frame
_VOTE_CELLS = 24
_SAMPLES = 5000
_CONFIDENCE = 0.9999
_PINHOLE_COSINE = 0.5  # 60° off the axis a pinhole's pixel is a quarter of a fisheye's
_LEAST_SIGMA_PX = 0.3  # working pixels: SIFT places a point no better on real pictures


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """When matches are believed.

    Attributes:
        tolerance_px: Working pixels by which a match may miss its place.
        min_inliers: Least number of matches that agree with a pose.
        min_checked: Least number of held-out matches that agree with a pose found without them.
        min_check_share: Least share of the held-out matches near the pose, relative to the share in the other half.
        max_check_px: Largest median miss of agreeing held-out matches, working pixels.
        max_sigmas: How far the pose may lie from telemetry, in its standard deviations.
    """

    tolerance_px: float = 3.0
    min_inliers: int = 16
    min_checked: int = 7
    min_check_share: float = 0.6
    max_check_px: float = 1.5
    max_sigmas: float = 5.0

    def __post_init__(self) -> None:
        if not min(self.tolerance_px, self.max_check_px, self.max_sigmas, self.min_check_share) > 0:
            raise ValueError("'tolerance_px', 'max_check_px', 'max_sigmas' and 'min_check_share' must be positive")
        if min(self.min_inliers, self.min_checked) < 6:
            raise ValueError("'min_inliers' and 'min_checked' must be at least 6: fewer points agree by chance")

    def stricter(self) -> "TrustSettings":
        """What must hold before matches are believed against telemetry: three times the evidence."""
        return replace(self, min_inliers=3 * self.min_inliers, min_checked=3 * self.min_checked)


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Matches of a frame with points of known place.

    Attributes:
        pixels: ``(N, 2)`` in the full-resolution frame.
        points_m: ``(N, 3)`` site metres.
        pixel_px: Full-resolution pixels per working pixel.
    """

    pixels: Float
    points_m: Float
    pixel_px: float

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, chosen: Bool) -> "Lifted":
        """Some of them."""
        return Lifted(self.pixels[chosen], self.points_m[chosen], self.pixel_px)


@dataclass(frozen=True, slots=True, eq=False)
class PictureMatch:
    """What a set of matches says about a frame's pose.

    Attributes:
        outcome: As `pipeline.records.frame.Registration.outcome`.
        fit: The pose, None unless registered.
        inliers: ``(N,)`` which matches agree with it.
        residual_px, check_residual_m: As in `pipeline.records.frame.Registration`.
    """

    outcome: str
    fit: FittedPose | None
    inliers: Bool
    residual_px: float
    check_residual_m: float


def solve_pose(matches: Lifted, camera: CameraModel, prior: Pose, trust: TrustSettings) -> PictureMatch:
    """The pose that most matches agree on, if an independent half of them confirms it.

    Args:
        matches: Tentative; most may be wrong.
        camera: Of the frame.
        prior: By telemetry. Its heading is not needed to find the pose, only to judge it.
        trust: When to believe.

    Returns:
        Outcome ``registered``, ``too_few`` or ``no_match`` (nothing agrees), ``inconsistent`` (something agrees, but
        the independent half or telemetry speaks against it).

    Source: P3P sampling with the MAGSAC score of OpenCV's USAC, then `fit_pose`.
    """
    if len(matches) < 2 * trust.min_checked:
        return without_match("too_few", len(matches))
    tolerance = trust.tolerance_px * matches.pixel_px
    held_out = checkerboard(matches.pixels, camera.size_px)
    half = _fit_half(matches.take(~held_out), camera, prior, trust)
    if half is None:
        return without_match("no_match", len(matches))
    miss_px = errors_px(matches, camera, (half.eye_m, half.rotation))
    agree = miss_px < tolerance
    checked = agree & held_out
    if agree.sum() < trust.min_inliers or checked.sum() < trust.min_checked:
        return without_match("no_match", len(matches))
    near = held_out & (miss_px < 3 * tolerance)
    share = checked.sum() / held_out.sum() / max((agree & ~held_out).sum() / (~held_out).sum(), 1e-9)
    if share < trust.min_check_share or np.median(miss_px[near]) > trust.max_check_px * matches.pixel_px:
        return without_match("inconsistent", len(matches))
    expected = expected_toward(half.rotation, prior)
    whole = _refine(matches, camera, (half.eye_m, half.rotation), expected, trust)
    if whole is None or not _plausible(whole, expected, trust):
        return without_match("inconsistent", len(matches))
    inliers = whole.error_px < tolerance
    check_m = ground_miss_m(matches.take(near), camera, half.eye_m, half.rotation)
    residual_px = float(np.median(whole.error_px[inliers]))
    return PictureMatch("registered", whole, inliers, residual_px, float(np.nanmedian(check_m)))


def ground_miss_m(matches: Lifted, camera: CameraModel, eye_m: Float, rotation: Float) -> Float:
    """``(N,)`` horizontal metres between each point and where its pixel meets the point's level; NaN above it."""
    rays = pixel_rays(matches.pixels, camera.K, camera.distortion, rotation)
    down = np.where(rays[:, 2] < 0, rays[:, 2], np.nan)
    reach = (matches.points_m[:, 2] - eye_m[2]) / down
    met = eye_m[:2] + rays[:, :2] * reach[:, None]
    return np.asarray(np.linalg.norm(met - matches.points_m[:, :2], axis=1), np.float64)


def errors_px(matches: Lifted, camera: CameraModel, pose: tuple[Float, Float]) -> Float:
    """``(N,)`` how far each point appears from where an eye and rotation put it; inf behind the camera."""
    seen = project(matches.points_m, pose[0], camera.K, camera.distortion, pose[1])
    miss = np.linalg.norm(seen - matches.pixels, axis=1)
    return np.where(np.isfinite(miss), miss, np.inf)


def checkerboard(pixels: Float, size_px: tuple[int, int]) -> Bool:
    """Which matches are held out: those on the black fields of a board over the frame."""
    step = max(size_px) / _SPLIT_CELLS
    return np.asarray((pixels // step).astype(np.int64).sum(axis=1) % 2 == 1, np.bool_)


def without_match(outcome: str, count: int) -> PictureMatch:
    """The answer when there is no pose to give, for `count` tentative matches."""
    return PictureMatch(outcome, None, np.zeros(count, np.bool_), np.nan, np.nan)


def sample_pose(matches: Lifted, camera: CameraModel, tolerance_px: float) -> tuple[Float, Float] | None:
    """Eye and rotation that most matches agree on, by sampling; None when there is none.

    Args:
        matches: At least four.
        camera: Of the frame.
        tolerance_px: Full-resolution pixels by which a right match may miss.
    """
    usac = cv2.UsacParams()
    usac.score = cv2.SCORE_METHOD_MAGSAC
    usac.threshold = tolerance_px
    usac.maxIterations, usac.confidence = _SAMPLES, _CONFIDENCE
    usac.isParallel, usac.randomGeneratorState = False, 1
    middle = matches.points_m.mean(axis=0)  # float32 inside: keep coordinates small
    points, pixels, bent, toward = _for_pinhole(matches, camera)
    try:
        found, _, turn, shift, _ = cv2.solvePnPRansac(points - middle, pixels, camera.K.copy(), bent, params=usac)
    except cv2.error:  # a degenerate sample, such as all points in one line
        return None
    if not found or turn is None or not np.all(np.isfinite(turn)) or not np.all(np.isfinite(shift)):
        return None
    rotation = np.asarray(cv2.Rodrigues(turn)[0], np.float64).T
    return middle - rotation @ np.asarray(shift, np.float64)[:, 0], rotation @ toward.T


def _for_pinhole(matches: Lifted, camera: CameraModel) -> tuple[Float, Float, Float, Float]:
    """Matches as a pinhole camera shows them, since the sampler knows no other lens.

    Returns:
        Points ``(N, 3)``; pixels ``(N, 2)``; coefficients ``(5,)`` of a Brown–Conrady lens; rotation ``(3, 3)`` from
        that camera to the frame's. Matches of another lens are seen by a camera that looks where most of them are;
        those far off its axis are left out, since there a pixel of the frame is many of its own.
    """
    if isinstance(camera.distortion, Brown):
        return matches.points_m, matches.pixels, np.array(camera.distortion.coefficients), np.eye(3)
    rays = pixel_rays(matches.pixels, camera.K, camera.distortion, np.eye(3))
    ahead = np.nanmedian(rays, axis=0)
    ahead /= np.linalg.norm(ahead)
    toward = np.asarray(Rotation.align_vectors(ahead[None], np.array([[0.0, 0.0, 1.0]]))[0].as_matrix(), np.float64)
    near = np.asarray(rays @ ahead > _PINHOLE_COSINE, np.bool_)
    pixels = project(rays[near], np.zeros(3), camera.K, PINHOLE, toward)
    return matches.points_m[near], pixels, np.zeros(5), toward


def _fit_half(matches: Lifted, camera: CameraModel, prior: Pose, trust: TrustSettings) -> FittedPose | None:
    """Sample a pose, then fit it to the matches that agree; None when there is none."""
    if len(matches) < trust.min_checked:
        return None
    start = sample_pose(matches, camera, trust.tolerance_px * matches.pixel_px)
    return None if start is None else _refine(matches, camera, start, expected_toward(start[1], prior), trust)


def _refine(
    matches: Lifted, camera: CameraModel, start: tuple[Float, Float], prior: PosePrior, trust: TrustSettings
) -> FittedPose | None:
    """Fit with the tolerance as scale, then with the scatter that the matches themselves show."""
    sigma_px = trust.tolerance_px * matches.pixel_px / 3
    fit = None
    for _ in range(2):
        near = errors_px(matches, camera, start) < 3 * sigma_px
        votes = _votes(matches.pixels, near, camera.size_px)
        try:
            fit = fit_pose(
                matches.pixels,
                matches.points_m,
                camera.K,
                camera.distortion,
                sigma_px=sigma_px,
                votes=votes,
                start=start,
                prior=prior,
            )
        except GeometryError:
            return None
        start = fit.eye_m, fit.rotation
        scatter = rayleigh_sigma(fit.error_px[fit.error_px < 3 * sigma_px])
        sigma_px = float(np.clip(np.nan_to_num(scatter, nan=sigma_px), _LEAST_SIGMA_PX * matches.pixel_px, sigma_px))
    return fit


def _votes(pixels: Float, near: Bool, size_px: tuple[int, int]) -> Float:
    """What each match is worth: those of one cell share the errors of terrain and picture, and are worth one."""
    step = max(size_px) / _VOTE_CELLS
    cell = (pixels // step).astype(np.int64) @ np.array([1, 1000])
    _, which = np.unique(cell, return_inverse=True)
    crowd = np.bincount(which, weights=near.astype(np.float64))
    return np.asarray(1 / np.maximum(crowd[which], 1.0), np.float64)


def _plausible(fit: FittedPose, prior: PosePrior, trust: TrustSettings) -> bool:
    """Whether telemetry allows the pose: every component within its standard deviations, after the turn is allowed."""
    off = np.concatenate([fit.eye_m - prior.eye_m, rotation_between(prior.rotation, fit.rotation)])
    spread = np.sqrt(np.diag(np.linalg.inv(prior.information)))
    return bool(np.all(np.abs(off) <= trust.max_sigmas * spread))
