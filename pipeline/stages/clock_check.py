"""Frames whose pose comes from telemetry by time: does it run by the same clock as the pictures?"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.short_distance import from_first
from pipeline.protocols import FrameSource
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.records.clock import ClockFinding
from pipeline.records.sortie import FrameKind
from pipeline.stages.clock_offset import (
    MovedPair,
    OffsetSettings,
    View,
    clock_offset,
    directions_of,
    informative,
    predicted,
)
from pipeline.stages.frame_places import Place, PlaceFinder
from pipeline.stages.image_motion import MotionMeter
from pipeline.stages.timed_frames import TimedFrame

_PROBE_S = 1.0
_CORNERS = np.array([[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]])


@dataclass(frozen=True, slots=True)
class _Pair:
    before: TimedFrame
    after: TimedFrame
    camera: CameraModel


class ClockCheck:
    """Looks at pairs of neighbouring frames of each stream."""

    def __init__(self, finder: PlaceFinder, frames: FrameSource, settings: OffsetSettings) -> None:
        self._finder, self._settings = finder, settings
        self._meter = MotionMeter(frames)

    def __call__(self, frames: Sequence[TimedFrame]) -> tuple[list[TimedFrame], list[ClockFinding]]:
        """The frames, with the offset under which telemetry is to be read where it is sure; and what was found."""
        streams: dict[str, list[TimedFrame]] = {}
        for frame in frames:
            streams.setdefault(_stream(frame), []).append(frame)
        findings, shifts = [], {}
        for name, members in streams.items():
            found = self._finding(name, members)
            if found is not None:
                findings.append(found)
                if found.applied:
                    shifts[name] = round(found.offset_s * 1e9)
        return [replace(frame, lookup_ns=shifts.get(_stream(frame), 0)) for frame in frames], findings

    def _finding(self, name: str, frames: Sequence[TimedFrame]) -> ClockFinding | None:
        pairs = list(self._pairs(frames))
        chosen = informative([(i, self._shows(pair)) for i, pair in enumerate(pairs)], self._settings.pairs)
        asked = [pairs[index] for index in chosen]
        motions = self._meter([(pair.before.ref, pair.after.ref) for pair in asked])
        moved = [
            MovedPair(pair.camera, motion, _Views(self, pair))
            for pair, motion in zip(asked, motions, strict=True)
            if motion is not None
        ]
        found = clock_offset(moved, self._settings)
        if found is None:
            return None
        return ClockFinding(
            stream=name,
            offset_s=round(found.offset_s, 3),
            sigma_s=round(found.sigma_s, 3),
            gain=round(found.gain, 3),
            pairs=found.pairs,
            applied=found.applies,
            turned=found.turned,
        )

    def _pairs(self, frames: Sequence[TimedFrame]) -> Iterator[_Pair]:
        """Neighbours in time whose pose telemetry gives by time, not by name."""
        ordered = sorted(frames, key=lambda frame: (frame.ref.t_utc_ns, frame.ref.frame_id))
        for before, after in itertools.pairwise(ordered):
            gap_s = (after.ref.t_utc_ns - before.ref.t_utc_ns) / 1e9
            if before.camera is None or not 0 < gap_s <= self._settings.max_gap_s:
                continue
            if self._by_time(before) and self._by_time(after):
                yield _Pair(before, after, before.camera)

    def _by_time(self, frame: TimedFrame) -> bool:
        if any(name in table.by_name for table in self._finder.tables for name in frame.names):
            return False
        used = self._finder.find(frame.ref, frame.names, frame.own, frame.bound)
        return isinstance(used, Place) and {"position_from_table", "attitude_from_table"} <= set(used.notes)

    def place(self, frame: TimedFrame, later_s: float) -> Place | None:
        """The place when telemetry is read `later_s` after the frame's time."""
        ref = replace(frame.ref, t_utc_ns=frame.ref.t_utc_ns + round(later_s * 1e9))
        place = self._finder.find(ref, (), None, frame.bound)
        return place if isinstance(place, Place) else None

    def _shows(self, pair: _Pair) -> float:
        """Pixels by which the predicted motion changes when telemetry is read a second earlier or later."""
        directions = directions_of(pair.camera, _CORNERS * np.array(pair.camera.size_px))
        views = _Views(self, pair)
        moves = []
        for later_s in (0.0, -_PROBE_S, _PROBE_S):
            found = views(later_s)
            if found is None:
                return 0.0
            turning, nearer = predicted(pair.camera, *found, directions)
            moves.append(turning + nearer)
        change = np.nanmean(np.abs(np.array(moves[1:]) - moves[0])) if np.isfinite(moves).any() else 0.0
        return float(np.nan_to_num(change))


@dataclass(frozen=True, slots=True)
class _Views:
    """The two cameras of a pair at any offset, in metres from the first."""

    check: ClockCheck
    pair: _Pair

    def __call__(self, later_s: float) -> tuple[View, View] | None:
        places = [self.check.place(frame, later_s) for frame in (self.pair.before, self.pair.after)]
        before, after = places
        if before is None or after is None:
            return None
        metres = from_first(np.array([before.lon_deg, after.lon_deg]), np.array([before.lat_deg, after.lat_deg]))
        return _view(before, np.array([*metres[0], 0.0])), _view(
            after, np.array([*metres[1], after.height_m - before.height_m])
        )


def _view(place: Place, eye_m: Float) -> View:
    angles = (math.radians(angle) for angle in (place.yaw_deg, place.pitch_deg, place.roll_deg))
    return View(eye_m, camera_to_site(*angles))


def _stream(frame: TimedFrame) -> str:
    """Frames of one recorder: a video, or the stills of one sensor."""
    return frame.ref.path.name if frame.ref.kind is FrameKind.VIDEO else frame.ref.sensor
