"""Frames on the ground, moved to where their pixels say that they are.

Each frame is matched with a picture of known place where there is one. Then all frames of the sortie are adjusted
together: frames that see the same ground are tied to each other, so that those without a match inherit from their
neighbours, and a sortie without any picture at least agrees with itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.adjustment import Adjusted, adjust_poses
from pipeline.geometry.footprint import MAX_RANGE_M
from pipeline.geometry.pose_from_points import LEAST_COVARIANCE, LEAST_FOCAL_SIGMA
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.stations import SharedPriors, Station
from pipeline.geometry.terrain_error import Leverage
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import FrameSource, GroundPicture, PictureMatcher
from pipeline.records.arrays import Float
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GroundFrame
from pipeline.stages.along_track import moved_on
from pipeline.stages.feature_shelf import FeatureShelf
from pipeline.stages.focal_check import by_neighbours, by_pictures, corrected, lenses_of, mounts_of, shown_sigma
from pipeline.stages.heading import HALF_TURN, expected_toward, is_contradicted, is_turned
from pipeline.stages.match_to_picture import TrustSettings, refine
from pipeline.stages.mirrored_frames import without_mirrored
from pipeline.stages.neighbours import NeighbourSettings, Pair, find_pairs, lift, tie_pair, turned_votes
from pipeline.stages.settled_frame import Heading, LayOut, SettledSortie, lay_settled
from pipeline.stages.side_by_side import side_by_side
from pipeline.stages.survey import Survey, Surveyed, SurveySettings

_LEAST_VOTES = 2


@dataclass(frozen=True, slots=True)
class RegisterSettings:
    """How frames are registered.

    Attributes:
        survey: Features and matching.
        trust: When a match with a picture is believed.
        neighbours: Ties within the sortie.
        common_share: Share of telemetry's variance that is common to the whole flight (satellite geometry, boresight):
            it does not average out over frames.
        clear_sigmas: How far pixels and telemetry must disagree before it is said, in standard deviations.
        max_range_m: Ground farther than this from the camera counts as unseen.
        show: Whether a picture is left by which people can judge it.
    """

    survey: SurveySettings = field(default_factory=SurveySettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    neighbours: NeighbourSettings = field(default_factory=NeighbourSettings)
    common_share: float = 0.75
    clear_sigmas: float = 4.0
    max_range_m: float = MAX_RANGE_M
    show: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.common_share < 1:
            raise ValueError("'common_share' must lie between 0 and 1")
        if not min(self.clear_sigmas, self.max_range_m) > 0:
            raise ValueError("'clear_sigmas' and 'max_range_m' must be positive")


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Frames to frames whose pose the pixels have corrected.

    Attributes:
        site: Frame of all coordinates.
        terrain: Ellipsoidal heights.
        frames: Decodes reduced frames.
        picture: Of known place; None when there is none.
        settings: How.
        matcher: Tried where the own features find no match; None for none.
    """

    site: SiteFrame
    terrain: HeightGrid
    frames: FrameSource
    picture: GroundPicture | None
    settings: RegisterSettings
    matcher: PictureMatcher | None = None

    def __call__(self, items: Iterable[GroundFrame], /) -> Iterator[GroundFrame | Dropped]:
        """Look at every frame once, adjust the sortie, and give the frames in their order."""
        survey = Survey(
            self.terrain, self.frames, self.picture, self.settings.survey, self.settings.trust, self.matcher
        )
        seen: list[Surveyed] = []
        with FeatureShelf() as shelf:
            for item in survey(items):
                if isinstance(item, Dropped):
                    yield item
                else:
                    shelf.put(item.frame.ref.frame_id, item.strongest(self.settings.neighbours.features))
                    seen.append(item.slim())
            seen, mirrored = without_mirrored(seen)
            yield from mirrored
            if seen:
                yield from self._settle(seen, shelf)

    def _settle(self, seen: Sequence[Surveyed], shelf: FeatureShelf) -> Iterator[GroundFrame | Dropped]:
        lenses = lenses_of([item.frame for item in seen])
        seen = self._focused_by_pictures(seen, lenses)
        seen = moved_on(seen, self.terrain, self.settings.common_share, self.settings.clear_sigmas)
        pairs = self._pairs(seen, shelf)
        focused = self._focused_by_neighbours(seen, pairs, lenses)
        if focused is not seen:
            seen, pairs = focused, self._pairs(focused, shelf)
        headings = self._headings(seen, pairs)
        mounts = mounts_of([item.frame for item in seen])
        stations = [
            replace(self._station(item, heading), mount=mount, lens=lens)
            for item, heading, mount, lens in zip(seen, headings, mounts, lenses, strict=True)
        ]
        ties = [replace(pair.ties, points_m=self._ground(pair, seen, stations)) for pair in pairs]
        shown = tuple(
            shown_sigma([item for item, own in zip(seen, lenses, strict=True) if own == lens])
            for lens in range(max(lenses) + 1)
        )
        priors = SharedPriors(self.settings.common_share, _focal_sigmas(seen, lenses), shown)
        failed: tuple[str, ...] = ()
        try:
            adjusted = adjust_poses(stations, ties, self.terrain, priors)
            if any(station.fixed is not None for station in stations):
                each = zip(range(len(seen)), seen, stations, strict=True)
                stations = [self._anchored(*one, adjusted) for one in each]
                adjusted = adjust_poses(stations, ties, self.terrain, priors)
        except (GeometryError, np.linalg.LinAlgError):
            adjusted = _unadjusted(stations, priors)
            pairs, failed = [], ("adjustment_failed",)
        sortie = SettledSortie(seen, headings, pairs, adjusted)
        options = LayOut(self.site, self.terrain, self.picture, self.settings.max_range_m, self.settings.clear_sigmas)
        for ordinal in range(len(seen)):
            laid = lay_settled(ordinal, sortie, options)
            yield replace(laid, notes=(*laid.notes, *failed)) if isinstance(laid, GroundFrame) else laid

    def _pairs(self, seen: Sequence[Surveyed], shelf: FeatureShelf) -> list[Pair]:
        settled = np.array([item.match.fit is not None and not item.matcher for item in seen])

        def tied(pair: tuple[int, int]) -> Pair | None:
            return tie_pair(seen, *pair, shelf, self.terrain, self.settings.neighbours)

        found = side_by_side(tied, find_pairs(seen, settled, self.settings.neighbours))
        return [pair for pair in found if pair is not None]

    def _focused_by_pictures(self, seen: Sequence[Surveyed], lenses: Sequence[int]) -> Sequence[Surveyed]:
        """Frames with the focal length that matches with a picture give, where they contradict the stated one."""
        out = list(seen)
        for lens, stated in enumerate(_focal_sigmas(seen, lenses)):
            own = [ordinal for ordinal, one in enumerate(lenses) if one == lens]
            finding = by_pictures(
                [seen[ordinal] for ordinal in own], stated, self.settings.common_share, self.settings.clear_sigmas
            )
            if finding is not None and finding.contradicted:
                for ordinal in own:
                    out[ordinal] = corrected(seen[ordinal], finding, self.settings.trust)
        return out

    def _focused_by_neighbours(
        self, seen: Sequence[Surveyed], pairs: Sequence[Pair], lenses: Sequence[int]
    ) -> Sequence[Surveyed]:
        """Likewise by the way between cameras, for lenses of which no frame was matched; the same when none is."""
        out, changed = list(seen), False
        for lens, stated in enumerate(_focal_sigmas(seen, lenses)):
            own = [ordinal for ordinal, one in enumerate(lenses) if one == lens]
            if any(seen[ordinal].match.fit is not None for ordinal in own):
                continue
            relative = self._relative_sigma_m(seen)
            finding = by_neighbours(seen, pairs, own, relative, stated, self.settings.clear_sigmas)
            if finding is not None and finding.contradicted:
                changed = True
                for ordinal in own:
                    out[ordinal] = corrected(seen[ordinal], finding, self.settings.trust)
        return out if changed else seen

    def _headings(self, seen: Sequence[Surveyed], pairs: Sequence[Pair]) -> list[Heading]:
        """By its own match, else by what its neighbours show."""
        upright, turned = turned_votes(seen, pairs, self._relative_sigma_m(seen), self.settings.clear_sigmas)
        headings = []
        for ordinal, item in enumerate(seen):
            fit = item.match.fit
            if fit is not None:
                headings.append(
                    Heading.TURNED if is_turned(item.frame.pose.rotation, fit.rotation) else Heading.UPRIGHT
                )
            elif turned[ordinal] >= _LEAST_VOTES and turned[ordinal] > 2 * upright[ordinal]:
                headings.append(Heading.TURNED)
            elif turned[ordinal] > 0 and turned[ordinal] >= upright[ordinal]:
                headings.append(Heading.DOUBTFUL)
            else:
                headings.append(Heading.UPRIGHT)
        return headings

    def _relative_sigma_m(self, seen: Sequence[Surveyed]) -> float:
        """Standard deviation of the way between two cameras, by satellites and by pixels together."""
        own = 2 * (1 - self.settings.common_share)
        position = np.median([item.frame.pose.covariance[:2, :2].trace() / 2 for item in seen])
        tilt = np.median([item.frame.pose.covariance[3:5, 3:5].trace() / 2 for item in seen])
        height_m = np.median([item.frame.gsd_m * item.frame.camera.focal_px for item in seen])
        return float(np.sqrt(own * position + 2 * tilt * height_m**2))

    def _station(self, item: Surveyed, heading: Heading) -> Station:
        """Where a frame enters the adjustment."""
        camera, pose, fit = item.frame.camera, item.frame.pose, item.match.fit
        turn = HALF_TURN if heading is Heading.TURNED else np.eye(3)
        told = pose.rotation
        covariance = pose.covariance + LEAST_COVARIANCE
        if heading is Heading.DOUBTFUL or (fit is not None and is_contradicted(pose.rotation, fit.rotation)):
            covariance[5, 5] += np.pi**2
        eye_m, rotation = (pose.eye_m, told @ turn) if fit is None else (fit.eye_m, fit.rotation)
        if fit is not None and is_contradicted(pose.rotation, fit.rotation):
            told = fit.rotation
        return Station(camera.K, camera.distortion, eye_m, rotation, pose.eye_m, told, covariance, turn, fit)

    def _anchored(self, ordinal: int, item: Surveyed, station: Station, adjusted: Adjusted) -> Station:
        """The station, its match fitted anew with the focal length of the adjustment.

        A frame alone hardly tells focal length and height apart: its own may be off by more than equations hold for
        that were made there.
        """
        if station.fixed is None:
            return station
        log_focal = float(adjusted.log_focal[ordinal])
        start = replace(
            station.fixed, eye_m=adjusted.eye_m[ordinal], rotation=adjusted.rotation[ordinal], log_focal=log_focal
        )
        expected = expected_toward(start.rotation, item.frame.pose, LEAST_FOCAL_SIGMA)
        prior = replace(expected, log_focal=log_focal)
        fit = refine(item.match.matches, item.frame.camera, start, prior, self.settings.trust)
        return station if fit is None else replace(station, fixed=fit)

    def _ground(self, pair: Pair, seen: Sequence[Surveyed], stations: Sequence[Station]) -> Float:
        """``(N, 3)`` where tied points lie, from the better known of the two frames."""
        ties = pair.ties
        first_known = stations[ties.first].fixed is not None or stations[ties.second].fixed is None
        ordinal, pixels = (ties.first, ties.first_px) if first_known else (ties.second, ties.second_px)
        station, frame = stations[ordinal], seen[ordinal].frame
        camera = frame.camera if station.fixed is None else frame.camera.refocused(station.fixed.log_focal, 0.0)
        return lift(pixels, camera, (station.eye_m, station.rotation), self.terrain, frame.gsd_m)


def _focal_sigmas(seen: Sequence[Surveyed], lenses: Sequence[int]) -> tuple[float, ...]:
    """Relative σ of each lens's focal length, as stated."""
    stated = np.array([item.frame.camera.focal_sigma for item in seen])
    return tuple(float(np.median(stated[np.array(lenses) == lens])) for lens in range(max(lenses) + 1))


def _unadjusted(stations: Sequence[Station], priors: SharedPriors) -> Adjusted:
    """Each frame where its own match or telemetry puts it: when the sortie does not fit together."""
    spread, leverage = np.zeros((len(stations), 7, 7)), []
    for out, station in zip(spread, stations, strict=True):
        out[:6, :6], out[6, 6] = station.told_covariance, priors.focal_sigma[station.lens] ** 2 + LEAST_FOCAL_SIGMA**2
        if station.fixed is not None:
            out[:] = np.linalg.inv(station.fixed.information + np.linalg.inv(out))
        leverage.append(Leverage.none() if station.fixed is None else station.fixed.by_terrain.solved(out))
        out[:] += leverage[-1].covariance()
    eyes = np.array([station.eye_m for station in stations])
    turns = np.array([station.rotation for station in stations])
    focal = np.array([0.0 if station.fixed is None else station.fixed.log_focal for station in stations])
    mounts, lenses = 1 + max(station.mount for station in stations), len(priors.focal_sigma)
    shift, boresight = np.zeros(3), np.zeros((mounts, 3))
    return Adjusted(eyes, turns, spread, shift, boresight, focal, np.zeros(lenses), tuple(leverage))
