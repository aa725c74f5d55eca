"""How a picture's power falls with spatial frequency."""

from dataclasses import dataclass

import cv2
import numpy as np

from tests.bench.realism.samples import Image

BAND = (0.02, 0.25)  # cycles a pixel between which the slope is fitted: below the lens's and the JPEG's own falls
FINE = (0.35, 0.48)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Of one picture.

    Attributes:
        slope: a in power ~ 1/f^a.
        level: Square root of the power density at 0.1 cycles a pixel, grey levels.
        fine: Square root of the power density near the finest detail, grey levels.
    """

    slope: float
    level: float
    fine: float


def measure(image: Image) -> Spectrum:
    """Radial mean over the whole picture under a Hann window."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    height, width = grey.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2 / (window**2).sum()
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    edges = np.geomspace(0.01, 0.5, 40)
    bins = np.digitize(f.ravel(), edges)
    count = np.bincount(bins, minlength=len(edges) + 1)[1:-1]
    mean = np.bincount(bins, power.ravel(), minlength=len(edges) + 1)[1:-1] / np.maximum(count, 1)
    middle = np.sqrt(edges[:-1] * edges[1:])
    fit = (middle > BAND[0]) & (middle < BAND[1]) & (count > 0)
    slope, offset = np.polyfit(np.log(middle[fit]), np.log(mean[fit] + 1e-9), 1)
    fine = (f > FINE[0]) & (f < FINE[1])
    return Spectrum(
        -float(slope), float(np.exp((offset + slope * np.log(0.1)) / 2)), float(np.sqrt(power[fine].mean()))
    )
