"""Telemetry of real classes of aircraft, with nothing broken."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline.simulator.flights.faults import (
    AttitudeFaults,
    Faults,
    PositionFaults,
    StreamFaults,
    TagFaults,
)


def perfect() -> Faults:
    """Everything as it is."""
    return Faults()


def consumer() -> Faults:
    """A consumer drone: 1.5 m, 1° of yaw, 0.3° of tilt, rounded to 0.1°; nominal focal length.

    Source: hovering accuracy of ±1.5 m in its makers' data sheets; most of it stays through a flight.
    """
    return Faults(
        PositionFaults(
            bias_sigma_m=1.3,
            drift_m=0.3,
            noise_m=0.12,
            height_bias_sigma_m=0.6,
            height_drift_m=0.2,
            height_noise_m=0.1,
            barometer_sigma_m=0.1,
        ),
        AttitudeFaults(
            bias_sigma_deg=(0.85, 0.25, 0.2), drift_deg=(0.15, 0.03, 0.03), noise_deg=(0.3, 0.12, 0.1), round_deg=0.1
        ),
        tags=TagFaults(focal_sigma=0.002),
    )


def consumer_video() -> Faults:
    """A consumer drone's subtitles: as `consumer`, positions renewed 7 times a second under 50 cues."""
    plain = consumer()
    position = plain.position
    held = PositionFaults(
        bias_sigma_m=position.bias_sigma_m,
        drift_m=position.drift_m,
        noise_m=position.noise_m,
        height_bias_sigma_m=position.height_bias_sigma_m,
        height_drift_m=position.height_drift_m,
        height_noise_m=position.height_noise_m,
        barometer_sigma_m=position.barometer_sigma_m,
        hold_hz=7.0,
    )
    return Faults(held, plain.attitude, stream=StreamFaults(rate_hz=50.0), tags=plain.tags)


def rtk() -> Faults:
    """A survey drone with corrections: 0.03 m, 0.5° of yaw, 0.1° of tilt, calibrated lens."""
    return Faults(
        PositionFaults(
            bias_sigma_m=0.02, noise_m=0.015, height_bias_sigma_m=0.03, height_noise_m=0.02, stated_sigma_m=0.03
        ),
        AttitudeFaults(bias_sigma_deg=(0.4, 0.08, 0.08), noise_deg=(0.25, 0.06, 0.06)),
        tags=TagFaults(focal_sigma=0.0003),
    )


def military() -> Faults:
    """A stabilised turret far off: 0.3° of azimuth, 0.1° of tilt, 3 m of place, a small boresight error."""
    return Faults(
        PositionFaults(bias_sigma_m=2.5, drift_m=0.3, noise_m=0.3, height_bias_sigma_m=3.0, height_noise_m=0.4),
        AttitudeFaults(
            bias_sigma_deg=(0.27, 0.08, 0.05),
            noise_deg=(0.1, 0.03, 0.03),
            drift_deg=(0.05, 0.01, 0.01),
            boresight_deg=(0.05, -0.03, 0.0),
        ),
        stream=StreamFaults(rate_hz=30.0),
        tags=TagFaults(focal_sigma=0.004),
    )


PRESETS: Mapping[str, Callable[[], Faults]] = MappingProxyType(
    {
        "perfect": perfect,
        "consumer": consumer,
        "consumer_video": consumer_video,
        "rtk": rtk,
        "military": military,
    }
)
"""By the names that descriptions call them."""
