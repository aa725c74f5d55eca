"""How far a camera moves and turns while its rows are read, by the telemetry around a frame."""

import math
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.pose_from_points import rotation_between
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.records.arrays import Float
from pipeline.stages.frame_places import Place, PlaceFinder
from pipeline.stages.timed_frames import TimedFrame

_MOVING_S, _TURNING_S = 0.5, 0.25
"""Telemetry is read as long before and after a frame: shorter, its rounding looks like movement."""
_NEIGHBOUR_S = 10.0
"""A still's speed is that to a still at most as far away, where nothing better tells."""


@dataclass(frozen=True, slots=True)
class RowSweep:
    """Sweeps of frames: ``(6,)`` metres and rotation from the left (rad) from the first row to the last.

    Zero where a shutter exposes all rows at once, and in what telemetry doesn't tell: stills a few seconds apart tell
    their speed, not how they turn.
    """

    finder: PlaceFinder
    site: SiteFrame

    def __call__(self, frame: TimedFrame) -> Float:
        """The sweep of a frame."""
        readout_s = frame.shutter.believed_readout_s
        if readout_s == 0:
            return np.zeros(6)
        velocity = self._stated(frame)
        if velocity is None:
            velocity = self._by_time(frame)
        if velocity is None:
            velocity = self._by_neighbours(frame)
        turning = self._turning(frame)
        rates = np.concatenate([np.zeros(3) if velocity is None else velocity, turning])
        return np.asarray(rates * readout_s, np.float64)

    def _stated(self, frame: TimedFrame) -> Float | None:
        """The velocity in a still's own tags, turned from true to grid north."""
        east, north = frame.velocity_mps
        if not (math.isfinite(east) and math.isfinite(north)):
            return None
        cos, sin = math.cos(self.site.convergence_rad), math.sin(self.site.convergence_rad)
        return np.array([east * cos - north * sin, east * sin + north * cos, 0.0])

    def _by_time(self, frame: TimedFrame) -> Float | None:
        ends = self._around(frame, _MOVING_S)
        if ends is None:
            return None
        before, after, seconds = ends
        xy = self.site.from_lonlat(np.array([before.lon_deg, after.lon_deg]), np.array([before.lat_deg, after.lat_deg]))
        return np.array([*(xy[1] - xy[0]), after.height_m - before.height_m]) / seconds

    def _by_neighbours(self, frame: TimedFrame) -> Float | None:
        """Between the positions before and after, of stills of one camera."""
        if frame.own is None:
            return None
        track, placed = frame.own.track, frame.own.matcher.placed
        t_ns = track.t_utc_ns[placed]
        here = frame.ref.t_utc_ns
        first = int(np.searchsorted(t_ns, here - 1, side="right")) - 1
        last = int(np.searchsorted(t_ns, here + 1))
        near = [
            row
            for row in (first, last)
            if 0 <= row < len(t_ns) and abs(int(t_ns[row]) - here) <= _NEIGHBOUR_S * 1e9 and t_ns[row] != here
        ]
        own = int(np.searchsorted(t_ns, here))
        if len(near) == 1 and own < len(t_ns) and t_ns[own] == here:
            near = sorted([*near, own])
        if len(near) != 2:
            return None
        rows = placed[near]
        seconds = float(np.diff(track.t_utc_ns[rows])[0]) / 1e9
        xy = self.site.from_lonlat(track.lon_deg[rows], track.lat_deg[rows])
        return np.array([*(xy[1] - xy[0]), 0.0]) / seconds

    def _turning(self, frame: TimedFrame) -> Float:
        """Rate of turning in rad/s about the site's axes; zero where it is not known."""
        ends = self._around(frame, _TURNING_S)
        if ends is None:
            return np.zeros(3)
        before, after, seconds = ends
        return rotation_between(self._rotation(before), self._rotation(after)) / seconds

    def _rotation(self, place: Place) -> Float:
        yaw_rad, pitch_rad, roll_rad = (math.radians(a) for a in (place.yaw_deg, place.pitch_deg, place.roll_deg))
        return camera_to_site(yaw_rad, pitch_rad, roll_rad, self.site.convergence_rad)

    def _around(self, frame: TimedFrame, half_s: float) -> tuple[Place, Place, float] | None:
        """Places before and after the frame by tables in time, else one of them and the frame's own; seconds apart."""
        found = [(later_s, self._at(frame, later_s)) for later_s in (-half_s, 0.0, half_s)]
        known = [(later_s, place) for later_s, place in found if place is not None]
        if len(known) < 2:
            return None
        return known[0][1], known[-1][1], known[-1][0] - known[0][0]

    def _at(self, frame: TimedFrame, later_s: float) -> Place | None:
        t_ns = frame.ref.t_utc_ns + frame.lookup_ns + round(later_s * 1e9)
        place = self.finder.find(replace(frame.ref, t_utc_ns=t_ns), (), None, frame.bound)
        return place if isinstance(place, Place) else None
