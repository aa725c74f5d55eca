"""A frame after the adjustment: its new pose, what follows from it, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.adjustment import Adjusted
from pipeline.geometry.camera import project
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import GroundPicture
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.frame import MATCHED_BY, GeorefMethod, GroundFrame, Pose, Registration
from pipeline.stages.georeference import GeoreferenceSettings, lay_out, skew_of
from pipeline.stages.heading import is_contradicted, is_turned, turn_between
from pipeline.stages.neighbours import Pair, lift
from pipeline.stages.survey import Surveyed

_NAN = float("nan")


class Heading(StrEnum):
    """How the pixels stand against the yaw tag."""

    UPRIGHT = "upright"
    TURNED = "turned"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True, eq=False)
class LayOut:
    """What is needed to lay frames on the ground again.

    Attributes:
        site, terrain, picture: As in `pipeline.stages.register.Register`.
        max_range_m: Ground farther than this counts as unseen.
        clear_sigmas: How far a pose must lie from telemetry before it is said.
    """

    site: SiteFrame
    terrain: HeightGrid
    picture: GroundPicture | None
    max_range_m: float
    clear_sigmas: float


@dataclass(frozen=True, slots=True, eq=False)
class SettledSortie:
    """All frames of a sortie after the adjustment.

    Attributes:
        seen, headings: ``F`` frames.
        pairs: All that took part.
        adjusted: The result.
    """

    seen: Sequence[Surveyed]
    headings: Sequence[Heading]
    pairs: Sequence[Pair]
    adjusted: Adjusted

    def camera_of(self, ordinal: int) -> CameraModel:
        """Camera of a frame, of the focal length that was found."""
        focal = float(self.adjusted.log_focal[ordinal])
        sigma = float(np.sqrt(self.adjusted.covariance[ordinal, 6, 6]))
        return self.seen[ordinal].frame.camera.refocused(focal, sigma)

    def pairs_of(self, ordinal: int) -> list[Pair]:
        """Those that tie one frame."""
        return [pair for pair in self.pairs if ordinal in (pair.ties.first, pair.ties.second)]

    def lifted(self, ordinal: int, pixels: Float, terrain: HeightGrid) -> Float:
        """``(N, 3)`` where pixels of a frame meet the ground."""
        pose = self.adjusted.eye_m[ordinal], self.adjusted.rotation[ordinal]
        return lift(pixels, self.camera_of(ordinal), pose, terrain, self.seen[ordinal].frame.gsd_m)


def lay_settled(ordinal: int, sortie: SettledSortie, options: LayOut) -> GroundFrame | Dropped:
    """One frame of an adjusted sortie, or why it has no place any more: its new pose sees no ground."""
    item, pairs = sortie.seen[ordinal], sortie.pairs_of(ordinal)
    frame, matched = item.frame, item.match.fit is not None
    whole = sortie.adjusted.covariance[ordinal]
    covariance = whole[:6, :6].copy()
    if options.picture is not None and any(other.match.fit is not None for other in sortie.seen):
        # of a match of its own the leverage holds what the terrain does
        terrain_m = 0.0 if matched else options.terrain.sigma_m
        covariance[:3, :3] += np.diag(np.square([options.picture.sigma_m, options.picture.sigma_m, terrain_m]))
    method = GeorefMethod.IMAGE_MATCH if matched else frame.pose.method
    eye_m, rotation = sortie.adjusted.eye_m[ordinal], sortie.adjusted.rotation[ordinal]
    leverage = sortie.adjusted.leverage[ordinal]
    pose = Pose(eye_m, rotation, covariance, method, whole[:6, 6].copy(), leverage)
    camera = sortie.camera_of(ordinal)
    try:
        settings = GeoreferenceSettings(max_range_m=options.max_range_m)
        outline, gsd_m, ellipse = lay_out(camera, pose, options.site, options.terrain, settings, frame.sweep)
    except GeometryError as error:
        reason = f"{frame.ref.frame_id}: after registration {error}"
        return Dropped("register", frame.ref.frame_id, reason, "no_ground")
    told = _notes(item, pose, sortie.headings[ordinal], bool(pairs), options)
    notes = tuple(dict.fromkeys((*frame.notes, *told)))
    registration = _record(item, pose, camera, pairs, sortie, options)
    return GroundFrame(
        frame.ref,
        camera,
        pose,
        frame.status,
        outline,
        gsd_m,
        ellipse,
        registration,
        notes,
        frame.sweep,
        skew_of(camera, pose, frame.sweep, options.terrain),
    )


def _record(
    item: Surveyed,
    pose: Pose,
    camera: CameraModel,
    pairs: Sequence[Pair],
    sortie: SettledSortie,
    options: LayOut,
) -> Registration:
    told, match = item.frame.pose, item.match
    shift_m = _shift_m(item, pose, camera, options.terrain)
    turn_deg = float(np.degrees(turn_between(told.rotation, pose.rotation)))
    against = "none" if options.picture is None else options.picture.name
    outcome = match.outcome if options.picture is not None else "no_match"
    matches, inliers = item.tentative, int(match.inliers.sum())
    residual_px, check_m = match.residual_px, match.check_residual_m
    if match.fit is None and pairs:
        against, outcome = "neighbours", "registered"
        matches, inliers = sum(pair.matches for pair in pairs), sum(pair.inliers for pair in pairs)
        residual_px = _median([_tie_error_px(pair, sortie, options.terrain) for pair in pairs])
        check_m = _median([_check_miss_m(pair, sortie, options.terrain) for pair in pairs])
    turned = is_turned(told.rotation, pose.rotation)
    return Registration(against, outcome, matches, inliers, residual_px, check_m, shift_m, turn_deg, turned)


def _notes(item: Surveyed, pose: Pose, heading: Heading, tied: bool, options: LayOut) -> list[str]:
    told, fit = item.frame.pose, item.match.fit
    notes = []
    if is_turned(told.rotation, pose.rotation):
        notes.append("turned_180")
    elif is_contradicted(told.rotation, pose.rotation):
        notes.append("yaw_contradicted")
    if heading is Heading.DOUBTFUL:
        notes.append("heading_doubtful")
    if item.matcher:
        notes.append(MATCHED_BY + item.matcher)
    if fit is None and options.picture is not None:
        notes.append(f"picture_{item.match.outcome}")
    if fit is None and tied:
        notes.append("adjusted_with_neighbours")
    off = np.abs(pose.eye_m - told.eye_m)
    spread = np.sqrt(np.diag(told.covariance)[:3])
    if np.any(off > options.clear_sigmas * spread):
        notes.append("position_contradicted")
    return notes


def _shift_m(item: Surveyed, pose: Pose, camera: CameraModel, terrain: HeightGrid) -> float:
    """How far the middle of the image moves on the ground."""
    frame, told = item.frame, item.frame.pose
    middle = np.array([[(frame.camera.size_px[0] - 1) / 2, (frame.camera.size_px[1] - 1) / 2]])
    before = lift(middle, frame.camera, (told.eye_m, told.rotation), terrain, frame.gsd_m)
    after = lift(middle, camera, (pose.eye_m, pose.rotation), terrain, frame.gsd_m)
    return float(np.linalg.norm((after - before)[0, :2]))


def _tie_error_px(pair: Pair, sortie: SettledSortie, terrain: HeightGrid) -> Float:
    """``(N,)`` how far tied points of the first frame appear from where the second one shows them."""
    ties, adjusted = pair.ties, sortie.adjusted
    points = sortie.lifted(ties.first, ties.first_px, terrain)
    camera = sortie.camera_of(ties.second)
    eye_m, rotation = adjusted.eye_m[ties.second], adjusted.rotation[ties.second]
    seen_px = project(points, eye_m, camera.K, camera.distortion, rotation)
    return np.asarray(np.linalg.norm(seen_px - ties.second_px, axis=1), np.float64)


def _check_miss_m(pair: Pair, sortie: SettledSortie, terrain: HeightGrid) -> Float:
    """``(M,)`` metres on the ground between the two places of each point that was kept out of the adjustment."""
    one = sortie.lifted(pair.ties.first, pair.check_first_px, terrain)
    two = sortie.lifted(pair.ties.second, pair.check_second_px, terrain)
    return np.asarray(np.linalg.norm((one - two)[:, :2], axis=1), np.float64)


def _median(parts: Sequence[Float]) -> float:
    known = np.concatenate(parts)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else _NAN
