"""Looking at pictures: each one against its references, several pictures side by side."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.movement.blobs import Blob, find_blobs
from detectors.movement.compare import Comparison, compare
from detectors.movement.evidence import ONE, Evidence, Pair, agreement
from detectors.movement.explained import relief_explains
from detectors.movement.life import Sight, carry
from detectors.movement.likeness import patch_of
from detectors.movement.overlay import Overlay, Overlayer
from detectors.movement.settings import MovementSettings
from detectors.movement.sight import judge_sight
from detectors.movement.support import solid, solitude, support
from detectors.movement.window import Link, Window
from pipeline.records.arrays import Bool, Float
from pipeline.records.mover_sight import PixelSight

NEIGHBOUR_PX = 50.0
"""How far false blobs of the same bush or roof may lie apart."""

ONE_SIDED_TRUST = 0.7
"""Trust in a sight that was compared with one side of time only: what comes out from behind something looks alike."""

UNRULY_TRUST = 0.7
"""Trust in a sight of a scene that is not understood."""

Promise = Future[Overlay | None]


@dataclass(frozen=True, slots=True, eq=False)
class Gazed:
    """What was seen in one picture.

    Attributes:
        link: The picture in its thread.
        dt_s: Since the picture before.
        sights: Things that differ.
        sight: What could have been seen in it, in analysed pixels.
        drift_at: Motion of the background at a point since the picture before, beyond the step's homography.
    """

    link: Link
    dt_s: float
    sights: list[Sight]
    sight: PixelSight
    drift_at: Callable[[Float], Float]


class Gaze:
    """Looks at the pictures of a stream, in their order, on as many threads as OpenCV may use.

    Each pair of pictures is laid on each other once: by the earlier, which promises the result to the later.
    """

    def __init__(self, settings: MovementSettings) -> None:
        self._settings = settings
        self._overlayer = Overlayer(settings)
        self._threads = max(1, cv2.getNumThreads())
        self._pool = ThreadPoolExecutor(self._threads)
        self._begun: deque[Future[Gazed]] = deque()
        self._promised: dict[tuple[int, int], Promise] = {}

    def begin(self, window: Window, index: int) -> None:
        """Look at a picture of the window. Indices rise."""
        self._promised = {pair: promise for pair, promise in self._promised.items() if pair[0] >= index}
        laid: dict[int, Promise] = {}
        owed: dict[int, Promise] = {}
        for offset in window.offsets(index, self._settings.baselines_s):
            if window.way(index, index + offset) is not None:
                owed[index + offset] = self._promised[index + offset, index] = Future()
            if (index, index - offset) in self._promised:
                laid[index - offset] = self._promised.pop((index, index - offset))
        task = _Task(self._settings, self._overlayer, window, index, laid, owed)
        self._begun.append(self._pool.submit(task.run))

    def ended(self, *, everything: bool) -> list[Gazed]:
        """What has been seen since the last call, in order: as much as keeps the threads busy stays behind."""
        left = 0 if everything else self._threads
        return [self._begun.popleft().result() for _ in range(len(self._begun) - left)]

    def cut(self) -> None:
        """The thread of pictures is lost: no pair spans it."""
        self._promised = {}

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One picture to look at: overlays that an earlier picture makes, and those that later ones wait for."""

    settings: MovementSettings
    overlayer: Overlayer
    window: Window
    index: int
    laid: dict[int, Promise]
    owed: dict[int, Promise]

    def run(self) -> Gazed:
        """Look. Whatever happens, nobody waits in vain."""
        try:
            return self._look()
        finally:
            for promise in self.owed.values():
                if not promise.done():
                    promise.set_result(None)

    def _look(self) -> Gazed:
        link = self.window.at(self.index)
        pairs, offsets = self._pairs()
        evidence = agreement(pairs, self.settings)
        sights: list[Sight] = []
        if evidence is not None:
            blobs = find_blobs(evidence.score, self.settings, ONE)
            relief = relief_explains(self.window, self.index, pairs, offsets, evidence, blobs)
            trust = _trust(blobs, relief) * _understood(pairs, evidence, blobs)
            borne_out = support(pairs, blobs, self.settings)
            trust *= borne_out * solitude(evidence, blobs, solid(blobs, relief, borne_out))
            sights = [
                Sight(b, patch_of(link.picture.grey, b), bool(relief[k]), float(trust[k])) for k, b in enumerate(blobs)
            ]
        before = link.from_previous is not None
        dt_s = link.picture.t_s - self.window.at(self.index - 1).picture.t_s if before else 1.0
        sight = judge_sight(pairs, evidence, self.window.interval_s(self.index), self.settings)
        return Gazed(link, dt_s, sights, sight, self._drift(pairs, offsets))

    def _pairs(self) -> tuple[list[Pair], list[int]]:
        pairs, offsets = [], []
        for offset in self.window.offsets(self.index, self.settings.baselines_s):
            pair = Pair(self._against(self.index - offset), self._against(self.index + offset))
            if pair.before is not None or pair.after is not None:
                pairs.append(pair)
                offsets.append(offset)
        return pairs, offsets

    def _against(self, other: int) -> Comparison | None:
        if self.window.way(self.index, other) is None:
            return None
        overlay = self._overlay(other)
        if overlay is None:
            return None
        return compare(self.window.at(self.index).picture, self.window.at(other).picture, overlay, self.settings)

    def _overlay(self, other: int) -> Overlay | None:
        """From the earlier picture of the two, or made now and told to the later one."""
        if other in self.laid:
            return self.laid[other].result()
        homography = self.window.way(self.index, other)
        if homography is None:
            return None
        now, reference = self.window.at(self.index).picture, self.window.at(other).picture
        overlay = self.overlayer.lay(now, reference, homography)
        if other in self.owed:
            self.owed[other].set_result(None if overlay is None else overlay.turned(now, reference))
        return overlay

    def _drift(self, pairs: list[Pair], offsets: list[int]) -> Callable[[Float], Float]:
        """By the nearest reference, of which nothing but the overlay is kept."""
        if not pairs:
            return lambda _: np.zeros(2)
        offset = offsets[0]
        sides = (
            (pairs[0].before, self.window.way(self.index, self.index - offset), 1.0),
            (pairs[0].after, self.window.way(self.index, self.index + offset), -1.0),
        )
        for side, way, sign in sides:
            if side is not None and way is not None:
                overlay, path, share = side.overlay, way, sign / offset
                return lambda point: _drifted(overlay, path, share, point)
        return lambda _: np.zeros(2)


def _drifted(overlay: Overlay, way: Float, share: float, point: Float) -> Float:
    aligned = point + overlay.flow_at(point)
    there, _ = carry(aligned, np.asarray(np.linalg.inv(overlay.homography), np.float64))
    chained, _ = carry(there, way)
    return np.asarray((point - chained) * share, np.float64)


def _understood(pairs: list[Pair], evidence: Evidence, blobs: list[Blob]) -> Float:
    """Per blob: less where the scene is not explained by parallax, or was compared with one side of time only."""
    trust = np.ones(len(blobs))
    for k, blob in enumerate(blobs):
        pair = pairs[evidence.foremost(blob.pixels)]
        x, y = (int(v) for v in blob.centre)
        sides = [c for c in (pair.before, pair.after) if c is not None and c.seen[y, x]]
        if any(side.overlay.unruly for side in sides):
            trust[k] *= UNRULY_TRUST
        if len(sides) < 2:
            trust[k] *= ONE_SIDED_TRUST
    return trust


def _trust(blobs: list[Blob], relief: Bool) -> Float:
    """Per blob: 0 if relief explains it, else less the more of its neighbours relief explains."""
    if not blobs:
        return np.zeros(0)
    centres = np.array([b.centre for b in blobs])
    near = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1)) < NEIGHBOUR_PX
    return np.where(relief, 0.0, np.exp(-(near & relief[None]).sum(axis=1) / 4))
