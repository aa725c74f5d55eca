"""Which frames of a sortie see the same ground, and what their shared points say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Polygon

from pipeline.errors import GeometryError
from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.pose_from_points import projection_jacobian
from pipeline.geometry.stations import Ties
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.records.arrays import Bool, Float
from pipeline.records.camera import CameraModel
from pipeline.stages.feature_shelf import FeatureShelf
from pipeline.stages.features import spread
from pipeline.stages.heading import HALF_TURN, is_turned
from pipeline.stages.lifted import Lifted, checkerboard, errors_px
from pipeline.stages.matching import match_features
from pipeline.stages.sampled_pose import sample_pose
from pipeline.stages.survey import Surveyed

_TIES_PER_PAIR = 16  # spread over the picture: all points of a pair are worth one of the terrain
_CHECKS_PER_PAIR = 12
_INDEPENDENT = 20


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """How frames of one sortie are tied to each other.

    Attributes:
        neighbours: Frames with the largest overlap that each frame is matched with, beside the next ones in time.
        min_overlap: Least overlap of footprints, as a share of the smaller one.
        features: Strongest features of each frame that are kept for it.
        max_ratio: As for pictures.
        tolerance_px: Working pixels by which a shared point may miss; larger than for a picture, since the terrain
            under a telemetry pose is a few metres off.
        min_ties: Least number of points for two frames to be tied.
        tie_sigma_px: Standard deviation of a shared point, working pixels.
    """

    neighbours: int = 5
    min_overlap: float = 0.15
    features: int = 800
    max_ratio: float = 0.8
    tolerance_px: float = 5.0
    min_ties: int = 20
    tie_sigma_px: float = 1.0

    def __post_init__(self) -> None:
        if min(self.neighbours, self.features, self.min_ties) < 1:
            raise ValueError("'neighbours', 'features' and 'min_ties' must be at least 1")
        if not min(self.tolerance_px, self.tie_sigma_px) > 0:
            raise ValueError("'tolerance_px' and 'tie_sigma_px' must be positive")
        if not (0 < self.max_ratio < 1 and 0 <= self.min_overlap <= 1):
            raise ValueError("'max_ratio' and 'min_overlap' must lie between 0 and 1")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two frames that share points.

    Attributes:
        ties: Points for the adjustment.
        check_first_px, check_second_px: ``(M, 2)`` points kept out of it.
        matches, inliers: Tentative and agreeing.
        moved_m: ``(3,)`` from the first camera to the second, if the first one's attitude is as telemetry says.
        second_rotation: ``(3, 3)`` of the second camera, likewise.
        moved_sigma_m: Standard deviation of `moved_m` in its worst horizontal direction: with a long lens points tell
            how the camera looked, and hardly where it was.
    """

    ties: Ties
    check_first_px: Float
    check_second_px: Float
    matches: int
    inliers: int
    moved_m: Float
    second_rotation: Float
    moved_sigma_m: float


def find_pairs(frames: Sequence[Surveyed], settled: Bool, settings: NeighbourSettings) -> list[tuple[int, int]]:
    """Ordinals of frames to match, first < second: those that overlap most, and each with the next in its stream.

    Args:
        frames: In order.
        settled: ``(F,)`` frames with a picture's match by features; two of them need no tie.
        settings: How many.
    """
    outlines = [Polygon(item.frame.footprint_m) for item in frames]
    tree = STRtree(outlines)
    wanted: set[tuple[int, int]] = set()
    latest: dict[str, int] = {}
    for ordinal, item in enumerate(frames):
        before = latest.get(item.frame.ref.sensor)
        if before is not None:
            wanted.add((before, ordinal))
        latest[item.frame.ref.sensor] = ordinal
        shares = []
        for other in sorted(int(index) for index in tree.query(outlines[ordinal], predicate="intersects")):
            if other != ordinal:
                common = outlines[ordinal].intersection(outlines[other]).area
                shares.append((common / max(min(outlines[ordinal].area, outlines[other].area), 1e-9), other))
        chosen = sorted(shares, key=lambda entry: (-entry[0], entry[1]))[: settings.neighbours]
        wanted |= {(min(ordinal, o), max(ordinal, o)) for share, o in chosen if share >= settings.min_overlap}
    return sorted(pair for pair in wanted if not (settled[pair[0]] and settled[pair[1]]))


def tie_pair(
    frames: Sequence[Surveyed],
    first: int,
    second: int,
    shelf: FeatureShelf,
    terrain: HeightGrid,
    settings: NeighbourSettings,
) -> Pair | None:
    """Match two frames; None when they share too little."""
    one, two = frames[first], frames[second]
    left, right = (shelf.take(item.frame.ref.frame_id) for item in (one, two))
    found = match_features(left, right, settings.max_ratio)
    if len(found) < settings.min_ties:
        return None
    one_px, two_px = left.pixels[found.left], right.pixels[found.right]
    pose = one.frame.pose
    points = lift(one_px, one.frame.camera, (pose.eye_m, pose.rotation), terrain, one.frame.gsd_m)
    known = np.isfinite(points).all(axis=1)
    if known.sum() < settings.min_ties:
        return None
    lifted = Lifted(two_px[known], points[known], two.pixel_px)
    tolerance = settings.tolerance_px * two.pixel_px
    sampled = sample_pose(lifted, two.frame.camera, tolerance)
    if sampled is None:
        return None
    agree = np.flatnonzero(known)[errors_px(lifted, two.frame.camera, sampled) < tolerance]
    if len(agree) < settings.min_ties:
        return None
    held_out = checkerboard(one_px[agree], one.frame.camera.size_px)
    size_px = one.frame.camera.size_px
    used = _some(agree[~held_out], one_px, size_px, _TIES_PER_PAIR)
    checks = _some(agree[held_out], one_px, size_px, _CHECKS_PER_PAIR)
    if len(used) < settings.min_ties // 2:
        return None
    sigma_px = settings.tie_sigma_px * max(one.pixel_px, two.pixel_px)
    ties = Ties(first, second, one_px[used], two_px[used], sigma_px, points[used])
    moved_sigma_m = _eye_sigma_m(points[agree], two.frame.camera, sampled, sigma_px)
    moved_m = sampled[0] - pose.eye_m
    return Pair(ties, one_px[checks], two_px[checks], len(found), len(agree), moved_m, sampled[1], moved_sigma_m)


def _some(indices: NDArray[np.intp], pixels: Float, size_px: tuple[int, int], limit: int) -> NDArray[np.intp]:
    """At most `limit` of the points, spread over the picture, the strongest of each part of it."""
    strength = -np.arange(len(indices), dtype=np.float64)
    return indices[np.sort(spread(pixels[indices], strength, size_px, limit))]


def _eye_sigma_m(points_m: Float, camera: CameraModel, pose: tuple[Float, Float], sigma_px: float) -> float:
    """How well points tell where a camera is: standard deviation in the worst horizontal direction.

    Points of one pair share errors: a score of them is worth no more than that.
    """
    _, by_pose, _ = projection_jacobian(points_m, camera.K, camera.distortion, *pose)
    by_pose = by_pose[np.isfinite(by_pose).all(axis=(1, 2))]
    normal = np.einsum("nij,nik->jk", by_pose, by_pose) / sigma_px**2 * min(1.0, _INDEPENDENT / max(len(by_pose), 1))
    unit = np.sqrt(np.maximum(np.diag(normal), 1e-30))
    values, vectors = np.linalg.eigh(normal / np.outer(unit, unit))
    across = (vectors / np.sqrt(np.maximum(values, 1e-12)))[:2] / unit[:2, None]
    return float(np.linalg.norm(across, ord=2))


def turned_votes(
    frames: Sequence[Surveyed], pairs: Sequence[Pair], relative_sigma_m: float, clear_sigmas: float
) -> tuple[Float, Float]:
    """How many pairs say that a frame's pixels are upright, and how many that they are turned by 180°.

    The way from one camera to the next, as the pixels tell it, turns with the attitude that the first one is given;
    the way that satellites tell does not.

    Returns:
        Two arrays ``(F,)``: votes for upright and for turned. Pairs that are too close together, whose pixels
        hardly tell the way, or whose way is neither, don't vote.
    """
    upright, turned = np.zeros(len(frames)), np.zeros(len(frames))
    for pair in pairs:
        first, second = frames[pair.ties.first].frame.pose, frames[pair.ties.second].frame.pose
        told = second.eye_m - first.eye_m
        flip = first.rotation @ HALF_TURN @ first.rotation.T
        off_upright = np.linalg.norm((pair.moved_m - told)[:2])
        off_turned = np.linalg.norm((flip @ pair.moved_m - told)[:2])
        unsure_m = clear_sigmas * np.hypot(relative_sigma_m, pair.moved_sigma_m)
        # seen from afar through a long lens, a pose and its mirror image in the plane of the ground look alike
        if abs(off_upright - off_turned) < unsure_m or min(off_upright, off_turned) > unsure_m:
            continue
        first_turned = bool(off_turned < off_upright)
        second_turned = first_turned != is_turned(second.rotation, pair.second_rotation)
        for ordinal, is_so in ((pair.ties.first, first_turned), (pair.ties.second, second_turned)):
            (turned if is_so else upright)[ordinal] += 1
    return upright, turned


def lift(pixels: Float, camera: CameraModel, pose: tuple[Float, Float], terrain: HeightGrid, gsd_m: float) -> Float:
    """``(N, 3)`` where pixels meet the terrain; beyond its edge, the level of the rest; NaN above the horizon."""
    eye_m, rotation = pose
    rays = pixel_rays(pixels, camera.K, camera.distortion, rotation)
    try:
        points = meet_terrain(eye_m, rays, terrain)
    except GeometryError:
        points = np.full((len(pixels), 3), np.nan)
    known = np.isfinite(points[:, 2])
    level = float(np.median(points[known, 2])) if known.any() else float(eye_m[2]) - gsd_m * camera.focal_px
    down = np.where(rays[:, 2] < -0.05, rays[:, 2], np.nan)
    reach = (level - eye_m[2]) / down
    return np.where(known[:, None], points, eye_m + rays * reach[:, None])
