"""Pictures in which nothing at all can be seen: black, or blown out. Stills are judged before; this is for video."""

import cv2
import numpy as np

from pipeline.records.arrays import Image
from pipeline.records.triage import Flaw
from pipeline.stages.picture_measures import darkest_and_brightest, measure
from pipeline.stages.triage import TriageSettings

_WIDTH_PX = 960
_LEAST_SIDE_PX = 64


def emptiness(image: Image, settings: TriageSettings) -> Flaw | None:
    """What makes a picture useless, by the limits that stills are held to; None: something can be seen.

    Args:
        image: ``(H, W, 3)`` uint8 RGB; anything else is not judged, nor is what is smaller than 64 pixels a side.
        settings: Levels and contrast.
    """
    if image.ndim != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < _LEAST_SIDE_PX:
        return None
    shrink = min(1.0, _WIDTH_PX / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    darkest, brightest = darkest_and_brightest(grey)
    black, white = brightest <= settings.black_level, darkest >= settings.white_level
    if not (black or white) or measure(grey).texture >= settings.nothing:
        return None
    return Flaw.BLACK if black else Flaw.BLOWN_OUT
