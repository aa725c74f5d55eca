"""Samples as a file gave them into a track that can be trusted: sorted, gated, flagged."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.geometry.short_distance import step_m
from pipeline.records.arrays import Bool, Float, Int
from pipeline.records.samples import SAMPLE_COLUMNS, GnssSamples
from pipeline.records.telemetry import Quality, TelemetryTrack
from pipeline.stages.gnss_gates import GnssSettings, betrayed, said_of_itself
from pipeline.stages.held_positions import held_positions

NULL_ISLAND_DEG = 1e-4
"""Receivers without a fix write (0, 0), some with noise in the last digits."""

COLUMNS = tuple(name for name in SAMPLE_COLUMNS if name != "aircraft_yaw_deg")
"""Numbers of a track: those of samples, but for the heading of the aircraft."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What no sample of an aircraft can be.

    Attributes:
        max_speed_mps: Faster steps are jumps. 80 m/s is beyond every drone that small cells fly.
        frozen_s: A position that stays the same to the last digit for longer is held, not measured.
        gap_s: Between positions that lie no further apart a position is interpolated, not lacking.
        min_alt_m, max_alt_m: Heights outside are not heights.
        gnss: From where on a receiver is distrusted.
    """

    max_speed_mps: float = 80.0
    frozen_s: float = 10.0
    gap_s: float = 1.5
    min_alt_m: float = -500.0
    max_alt_m: float = 20_000.0
    gnss: GnssSettings = field(default_factory=GnssSettings)


@dataclass(frozen=True, slots=True)
class GatedTrack:
    """A track and where its samples come from.

    Attributes:
        track: The samples that are kept.
        origin: ``(N,)`` row of the source for each.
        repeated: Rows left out because their time had been given before.
        held: Rows whose position only repeated the one before: they have none.
        rate_hz: How often positions are really new; NaN where none changes.
    """

    track: TelemetryTrack
    origin: Int
    repeated: int
    held: int
    rate_hz: float


def gate(
    t_ns: Int,
    columns: dict[str, Float],
    vertical_datum: str,
    source: str,
    settings: GateSettings,
    gnss: GnssSamples | None = None,
) -> GatedTrack:
    """Sort by time, drop repeated times, flag what cannot be.

    A sample with an impossible position keeps its attitude: its position becomes NaN, and a flag says why.

    Args:
        t_ns: ``(M,)`` in the order of the file.
        columns: ``(M,)`` each, the names of `COLUMNS`.
        vertical_datum: Of ``alt_m``.
        source: In words.
        settings: Limits.
        gnss: What the receiver says of itself, ``(M,)`` each.
    """
    values = {name: columns[name].astype(np.float64) for name in COLUMNS}
    quality = np.zeros(len(t_ns), np.int64)
    # behind the latest time before it: the clock was set back, or two files were joined
    latest = np.maximum.accumulate(t_ns) if len(t_ns) else t_ns
    quality[t_ns < latest] |= Quality.TIME_BACKWARD
    if gnss is not None:
        _admitted(values, quality, gnss, settings)
    _clean_positions(values, quality, settings)
    missing = ~(np.isfinite(values["yaw_deg"]) & np.isfinite(values["pitch_deg"]))
    quality[missing] |= Quality.ATTITUDE_MISSING
    order = np.lexsort((quality & Quality.POSITION_INVALID, t_ns))
    first = np.ones(len(order), np.bool_)
    first[1:] = np.diff(t_ns[order]) > 0
    kept = order[first]
    quality[kept[np.isin(t_ns[kept], t_ns[order[~first]])]] |= Quality.TIME_REPEATED
    values = {name: column[kept] for name, column in values.items()}
    t_ns, quality = t_ns[kept], quality[kept]
    jumped = jumps(t_ns, values["lon_deg"], values["lat_deg"], values["position_sigma_m"], settings.max_speed_mps)
    quality[jumped] |= Quality.POSITION_JUMP
    for name in ("lon_deg", "lat_deg", "alt_m"):
        values[name][jumped] = np.nan
    held_s = held(t_ns, values["lon_deg"], values["lat_deg"], settings.frozen_s)
    again, rate_hz = held_positions(t_ns, values["lon_deg"], values["lat_deg"])
    for name in ("lon_deg", "lat_deg"):
        values[name][again] = np.nan
    quality[without(t_ns, np.isfinite(values["lon_deg"]), settings.gap_s)] |= Quality.POSITION_INVALID
    frozen = held_s > 0
    quality[frozen] |= Quality.POSITION_FROZEN
    drift_m = held_s * typical_speed(t_ns, values["lon_deg"], values["lat_deg"])
    places = (values["lon_deg"], values["lat_deg"], values["alt_m"], values["relative_alt_m"])
    speed = None if gnss is None else gnss.speed_mps[kept]
    bits, scatter_m = betrayed(t_ns, *places, values["position_sigma_m"], speed, settings.gnss)
    # what a fix is worth holds for the rows that repeat it
    fix = np.maximum.accumulate(np.where(again, 0, np.arange(len(t_ns))))
    quality |= bits[fix]
    values["position_sigma_m"] = np.hypot(np.hypot(values["position_sigma_m"], drift_m), scatter_m)
    track = TelemetryTrack(t_utc_ns=t_ns, quality=quality, vertical_datum=vertical_datum, source=source, **values)
    return GatedTrack(track, kept, len(order) - len(kept), int(again.sum()), rate_hz)


def _admitted(values: dict[str, Float], quality: Int, gnss: GnssSamples, settings: GateSettings) -> None:
    """What the receiver says against its own positions."""
    bits, no_fix, poor_m = said_of_itself(gnss, settings.gnss)
    quality |= bits
    for name in ("lon_deg", "lat_deg", "alt_m"):
        values[name][no_fix] = np.nan
    values["position_sigma_m"] = np.fmax(values["position_sigma_m"], poor_m)


def _clean_positions(values: dict[str, Float], quality: Int, settings: GateSettings) -> None:
    lon, lat = values["lon_deg"], values["lat_deg"]
    null = (np.abs(lon) < NULL_ISLAND_DEG) & (np.abs(lat) < NULL_ISLAND_DEG)
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # False for NaN
    given = np.isfinite(lon) | np.isfinite(lat)
    wrong = null | (given & ~on_earth)
    quality[wrong] |= Quality.POSITION_INVALID
    alt = values["alt_m"]
    low_or_high = ~((alt >= settings.min_alt_m) & (alt <= settings.max_alt_m))
    alt[low_or_high | null] = np.nan
    lon[wrong] = lat[wrong] = np.nan
    # a gimbal that is level and points north to the last digit is one that was not read
    zero = (values["yaw_deg"] == 0) & (values["pitch_deg"] == 0) & ~(values["roll_deg"] != 0)
    quality[zero] |= Quality.ATTITUDE_ZERO
    for name in ("yaw_deg", "pitch_deg", "roll_deg"):
        values[name][zero | ~(np.abs(values[name]) <= 720)] = np.nan
    for name in ("position_sigma_m", "alt_sigma_m", "yaw_sigma_deg", "tilt_sigma_deg"):
        values[name][~(values[name] > 0)] = np.nan


def jumps(t_ns: Int, lon_deg: Float, lat_deg: Float, sigma_m: Float, max_speed_mps: float) -> Bool:
    """``(N,)`` True on positions that the rest of the track cannot reach.

    The track is cut at impossible steps; the longest piece is believed, and from it outward every piece that can be
    reached from what is believed already.
    """
    placed = np.flatnonzero(np.isfinite(lon_deg))
    jumped = np.zeros(len(t_ns), np.bool_)
    if len(placed) < 2:
        return jumped
    # a held position lags behind the aircraft: only where it is new does it say how far that came
    new = np.concatenate([[True], (np.diff(lon_deg[placed]) != 0) | (np.diff(lat_deg[placed]) != 0)])
    known = placed[new]
    slack = 4 * np.nan_to_num(sigma_m[known], nan=5.0)

    def reachable(a: int, b: int) -> bool:
        pair = known[[a, b]]
        seconds = float(t_ns[pair[1]] - t_ns[pair[0]]) / 1e9
        far = step_m(lon_deg[pair], lat_deg[pair])[0]
        return bool(far <= max_speed_mps * seconds + slack[a] + slack[b])

    seconds = np.diff(t_ns[known]) / 1e9
    far = step_m(lon_deg[known], lat_deg[known])
    cuts = np.flatnonzero(far > max_speed_mps * seconds + slack[1:] + slack[:-1]) + 1
    starts, ends = np.r_[0, cuts], np.r_[cuts, len(known)]
    best = int(np.argmax(ends - starts))
    believed = [best]
    last = int(ends[best]) - 1
    for piece in range(best + 1, len(starts)):
        if reachable(last, int(starts[piece])):
            believed.append(piece)
            last = int(ends[piece]) - 1
    first = int(starts[best])
    for piece in range(best - 1, -1, -1):
        if reachable(int(ends[piece]) - 1, first):
            believed.append(piece)
            first = int(starts[piece])
    jumped[known] = True
    for piece in believed:
        jumped[known[starts[piece] : ends[piece]]] = False
    jumped[placed] = jumped[known][np.cumsum(new) - 1]
    return jumped


def without(t_ns: Int, placed: Bool, longest_s: float) -> Bool:
    """``(N,)`` True on samples without a position whose neighbours with one are further apart than `longest_s`.

    A table that never has positions lacks none.
    """
    rows = np.flatnonzero(placed)
    if not len(rows):
        return np.zeros(len(t_ns), np.bool_)
    after = np.searchsorted(rows, np.arange(len(t_ns)))
    last = np.where(after > 0, t_ns[rows[np.maximum(after - 1, 0)]], t_ns)
    coming = np.where(after < len(rows), t_ns[rows[np.minimum(after, len(rows) - 1)]], t_ns)
    return np.asarray(~placed & (coming - last > longest_s * 1e9))


def held(t_ns: Int, lon_deg: Float, lat_deg: Float, frozen_s: float) -> Float:
    """``(N,)`` seconds since a position was last new, where it is then held for longer than `frozen_s`; else 0."""
    seconds = np.zeros(len(t_ns))
    placed = np.flatnonzero(np.isfinite(lon_deg) & np.isfinite(lat_deg))
    if not len(placed):
        return seconds
    same = (np.diff(lon_deg[placed]) == 0) & (np.diff(lat_deg[placed]) == 0)
    starts = np.flatnonzero(np.r_[True, ~same])
    times = t_ns[placed]
    for start, end in zip(starts, np.r_[starts[1:], len(placed)], strict=True):
        if end - start > 2 and times[end - 1] - times[start] > frozen_s * 1e9:
            seconds[placed[start:end]] = (times[start:end] - times[start]) / 1e9
    return seconds


def typical_speed(t_ns: Int, lon_deg: Float, lat_deg: Float) -> float:
    """Median speed in m/s while the position changes: how far a held position may have moved on."""
    moving = step_m(lon_deg, lat_deg)
    seconds = np.diff(t_ns) / 1e9
    moved = np.isfinite(moving) & (moving > 0)
    return float(np.median(moving[moved] / seconds[moved])) if moved.any() else 0.0
