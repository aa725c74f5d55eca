"""One frame at a time: its features, and its match with a picture of known place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.geometry.pose_from_points import LEAST_COVARIANCE
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import FrameSource, GroundPicture, PictureMatcher
from pipeline.records.arrays import Float
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GroundFrame, Pose
from pipeline.stages.expected_view import expected_view, match_view
from pipeline.stages.features import Features, find_features, mirrored
from pipeline.stages.heading import is_turned
from pipeline.stages.lifted import Lifted
from pipeline.stages.match_to_picture import PictureMatch, TrustSettings, solve_pose, without_match
from pipeline.stages.matching import match_features
from pipeline.stages.picture_features import PictureFeatures
from pipeline.stages.side_by_side import read_ahead, side_by_side

_REACH_SIGMAS = 3.0 / 2.4477  # an error ellipse is drawn at 2.45 standard deviations
_LARGEST_YAW_SIGMA_RAD = 0.2
_COARSEST = 4.0  # SIFT bridges differences in scale of about that much
_WIDER = 4.0
_UNSETTLED = ("too_few", "no_match", "inconsistent", "out_of_reach")
UNKNOWN_FOCAL_SIGMA = 0.25
"""Of a focal length that pictures contradict: by a crop or a 35-mm equivalent it may be off by 1.2 to 1.6 times."""


@dataclass(frozen=True, slots=True)
class SurveySettings:
    """How features are sought and matched.

    Attributes:
        max_side_px: Longer side of the reduced frame in which features are sought.
        min_side_px: A frame is not reduced below that for a coarse picture.
        features: Most features kept of a frame.
        max_ratio: Largest distance of a match over that of its best competitor.
        min_features: Frames with fewer have no texture to match.
    """

    max_side_px: int = 800
    min_side_px: int = 320
    features: int = 1200
    max_ratio: float = 0.85
    min_features: int = 40

    def __post_init__(self) -> None:
        if not 64 <= self.min_side_px <= self.max_side_px:
            raise ValueError("'min_side_px' must be at least 64 and at most 'max_side_px'")
        if not 0 < self.min_features <= self.features:
            raise ValueError("'min_features' must be positive and at most 'features'")
        if not 0 < self.max_ratio < 1:
            raise ValueError("'max_ratio' must lie between 0 and 1")


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """A frame with what its pixels told.

    Attributes:
        frame: As it came.
        features: In full-resolution pixels.
        pixel_px: Full-resolution pixels per working pixel.
        match: With the picture.
        tentative: Number of tentative matches with the picture.
        mirrored: How the pixels are mirrored against the picture, empty when they are not.
        matcher: That found the match with the picture; empty when the own features did.
    """

    frame: GroundFrame
    features: Features
    pixel_px: float
    match: PictureMatch
    tentative: int
    mirrored: str = ""
    matcher: str = ""

    def strongest(self, limit: int) -> Features:
        """At most so many of the features, the strongest."""
        return self.features.take(np.arange(min(limit, len(self.features))))

    def slim(self) -> "Surveyed":
        """The same without features and wrong matches: what is kept of each frame until the sortie ends."""
        kept = self.match.matches.take(self.match.inliers)
        match = replace(self.match, matches=kept, inliers=np.ones(len(kept), np.bool_))
        return replace(self, features=self.features.take(np.zeros(0, np.intp)), match=match)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A frame's reduced picture, its scale, and the ground sample distance at which it is matched."""

    frame: GroundFrame
    grey: NDArray[np.uint8]
    scale: float
    gsd_m: float


class Survey:
    """Finds features of frames and matches them with one picture."""

    def __init__(
        self,
        terrain: HeightGrid,
        frames: FrameSource,
        picture: GroundPicture | None,
        settings: SurveySettings,
        trust: TrustSettings,
        matcher: PictureMatcher | None = None,
    ) -> None:
        self._frames, self._picture = frames, picture
        self._known = None if picture is None else PictureFeatures(picture, terrain)
        self._settings, self._trust = settings, trust
        self._terrain, self._matcher = terrain, matcher
        self._one_at_a_time = Lock()  # neither pictures nor matchers need to be safe for threads

    def __call__(self, frames: Iterable[GroundFrame]) -> Iterator[Surveyed | Dropped]:
        """Look at each frame, in order. A picture that cannot be read is an outcome, a frame is dropped."""
        return side_by_side(self._look, read_ahead(self._read, frames))

    def _read(self, frame: GroundFrame) -> "_Read | Dropped":
        gsd_m, side_px = self._working_scale(frame)
        try:
            grey, scale = self._frames.read_grey(frame.ref, side_px)
        except InputError as error:
            return Dropped("register", frame.ref.frame_id, str(error), "unreadable")
        return _Read(frame, grey, scale, gsd_m)

    def _look(self, read: "_Read | Dropped") -> Surveyed | Dropped:
        if isinstance(read, Dropped):
            return read
        frame, grey, scale, gsd_m = read.frame, read.grey, read.scale, read.gsd_m
        found = find_features(grey, self._settings.features)
        reduced = np.array([grey.shape[1], grey.shape[0]]) / frame.ref.size_px  # rounding makes the two differ
        features = Features((found.pixels + 0.5) / reduced - 0.5, found.size_px / scale, found.descriptors)
        if self._known is None:
            return Surveyed(frame, features, 1 / scale, without_match("not_tried"), 0)
        item = Surveyed(frame, features, 1 / scale, without_match("too_few"), 0)
        textured = len(features) >= self._settings.min_features
        if not gsd_m <= _COARSEST * frame.gsd_m / scale:
            return replace(item, match=without_match("out_of_reach")) if textured else item
        if textured:
            item = self._against_picture(item, gsd_m)
        return item if item.mirrored or item.match.outcome not in _UNSETTLED else self._second(item, grey, gsd_m)

    def _second(self, item: Surveyed, grey: NDArray[np.uint8], gsd_m: float) -> Surveyed:
        """Ask the matcher, if there is one, for the evidence that a match against telemetry needs; else as it was."""
        if self._matcher is None or self._picture is None:
            return item
        frame, size = item.frame, (grey.shape[1], grey.shape[0])
        window = _window(frame, 1.0, 2.0 * self._settings.max_side_px * gsd_m)
        try:
            with self._one_at_a_time:
                view = expected_view(frame, size, self._picture, self._terrain, window, gsd_m)
        except InputError:
            return replace(item, match=without_match("unreadable"))
        if view is None:
            return item
        for shown in (view, view.turned()):
            with self._one_at_a_time:
                found = match_view(self._matcher, grey, shown, frame, self._terrain.sigma_m)
            match = solve_pose(found, frame.camera, _doubted(frame, 1.0), self._trust.stricter())
            if match.fit is not None:
                return replace(item, match=match, tentative=len(found), matcher=self._matcher.name)
        return item

    def _working_scale(self, frame: GroundFrame) -> tuple[float, int]:
        """Ground sample distance at which the picture is read, and longer side of the reduced frame.

        The distance is the picture's own times a power of √2, so that frames of similar height share its features.
        """
        longer = max(frame.ref.size_px)
        most = min(self._settings.max_side_px, longer)
        if self._picture is None or not np.isfinite(frame.gsd_m):
            return float("nan"), most
        finest = frame.gsd_m * longer / most
        steps = max(0, int(np.ceil(2 * np.log2(finest / self._picture.gsd_m) - 1e-9)))
        gsd_m = self._picture.gsd_m * 2 ** (steps / 2)
        side = round(longer * frame.gsd_m / gsd_m)
        return gsd_m, int(np.clip(side, min(self._settings.min_side_px, most), most))

    def _against_picture(self, item: Surveyed, gsd_m: float) -> Surveyed:
        """Match as telemetry says; then with ever less of it believed, for three times the evidence each."""
        frame, camera, strict = item.frame, item.frame.camera, self._trust.stricter()
        near = self._lifted(item, gsd_m, doubt=1.0)
        if isinstance(near, str):
            return replace(item, match=without_match(near))
        first = solve_pose(near, camera, _doubted(frame, 1.0), self._trust)
        if first.fit is not None:
            return replace(item, match=first, tentative=len(near))
        wide = self._lifted(item, gsd_m, doubt=_WIDER)
        if not isinstance(wide, str):
            unsure = camera.refocused(0.0, max(camera.focal_sigma, UNKNOWN_FOCAL_SIGMA))
            for lens, doubt in ((unsure, 1.0), (camera, _WIDER)):
                match = solve_pose(wide, lens, _doubted(frame, doubt), strict)
                if match.fit is not None:
                    return replace(item, match=match, tentative=len(wide))
        return self._mirrored(item, gsd_m) or replace(item, match=first, tentative=len(near))

    def _mirrored(self, item: Surveyed, gsd_m: float) -> Surveyed | None:
        """The frame as one whose pixels are mirrored, when so it fits the picture; None when it does not."""
        camera, width = item.frame.camera.mirrored(), item.frame.ref.size_px[0]
        near = self._lifted(replace(item, features=mirrored(item.features, width)), gsd_m, doubt=1.0)
        if isinstance(near, str):
            return None
        match = solve_pose(near, camera, _doubted(item.frame, 1.0), self._trust.stricter())
        if match.fit is None:
            return None
        # mirrored up and down is mirrored left and right, and turned
        way = "up and down" if is_turned(item.frame.pose.rotation, match.fit.rotation) else "left and right"
        return replace(item, match=without_match("inconsistent"), tentative=len(near), mirrored=way)

    def _lifted(self, item: Surveyed, gsd_m: float, *, doubt: float) -> Lifted | str:
        """Tentative matches within the reach of telemetry whose σ are multiplied by `doubt`; else the outcome."""
        if self._known is None:
            return "not_tried"
        window = _window(item.frame, doubt, 2.0 * self._settings.max_side_px * gsd_m)
        try:
            with self._one_at_a_time:
                ground = self._known.around(window, gsd_m)
        except InputError:
            return "unreadable"
        if len(ground) < self._settings.min_features:
            return "out_of_reach"
        pairs = match_features(item.features, ground.features, self._settings.max_ratio)
        pixels, points_m = item.features.pixels[pairs.left], ground.points_m[pairs.right]
        return Lifted(pixels, points_m, item.pixel_px, self._terrain.sigma_m)


def _doubted(frame: GroundFrame, doubt: float) -> Pose:
    """Telemetry's pose, as unsure as `doubt` says."""
    return replace(frame.pose, covariance=frame.pose.covariance * doubt**2 + LEAST_COVARIANCE)


def _window(frame: GroundFrame, doubt: float, longest_m: float) -> tuple[float, float, float, float]:
    """Where the frame may lie: its footprint grown by three standard deviations, to `longest_m` from its middle."""
    radius_m = float(np.hypot(*frame.ref.size_px)) * frame.gsd_m / 2
    yaw_sigma = min(float(np.sqrt(frame.pose.covariance[5, 5])), _LARGEST_YAW_SIGMA_RAD)
    reach_m = doubt * (_REACH_SIGMAS * float(frame.ellipse_m[0]) + yaw_sigma * radius_m)
    middle = _near_middle(frame)
    low = np.maximum(frame.footprint_m.min(axis=0) - reach_m, middle - longest_m)
    high = np.minimum(frame.footprint_m.max(axis=0) + reach_m, middle + longest_m)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _near_middle(frame: GroundFrame) -> Float:
    """Mean of the part of the outline that is near the camera: of an oblique frame the part with detail."""
    distance = np.linalg.norm(frame.footprint_m - frame.pose.eye_m[:2], axis=1)
    near = distance <= 2 * distance.min() + frame.gsd_m * max(frame.ref.size_px)
    return np.asarray(frame.footprint_m[near].mean(axis=0), np.float64)
