"""Frames on the ground, moved to where their pixels say that they are.

Each frame is matched with a picture of known place where there is one. Then all frames of the sortie are adjusted
together: frames that see the same ground are tied to each other, so that those without a match inherit from their
neighbours, and a sortie without any picture at least agrees with itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.errors import GeometryError, InputError
from pipeline.geometry.adjustment import Adjusted, Station, adjust_poses
from pipeline.geometry.footprint import MAX_RANGE_M
from pipeline.geometry.pose_from_points import LEAST_COVARIANCE
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import FrameSource, GroundPicture
from pipeline.records.arrays import Float
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GroundFrame
from pipeline.stages.heading import HALF_TURN, is_contradicted, is_turned
from pipeline.stages.match_to_picture import TrustSettings
from pipeline.stages.neighbours import NeighbourSettings, Pair, find_pairs, lift, tie_pair, turned_votes
from pipeline.stages.settled_frame import Heading, LayOut, SettledSortie, lay_settled
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
    """

    survey: SurveySettings = field(default_factory=SurveySettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    neighbours: NeighbourSettings = field(default_factory=NeighbourSettings)
    common_share: float = 0.75
    clear_sigmas: float = 4.0
    max_range_m: float = MAX_RANGE_M

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
    """

    site: SiteFrame
    terrain: HeightGrid
    frames: FrameSource
    picture: GroundPicture | None
    settings: RegisterSettings

    def __call__(self, items: Iterable[GroundFrame], /) -> Iterator[GroundFrame | Dropped]:
        """Look at every frame once, adjust the sortie, and give the frames in their order."""
        survey = Survey(self.terrain, self.frames, self.picture, self.settings.survey, self.settings.trust)
        seen: list[Surveyed] = []
        for frame in items:
            try:
                seen.append(survey(frame).slim(self.settings.neighbours.features))
            except InputError as error:
                yield Dropped("register", frame.ref.frame_id, str(error), "unreadable")
        if seen:
            yield from self._settle(seen)

    def _settle(self, seen: Sequence[Surveyed]) -> Iterator[GroundFrame | Dropped]:
        settled = np.array([item.match.fit is not None for item in seen])
        found = (
            tie_pair(seen, first, second, self.terrain, self.settings.neighbours)
            for first, second in find_pairs(seen, settled, self.settings.neighbours)
        )
        pairs = [pair for pair in found if pair is not None]
        headings = self._headings(seen, pairs)
        stations = [self._station(item, heading) for item, heading in zip(seen, headings, strict=True)]
        ties = [replace(pair.ties, points_m=self._ground(pair, seen, stations)) for pair in pairs]
        failed: tuple[str, ...] = ()
        try:
            adjusted = adjust_poses(stations, ties, self.terrain, self.settings.common_share)
        except (GeometryError, np.linalg.LinAlgError):
            adjusted = _unadjusted(stations)
            pairs, failed = [], ("adjustment_failed",)
        sortie = SettledSortie(seen, headings, pairs, adjusted)
        options = LayOut(self.site, self.terrain, self.picture, self.settings.max_range_m, self.settings.clear_sigmas)
        for ordinal in range(len(seen)):
            laid = lay_settled(ordinal, sortie, options)
            yield replace(laid, notes=(*laid.notes, *failed)) if isinstance(laid, GroundFrame) else laid

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
        fixed = None if fit is None else (fit.eye_m, fit.rotation, fit.information, fit.pull)
        return Station(camera.K, camera.distortion, eye_m, rotation, pose.eye_m, told, covariance, turn, fixed)

    def _ground(self, pair: Pair, seen: Sequence[Surveyed], stations: Sequence[Station]) -> Float:
        """``(N, 3)`` where tied points lie, from the better known of the two frames."""
        ties = pair.ties
        first_known = stations[ties.first].fixed is not None or stations[ties.second].fixed is None
        ordinal, pixels = (ties.first, ties.first_px) if first_known else (ties.second, ties.second_px)
        station, frame = stations[ordinal], seen[ordinal].frame
        return lift(pixels, frame.camera, (station.eye_m, station.rotation), self.terrain, frame.gsd_m)


def _unadjusted(stations: Sequence[Station]) -> Adjusted:
    """Each frame where its own match or telemetry puts it: when the sortie does not fit together."""
    covariance = [
        station.told_covariance
        if station.fixed is None
        else np.linalg.inv(station.fixed[2] + np.linalg.inv(station.told_covariance))
        for station in stations
    ]
    return Adjusted(
        np.array([station.eye_m for station in stations]),
        np.array([station.rotation for station in stations]),
        np.array(covariance),
        np.zeros(3),
        np.zeros(3),
    )
