"""Frames whose positions move otherwise than the ground in their pictures."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.short_distance import from_first
from pipeline.protocols import FrameSource
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.sortie import FrameKind
from pipeline.records.telemetry import Quality
from pipeline.stages.clock_offset import GROUND_M, View
from pipeline.stages.frame_places import Place, PlaceFinder
from pipeline.stages.image_motion import ImageMotion, MotionMeter
from pipeline.stages.ingest_tracks import STAGE
from pipeline.stages.motion_contradiction import Contradiction, MotionSettings, contradictions
from pipeline.stages.picture_speed import AttitudeNoise, PictureSpeed, picture_speed
from pipeline.stages.timed_frames import TimedFrame

LOWEST_M = 5.0
"""Heights above take-off below this say nothing of the height above ground."""

SHORTEST_S = 0.5
"""Between frames that are nearer in time the way flown drowns in the noise of positions."""

CELLS = 4
"""Matches are counted in a grid of so many cells a side: text laid over a picture stands in its corners."""

NEIGHBOUR_SHARE = 0.5
"""Share of the stated standard deviation of tilt and yaw that changes between neighbouring frames."""


@dataclass(frozen=True, slots=True)
class _Pair:
    before: TimedFrame
    after: TimedFrame
    camera: CameraModel
    places: tuple[Place, Place]
    seconds: float


class MotionCheck:
    """Looks at groups of neighbouring pairs of each sensor."""

    def __init__(self, finder: PlaceFinder, frames: FrameSource, settings: MotionSettings) -> None:
        self._finder, self._settings = finder, settings
        self._meter = MotionMeter(frames)

    def __call__(self, frames: Sequence[TimedFrame]) -> tuple[dict[str, Quality], list[Dropped]]:
        """Bits by frame id, and what was found, in words."""
        bits: dict[str, Quality] = {}
        told: list[Dropped] = []
        streams: dict[tuple[str, str], list[TimedFrame]] = {}
        for frame in frames:
            path = frame.ref.path.name if frame.ref.pts or frame.ref.index else ""
            streams.setdefault((frame.ref.sensor, path), []).append(frame)
        for (sensor, _), members in streams.items():
            pairs = self._pairs(members)
            motions = self._meter([(pair.before.ref, pair.after.ref) for pair in pairs if pair is not None])
            speeds = [None if pair is None else _speed(pair, next(motions)) for pair in pairs]
            for stretch in contradictions(speeds, self._settings, may_turn=members[0].ref.kind is FrameKind.STILL):
                inside = [pair for pair in pairs[stretch.first : stretch.last + 1] if pair is not None]
                bit = Quality.HEIGHT_CONTRADICTED if stretch.height else Quality.SPOOF_SUSPECTED
                start_ns, end_ns = inside[0].before.ref.t_utc_ns, inside[-1].after.ref.t_utc_ns
                for frame in members:
                    if start_ns <= frame.ref.t_utc_ns <= end_ns:
                        bits[frame.ref.frame_id] = bits.get(frame.ref.frame_id, Quality.GOOD) | bit
                told.append(_words(sensor, inside[0].before.ref.frame_id, stretch))
        return bits, told

    def _pairs(self, frames: Sequence[TimedFrame]) -> list[_Pair | None]:
        """Groups of neighbours spread over the flight, None between them."""
        ordered = sorted(frames, key=lambda frame: (frame.ref.t_utc_ns, frame.ref.frame_id))
        apart: list[TimedFrame] = []
        for frame in ordered:
            if not apart or frame.ref.t_utc_ns - apart[-1].ref.t_utc_ns >= SHORTEST_S * 1e9:
                apart.append(frame)
        couples = list(itertools.pairwise(apart))
        groups = max(1, self._settings.max_pairs // self._settings.group)
        if len(couples) <= groups * self._settings.group:
            return [self._pair(*couple) for couple in couples]
        starts = np.linspace(0, len(couples) - self._settings.group, groups).astype(int)
        return list(self._grouped(couples, starts.tolist()))

    def _grouped(self, couples: Sequence[tuple[TimedFrame, TimedFrame]], starts: list[int]) -> Iterator[_Pair | None]:
        for start in starts:
            for couple in couples[start : start + self._settings.group]:
                yield self._pair(*couple)
            yield None

    def _pair(self, before: TimedFrame, after: TimedFrame) -> _Pair | None:
        seconds = (after.ref.t_utc_ns - before.ref.t_utc_ns) / 1e9
        if before.camera is None or not seconds <= self._settings.max_gap_s:
            return None
        places = [self._place(frame) for frame in (before, after)]
        first, second = places
        if first is None or second is None:
            return None
        return _Pair(before, after, before.camera, (first, second), seconds)

    def _place(self, frame: TimedFrame) -> Place | None:
        ref = replace(frame.ref, t_utc_ns=frame.ref.t_utc_ns + frame.lookup_ns)
        place = self._finder.find(ref, frame.names, frame.own, frame.bound)
        return place if isinstance(place, Place) else None


def _speed(pair: _Pair, motion: ImageMotion | None) -> PictureSpeed | None:
    if motion is None or not _spread(motion, pair.camera):
        return None
    first, second = pair.places
    metres = from_first(np.array([first.lon_deg, second.lon_deg]), np.array([first.lat_deg, second.lat_deg]))
    eyes = np.column_stack([metres, [0.0, second.height_m - first.height_m]])
    views = [
        View(eye, camera_to_site(*(math.radians(a) for a in (place.yaw_deg, place.pitch_deg, place.roll_deg))))
        for eye, place in zip(eyes, pair.places, strict=True)
    ]
    height_m = first.relative_alt_m if first.relative_alt_m > LOWEST_M else GROUND_M
    tilt, yaw = math.radians(first.tilt_sigma_deg), math.radians(first.yaw_sigma_deg)
    noise = AttitudeNoise(NEIGHBOUR_SHARE * tilt, NEIGHBOUR_SHARE * yaw, tilt)
    return picture_speed(pair.camera, motion, views[0], views[1], height_m, pair.seconds, noise)


def _spread(motion: ImageMotion, camera: CameraModel) -> bool:
    """Whether matches lie over the picture, its middle included."""
    cell = np.clip(motion.before_px / np.array(camera.size_px) * CELLS, 0, CELLS - 1).astype(int)
    held = np.zeros((CELLS, CELLS), np.bool_)
    held[cell[:, 1], cell[:, 0]] = True
    return bool(held.sum() >= CELLS * CELLS // 2 and held[1:-1, 1:-1].sum() >= 3)


def _words(sensor: str, frame_id: str, stretch: Contradiction) -> Dropped:
    seen, told = math.hypot(*stretch.seen_mps), math.hypot(*stretch.told_mps)
    apart = math.hypot(stretch.told_mps[0] - stretch.seen_mps[0], stretch.told_mps[1] - stretch.seen_mps[1])
    why = (
        "they differ by a factor: is the height above ground wrong?"
        if stretch.height
        else "was the receiver deceived, or are positions those of another aircraft?"
    )
    reason = (
        f"for {stretch.seconds:.1f} s from {frame_id} on positions move at {told:.1f} m/s and the ground in the "
        f"pictures at {seen:.1f} m/s, {apart:.1f} m/s apart with a standard deviation of {stretch.sigma_mps:.1f} m/s; "
        f"{why}"
    )
    return Dropped(STAGE, sensor, reason, "height_contradicted_by_motion" if stretch.height else "motion_contradicted")
