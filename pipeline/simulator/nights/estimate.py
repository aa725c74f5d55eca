"""How large a sortie will be and how long it takes, before it is rendered."""

from dataclasses import dataclass

from pipeline.simulator.nights.night import Sortie
from pipeline.simulator.writers import FORMATS

_STILL_BYTES_PER_PX = 0.42
"""Of a JPEG of quality 92; fourteen steps less halve it."""
_VIDEO_BYTES_PER_PX = 0.06
_RAW_BYTES_PER_PX = 2.6
_TRUTH_BYTES_PER_PX = {"masks": 0.04, "depths": 0.9, "shadows": 0.05}
_SECONDS_A_FRAME = 0.4
_SECONDS_PER_PX = 3.5e-6
"""Measured on one core, flying on: most frames see some ground that was not seen before."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Good to a factor of two."""

    size_bytes: int
    seconds: float


def estimate(sortie: Sortie, frames: int) -> Estimate:
    """Of some frames of a sortie, with one process."""
    template = sortie.template
    wide, high = template.lens.size
    raw = template.format in ("tiff_csv", "thermal_stills")
    coded = _STILL_BYTES_PER_PX * 2 ** ((template.written.jpeg_quality - 92) / 14)
    still = _RAW_BYTES_PER_PX if raw else coded
    per_px = still if FORMATS[template.format].frames == "stills" else _VIDEO_BYTES_PER_PX
    per_px += sum(_TRUTH_BYTES_PER_PX[name] for name in template.truth)
    size = round(frames * wide * high * per_px)
    return Estimate(size, frames * template.samples * (_SECONDS_A_FRAME + wide * high * _SECONDS_PER_PX))
