"""Automatic exposure and white balance: of one frame by itself, whatever came before."""

from dataclasses import dataclass

import numpy as np

from pipeline.errors import GeometryError
from pipeline.simulator.noise import smooth_noise
from pipeline.simulator.scene.shot import Float32
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.tones import level_of

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SUNNY_16 = 0.4 * 16.0**2
"""Level of sunlit white times N²/(t·ISO): 0.4 of full at f/16 and the ISO's reciprocal, since makers keep room for
lights. Small drones take sunlit woods at f/2.8 and ISO 100 in 1/300 to 1/500 s, meadows in about 1/1000 s."""
_CALM_ISO = 800  # before this is reached, the longest times are not used
_LEAST_LIGHT = 1e-7
_BRIGHT_LEVEL = 0.85
_DRIFT_FRAMES = 9.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a frame is taken with.

    Attributes:
        exposure_s: Exposure time of each row.
        iso: Sensitivity.
        level_per_light: Linear level, 1 at full scale, of light 1.
        white: Gains of red and blue against green.
    """

    exposure_s: float
    iso: int
    level_per_light: float
    white: tuple[float, float]


def meter(radiance: Float32, index: int, settings: SensorSettings, seed: int) -> Exposure:
    """Time, sensitivity and white balance for a frame.

    Args:
        radiance: ``(H, W, 3)`` light.
        index: Of the frame, by which the camera's small errors vary slowly.
        settings: The camera.
        seed: Of those errors.

    Source: log-average metering weighted to the middle, held back where a fiftieth of the picture would be clipped;
    the usual programme of small cameras: shortest time at the least ISO first, then ISO, then time.

    Raises:
        GeometryError: The light is not finite.
    """
    if not np.isfinite(radiance).all():
        raise GeometryError(
            f"frame {index}: light of {int((~np.isfinite(radiance)).any(axis=2).sum())} pixels is not a finite number; "
            "does a colour, a glow or a season of the world hold NaN?"
        )
    step = max(1, min(radiance.shape[:2]) // 64)
    small = np.maximum(radiance[step // 2 :: step, step // 2 :: step], _LEAST_LIGHT)
    luma = small @ LUMA
    weight = _middle(luma.shape)
    mean = float(np.exp((np.log(luma) * weight).sum() / weight.sum()))
    wanted = level_of(settings.brightness, settings.contrast) / mean
    bright = float(np.quantile(luma, 0.98)) * wanted
    if bright > _BRIGHT_LEVEL:
        wanted *= (_BRIGHT_LEVEL / bright) ** 0.6
    errors = _errors(index, seed)
    wanted *= 2.0 ** (settings.compensation_ev + settings.meter_error_ev * errors[0])
    scale = _SUNNY_16 / settings.f_number**2
    exposure_s, iso = _programme(wanted / scale, settings)
    return Exposure(exposure_s, iso, exposure_s * iso * scale, _white(small, settings, errors))


def _middle(shape: tuple[int, ...]) -> Float32:
    y, x = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])[None]
    return np.asarray(np.exp(-(x * x + y * y)), np.float32)


def _errors(index: int, seed: int) -> list[float]:
    at, still = np.array([float(index)]), np.zeros(1)
    return [float(smooth_noise(seed * 8 + 3 + k, at, still, _DRIFT_FRAMES)[0, 0]) for k in range(3)]


def _programme(time_by_iso: float, settings: SensorSettings) -> tuple[float, int]:
    """Exposure time and ISO whose product comes nearest to what is wanted."""
    if settings.exposure_s is not None:
        iso = settings.iso or int(np.clip(round(time_by_iso / settings.exposure_s), 100, settings.most_iso))
        return settings.exposure_s, iso
    if settings.iso is not None:
        return float(np.clip(time_by_iso / settings.iso, settings.shortest_s, settings.longest_s)), settings.iso
    calm = min(_CALM_ISO, settings.most_iso)
    iso = int(np.clip(round(time_by_iso / settings.steady_s), 100, calm))
    if time_by_iso / iso > settings.longest_s:
        iso = int(np.clip(round(time_by_iso / settings.longest_s), calm, settings.most_iso))
    return float(np.clip(time_by_iso / iso, settings.shortest_s, settings.longest_s)), iso


def _white(small: Float32, settings: SensorSettings, errors: list[float]) -> tuple[float, float]:
    if settings.white_balance is not None:
        return settings.white_balance
    red, green, blue = (float(value) for value in np.minimum(small, np.quantile(small, 0.95)).mean(axis=(0, 1)))
    gains = [(green / max(other, 1e-9)) ** settings.grey_world for other in (red, blue)]
    return (
        float(np.clip(gains[0], 0.6, 1.7) * (1 + settings.white_error * errors[1])),
        float(np.clip(gains[1], 0.6, 1.7) * (1 + settings.white_error * errors[2])),
    )
