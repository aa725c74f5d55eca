"""Whether the pixels contradict the focal length that is stated, and what it is then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.pose_from_points import FittedPose, PosePrior, rotation_between
from pipeline.records.arrays import Float
from pipeline.records.frame import GroundFrame
from pipeline.stages.heading import expected_toward
from pipeline.stages.match_to_picture import TrustSettings, refine
from pipeline.stages.neighbours import Pair
from pipeline.stages.survey import Surveyed

_ZOOM_STEP = 0.02  # frames of one clip whose focal lengths differ by less share a lens
_LEAST = 0.05  # a contradiction of less than that is left to the adjustment
_NO_FOCAL = 1e-6  # information on the focal length of a frame that says nothing of it
_LOOSE_HEIGHT = 10.0
_LEAST_SHOWN_SIGMA = 0.01  # rows read one after the other, the curl of a surface model
_LEAST_PAIRS = 3
_NEAR_NADIR = 0.8  # cosine: within 37° of straight down, displacement on the ground goes with the focal length


@dataclass(frozen=True, slots=True)
class FocalFinding:
    """What pixels say of a lens's focal length.

    Attributes:
        log_focal: Logarithm of the focal length over the stated one.
        sigma: Standard deviation of that, heights of telemetry believed.
        contradicted: The stated one is excluded.
        sure: An error of the heights cannot explain it.
    """

    log_focal: float
    sigma: float
    contradicted: bool
    sure: bool


def lenses_of(frames: Sequence[GroundFrame]) -> list[int]:
    """Ordinal of each frame's lens: frames of one sensor and size at one zoom share it."""
    keys = []
    for frame in frames:
        step = round(float(np.log(frame.camera.focal_px)) / _ZOOM_STEP)
        keys.append((frame.ref.sensor, frame.ref.size_px, frame.camera.name, step))
    return _ordinals(keys)


def mounts_of(frames: Sequence[GroundFrame]) -> list[int]:
    """Ordinal of each frame's mount: frames of one sensor share it."""
    return _ordinals([frame.ref.sensor for frame in frames])


def by_pictures(
    items: Sequence[Surveyed], stated_sigma: float, common_share: float, clear_sigmas: float
) -> FocalFinding | None:
    """What matches with a picture say of the one lens of some frames; None when none was matched."""
    told, loose = [], []
    for item in items:
        if item.match.fit is not None:
            told.append(_unheld(item, item.match.fit, 1.0))
            loose.append(_unheld(item, item.match.fit, _LOOSE_HEIGHT))
    if not told:
        return None
    log_focal, sigma = _together(np.array(told), common_share)
    alone, alone_sigma = _together(np.array(loose), common_share)
    heights = np.median([_height_sigma(item) for item in items])
    sure = abs(alone) > clear_sigmas * alone_sigma or abs(log_focal) > clear_sigmas * heights
    return _finding(log_focal, sigma, stated_sigma, clear_sigmas, sure=bool(sure))


def by_neighbours(
    items: Sequence[Surveyed],
    pairs: Sequence[Pair],
    chosen: Sequence[int],
    relative_sigma_m: float,
    stated_sigma: float,
    clear_sigmas: float,
) -> FocalFinding | None:
    """What the way between cameras says, by pixels and by satellites, of the one lens of the `chosen` frames.

    With a focal length that is stated too long, the ground moves less from frame to frame than the camera does. Steep
    looks only: others mix focal length and tilt. None with fewer than three telling pairs.
    """
    ratios = []
    for pair in pairs:
        one, two = items[pair.ties.first].frame, items[pair.ties.second].frame
        if pair.ties.first not in chosen or pair.ties.second not in chosen or not (_steep(one) and _steep(two)):
            continue
        told = float(np.linalg.norm((two.pose.eye_m - one.pose.eye_m)[:2]))
        unsure_m = float(np.hypot(relative_sigma_m, pair.moved_sigma_m))
        if told > clear_sigmas * unsure_m:
            ratios.append((float(np.log(np.linalg.norm(pair.moved_m[:2]) / told)), unsure_m / told))
    if len(ratios) < _LEAST_PAIRS:
        return None
    log_focal, own = _together(np.array(ratios), 0.0)
    heights = float(np.median([_height_sigma(items[ordinal]) for ordinal in chosen]))
    sure = abs(log_focal) > clear_sigmas * np.hypot(heights, own)
    return _finding(log_focal, float(np.hypot(own, heights)), stated_sigma, clear_sigmas, sure=bool(sure))


def shown_sigma(items: Sequence[Surveyed]) -> float:
    """How far off the focal length may be that the matches of some frames of one lens show together.

    Errors of the model do not average out over frames: the part of a frame's σ that is due to them is the flight's.
    """
    parts = []
    for item in items:
        if item.match.fit is not None:
            fit = item.match.fit
            held = _by_telemetry(expected_toward(fit.rotation, item.frame.pose, 0.0))
            alone = np.linalg.inv(fit.information + held)[6, 6]
            parts.append(np.linalg.inv(fit.with_model_errors()[0] + held)[6, 6] - alone)
    return max(_LEAST_SHOWN_SIGMA, float(np.sqrt(np.median(parts)))) if parts else _LEAST_SHOWN_SIGMA


def corrected(item: Surveyed, finding: FocalFinding, trust: TrustSettings) -> Surveyed:
    """The frame with the focal length that was found, its match fitted anew."""
    camera = item.frame.camera.refocused(finding.log_focal, finding.sigma)
    note = "focal_contradicted" if finding.sure else "focal_or_height_contradicted"
    frame = replace(
        item.frame,
        camera=camera,
        gsd_m=item.frame.gsd_m / float(np.exp(finding.log_focal)),
        notes=(*item.frame.notes, note),
    )
    fit = item.match.fit
    if fit is None:
        return replace(item, frame=frame)
    start = replace(fit, log_focal=fit.log_focal - finding.log_focal)
    prior = expected_toward(fit.rotation, frame.pose, finding.sigma)
    again = refine(item.match.matches, camera, start, prior, trust)
    return replace(item, frame=frame, match=replace(item.match, fit=again or start))


def _finding(log_focal: float, sigma: float, stated_sigma: float, clear_sigmas: float, *, sure: bool) -> FocalFinding:
    limit = max(_LEAST, clear_sigmas * float(np.hypot(sigma, stated_sigma)))
    return FocalFinding(log_focal, sigma, abs(log_focal) > limit, sure)


def _unheld(item: Surveyed, fit: FittedPose, loose: float) -> tuple[float, float]:
    """`log_focal` and its σ by a frame's match and telemetry's pose, the stated focal length left aside.

    Telemetry's height counts as `loose` times as unsure as it says.
    """
    pose = item.frame.pose
    covariance = pose.covariance.copy()
    covariance[2, :] *= loose
    covariance[:, 2] *= loose
    expected = expected_toward(fit.rotation, replace(pose, covariance=covariance), 0.0)
    off = np.concatenate([expected.eye_m - fit.eye_m, rotation_between(fit.rotation, expected.rotation), [0.0]])
    held = _by_telemetry(expected)
    information, pull = fit.with_model_errors()
    spread = np.linalg.inv(information + held)
    step = spread @ (pull + held @ off)
    return fit.log_focal + float(step[6]), float(np.sqrt(spread[6, 6]))


def _by_telemetry(expected: PosePrior) -> Float:
    """``(7, 7)`` information of telemetry's pose, with hardly any on the focal length."""
    held = np.zeros((7, 7))
    held[:6, :6] = expected.information
    held[6, 6] = _NO_FOCAL
    return held


def _together(each: Float, common_share: float) -> tuple[float, float]:
    """Weighted median of ``(N, 2)`` values and their σ, part of whose variance is common to all; and its σ."""
    order = np.argsort(each[:, 0])
    values, weights = each[order, 0], each[order, 1] ** -2.0
    middle = float(values[np.searchsorted(weights.cumsum(), weights.sum() / 2)])
    scatter = 1.4826 * float(np.median(np.abs(values - middle))) if len(values) > 1 else 0.0
    own = max(scatter / np.sqrt(len(values)), float(weights.sum() ** -0.5))
    return middle, float(np.sqrt(own**2 + common_share * np.median(each[:, 1]) ** 2))


def _height_sigma(item: Surveyed) -> float:
    """σ of telemetry's height above the ground, relative to that."""
    height_m = item.frame.gsd_m * item.frame.camera.focal_px
    return float(np.sqrt(item.frame.pose.covariance[2, 2])) / max(height_m, 1e-3)


def _steep(frame: GroundFrame) -> bool:
    return bool(-frame.pose.rotation[2, 2] > _NEAR_NADIR)


def _ordinals(keys: Sequence[object]) -> list[int]:
    known: dict[object, int] = {}
    return [known.setdefault(key, len(known)) for key in keys]
