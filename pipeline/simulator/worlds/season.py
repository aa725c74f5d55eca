"""What the year does to colours. All are linear reflectances, red green blue."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.noise import Float32
from pipeline.simulator.things.tree import Foliage

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a season.

    Attributes:
        grass, dry_grass, weeds: Of pasture and steppe, green to straw.
        crop: Of standing plants; `crop_cover` how much soil they hide, `crop_rise_m` how high they are.
        foliage: Season of trees, as the tree models name it.
        fields: Shares of ploughed, stubble, crop, pasture and fallow.
        green: How much of the grass is green rather than dry.
        snow: Share of the ground under snow.
    """

    grass: Rgb
    dry_grass: Rgb
    weeds: Rgb
    crop: Rgb
    crop_cover: float
    crop_rise_m: float
    foliage: Foliage
    fields: tuple[float, float, float, float, float]
    green: float
    snow: float


PALETTES: dict[str, Palette] = {
    "spring": Palette(
        (0.082, 0.122, 0.047), (0.20, 0.185, 0.10), (0.060, 0.105, 0.040), (0.064, 0.122, 0.038),
        0.62, 0.18, "spring", (0.26, 0.04, 0.36, 0.24, 0.10), 0.85, 0.0,
    ),
    "summer": Palette(
        (0.105, 0.125, 0.050), (0.29, 0.235, 0.125), (0.075, 0.095, 0.040), (0.24, 0.19, 0.075),
        0.85, 0.55, "summer", (0.14, 0.28, 0.26, 0.18, 0.14), 0.38, 0.0,
    ),
    "autumn": Palette(
        (0.115, 0.115, 0.050), (0.235, 0.185, 0.105), (0.095, 0.085, 0.045), (0.090, 0.115, 0.042),
        0.35, 0.06, "autumn", (0.40, 0.20, 0.12, 0.16, 0.12), 0.45, 0.0,
    ),
    "snow": Palette(
        (0.13, 0.12, 0.075), (0.24, 0.20, 0.135), (0.11, 0.095, 0.065), (0.085, 0.105, 0.05),
        0.30, 0.04, "snow", (0.38, 0.22, 0.14, 0.14, 0.12), 0.25, 0.82,
    ),
}  # fmt: skip

SOIL: Rgb = (0.150, 0.120, 0.086)
DRY_SOIL: Rgb = (0.238, 0.201, 0.148)
ROCK: Rgb = (0.255, 0.238, 0.215)
GRAVEL: Rgb = (0.295, 0.260, 0.214)
SAND: Rgb = (0.355, 0.310, 0.235)
LITTER: Rgb = (0.115, 0.085, 0.055)
RUT_EARTH: Rgb = (0.195, 0.150, 0.105)
MUD: Rgb = (0.135, 0.112, 0.085)
SNOW: Rgb = (0.80, 0.82, 0.86)


def rgb(colour: Rgb) -> Float32:
    """``(3,)``."""
    return np.array(colour, np.float32)


def mix(first: Float32, second: Float32, share: Float32) -> Float32:
    """Colours ``(H, W, 3)`` or ``(3,)`` by a share ``(H, W)`` of the second."""
    s = np.clip(share, 0, 1)[..., None]
    return np.asarray(first * (1 - s) + second * s, np.float32)
