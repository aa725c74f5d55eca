"""The sensors that usually lie behind a lens, and how their makers treat pictures."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pipeline.simulator.sensor.settings import SensorSettings, ThermalSettings

_SURVEY = SensorSettings(
    f_number=5.6,
    readout_s=0.0,
    steady_s=1 / 800,
    vignetting=0.25,
    blur_px=0.55,
    full_well_e=45_000.0,
    read_noise_e=3.0,
    denoising=0.2,
    colour_denoising=0.6,
    sharpening=0.7,
    sharpening_px=0.8,
    contrast=0.35,
    saturation=1.05,
)
_ZOOM = SensorSettings(
    f_number=4.0, readout_s=0.016, blur_px=0.75, full_well_e=11_000.0, denoising=0.7, sharpening=1.5, sharpening_px=1.2
)
_TURRET = SensorSettings(
    f_number=5.6,
    readout_s=0.0,
    steady_s=1 / 250,
    blur_px=0.85,
    colour_fringe_px=0.2,
    full_well_e=18_000.0,
    read_noise_e=8.0,
    denoising=0.4,
    sharpening=1.4,
    sharpening_px=1.3,
    contrast=0.3,
    saturation=0.85,
)
_ACTION = SensorSettings(
    readout_s=0.024,
    vignetting=0.3,
    blur_px=0.8,
    colour_fringe_px=0.9,
    denoising=0.75,
    sharpening=1.9,
    sharpening_px=1.3,
    contrast=0.6,
    saturation=1.3,
)
_UNCOOLED = SensorSettings(readout_s=0.008, thermal=ThermalSettings())

SENSORS: Mapping[str, SensorSettings] = MappingProxyType(
    {
        "consumer_wide": SensorSettings(readout_s=0.022),
        "consumer_medium": SensorSettings(f_number=2.8, readout_s=0.018, full_well_e=10_000.0),
        "survey_35mm": _SURVEY,
        "zoom": _ZOOM,
        "turret": _TURRET,
        "turret_narrow": _TURRET,
        "fisheye": _ACTION,
        "thermal_wide": _UNCOOLED,
        "thermal_narrow": _UNCOOLED,
    }
)
"""By the lens that they lie behind."""


def sensor_behind(lens_name: str, readout_s: float | None = None) -> SensorSettings:
    """The usual sensor behind a lens of the catalogue, or the small drone's where there is none of its own.

    Args:
        lens_name: Of the catalogue.
        readout_s: Other than its own.
    """
    usual = SENSORS.get(lens_name, SensorSettings())
    return usual if readout_s is None else replace(usual, readout_s=readout_s)
