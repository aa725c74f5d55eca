"""Temperatures out of counts of thermal sensors, where the file holds the constants for it."""

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float

ZERO_C_K = 273.15
_FLOATS = {
    "emissivity": 0x20,
    "distance_m": 0x24,
    "reflected_k": 0x28,
    "air_k": 0x2C,
    "humidity": 0x3C,
    "r1": 0x58,
    "b": 0x5C,
    "f": 0x60,
    "alpha1": 0x70,
    "alpha2": 0x74,
    "beta1": 0x78,
    "beta2": 0x7C,
    "x": 0x80,
    "r2": 0x30C,
}
_OFFSET_AT = 0x308


@dataclass(frozen=True, slots=True)
class PlanckConstants:
    """What a camera of FLIR Systems states about itself and the scene.

    Attributes:
        r1, r2, b, f, o: Of its response: counts of a black body at T kelvin are ``r1 / (r2 (exp(b / T) - f)) - o``.
        emissivity: Of what it saw.
        distance_m: To it. Whoever flew rarely set it: one metre is the maker's default.
        reflected_k, air_k: Temperatures of the surroundings and of the air.
        humidity: Relative, 0 … 1.
        alpha1, alpha2, beta1, beta2, x: Of the air's transmission.
    """

    r1: float
    r2: float
    b: float
    f: float
    o: float
    emissivity: float
    distance_m: float
    reflected_k: float
    air_k: float
    humidity: float
    alpha1: float
    alpha2: float
    beta1: float
    beta2: float
    x: float

    def counts_of(self, temperature_k: float) -> float:
        """Counts of a black body; infinite or NaN where the constants allow none."""
        with np.errstate(all="ignore"):
            return float(self.r1 / (self.r2 * (np.exp(self.b / np.float64(temperature_k)) - self.f)) - self.o)

    def transmission(self, distance_m: float) -> float:
        """Share of radiation that the air lets through; infinite or NaN where the constants are damaged.

        Source: the makers' manuals: water vapour from humidity and temperature, two bands weighted by `x`.
        """
        t = self.air_k - ZERO_C_K
        vapour = self.humidity * math.exp(1.5587 + 0.06939 * t - 0.00027816 * t**2 + 6.8455e-7 * t**3)
        root, depth = math.sqrt(max(vapour, 0.0)), math.sqrt(max(distance_m, 0.0))
        with np.errstate(all="ignore"):
            first = np.exp(-depth * (self.alpha1 + self.beta1 * root))
            second = np.exp(-depth * (self.alpha2 + self.beta2 * root))
            return float(self.x * first + (1 - self.x) * second)


def planck_constants(camera: bytes) -> PlanckConstants | None:
    """Constants out of a camera's record; None where it has none that can be.

    Source: offsets as ExifTool documents them (FLIR tags, "CameraInfo").
    """
    if len(camera) < 0x310:
        return None
    order = "<" if camera[0] == 2 else ">"
    values = {name: float(struct.unpack_from(order + "f", camera, at)[0]) for name, at in _FLOATS.items()}
    values["o"] = float(struct.unpack_from(order + "i", camera, _OFFSET_AT)[0])
    if not all(math.isfinite(value) for value in values.values()):
        return None
    sane = values["r1"] > 0 and values["r2"] > 0 and values["b"] > 0 and 0 < values["emissivity"] <= 1
    sane &= 150 < values["reflected_k"] < 500 and 150 < values["air_k"] < 500 and 0 <= values["humidity"] <= 1.5
    return PlanckConstants(**values) if sane else None


def temperature_k(counts: NDArray[np.uint16], planck: PlanckConstants, distance_m: float | None = None) -> Float:
    """Temperatures of surfaces.

    Args:
        counts: Of any shape.
        planck: Of the camera.
        distance_m: To the surface, where it is better known than the camera knew it.

    Returns:
        Kelvin, of the same shape; NaN where less radiation arrived than air and surroundings alone would send.

    Source: the measurement formula of FLIR Systems' manuals: what arrives is emitted, reflected and sent by the air,
    ``W = ετ W_object + (1 - ε)τ W_reflected + (1 - τ) W_air``; Planck's law turned round.
    """
    passed = planck.transmission(planck.distance_m if distance_m is None else distance_m)
    reflected = (1 - planck.emissivity) * passed * planck.counts_of(planck.reflected_k)
    air = (1 - passed) * planck.counts_of(planck.air_k)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        from_object = (counts.astype(np.float64) - reflected - air) / np.float64(planck.emissivity * passed)
        kelvin = planck.b / np.log(planck.r1 / (planck.r2 * (from_object + planck.o)) + planck.f)
    return np.where(np.isfinite(kelvin) & (kelvin > 0), kelvin, np.nan)
