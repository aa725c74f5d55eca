"""The telemetry at the time of a frame: between two samples, never beyond them."""

from dataclasses import dataclass

import numpy as np

from pipeline.geometry.rotation import between_attitudes
from pipeline.geometry.short_distance import EARTH_M_PER_DEG
from pipeline.records.arrays import Float, Int
from pipeline.records.telemetry import Quality, TelemetryTrack

POSITION_ONLY = (
    Quality.POSITION_INVALID
    | Quality.POSITION_JUMP
    | Quality.POSITION_FROZEN
    | Quality.GNSS_DEGRADED
    | Quality.SPOOF_SUSPECTED
    | Quality.HEIGHT_CONTRADICTED
)
"""Faults of a sample that say nothing about its attitude."""

UNIFORM_CIRCLE_DEG = 104.0
"""Standard deviation of an angle of which nothing is known: 180° / √3."""


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """When telemetry between samples is believed.

    Attributes:
        max_gap_s: Between samples further apart nothing is interpolated.
        acceleration_mps2: What a straight line between two positions may miss: one standard deviation of an
            aircraft's acceleration.
        turn_acceleration_dps2: The same for angles, in degrees per second squared.
    """

    max_gap_s: float = 2.0
    acceleration_mps2: float = 2.0
    turn_acceleration_dps2: float = 15.0

    def __post_init__(self) -> None:
        if not min(self.max_gap_s, self.acceleration_mps2, self.turn_acceleration_dps2) > 0:
            raise ValueError("'max_gap_s' and the accelerations must be positive")


@dataclass(frozen=True, slots=True)
class Moment:
    """Position or attitude at an instant.

    Attributes:
        values: Longitude, latitude, height and height above take-off; or yaw, pitch and roll.
        sigma: Of the samples used: horizontal and vertical in metres, or yaw and tilt in degrees.
        added_sigma: What interpolation and the uncertain time add, in metres or degrees.
        quality: Bits of `Quality` of the samples used.
        gap_s: Time between them; 0 on a sample.
    """

    values: tuple[float, ...]
    sigma: tuple[float, float]
    added_sigma: float
    quality: int
    gap_s: float


class TrackMatcher:
    """Answers for one track; what is the same for all frames is worked out once."""

    def __init__(self, track: TelemetryTrack, settings: MatchSettings) -> None:
        self.track, self.settings = track, settings
        self.placed = np.flatnonzero(np.isfinite(track.lon_deg) & np.isfinite(track.lat_deg))
        self.aimed = np.flatnonzero(np.isfinite(track.yaw_deg) & np.isfinite(track.pitch_deg))
        self._placed_t_ns = track.t_utc_ns[self.placed]
        self._aimed_t_ns = track.t_utc_ns[self.aimed]

    def position(self, t_ns: int, t_sigma_s: float) -> Moment | None:
        """Longitude, latitude, height and height above take-off; None where samples are too far apart or end."""
        found = self._bracket(self.placed, self._placed_t_ns, t_ns)
        if found is None:
            return None
        first, last, share, gap_s = found
        track = self.track
        lon, lat, metres = _along(track.lon_deg[[first, last]], track.lat_deg[[first, last]], share)
        speed = metres / gap_s if gap_s else self._speed_near(first)
        bend = self.settings.acceleration_mps2 / 2 * share * (1 - share) * gap_s**2
        values = (
            lon,
            lat,
            _between(track.alt_m, first, last, share),
            _between(track.relative_alt_m, first, last, share),
        )
        sigma = (
            _larger(track.position_sigma_m, first, last),
            _larger(track.alt_sigma_m, first, last),
        )
        return Moment(values, sigma, float(np.hypot(bend, speed * t_sigma_s)), self._quality(first, last), gap_s)

    def attitude(self, t_ns: int, t_sigma_s: float) -> Moment | None:
        """Yaw, pitch and roll in degrees on the shortest turn; None where samples are too far apart or end.

        A roll that is not given is NaN.
        """
        found = self._bracket(self.aimed, self._aimed_t_ns, t_ns)
        if found is None:
            return None
        first, last, share, gap_s = found
        values, turn_deg = self._turned(first, last, share) if gap_s else (self._angles(first), 0.0)
        rate = turn_deg / gap_s if gap_s else 0.0
        track = self.track
        bend = self.settings.turn_acceleration_dps2 / 2 * share * (1 - share) * gap_s**2
        added = min(float(np.hypot(bend, rate * t_sigma_s)), UNIFORM_CIRCLE_DEG)
        sigma = (_larger(track.yaw_sigma_deg, first, last), _larger(track.tilt_sigma_deg, first, last))
        quality = self._quality(first, last) & ~int(POSITION_ONLY)
        return Moment(tuple(float(v) for v in values), sigma, added, quality, gap_s)

    def _angles(self, row: int) -> Float:
        track = self.track
        angles = np.array([track.yaw_deg[row], track.pitch_deg[row], track.roll_deg[row]])
        return np.asarray((angles + 180) % 360 - 180)

    def _turned(self, first: int, last: int, share: float) -> tuple[Float, float]:
        """Angles between two samples, and the turn from one to the other, degrees."""
        ends = np.radians([self._angles(first), self._angles(last)])
        unrolled = np.isnan(ends[:, 2]).any()
        known = np.nan_to_num(ends)
        values, turn = between_attitudes(known[0], known[1], share)
        if unrolled:
            values[2] = np.nan
        return np.degrees(values), float(np.degrees(turn))

    def _bracket(self, rows: Int, times: Int, t_ns: int) -> tuple[int, int, float, float] | None:
        """Samples before and after, the share of the way, and their distance in seconds."""
        at = int(np.searchsorted(times, t_ns))
        if at < len(rows) and times[at] == t_ns:
            return int(rows[at]), int(rows[at]), 0.0, 0.0
        if at in (0, len(rows)):
            return None
        gap_ns = int(times[at] - times[at - 1])
        if gap_ns > self.settings.max_gap_s * 1e9:
            return None
        first, last = int(rows[at - 1]), int(rows[at])
        return first, last, (t_ns - int(times[at - 1])) / gap_ns, gap_ns / 1e9

    def _quality(self, first: int, last: int) -> int:
        return int(self.track.quality[first] | self.track.quality[last])

    def _speed_near(self, row: int) -> float:
        """Speed over the neighbours of a sample: what an uncertain time costs there."""
        at = int(np.searchsorted(self.placed, row))
        ends = self.placed[[max(at - 1, 0), min(at + 1, len(self.placed) - 1)]]
        seconds = float(np.diff(self.track.t_utc_ns[ends])[0]) / 1e9
        metres = _along(self.track.lon_deg[ends], self.track.lat_deg[ends], 0.0)[2]
        return metres / seconds if seconds > 0 else 0.0


def _along(lon_deg: Float, lat_deg: Float, share: float) -> tuple[float, float, float]:
    """A place between two, by longitude and latitude, and how far apart these are in metres."""
    east = (lon_deg[1] - lon_deg[0] + 180) % 360 - 180
    north = lat_deg[1] - lat_deg[0]
    lon = (lon_deg[0] + share * east + 180) % 360 - 180
    lat = lat_deg[0] + share * north
    return float(lon), float(lat), float(EARTH_M_PER_DEG * np.hypot(east * np.cos(np.radians(lat)), north))


def _between(column: Float, first: int, last: int, share: float) -> float:
    return float(column[first]) if first == last else float((1 - share) * column[first] + share * column[last])


def _larger(column: Float, first: int, last: int) -> float:
    return float(max(column[first], column[last]))
