"""Where the drone flies, and what its telemetry says about it."""

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Bool, Float, Int


@dataclass(frozen=True, slots=True)
class FlightPlan:
    """Parallel strips over a place.

    Attributes:
        azimuth_rad: Direction of the first strip, counter-clockwise from east.
        speed_mps: Along the strips.
        interval_s: Between frames.
        strips: How many.
        strip_spacing_m: Between them.
        height_m: Above the take-off point.
        pitch_deg: Of the camera; -90 looks straight down.
        turn_s: Time between strips, in which no frame is taken.
    """

    azimuth_rad: float = 0.0
    speed_mps: float = 12.0
    interval_s: float = 1.0
    strips: int = 2
    strip_spacing_m: float = 42.0
    height_m: float = 70.0
    pitch_deg: float = -90.0
    turn_s: float = 9.0

    def __post_init__(self) -> None:
        if not (self.speed_mps > 0 and self.interval_s > 0 and self.strips > 0 and self.height_m > 3):
            raise ConfigError("a simulated flight needs a speed, an interval, a strip and more than 3 m of height")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the telemetry. Sigmas are standard deviations.

    Attributes:
        position_sigma_m: Horizontal, per axis; most of it a bias of the whole flight.
        height_sigma_m: Noise of the height.
        height_bias_m: The absolute height minus the true ellipsoidal height.
        yaw_sigma_deg, tilt_sigma_deg: Of the gimbal angles; half of it a bias.
        boresight_deg: Yaw, pitch, roll of the camera against the gimbal: a bias of the whole flight.
        clock_offset_s: Telemetry clock minus camera clock.
        dropout_share: Share of telemetry that is missing, in gaps.
        focal_error: Relative error of the focal length in the tags.
    """

    position_sigma_m: float = 1.5
    height_sigma_m: float = 0.3
    height_bias_m: float = 0.6
    yaw_sigma_deg: float = 1.0
    tilt_sigma_deg: float = 0.3
    boresight_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    clock_offset_s: float = 0.0
    dropout_share: float = 0.0
    focal_error: float = 0.002

    @classmethod
    def none(cls) -> "Faults":
        """Perfect telemetry."""
        return cls(0.0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Flown:
    """Samples of the true flight, or of what telemetry says.

    Attributes:
        t_s: ``(N,)`` since the first frame.
        eye_m: ``(N, 3)`` site metres, ellipsoidal height.
        yaw_deg, pitch_deg, roll_deg: ``(N,)`` of the camera, yaw from true north.
        present: ``(N,)`` False where the sample was lost.
    """

    t_s: Float
    eye_m: Float
    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    present: Bool


def frame_times(plan: FlightPlan, frames: int) -> tuple[Float, Int]:
    """``(N,)`` seconds and strip of each frame."""
    per_strip = max(1, int(np.ceil(frames / plan.strips)))
    strip = np.arange(frames) // per_strip
    return np.arange(frames) * plan.interval_s + strip * plan.turn_s, strip.astype(np.int64)


def fly(plan: FlightPlan, frames: int, centre_m: Float, convergence_rad: float, random: np.random.Generator) -> Flown:
    """The true flight: strips to and fro about a place, with the wind's small swings.

    Args:
        plan: The strips.
        frames: How many frames in all.
        centre_m: ``(3,)`` middle of the flown area; z is the take-off's ellipsoidal height.
        convergence_rad: Bearing of grid north from true north.
        random: Source of the swings.
    """
    t, strip = frame_times(plan, frames)
    per_strip = max(1, int(np.ceil(frames / plan.strips)))
    order = np.arange(frames) % per_strip
    forth = np.where(strip % 2 == 0, 1.0, -1.0)
    along = (order - (per_strip - 1) / 2) * plan.speed_mps * plan.interval_s * forth
    aside = (strip - (plan.strips - 1) / 2) * plan.strip_spacing_m
    c, s = np.cos(plan.azimuth_rad), np.sin(plan.azimuth_rad)
    swing = random.normal(0, 1, (5, 3)) * 0.25
    wave = np.stack([np.sin(t[:, None] * rate + phase) for rate, phase in ((0.9, 0.0), (0.37, 1.3), (1.7, 2.0))], 1)
    drift = (wave[..., 0] @ np.eye(3)) @ np.diag([1.0, 1.0, 0.6]) * swing[:3].mean(0) * 1.6
    eye = np.column_stack([along * c - aside * s, along * s + aside * c, np.full(frames, plan.height_m)])
    eye = eye + centre_m + drift
    back = np.where(forth > 0, 0.0, np.pi)
    heading = np.degrees(np.pi / 2 - plan.azimuth_rad + convergence_rad - back)
    wobble = random.normal(0, 1, (frames, 3)) * [0.5, 0.25, 0.2]
    pitch = np.minimum(plan.pitch_deg + wobble[:, 1], -30.0) if plan.pitch_deg > -89 else -90 + np.abs(wobble[:, 1])
    yaw = (heading + wobble[:, 0] + 180) % 360 - 180
    return Flown(t, eye, yaw, pitch, wobble[:, 2], np.ones(frames, np.bool_))


def report(true: Flown, faults: Faults, random: np.random.Generator) -> Flown:
    """What telemetry says: the truth with its faults."""
    count = len(true.t_s)
    bias = random.normal(0, 0.9, 2) * faults.position_sigma_m
    wander = np.cumsum(random.normal(0, 0.12, (count, 2)), axis=0) * faults.position_sigma_m
    eye = true.eye_m.copy()
    eye[:, :2] += bias + wander - wander.mean(axis=0)
    eye[:, 2] += faults.height_bias_m + random.normal(0, 1, count) * faults.height_sigma_m
    lean = random.normal(0, 0.75, 3) + random.normal(0, 0.66, (count, 3))
    sigma = np.array([faults.yaw_sigma_deg, faults.tilt_sigma_deg, faults.tilt_sigma_deg])
    angles = np.column_stack([true.yaw_deg, true.pitch_deg, true.roll_deg]) + lean * sigma - faults.boresight_deg
    present = np.ones(count, np.bool_)
    wanted, tries = round(faults.dropout_share * count), 0
    while (~present).sum() < wanted and tries < 1000:
        start = int(random.integers(0, count))
        present[start : start + max(1, min(count // 20, wanted))] = False
        tries += 1
    yaw = (angles[:, 0] + 180) % 360 - 180
    return Flown(true.t_s + faults.clock_offset_s, eye, yaw, angles[:, 1], angles[:, 2], present)
