"""A clock that is off, as registration shows it: every frame lies along its way from where telemetry has it.

A shift along the way that grows with the speed and turns with the flight is a time. The satellites' common shift does
not turn with the flight, a boresight does not grow with the speed, and both are only as large as telemetry says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Bool, Float
from pipeline.records.frame import GroundFrame
from pipeline.stages.neighbours import lift
from pipeline.stages.survey import Surveyed

CLOCK_OFF_ALONG_TRACK = "clock_off_along_track"
"""Note of a flight whose positions were moved along its way."""
_FEWEST = 6
_LONGEST_GAP_NS = 10 * 10**9
_LEAST_SPEED_MPS = 1.0
_LEAST_S = 0.05
_PRIOR_S = 30.0


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds by which positions must be moved on along the way, and their standard deviation."""

    seconds: float
    sigma_s: float


def find_delay(seen: Sequence[Surveyed], terrain: HeightGrid, common_share: float) -> Delay | None:
    """The delay that frames matched with a picture show; None where too few of them moved.

    Args:
        seen: All frames of the flight; those turned against their tags take part, their shift is on the ground.
        terrain: Ellipsoidal heights.
        common_share: Share of telemetry's variance that is common to the flight.
    """
    velocity, known = velocities([item.frame for item in seen])
    matched = np.array([item.match.fit is not None for item in seen], np.bool_)
    chosen = np.flatnonzero(known & matched & (np.linalg.norm(velocity, axis=1) > _LEAST_SPEED_MPS))
    normal = np.diag([_PRIOR_S**-2.0, 0.0, 0.0, 0.0, 0.0])
    pull = np.zeros(5)
    used = 0
    spread = np.zeros(4)
    for ordinal in chosen.tolist():
        shift = _ground_shift(seen[ordinal], terrain)
        if not np.isfinite(shift).all():
            continue
        position, tilt = _variances(seen[ordinal].frame)
        way = velocity[ordinal] / np.linalg.norm(velocity[ordinal])
        equations = np.column_stack([velocity[ordinal], np.eye(2), way, [-way[1], way[0]]])
        weight = 1 / ((1 - common_share) * (position + tilt) + seen[ordinal].frame.gsd_m ** 2)
        normal += weight * equations.T @ equations
        pull += weight * equations.T @ shift
        spread += common_share * np.array([position, position, tilt, tilt])
        used += 1
    if used < _FEWEST:
        return None
    normal[1:, 1:] += np.diag(used / np.maximum(spread, 1e-12))
    covariance = np.linalg.inv(normal)
    return Delay(float((covariance @ pull)[0]), float(np.sqrt(covariance[0, 0])))


def moved_on(seen: Sequence[Surveyed], terrain: HeightGrid, common_share: float, clear_sigmas: float) -> list[Surveyed]:
    """The frames, their positions moved along the way where matches show clearly that a clock is off.

    Args:
        seen, terrain, common_share: As in `find_delay`.
        clear_sigmas: How clearly.
    """
    delay = find_delay(seen, terrain, common_share)
    if delay is None or abs(delay.seconds) < max(clear_sigmas * delay.sigma_s, _LEAST_S):
        return list(seen)
    velocity, known = velocities([item.frame for item in seen])
    out = []
    for item, own, sure in zip(seen, velocity, known, strict=True):
        pose = item.frame.pose
        if not sure:
            out.append(item)
            continue
        step = np.array([*own, 0.0])
        covariance = pose.covariance.copy()
        covariance[:3, :3] += np.outer(step, step) * delay.sigma_s**2
        pose = replace(pose, eye_m=pose.eye_m + step * delay.seconds, covariance=covariance)
        notes = (*item.frame.notes, CLOCK_OFF_ALONG_TRACK)
        out.append(replace(item, frame=replace(item.frame, pose=pose, notes=notes)))
    return out


def shown_delay_s(told: Sequence[GroundFrame], registered: Sequence[GroundFrame], terrain: HeightGrid) -> float:
    """Median seconds by which frames of a moved flight were moved along their way; NaN where none was."""
    velocity, known = velocities(told)
    of = {frame.ref.frame_id: ordinal for ordinal, frame in enumerate(told)}
    found = []
    for frame in registered:
        ordinal = of.get(frame.ref.frame_id)
        if ordinal is None or CLOCK_OFF_ALONG_TRACK not in frame.notes or not known[ordinal]:
            continue
        speed = float(velocity[ordinal] @ velocity[ordinal])
        if speed > _LEAST_SPEED_MPS**2:
            moved = _middle(frame, terrain) - _middle(told[ordinal], terrain)
            found.append(float(moved @ velocity[ordinal]) / speed)
    return float(np.nanmedian(found)) if found else float("nan")


def velocities(frames: Sequence[GroundFrame]) -> tuple[Float, Bool]:
    """``(F, 2)`` metres a second east and north, ``(F,)`` whether known: by frames of the sensor within ten seconds."""
    out, known = np.zeros((len(frames), 2)), np.zeros(len(frames), np.bool_)
    for sensor in dict.fromkeys(frame.ref.sensor for frame in frames):
        own = [ordinal for ordinal, frame in enumerate(frames) if frame.ref.sensor == sensor]
        own.sort(key=lambda ordinal: frames[ordinal].ref.t_utc_ns)
        for place, ordinal in enumerate(own):
            near = [
                frames[other]
                for other in own[max(place - 1, 0) : place + 2]
                if abs(frames[other].ref.t_utc_ns - frames[ordinal].ref.t_utc_ns) <= _LONGEST_GAP_NS
            ]
            gap_ns = near[-1].ref.t_utc_ns - near[0].ref.t_utc_ns
            if gap_ns > 0:
                out[ordinal] = (near[-1].pose.eye_m - near[0].pose.eye_m)[:2] / gap_ns * 1e9
                known[ordinal] = True
    return out, known


def _variances(frame: GroundFrame) -> tuple[float, float]:
    """m² on the ground, one axis, of the position and of the tilt."""
    covariance = frame.pose.covariance
    height_m = frame.gsd_m * frame.camera.focal_px
    return float(covariance[:2, :2].trace() / 2), float(covariance[3:5, 3:5].trace() / 2 * height_m**2)


def _ground_shift(item: Surveyed, terrain: HeightGrid) -> Float:
    """``(2,)`` how far the middle of a matched frame lies from where telemetry has it."""
    fit = item.match.fit
    if fit is None:
        return np.full(2, np.nan)
    frame = item.frame
    middle = _middle_pixel(frame)
    camera = frame.camera.refocused(fit.log_focal, frame.camera.focal_sigma)
    after = lift(middle, camera, (fit.eye_m, fit.rotation), terrain, frame.gsd_m)
    before = lift(middle, frame.camera, (frame.pose.eye_m, frame.pose.rotation), terrain, frame.gsd_m)
    return np.asarray((after - before)[0, :2], np.float64)


def _middle(frame: GroundFrame, terrain: HeightGrid) -> Float:
    pose = frame.pose.eye_m, frame.pose.rotation
    return np.asarray(lift(_middle_pixel(frame), frame.camera, pose, terrain, frame.gsd_m)[0, :2], np.float64)


def _middle_pixel(frame: GroundFrame) -> Float:
    return np.array([[(frame.camera.size_px[0] - 1) / 2, (frame.camera.size_px[1] - 1) / 2]])
