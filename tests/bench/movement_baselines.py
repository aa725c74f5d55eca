"""Plain ways to find movers, for comparison: each gives blobs that the detector's own tracker follows."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from detectors.movement import MovementSettings
from detectors.movement.blobs import find_blobs
from detectors.movement.life import Sight
from detectors.movement.likeness import patch_of
from detectors.movement.output import to_image_tracks
from detectors.movement.picture import Darkroom, Picture
from detectors.movement.stabilise import register
from detectors.movement.tracker import Tracker

SETTINGS = MovementSettings(min_credit=0.2)  # thresholds of the tracker that suit blobs without an account of relief


@dataclass(frozen=True)
class Thresholds:
    """What is tuned for a plain method: least grey levels (of MOG2: standard deviations, times 3), and its tracker."""

    level: float = 15.0
    confirm_s: float = SETTINGS.confirm_s
    displacement_sigmas: float = SETTINGS.displacement_sigmas


GRID = tuple(
    Thresholds(*chosen) for chosen in itertools.product((10.0, 15.0, 25.0, 40.0), (0.4, 0.8, 1.6), (2.0, 4.0, 8.0))
)

Score = np.ndarray
Method = Callable[[list[Picture], list[np.ndarray | None], float], Iterator[Score]]


def _warp(grey, homography, size):
    """A picture on another one's pixels, and where it reaches."""
    seen = cv2.warpPerspective(np.ones_like(grey), homography, size, flags=cv2.INTER_NEAREST)
    return cv2.warpPerspective(grey, homography, size), cv2.erode(seen, np.ones((9, 9), np.uint8)) > 0


def frame_difference(pictures, steps, level):
    """Absolute difference of neighbouring frames as they are."""
    for k, now in enumerate(pictures):
        before = pictures[max(0, k - 1)]
        yield cv2.absdiff(now.grey, before.grey) / level


def three_frames(pictures, steps, level):
    """Least of the differences to the frames before and after, both brought onto this one."""
    apart = 3 if len(pictures) > 1 and pictures[1].t_s - pictures[0].t_s < 0.5 else 1
    for k, now in enumerate(pictures):
        differences = []
        for other in (k - apart, k + apart):
            way = _way(steps, k, other) if 0 <= other < len(pictures) else None
            if way is not None:
                grey, seen = _warp(pictures[other].grey, way, now.size)
                differences.append(np.where(seen, cv2.absdiff(now.grey, grey), 0))
        score = np.minimum(*differences) if len(differences) == 2 else np.zeros_like(now.grey)
        yield score / level


def mog2(pictures, steps, level):
    """Mixture of Gaussians on frames brought onto the first one; begun again when half of it is out of view."""
    sigmas2 = (level / 3) ** 2
    model = cv2.createBackgroundSubtractorMOG2(history=60, varThreshold=sigmas2, detectShadows=False)
    anchor = np.eye(3)
    for now, step in zip(pictures, steps, strict=True):
        anchor = np.eye(3) if step is None else anchor @ np.linalg.inv(step)
        grey, seen = _warp(now.grey, anchor, now.size)
        if seen.mean() < 0.5:
            model = cv2.createBackgroundSubtractorMOG2(history=60, varThreshold=sigmas2, detectShadows=False)
            anchor, grey, seen = np.eye(3), now.grey, np.ones(now.grey.shape, bool)
        mask = np.where(seen, model.apply(grey), 0).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        yield cv2.warpPerspective(mask, np.linalg.inv(anchor), now.size, flags=cv2.INTER_NEAREST) / 127.0


def _way(steps, k, other):
    way = np.eye(3)
    for i in range(min(k, other) + 1, max(k, other) + 1):
        if steps[i] is None:
            return None
        way = steps[i] @ way
    return np.linalg.inv(way) if other > k else way


def prepare(images, rate_hz):
    """Pictures, and the camera's motion from each to the next: the same for every method and threshold."""
    darkroom = Darkroom(SETTINGS.analysis_long_side_px)
    thin = max(1, round(rate_hz / SETTINGS.analysis_rate_hz))
    pictures = [darkroom.develop(k, k / rate_hz, image) for k, image in enumerate(images) if k % thin == 0]
    steps = [None]
    for before, after in itertools.pairwise(pictures):
        step = register(before, after, SETTINGS)
        steps.append(step.homography if step is not None else None)
    return pictures, steps, darkroom.scale_of(images[0])


def follow(method, prepared, count, rate_hz, thresholds):
    """Tracks of a plain method in a stream of `count` pictures; every method has the same blobs and tracker."""
    pictures, steps, scale = prepared
    settings = replace(SETTINGS, confirm_s=thresholds.confirm_s, displacement_sigmas=thresholds.displacement_sigmas)
    tracker = Tracker(settings, pictures[0].size)
    dt_s = max(1, round(rate_hz / SETTINGS.analysis_rate_hz)) / rate_hz
    for k, score in enumerate(method(pictures, steps, thresholds.level)):
        if steps[k] is None and k:
            tracker.cut()
        found = find_blobs(np.asarray(score, np.float32), settings)
        sights = [Sight(b, patch_of(pictures[k].grey, b), False, 1.0) for b in found]
        way = steps[k] if steps[k] is not None else np.eye(3)
        tracker.step(k, way, lambda _: np.zeros(2), dt_s, sights)
    ordinals = np.array([p.ordinal for p in pictures])
    return to_image_tracks(tracker.movers(), ordinals, np.arange(count) / rate_hz, scale)


def watch(method, images, rate_hz):
    """Tracks of a plain method with its usual thresholds."""
    return follow(method, prepare(images, rate_hz), len(images), rate_hz, Thresholds())


METHODS = {"frame differencing": frame_difference, "three frames": three_frames, "MOG2": mog2}
