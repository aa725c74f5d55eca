"""One frame against a picture of known place: the pose that the pixels tell, and whether to believe it."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.pose_from_points import FittedPose, PosePrior, fit_pose, rotation_between
from pipeline.geometry.robust import rayleigh_sigma, tukey_weights
from pipeline.geometry.terrain_error import Leverage
from pipeline.records.arrays import Bool, Float
from pipeline.records.camera import CameraModel
from pipeline.records.frame import Pose
from pipeline.stages.heading import expected_toward
from pipeline.stages.lifted import Lifted, checkerboard, errors_px, ground_miss_m
from pipeline.stages.sampled_pose import sample_pose

_VOTE_CELLS = 24
_TELLING_RATIO = 0.22  # focal lengths closer than that are found from one another
_SURE_FOCAL = 0.1
_UPRIGHT_COSINE = 0.9  # looking down within 25°, another focal length is another height: any will do to start from
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
class PictureMatch:
    """What a set of matches says about a frame's pose.

    Attributes:
        outcome: As `pipeline.records.frame.Registration.outcome`.
        fit: The pose, None unless registered.
        matches: The ``N`` tentative ones.
        inliers: ``(N,)`` which of them agree with it.
        residual_px, check_residual_m: As in `pipeline.records.frame.Registration`.
    """

    outcome: str
    fit: FittedPose | None
    matches: Lifted
    inliers: Bool
    residual_px: float
    check_residual_m: float


def solve_pose(matches: Lifted, camera: CameraModel, prior: Pose, trust: TrustSettings) -> PictureMatch:
    """The pose and focal length that most matches agree on, if an independent half of them confirms it.

    Args:
        matches: Tentative; most may be wrong.
        camera: Of the frame; its `focal_sigma` says how far its focal length may be off.
        prior: By telemetry. Its heading is not needed to find the pose, only to judge it.
        trust: When to believe.

    Returns:
        Outcome ``registered``, ``too_few`` or ``no_match`` (nothing agrees), ``inconsistent`` (something agrees, but
        the independent half or telemetry speaks against it).

    Source: P3P sampling with the MAGSAC score of OpenCV's USAC, then `fit_pose`.
    """
    if len(matches) < 2 * trust.min_checked:
        return without_match("too_few", matches)
    tolerance = trust.tolerance_px * matches.pixel_px
    held_out = checkerboard(matches.pixels, camera.size_px)
    half = _fit_half(matches.take(~held_out), camera, prior, trust)
    if half is None:
        return without_match("no_match", matches)
    found = _refocused(camera, half)
    miss_px = errors_px(matches, found, (half.eye_m, half.rotation))
    agree = miss_px < tolerance
    checked = agree & held_out
    if agree.sum() < trust.min_inliers or checked.sum() < trust.min_checked:
        return without_match("no_match", matches)
    near = held_out & (miss_px < 3 * tolerance)
    share = checked.sum() / held_out.sum() / max((agree & ~held_out).sum() / (~held_out).sum(), 1e-9)
    if share < trust.min_check_share or np.median(miss_px[near]) > trust.max_check_px * matches.pixel_px:
        return without_match("inconsistent", matches)
    expected = expected_toward(half.rotation, prior, camera.focal_sigma)
    whole = refine(matches, camera, half, expected, trust)
    if whole is None or not _plausible(whole, expected, trust):
        return without_match("inconsistent", matches)
    inliers = whole.error_px < tolerance
    check_m = ground_miss_m(matches.take(near), found, half.eye_m, half.rotation)
    residual_px = float(np.median(whole.error_px[inliers]))
    return PictureMatch("registered", whole, matches, inliers, residual_px, float(np.nanmedian(check_m)))


def without_match(outcome: str, matches: Lifted | None = None) -> PictureMatch:
    """The answer when there is no pose to give."""
    matches = Lifted(np.zeros((0, 2)), np.zeros((0, 3)), 1.0) if matches is None else matches
    return PictureMatch(outcome, None, matches, np.zeros(len(matches), np.bool_), np.nan, np.nan)


def _refocused(camera: CameraModel, fit: FittedPose) -> CameraModel:
    return camera.refocused(fit.log_focal, camera.focal_sigma)


def _fit_half(matches: Lifted, camera: CameraModel, prior: Pose, trust: TrustSettings) -> FittedPose | None:
    """Sample a pose, then fit it to the matches that agree; None when there is none."""
    if len(matches) < trust.min_checked:
        return None
    tolerance = trust.tolerance_px * matches.pixel_px
    best: tuple[tuple[Float, Float], float] | None = None
    most = 0
    for log_focal in _starts(camera, prior):
        lens = camera.refocused(log_focal, camera.focal_sigma)
        start = sample_pose(matches, lens, tolerance)
        agreeing = 0 if start is None else int((errors_px(matches, lens, start) < tolerance).sum())
        if start is not None and agreeing > most:
            best, most = (start, log_focal), agreeing
    if best is None:
        return None
    (eye_m, rotation), log_focal = best
    none = np.zeros(0)
    sampled = FittedPose(eye_m, rotation, log_focal, none, none, none, none, Leverage.none(), none)
    return refine(matches, camera, sampled, expected_toward(rotation, prior, camera.focal_sigma), trust)


def _starts(camera: CameraModel, prior: Pose) -> list[float]:
    """Focal lengths to sample with, as logarithms: the stated one, and where it is unsure others within 2.5 σ."""
    if camera.focal_sigma <= _SURE_FOCAL or -prior.rotation[2, 2] > _UPRIGHT_COSINE:
        return [0.0]
    steps = int(np.ceil(2.5 * camera.focal_sigma / _TELLING_RATIO))
    return sorted((float(step * _TELLING_RATIO) for step in range(-steps, steps + 1)), key=abs)


def refine(
    matches: Lifted, camera: CameraModel, start: FittedPose, prior: PosePrior, trust: TrustSettings
) -> FittedPose | None:
    """Fit with the tolerance as scale, then with the scatter that the matches themselves show.

    Args:
        matches: Some of which may be wrong.
        camera: To whose focal length `FittedPose.log_focal` refers.
        start: Pose and focal length near the solution.
        prior: Expected pose and focal length.
        trust: How far matches may miss.

    Returns:
        None when the matches do not determine a pose.
    """
    sigma_px = trust.tolerance_px * matches.pixel_px / 3
    fit = start
    for _ in range(2):
        near = errors_px(matches, _refocused(camera, fit), (fit.eye_m, fit.rotation)) < 3 * sigma_px
        votes = _votes(matches.pixels, near, camera.size_px)
        try:
            fit = fit_pose(
                matches.pixels,
                matches.points_m,
                camera.K,
                camera.distortion,
                sigma_px=sigma_px,
                votes=votes,
                start=(fit.eye_m, fit.rotation),
                prior=prior,
                log_focal=fit.log_focal,
                height_sigma_m=matches.height_sigma_m,
            )
        except GeometryError:
            return None
        weight = float((votes * tukey_weights(fit.error_px / sigma_px)).sum()) / sigma_px**2
        scatter = rayleigh_sigma(fit.error_px[fit.error_px < 3 * sigma_px])
        sigma_px = float(np.clip(np.nan_to_num(scatter, nan=sigma_px), _LEAST_SIGMA_PX * matches.pixel_px, sigma_px))
    return fit.worth(1 / (1 + weight * matches.shared_px**2), prior)


def _votes(pixels: Float, near: Bool, size_px: tuple[int, int]) -> Float:
    """What each match is worth: those of one cell share the errors of terrain and picture, and are worth one."""
    step = max(size_px) / _VOTE_CELLS
    cell = (pixels // step).astype(np.int64) @ np.array([1, 1000])
    _, which = np.unique(cell, return_inverse=True)
    crowd = np.bincount(which, weights=near.astype(np.float64))
    return np.asarray(1 / np.maximum(crowd[which], 1.0), np.float64)


def _plausible(fit: FittedPose, prior: PosePrior, trust: TrustSettings) -> bool:
    """Whether telemetry allows the pose: every component within its standard deviations, after the turn is allowed."""
    off = np.concatenate([fit.eye_m - prior.eye_m, rotation_between(prior.rotation, fit.rotation), [fit.log_focal]])
    spread = np.sqrt(np.diag(np.linalg.inv(prior.with_focal)))
    return bool(np.all(np.abs(off) <= trust.max_sigmas * spread))
