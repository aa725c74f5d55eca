"""What a satellite receiver says: its fix, how good it thinks it is, and what jammers and spoofers make of it."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Bool, Float, Int
from pipeline.simulator.flights.faults import Faults, Jamming, Spoofing
from pipeline.simulator.flights.wander import Wander, walk, white
from pipeline.simulator.scene.path import CameraPath

_SHOULDER_S = 4.0  # a jammer is felt before the fix goes
_SPOOFED_CLIMB_S = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Fixes:
    """Fixes at N times.

    Attributes:
        eye_m: ``(N, 3)`` stated site metres, ellipsoidal height.
        velocity_mps: ``(N, 3)``.
        fixed: ``(N,)`` False where there is none.
        satellites: ``(N,)`` int64.
        hdop: ``(N,)``.
        jamming: ``(N,)`` int64 0 to 255.
    """

    eye_m: Float
    velocity_mps: Float
    fixed: Bool
    satellites: Int
    hdop: Float
    jamming: Int


def fix(path: CameraPath, t_s: Float, faults: Faults, seed: int) -> Fixes:
    """What the receiver says at ``(N,)`` times."""
    position = faults.position
    sampled = t_s if position.hold_hz is None else np.floor(t_s * position.hold_hz + 1e-6) / position.hold_hz
    for jam in faults.jamming:
        if jam.mode == "frozen":
            begin = max(jam.span.seconds(path.duration_s)[0], -10.0)
            sampled = np.where(jam.span.holds(t_s, path.duration_s), begin, sampled)
    states = path.at(sampled)
    eye = states.eye_m + _errors(sampled, faults, seed)
    velocity = states.velocity_mps.copy()
    quality = Wander.make((seed, 41), (1.0, 1.0), (0.002, 0.08)).at(t_s)
    satellites, hdop = 15.0 + 2.0 * quality[:, 0], 0.85 + 0.1 * quality[:, 1]
    jamming = 12.0 + 4.0 * quality[:, 1] + 2.0 * white(seed, 60, t_s)
    fixed = np.ones(len(t_s), np.bool_)
    for number, spoof in enumerate(faults.spoofing):
        pull, speed = _pulled(spoof, t_s, path.duration_s)
        eye, velocity = eye + pull, velocity + speed
        hdop = np.where(spoof.span.holds(t_s, path.duration_s), 0.6 + 0.01 * number, hdop)
    for number, jam in enumerate(faults.jamming):
        held = jam.span.holds(t_s, path.duration_s)
        strength = _felt(jam, t_s, path.duration_s)
        eye[held] += _wandering(jam, t_s[held], seed + 101 * number)
        velocity[held] *= 0.0 if jam.mode == "frozen" else 1.0
        fixed &= ~(held & (jam.mode == "loss"))
        left = {"loss": 1.5, "frozen": 4.5, "noisy": 6.0}[jam.mode]
        satellites = np.where(held, left + quality[:, 0], satellites - 5.0 * strength)
        hdop = np.where(held, {"loss": 99.99, "frozen": 9.0, "noisy": 4.5}[jam.mode], hdop * (1 + strength))
        jamming = np.where(held, {"loss": 235.0, "frozen": 190.0, "noisy": 150.0}[jam.mode], jamming + 90 * strength)
    for span in faults.no_fix:
        held = span.holds(t_s, path.duration_s)
        fixed &= ~held
        satellites = np.where(held, 0.0, satellites)
        hdop = np.where(held, 99.99, hdop)
    return Fixes(
        eye,
        velocity,
        fixed,
        np.clip(np.round(satellites), 0, 32).astype(np.int64),
        np.asarray(np.round(np.maximum(hdop, 0.5), 2), np.float64),
        np.clip(np.round(jamming), 0, 255).astype(np.int64),
    )


def _errors(t_s: Float, faults: Faults, seed: int) -> Float:
    """``(N, 3)`` bias, drift and noise of the place."""
    position = faults.position
    drawn = np.random.default_rng([seed, 42]).standard_normal(3)
    bias = np.array([*position.bias_m, position.height_bias_m])
    bias = bias + drawn * [position.bias_sigma_m, position.bias_sigma_m, position.height_bias_sigma_m]
    drift = np.array([position.drift_m, position.drift_m, position.height_drift_m]) / np.sqrt(60.0)
    noise = np.array([position.noise_m, position.noise_m, position.height_noise_m])
    out = np.tile(bias, (len(t_s), 1))
    for axis in range(3):
        if drift[axis] > 0:
            out[:, axis] += drift[axis] * walk(seed, 50 + axis, t_s)
        if noise[axis] > 0:
            out[:, axis] += noise[axis] * white(seed, 50 + axis, t_s)
    return out


def _pulled(spoof: Spoofing, t_s: Float, duration_s: float) -> tuple[Float, Float]:
    """``(N, 3)`` by which a spoofer moves the fix, and the speed that it adds."""
    begin, _ = spoof.span.seconds(duration_s)
    held = spoof.span.holds(t_s, duration_s)[:, None]
    azimuth = np.radians(spoof.azimuth_deg)
    flat, up = np.array([np.sin(azimuth), np.cos(azimuth), 0.0]), np.array([0.0, 0.0, 1.0])
    since = (t_s - max(begin, -10.0))[:, None]
    none = np.zeros((len(t_s), 3))
    if spoof.mode == "drag":
        return held * since * spoof.rate_mps * flat, held * spoof.rate_mps * flat
    if spoof.mode == "jump":
        return held * spoof.offset_m * flat, none
    rising = np.clip(since / _SPOOFED_CLIMB_S, 0.0, 1.0)
    return held * spoof.offset_m * rising * up, none


def _felt(jam: Jamming, t_s: Float, duration_s: float) -> Float:
    """``(N,)`` strength of a jammer just before and after the fix goes, 0 to 1."""
    begin, end = jam.span.seconds(duration_s)
    away = np.maximum(np.maximum(begin - t_s, t_s - end), 0.0)
    return np.clip(1.0 - away / _SHOULDER_S, 0.0, 1.0)


def _wandering(jam: Jamming, t_s: Float, seed: int) -> Float:
    if jam.mode != "noisy":
        return np.zeros((len(t_s), 3))
    slow = Wander.make((seed, 43), (0.9, 0.9, 1.3), (0.02, 0.4)).at(t_s)
    quick = np.column_stack([white(seed, 70 + axis, t_s) for axis in range(3)])
    return jam.noise_m * (slow + 0.3 * quick)
