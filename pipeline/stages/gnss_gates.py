"""What a receiver says of itself, and what its positions betray: interference, loss, deception.

Nothing here says who disturbed a flight or from where; degraded telemetry is the normal case along a line.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.geometry.short_distance import from_first
from pipeline.records.arrays import Bool, Float, Int
from pipeline.records.samples import GnssSamples
from pipeline.records.telemetry import Quality

RANGE_ERROR_M = 3.0
"""Error of one satellite's range, one standard deviation: times the dilution it is that of a position."""

SECOND_DIFFERENCE = np.sqrt(6.0)
"""Standard deviation of the second difference of independent errors, in theirs."""

NORMAL_MAD = 1.4826
"""Standard deviation of a normal distribution, in median absolute deviations."""


@dataclass(frozen=True, slots=True)
class GnssSettings:
    """From where on a receiver is distrusted.

    Attributes:
        min_satellites: Fewer give no redundancy: one wrong range goes unseen.
        max_hdop: Larger dilution is a poor fix.
        max_jamming: Of the receiver's own indicator, 0 … 1.
        speed_mps: Positions that move faster or slower than the receiver's own speed by more than this, and by more
            than half of it, contradict it.
        window_s: Over which that is looked at, and must last.
        height_m: Heights that leave the barometer's by more than this contradict it.
        noise: Positions that scatter by more than this times their stated error are disturbed.
    """

    min_satellites: int = 5
    max_hdop: float = 5.0
    max_jamming: float = 0.5
    speed_mps: float = 8.0
    window_s: float = 3.0
    height_m: float = 25.0
    noise: float = 4.0

    def __post_init__(self) -> None:
        if not min(self.max_hdop, self.max_jamming, self.speed_mps, self.window_s, self.height_m, self.noise) > 0:
            raise ValueError("limits of GNSS must be positive")


def said_of_itself(gnss: GnssSamples, settings: GnssSettings) -> tuple[Int, Bool, Float]:
    """What the receiver admits.

    Returns:
        ``(N,)`` bits of `Quality`; ``(N,)`` rows without a fix, whose position is none; ``(N,)`` metres that poor
        geometry makes of a position's error (NaN where not told).
    """
    quality = np.zeros(len(gnss.fix), np.int64)
    no_fix = gnss.fix <= 1
    few = (gnss.satellites < settings.min_satellites) & ~(gnss.satellites < 0)
    poor = (gnss.hdop > settings.max_hdop) | (gnss.fix == 2)
    quality[no_fix | few | poor | (gnss.jamming > settings.max_jamming)] |= Quality.GNSS_DEGRADED
    quality[gnss.spoofed > 0] |= Quality.SPOOF_SUSPECTED
    return quality, no_fix, gnss.hdop * RANGE_ERROR_M


def betrayed(
    t_ns: Int,
    lon_deg: Float,
    lat_deg: Float,
    alt_m: Float,
    relative_alt_m: Float,
    sigma_m: Float,
    speed_mps: Float | None,
    settings: GnssSettings,
) -> tuple[Int, Float]:
    """What positions, heights and speeds say against each other.

    Args:
        t_ns: ``(N,)`` increasing.
        lon_deg, lat_deg, alt_m, relative_alt_m, sigma_m: ``(N,)``, NaN where unknown.
        speed_mps: ``(N,)`` as the receiver or the autopilot measured it, or None.
        settings: Limits.

    Returns:
        ``(N,)`` bits of `Quality`; ``(N,)`` horizontal error in metres that the scatter of positions shows (0: none).
    """
    quality = np.zeros(len(t_ns), np.int64)
    scatter = np.zeros(len(t_ns))
    known = np.flatnonzero(np.isfinite(lon_deg) & np.isfinite(lat_deg))
    if len(known) >= 5:
        seconds = (t_ns[known] - t_ns[known[0]]) / 1e9
        metres = from_first(lon_deg[known], lat_deg[known])
        noise = _noise(seconds, metres)
        disturbed = noise > settings.noise * np.nan_to_num(sigma_m[known], nan=2.0)
        quality[known[disturbed]] |= Quality.GNSS_DEGRADED
        scatter[known[disturbed]] = noise[disturbed]
        if speed_mps is not None:
            quality[known] |= _against_speed(seconds, metres, speed_mps[known], settings)
    quality[_height_left(alt_m, relative_alt_m, settings.height_m)] |= Quality.HEIGHT_CONTRADICTED
    return quality, scatter


def _noise(seconds: Float, metres: Float) -> Float:
    """``(N,)`` standard deviation of independent errors, one axis, in a window of eleven samples.

    From second differences, which a steady flight hardly has: a turn of 5 m/s² over a second gives 2 m.
    """
    before, after = np.diff(seconds)[:-1], np.diff(seconds)[1:]
    usable = (before < 3) & (after < 3)
    share = (after / np.maximum(before + after, 1e-9))[:, None]
    bend = metres[1:-1] - (metres[:-2] * share + metres[2:] * (1 - share))
    size = np.abs(bend).max(axis=1) * 2 / SECOND_DIFFERENCE * NORMAL_MAD
    size[~usable] = 0.0
    width = min(11, len(size))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(size, (width // 2, width - 1 - width // 2), "edge"), width
    )
    middle = np.median(windows, axis=1)
    # the larger of two axes of independent errors is 1.7 times a median absolute deviation
    return np.concatenate([middle[:1], middle, middle[-1:]]) / 1.7


def _against_speed(seconds: Float, metres: Float, speed_mps: Float, settings: GnssSettings) -> Int:
    """Bits where positions over a window move otherwise than the stated speed, for at least a window."""
    ahead = np.searchsorted(seconds, seconds + settings.window_s)
    quality = np.zeros(len(seconds), np.int64)
    rows = np.flatnonzero((ahead < len(seconds)) & np.isfinite(speed_mps))
    if not len(rows):
        return quality
    ends = ahead[rows]
    lasted = seconds[ends] - seconds[rows]
    moved = np.hypot(*(metres[ends] - metres[rows]).T) / lasted
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(speed_mps))])
    counts = np.concatenate([[0], np.cumsum(np.isfinite(speed_mps))])
    told = (sums[ends + 1] - sums[rows]) / np.maximum(counts[ends + 1] - counts[rows], 1)
    near = lasted < 2 * settings.window_s
    limit = np.maximum(settings.speed_mps, told / 2)
    dragged = near & (moved > told + limit)  # a turn can make it slower than told, nothing makes it faster
    held = near & (moved < 0.05 * told) & (told > settings.speed_mps)
    for wrong, bit in ((dragged, Quality.SPOOF_SUSPECTED), (held, Quality.GNSS_DEGRADED)):
        for row in np.flatnonzero(wrong):
            quality[rows[row] : ends[row] + 1] |= bit
    return quality


def _height_left(alt_m: Float, relative_alt_m: Float, limit_m: float) -> Bool:
    """``(N,)`` rows where the absolute height leaves the barometer's by more than the limit from the usual distance."""
    apart = alt_m - relative_alt_m
    known = np.isfinite(apart)
    left = np.zeros(len(alt_m), np.bool_)
    if np.count_nonzero(known) >= 5:
        left[known] = np.abs(apart[known] - np.median(apart[known])) > limit_m
    return left
