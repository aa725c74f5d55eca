"""How strong the edges of a picture are, and how unevenly they are spread."""

from dataclasses import dataclass

import cv2
import numpy as np

from tests.bench.realism.samples import Image

STRONG = 24.0  # grey levels a pixel: what a plain edge detector answers to


@dataclass(frozen=True, slots=True)
class Gradients:
    """Of one picture.

    Attributes:
        typical: Geometric mean of the gradient's length, grey levels a pixel.
        spread: Standard deviation of its natural logarithm.
        strong: Share of pixels above 24 levels a pixel.
        kurtosis: Of the horizontal derivative; 3 for white noise, more where edges stand in calm ground.
    """

    typical: float
    spread: float
    strong: float
    kurtosis: float


def measure(image: Image) -> Gradients:
    """Gradients of the grey picture by Scharr's kernel."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    x, y = (cv2.Scharr(grey, cv2.CV_32F, *way)[1:-1, 1:-1] / 32 for way in ((1, 0), (0, 1)))
    length = np.hypot(x, y)
    logs = np.log(length + 0.25)
    centred = x - x.mean()
    kurtosis = float((centred**4).mean() / max(float((centred**2).mean()) ** 2, 1e-9))
    return Gradients(float(np.exp(logs.mean())), float(logs.std()), float((length > STRONG).mean()), kurtosis)
