"""The movement detector: frames in, tracks of movers out."""

from dataclasses import dataclass, field

import numpy as np

from detectors.movement.cadence import Cadence
from detectors.movement.gaze import Gaze, Gazed
from detectors.movement.output import to_image_tracks
from detectors.movement.picture import Darkroom, Picture
from detectors.movement.settings import MovementSettings
from detectors.movement.sight import unseen
from detectors.movement.stabilise import register
from detectors.movement.tracker import Tracker
from detectors.movement.window import LEAST_REACH, Link, Window
from pipeline.records.arrays import Bool, Image
from pipeline.records.evidence import ImageTrack
from pipeline.records.mover_sight import PixelSight, SightFlaw, SightGrade
from pipeline.records.terrain_view import TerrainView

LOST_AFTER = 3
"""Pictures in a row that do not register before the stream is taken up afresh."""


@dataclass(frozen=True, slots=True)
class MotionDetector:
    """Finds movers by comparing each frame with earlier and later ones brought onto it."""

    settings: MovementSettings = field(default_factory=MovementSettings)
    name: str = "movement"
    version: str = "4"

    def session(self) -> "MotionSession":
        """Start on a new stream."""
        return MotionSession(self.settings)


class MotionSession:
    """One stream. Holds the pictures of twice the longest baseline, never the stream."""

    def __init__(self, settings: MovementSettings) -> None:
        self._settings = settings
        self._cadence = Cadence(settings.gap_s, settings.gap_intervals)
        self._darkroom = Darkroom(settings.analysis_long_side_px)
        self._gaze = Gaze(settings)
        self._tracker: Tracker | None = None
        self._window = Window()
        self._next = 0  # index of the next picture to look at
        self._count = 0  # pictures in the thread so far
        self._ordinals: list[int] = []
        self._t_s: list[float] = []
        self._t0_ns = 0
        self._failed = 0
        self._scale = 1.0
        self._seen: dict[int, PixelSight] = {}

    def push(self, t_utc_ns: int, image: Image, view: TerrainView | None = None) -> None:
        """Look at the next frame; with its view of the terrain, parallax is foreseen rather than guessed."""
        if not self._t_s:
            self._t0_ns = t_utc_ns
        t_s = (t_utc_ns - self._t0_ns) / 1e9
        ordinal = len(self._t_s)
        self._t_s.append(t_s)
        afresh = self._cadence.afresh(t_s)
        if afresh:
            self._begin_afresh(self._newest if afresh == 2 and self._window else None)
        if self._window and t_s - self._newest.t_s < 0.95 / self._settings.analysis_rate_hz:
            return
        self._scale = self._darkroom.scale_of(image)
        self._admit(self._darkroom.develop(ordinal, t_s, image, view))

    def finish(self) -> list[ImageTrack]:
        """All movers."""
        self._flush()
        self._gaze.close()
        lives = self._tracker.movers() if self._tracker else []
        return to_image_tracks(lives, np.array(self._ordinals), np.array(self._t_s), self._scale)

    def assessable(self) -> Bool:
        """Per pushed frame: whether a mover could have been seen."""
        return np.array([sight.grade is not SightGrade.NOT_ASSESSABLE for sight in self.sights()], np.bool_)

    def sights(self) -> list[PixelSight]:
        """Per pushed frame what could have been seen: as in the analysed one before."""
        told: list[PixelSight] = []
        for ordinal in range(len(self._t_s)):
            own = self._seen.get(ordinal)
            told.append(told[-1] if own is None and told else own or unseen(SightFlaw.TOO_FEW_REFERENCES))
        return [_in_frame(sight, self._scale) for sight in told]

    @property
    def _newest(self) -> Picture:
        return self._window.links[-1].picture

    def _admit(self, picture: Picture) -> None:
        if self._tracker is None:
            self._tracker = Tracker(self._settings, picture.size)
        blank = len(picture.corners) < self._settings.min_inliers
        self._seen[picture.ordinal] = unseen(SightFlaw.NO_TEXTURE if blank else SightFlaw.REGISTRATION_LOST)
        step = register(self._newest, picture, self._settings) if self._window else None
        if self._window and step is None:
            self._failed += 1
            if self._failed < LOST_AFTER:
                return
            self._begin_afresh(None)
        self._failed = 0
        link = Link(picture, self._count, step.homography if step is not None else None)
        self._window = Window((*self._window.links, link))
        self._ordinals.append(picture.ordinal)
        self._count += 1
        longest = max(self._settings.baselines_s)
        while (
            self._next < self._count - LEAST_REACH and self._window.at(self._next).picture.t_s + longest <= picture.t_s
        ):
            self._begin()
        self._take(self._gaze.ended(everything=False))
        links = self._window.links
        keep_s = self._window.at(min(self._next, self._count - 1)).picture.t_s - 1.5 * longest
        while self._next - links[0].index > LEAST_REACH and links[0].picture.t_s < keep_s:
            links = links[1:]
        self._window = Window(links)

    def _begin_afresh(self, first: Picture | None) -> None:
        """End what is known of the stream: nothing is compared with, or followed from, what came before."""
        self._flush()
        if self._tracker is not None:
            self._tracker.cut()
        self._failed = 0
        if first is not None:
            self._admit(first)

    def _begin(self) -> None:
        self._gaze.begin(self._window, self._next)
        self._next += 1

    def _flush(self) -> None:
        while self._next < self._count:
            self._begin()
            self._take(self._gaze.ended(everything=False))
        self._take(self._gaze.ended(everything=True))
        self._gaze.cut()
        self._window = Window()

    def _take(self, gazed: list[Gazed]) -> None:
        for one in gazed:
            self._seen[one.link.picture.ordinal] = one.sight
            if self._tracker is None:
                continue
            homography = np.eye(3) if one.link.from_previous is None else one.link.from_previous
            self._tracker.step(one.link.index, homography, one.drift_at, one.dt_s, one.sights)


def _in_frame(sight: PixelSight, scale: float) -> PixelSight:
    """From analysed pixels to those of the frame."""
    limits = (sight.least_px, sight.slowest_px_s, sight.fastest_px_s)
    return PixelSight(sight.grade, sight.flaws, *(limit / scale for limit in limits))
