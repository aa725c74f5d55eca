"""What may be wrong with a flight's telemetry and tags. Everything is off by default."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Bool, Float
from pipeline.simulator.flights.spans import Span, any_holds

Datum = Literal["ellipsoidal", "egm96"]
_MOST_M, _MOST_S, _MOST_PPM, _MOST_DEG, _MOST_RATE_MPS = 100_000.0, 1e9, 100_000.0, 360.0, 1000.0
"""Receivers that are farther off state no fix at all; 1e9 s are the 31 years of a clock that was reset."""


@dataclass(frozen=True, slots=True)
class PositionFaults:
    """Of the stated place. Sigmas are standard deviations, per axis.

    Attributes:
        bias_m: East, north.
        bias_sigma_m: Of a bias drawn by the seed, on top.
        drift_m: Random walk: its sigma after a minute; it grows with the root of time.
        noise_m: Independent from sample to sample.
        height_bias_m, height_bias_sigma_m, height_drift_m, height_noise_m: Of the absolute height.
        barometer_sigma_m: Noise of the height above take-off.
        stated_sigma_m: What the receiver claims; None: nothing.
        hold_hz: Positions are renewed only so often, and repeated in between; None: always.
    """

    bias_m: tuple[float, float] = (0.0, 0.0)
    bias_sigma_m: float = 0.0
    drift_m: float = 0.0
    noise_m: float = 0.0
    height_bias_m: float = 0.0
    height_bias_sigma_m: float = 0.0
    height_drift_m: float = 0.0
    height_noise_m: float = 0.0
    barometer_sigma_m: float = 0.0
    stated_sigma_m: float | None = None
    hold_hz: float | None = None

    def __post_init__(self) -> None:
        spreads = (self.bias_sigma_m, self.drift_m, self.noise_m, self.height_bias_sigma_m, self.height_drift_m)
        if min(*spreads, self.height_noise_m, self.barometer_sigma_m) < 0:
            raise ConfigError("position faults: sigmas and drifts are spreads; set them to 0 or more")
        stated = 0.0 if self.stated_sigma_m is None else self.stated_sigma_m
        if stated < 0:
            raise ConfigError("position faults: stated_sigma_m must be 0 or more, or left out where nothing is stated")
        _check_size("position", _MOST_M, (*spreads, *self.bias_m, self.height_bias_m, self.height_noise_m, stated))
        if self.hold_hz is not None and self.hold_hz <= 0:
            raise ConfigError("position faults: hold_hz must be above 0, or left out for positions that are always new")


@dataclass(frozen=True, slots=True)
class AttitudeFaults:
    """Of the stated angles: yaw, pitch, roll of the camera, degrees.

    Attributes:
        bias_deg: Stated less true.
        bias_sigma_deg: Of biases drawn by the seed, on top.
        drift_deg: Random walk: sigma after a minute.
        noise_deg: Independent from sample to sample.
        boresight_deg: The camera's angles less those of the gimbal that are stated: a bias of the mounting.
        round_deg: Angles are stated in steps of this; 0: in full.
    """

    bias_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bias_sigma_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    drift_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    noise_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    boresight_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    round_deg: float = 0.0

    def __post_init__(self) -> None:
        if min(*self.bias_sigma_deg, *self.drift_deg, *self.noise_deg, self.round_deg) < 0:
            raise ConfigError("attitude faults: sigmas, drifts and round_deg must be 0 or more")
        angles = (*self.bias_deg, *self.bias_sigma_deg, *self.drift_deg, *self.noise_deg, *self.boresight_deg)
        _check_size("attitude", _MOST_DEG, (*angles, self.round_deg))


@dataclass(frozen=True, slots=True)
class ClockFaults:
    """Of the telemetry's clock against the camera's.

    Attributes:
        offset_s: Stated less true.
        drift_ppm: Microseconds gained in a second.
        steps: Time since the first frame, and by how much the clock jumps then; below 0 it steps back.
        jitter_s: Standard deviation of the stamps.
    """

    offset_s: float = 0.0
    drift_ppm: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    jitter_s: float = 0.0

    def __post_init__(self) -> None:
        if self.jitter_s < 0:
            raise ConfigError("clock faults: jitter_s is a spread; set it to 0 or more")
        _check_size("clock", _MOST_S, (self.offset_s, self.jitter_s, *(by for _, by in self.steps)))
        _check_size("clock", _MOST_PPM, (self.drift_ppm,))


@dataclass(frozen=True, slots=True)
class StreamFaults:
    """Of the stream of samples.

    Attributes:
        rate_hz: Samples a second; None: one a frame.
        dropout_share: Share of the time in which samples are missing.
        dropout_mean_s: Mean length of such a gap.
        duplicate_share: Share of samples that are given out twice.
        disorder_share: Share of samples that come after their successor: time steps back.
    """

    rate_hz: float | None = 10.0
    dropout_share: float = 0.0
    dropout_mean_s: float = 2.0
    duplicate_share: float = 0.0
    disorder_share: float = 0.0

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 0.05 <= self.rate_hz <= 400.0:
            raise ConfigError(f"stream faults: rate_hz {self.rate_hz} is not within 0.05 to 400")
        shares = (self.dropout_share, self.duplicate_share, self.disorder_share)
        if min(shares) < 0 or max(shares) >= 1 or self.dropout_mean_s <= 0:
            raise ConfigError("stream faults: shares lie from 0 to below 1, and dropout_mean_s above 0")


@dataclass(frozen=True, slots=True)
class Jamming:
    """Satellite navigation that is drowned by noise.

    Attributes:
        span: When.
        mode: ``loss``: no fix, (0, 0) is stated; ``frozen``: the last fix is repeated; ``noisy``: it wanders.
        noise_m: Sigma of the wandering.
    """

    span: Span = field(default_factory=Span)
    mode: Literal["loss", "frozen", "noisy"] = "loss"
    noise_m: float = 40.0

    def __post_init__(self) -> None:
        if self.noise_m < 0:
            raise ConfigError("jamming: noise_m is a spread; set it to 0 or more")
        _check_size("jamming", _MOST_M, (self.noise_m,))


@dataclass(frozen=True, slots=True)
class Spoofing:
    """Satellite navigation that is told lies: all its figures look fine.

    Attributes:
        span: When.
        mode: ``drag``: slowly pulled away at `rate_mps`; ``jump``: `offset_m` away at once; ``height``: only the
            height is wrong, by `offset_m`.
        azimuth_deg: Where to, clockwise from grid north.
        rate_mps: Of the drag.
        offset_m: Of the jump, or the height.
    """

    span: Span = field(default_factory=Span)
    mode: Literal["drag", "jump", "height"] = "drag"
    azimuth_deg: float = 60.0
    rate_mps: float = 1.5
    offset_m: float = 250.0

    def __post_init__(self) -> None:
        _check_size("spoofing", _MOST_M, (self.offset_m,))
        _check_size("spoofing", _MOST_RATE_MPS, (self.rate_mps,))


@dataclass(frozen=True, slots=True)
class HeightDatum:
    """What absolute heights are, and what they are said to be.

    Attributes:
        stated: What the tags say.
        real: What the numbers are.
        geoid_m: Height of the geoid above the ellipsoid here; needed where either is ``egm96``.
        exif_offset_m: The EXIF tag's height less that of the XMP tag and the stream: a contradiction.
    """

    stated: Datum = "ellipsoidal"
    real: Datum = "ellipsoidal"
    geoid_m: float | None = None
    exif_offset_m: float = 0.0

    def __post_init__(self) -> None:
        if "egm96" in (self.stated, self.real) and self.geoid_m is None:
            raise ConfigError("height datum: heights above the geoid need geoid_m, its height above the ellipsoid")
        _check_size("height datum", _MOST_M, (self.geoid_m or 0.0, self.exif_offset_m))


@dataclass(frozen=True, slots=True)
class TagFaults:
    """Of the tags about the lens.

    Attributes:
        focal_factor: Stated focal length by true one; 1.5 is a forgotten crop factor.
        focal_sigma: Relative error drawn by the seed, on top: what a maker's nominal figure is off by.
    """

    focal_factor: float = 1.0
    focal_sigma: float = 0.0

    def __post_init__(self) -> None:
        if not 0.05 <= self.focal_factor <= 20.0 or not 0 <= self.focal_sigma < 0.3:
            raise ConfigError("tag faults: focal_factor is from 0.05 to 20 and focal_sigma from 0 to below 0.3")


@dataclass(frozen=True, slots=True)
class Faults:
    """All faults of one flight.

    Attributes:
        position, attitude, clock, stream, datum, tags: By what they concern.
        jamming, spoofing: Of satellite navigation.
        no_fix: When (0, 0) is stated with no other sign of trouble than the number of satellites.
        lost_link: When nothing at all is recorded, frames neither.
        turned_frames: When the pixels of frames are turned by 180° and the tags are not.
    """

    position: PositionFaults = field(default_factory=PositionFaults)
    attitude: AttitudeFaults = field(default_factory=AttitudeFaults)
    clock: ClockFaults = field(default_factory=ClockFaults)
    stream: StreamFaults = field(default_factory=StreamFaults)
    datum: HeightDatum = field(default_factory=HeightDatum)
    tags: TagFaults = field(default_factory=TagFaults)
    jamming: tuple[Jamming, ...] = ()
    spoofing: tuple[Spoofing, ...] = ()
    no_fix: tuple[Span, ...] = ()
    lost_link: tuple[Span, ...] = ()
    turned_frames: tuple[Span, ...] = ()

    def turned(self, index: int, times_s: Float) -> bool:
        """Whether the pixels of a frame are turned; `times_s` are all the frames' times."""
        at = np.array([times_s[index]])
        return bool(any_holds(self.turned_frames, at, float(times_s[-1]))[0])

    def linked(self, t_s: Float, duration_s: float) -> Bool:
        """``(N,)`` whether there is a link at times: without one there is no frame."""
        return ~any_holds(self.lost_link, t_s, duration_s)


def _check_size(what: str, most: float, values: tuple[float, ...]) -> None:
    """Refuse errors larger than any device states."""
    worst = max(values, key=abs)
    if not abs(worst) <= most:
        raise ConfigError(f"{what} faults: {worst:g} is beyond ±{most:g}; is its unit right?")
