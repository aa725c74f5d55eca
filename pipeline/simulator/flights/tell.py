"""From the true flight to what its telemetry says."""

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool, Float
from pipeline.simulator.flights.faults import AttitudeFaults, Faults
from pipeline.simulator.flights.gnss import Fixes, fix
from pipeline.simulator.flights.spans import gaps
from pipeline.simulator.flights.wander import walk, white
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.path import CameraPath, States
from pipeline.simulator.scene.told import Told

_SPEED_SIGMA_MPS = 0.05


def tell(
    path: CameraPath,
    times_s: Float,
    faults: Faults,
    *,
    site: SiteFrame,
    start_utc_ns: int,
    take_off_hae_m: float,
    lens: Lens,
    seed: int,
) -> Told:
    """Telemetry at given times, in their order; the same at one time whenever it is asked.

    Args:
        path: The true flight.
        times_s: ``(N,)`` true times of sampling, seconds since the first frame.
        faults: What is wrong.
        site: Frame of the path.
        start_utc_ns: The first frame, by the camera's clock.
        take_off_hae_m: Ellipsoidal height of the take-off.
        lens: The true lens, at zoom 1.
        seed: Of everything random in the faults.
    """
    t = np.asarray(times_s, np.float64)
    true = path.at(t)
    said = fix(path, t, faults, seed)
    lonlat = site.to_lonlat(said.eye_m[:, :2])
    lonlat[~said.fixed] = 0.0
    angles = _angles(true, faults.attitude, seed)
    tilt = np.column_stack([true.platform_yaw_deg, true.platform_pitch_deg, true.platform_roll_deg])
    tilt = _with_errors(tilt, t, faults.attitude, seed)
    return Told(
        t_utc_ns=start_utc_ns + np.round(_clock(t, faults, seed) * 1e9).astype(np.int64),
        true_s=t,
        lon_deg=lonlat[:, 0],
        lat_deg=lonlat[:, 1],
        alt_m=_altitude(said, faults),
        relative_alt_m=true.eye_m[:, 2] - take_off_hae_m + faults.position.barometer_sigma_m * _baro(seed, t),
        yaw_deg=_wrapped(angles[:, 0]),
        pitch_deg=angles[:, 1],
        roll_deg=angles[:, 2],
        platform_yaw_deg=_wrapped(tilt[:, 0]),
        platform_pitch_deg=tilt[:, 1],
        platform_roll_deg=tilt[:, 2],
        velocity_mps=_speeds(said, faults, seed, t),
        focal_px=stated_lens(lens, faults, seed).focal_px * true.zoom,
        satellites=said.satellites,
        hdop=said.hdop,
        jamming=said.jamming,
        position_sigma_m=_claimed(said, faults),
        present=_present(t, path.duration_s, faults, seed),
        linked=faults.linked(t, path.duration_s),
    )


def stated_lens(lens: Lens, faults: Faults, seed: int) -> Lens:
    """The lens as the maker's tags state it."""
    drawn = float(np.random.default_rng([seed, 44]).standard_normal())
    return lens.zoomed(faults.tags.focal_factor * (1.0 + faults.tags.focal_sigma * drawn))


def sample_times(duration_s: float, faults: Faults, seed: int) -> Float:
    """``(N,)`` times of a stream's samples in the order in which they are given out.

    A little before the first frame to a little after the last; with the stream's duplicates and disorder. Lost
    samples are among them (`Told.present` says so). Empty where telemetry comes one a frame.
    """
    stream = faults.stream
    if stream.rate_hz is None:
        return np.zeros(0)
    count = int(np.floor((duration_s + 2.0) * stream.rate_hz)) + 1
    t = (np.arange(count) - np.floor(stream.rate_hz)) / stream.rate_hz
    random = np.random.default_rng([seed, 45])
    late = np.flatnonzero(random.random(count - 1) < stream.disorder_share)
    order = np.arange(count, dtype=np.float64)
    order[late] += 1.5
    t = t[np.argsort(order, kind="stable")]
    return np.repeat(t, 1 + (random.random(count) < stream.duplicate_share))


def _angles(true: States, faults: AttitudeFaults, seed: int) -> Float:
    camera = np.column_stack([true.yaw_deg, true.pitch_deg, true.roll_deg]) - faults.boresight_deg
    out = _with_errors(camera, true.t_s, faults, seed)
    if faults.round_deg > 0:
        out = np.round(out / faults.round_deg) * faults.round_deg
    return out


def _with_errors(angles: Float, t_s: Float, faults: AttitudeFaults, seed: int) -> Float:
    drawn = np.random.default_rng([seed, 46]).standard_normal(3) * faults.bias_sigma_deg
    out = angles + faults.bias_deg + drawn
    for axis in range(3):
        if faults.drift_deg[axis] > 0:
            out[:, axis] += faults.drift_deg[axis] / np.sqrt(60.0) * walk(seed, 53 + axis, t_s)
        if faults.noise_deg[axis] > 0:
            out[:, axis] += faults.noise_deg[axis] * white(seed, 53 + axis, t_s)
    return np.asarray(out, np.float64)


def _clock(t_s: Float, faults: Faults, seed: int) -> Float:
    """``(N,)`` seconds since the start by the telemetry's clock."""
    clock = faults.clock
    out = t_s * (1.0 + clock.drift_ppm * 1e-6) + clock.offset_s
    for at, jump in clock.steps:
        out = out + np.where(t_s >= at, jump, 0.0)
    if clock.jitter_s > 0:
        out = out + clock.jitter_s * white(seed, 61, t_s)
    return np.asarray(out, np.float64)


def _altitude(said: Fixes, faults: Faults) -> Float:
    datum = faults.datum
    height = said.eye_m[:, 2] - (datum.geoid_m or 0.0) * (datum.real == "egm96")
    return np.where(said.fixed, height, 0.0)


def _baro(seed: int, t_s: Float) -> Float:
    return white(seed, 62, t_s)


def _speeds(said: Fixes, faults: Faults, seed: int, t_s: Float) -> Float:
    """``(N, 3)``; a receiver with noise in its places has some in its speeds."""
    noisy = _SPEED_SIGMA_MPS if faults.position.noise_m > 0 else 0.0
    quick = np.column_stack([white(seed, 63 + axis, t_s) for axis in range(3)])
    return np.where(said.fixed[:, None], said.velocity_mps + noisy * quick, 0.0)


def _claimed(said: Fixes, faults: Faults) -> Float:
    claim = faults.position.stated_sigma_m
    return np.full(len(said.hdop), np.nan) if claim is None else claim * said.hdop / 0.85


def _present(t_s: Float, duration_s: float, faults: Faults, seed: int) -> Bool:
    out = faults.linked(t_s, duration_s)
    for begin, end in gaps(seed, faults.stream.dropout_share, faults.stream.dropout_mean_s, duration_s):
        out &= ~((t_s >= begin) & (t_s < end))
    return out


def _wrapped(angle_deg: Float) -> Float:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0, np.float64)
