"""The movement detector: frames in, tracks of movers out."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from detectors.movement.blobs import Blob, find_blobs
from detectors.movement.cadence import Cadence
from detectors.movement.compare import BLOCK_PX, Comparer, Comparison
from detectors.movement.evidence import Evidence, Pair, agreement
from detectors.movement.life import Sight, carry
from detectors.movement.likeness import patch_of
from detectors.movement.output import to_image_tracks
from detectors.movement.picture import Darkroom, Picture
from detectors.movement.relief import FOUND_AGAIN, found_again
from detectors.movement.settings import MovementSettings
from detectors.movement.stabilise import register
from detectors.movement.support import solitude, support
from detectors.movement.tracker import Tracker
from pipeline.records.arrays import Bool, Float, Image
from pipeline.records.evidence import ImageTrack

LOST_AFTER = 3
"""Pictures in a row that do not register before the stream is taken up afresh."""

NEIGHBOUR_PX = 50.0
"""How far false blobs of the same bush or roof may lie apart."""

ONE_SIDED_TRUST = 0.7
"""Trust in a sight that was compared with one side of time only: what comes out from behind something looks alike."""

UNRULY_TRUST = 0.5
"""Trust in a sight of a scene that is not understood."""


@dataclass(frozen=True, slots=True)
class MotionDetector:
    """Finds movers by comparing each frame with earlier and later ones brought onto it."""

    settings: MovementSettings = field(default_factory=MovementSettings)
    name: str = "movement"
    version: str = "2"

    def session(self) -> "MotionSession":
        """Start on a new stream."""
        return MotionSession(self.settings)


@dataclass(frozen=True, slots=True, eq=False)
class _Link:
    """A picture in the window, its index, and the way to it from the picture before (None at the start)."""

    picture: Picture
    index: int
    from_previous: Float | None


class MotionSession:
    """One stream. Holds the pictures of twice the longest baseline, never the stream."""

    def __init__(self, settings: MovementSettings) -> None:
        self._settings = settings
        self._cadence = Cadence(settings.gap_s, settings.gap_intervals)
        self._darkroom = Darkroom(settings.analysis_long_side_px)
        self._comparer = Comparer(settings)
        self._tracker: Tracker | None = None
        self._window: deque[_Link] = deque()
        self._next = 0  # index of the next picture to look at
        self._count = 0  # pictures in the thread so far
        self._ordinals: list[int] = []
        self._t_s: list[float] = []
        self._t0_ns = 0
        self._failed = 0
        self._scale = 1.0
        self._seen: dict[int, bool] = {}

    def push(self, t_utc_ns: int, image: Image) -> None:
        """Look at the next frame."""
        if not self._t_s:
            self._t0_ns = t_utc_ns
        t_s = (t_utc_ns - self._t0_ns) / 1e9
        ordinal = len(self._t_s)
        self._t_s.append(t_s)
        afresh = self._cadence.afresh(t_s)
        if afresh:
            self._begin_afresh(self._window[-1].picture if afresh == 2 and self._window else None)
        if self._window and t_s - self._window[-1].picture.t_s < 0.95 / self._settings.analysis_rate_hz:
            return
        self._scale = self._darkroom.scale_of(image)
        self._admit(self._darkroom.develop(ordinal, t_s, image))

    def finish(self) -> list[ImageTrack]:
        """All movers."""
        self._flush()
        lives = self._tracker.movers() if self._tracker else []
        return to_image_tracks(lives, np.array(self._ordinals), np.array(self._t_s), self._scale)

    def assessable(self) -> Bool:
        """Per pushed frame: whether a mover could have been seen."""
        flags = np.zeros(len(self._t_s), np.bool_)
        marks = sorted(self._seen)
        for left, right in zip(marks, [*marks[1:], len(flags)], strict=True):
            flags[left:right] = self._seen[left]
        return flags

    def _admit(self, picture: Picture) -> None:
        if self._tracker is None:
            self._tracker = Tracker(self._settings, picture.size)
        self._seen[picture.ordinal] = False
        step = register(self._window[-1].picture, picture, self._settings) if self._window else None
        if self._window and step is None:
            self._failed += 1
            if self._failed < LOST_AFTER:
                return
            self._begin_afresh(None)
        self._failed = 0
        link = _Link(picture, self._count, step.homography if step is not None else None)
        self._window.append(link)
        self._ordinals.append(picture.ordinal)
        self._count += 1
        longest = max(self._settings.baselines_s)
        while self._next < self._count and self._at(self._next).picture.t_s + longest <= picture.t_s:
            self._look(self._next)
        while self._next - self._window[0].index > 1 and self._window[0].picture.t_s < self._due_s() - 1.5 * longest:
            self._window.popleft()

    def _begin_afresh(self, first: Picture | None) -> None:
        """End what is known of the stream: nothing is compared with, or followed from, what came before."""
        self._flush()
        if self._tracker is not None:
            self._tracker.cut()
        self._failed = 0
        if first is not None:
            self._admit(first)

    def _due_s(self) -> float:
        return self._at(min(self._next, self._count - 1)).picture.t_s

    def _at(self, index: int) -> _Link:
        return self._window[index - self._window[0].index]

    def _flush(self) -> None:
        while self._next < self._count:
            self._look(self._next)
        self._window.clear()

    def _look(self, index: int) -> None:
        link = self._at(index)
        pairs, offsets = self._compare(index)
        evidence = agreement(pairs, self._settings)
        sights: list[Sight] = []
        if evidence is not None:
            blobs = find_blobs(evidence.score, self._settings)
            relief = self._relief_explains(index, pairs, offsets, evidence, blobs)
            trust = _trust(blobs, relief) * self._understood(pairs, evidence, blobs)
            trust *= support(pairs, blobs, self._settings) * solitude(evidence, blobs)
            sights = [
                Sight(b, patch_of(link.picture.grey, b), bool(relief[k]), float(trust[k])) for k, b in enumerate(blobs)
            ]
        self._seen[link.picture.ordinal] = evidence is not None
        self._follow(link, pairs[0] if pairs else None, offsets[0] if offsets else 1, sights)
        self._next += 1

    def _follow(self, link: _Link, nearest: Pair | None, offset: int, sights: list[Sight]) -> None:
        way = (self._way(link.index, link.index - offset), self._way(link.index, link.index + offset))

        def drift_at(point: Float) -> Float:
            return _drift(nearest, way, offset, point)

        if self._tracker is None:
            return
        if link.from_previous is None:
            self._tracker.step(link.index, np.eye(3), drift_at, 1.0, sights)
            return
        dt_s = link.picture.t_s - self._at(link.index - 1).picture.t_s
        self._tracker.step(link.index, link.from_previous, drift_at, dt_s, sights)

    def _relief_explains(
        self, index: int, pairs: list[Pair], offsets: list[int], evidence: Evidence, blobs: list[Blob]
    ) -> Bool:
        """Which blobs a still scene with relief could make, judged at the baseline that shows each one best."""
        if not blobs:
            return np.zeros(0, np.bool_)
        least = np.ones(len(blobs))
        chosen = np.array([_foremost(evidence, blob) for blob in blobs])
        for k, (pair, offset) in enumerate(zip(pairs, offsets, strict=True)):
            own = np.nonzero(chosen == k)[0]
            for side, other in ((pair.before, index - offset), (pair.after, index + offset)):
                if side is None or side.relief is None or not len(own):
                    continue
                now, then = self._at(index).picture.grey, self._at(other).picture.grey
                boxes = [(blobs[b].left, blobs[b].top, blobs[b].width, blobs[b].height) for b in own]
                own_here = own[[side.relief.concerns(*box) for box in boxes]]
                again = found_again(now, then, side.homography, side.relief, [blobs[b].pixels for b in own_here])
                least[own_here] = np.minimum(least[own_here], again)
        return np.asarray(least < FOUND_AGAIN, np.bool_)

    @staticmethod
    def _understood(pairs: list[Pair], evidence: Evidence, blobs: list[Blob]) -> Float:
        """Per blob: less where the scene is not explained by parallax, or was compared with one side of time only."""
        trust = np.ones(len(blobs))
        for k, blob in enumerate(blobs):
            pair = pairs[_foremost(evidence, blob)]
            x, y = (int(v) for v in blob.centre)
            sides = [c for c in (pair.before, pair.after) if c is not None and c.valid[y, x]]
            if any(side.unruly for side in sides):
                trust[k] *= UNRULY_TRUST
            if len(sides) < 2:
                trust[k] *= ONE_SIDED_TRUST
        return trust

    def _compare(self, index: int) -> tuple[list[Pair], list[int]]:
        pairs, offsets = [], []
        for offset in self._offsets(index):
            pair = Pair(self._against(index, index - offset), self._against(index, index + offset))
            if pair.before is not None or pair.after is not None:
                pairs.append(pair)
                offsets.append(offset)
        return pairs, offsets

    def _offsets(self, index: int) -> list[int]:
        """Baselines in pictures: what the times come to at the local rate, each one at least a picture longer."""
        here = self._at(index)
        around = [k for k in (index - 1, index + 1) if self._window[0].index <= k < self._count]
        if not around:
            return []
        dt_s = min(abs(self._at(k).picture.t_s - here.picture.t_s) for k in around)
        offsets: list[int] = []
        for baseline in sorted(self._settings.baselines_s):
            offset = max(1, round(baseline / max(dt_s, 1e-3)))
            if offset not in offsets:
                offsets.append(offset)
        return offsets if len(offsets) > 1 else [offsets[0], offsets[0] + 1]

    def _against(self, index: int, other: int) -> Comparison | None:
        homography = self._way(index, other)
        if homography is None:
            return None
        return self._comparer.compare(self._at(index).picture, self._at(other).picture, homography)

    def _way(self, index: int, other: int) -> Float | None:
        """Homography from one picture of the window to another; None where the thread is broken."""
        if not self._window[0].index <= other < self._count:
            return None
        homography = np.eye(3)
        for k in range(min(index, other) + 1, max(index, other) + 1):
            step = self._at(k).from_previous
            if step is None:
                return None
            homography = step @ homography
        return np.asarray(np.linalg.inv(homography) if other > index else homography, np.float64)


def _foremost(evidence: Evidence, blob: Blob) -> int:
    """The pair that most of a blob's pixels come from."""
    columns, rows = blob.pixels.T.astype(int)
    return int(np.bincount(evidence.by_pair[rows, columns]).argmax())


def _drift(pair: Pair | None, way: tuple[Float | None, Float | None], offset: int, point: Float) -> Float:
    """Motion of the background at a point since the picture before, beyond the step's homography."""
    if pair is None:
        return np.zeros(2)
    for side, path, sign in ((pair.before, way[0], 1.0), (pair.after, way[1], -1.0)):
        if side is None or path is None:
            continue
        rows, columns = side.flow.shape[:2]
        row = int(np.clip(point[1] // BLOCK_PX, 0, rows - 1))
        column = int(np.clip(point[0] // BLOCK_PX, 0, columns - 1))
        aligned = np.asarray(point + side.flow[row, column], np.float64)
        there, _ = carry(aligned, np.asarray(np.linalg.inv(side.homography), np.float64))
        chained, _ = carry(there, path)
        return np.asarray((point - chained) * sign / offset, np.float64)
    return np.zeros(2)


def _trust(blobs: list[Blob], relief: Bool) -> Float:
    """Per blob: 0 if relief explains it, else less the more of its neighbours relief explains."""
    if not blobs:
        return np.zeros(0)
    centres = np.array([b.centre for b in blobs])
    near = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1)) < NEIGHBOUR_PX
    return np.where(relief, 0.0, np.exp(-(near & relief[None]).sum(axis=1) / 4))
