"""What the numbers of an elevation model stand for: their unit, scale, and values that stand for none."""

import re
from dataclasses import dataclass

import numpy as np
from pyproj import CRS
from rasterio.enums import MaskFlags, Resampling
from rasterio.io import DatasetReader
from rasterio.windows import Window

from pipeline.errors import InputError
from pipeline.records.arrays import Float

LOWEST_M, HIGHEST_M = -600.0, 9_500.0
"""No dry land lies beyond, above whichever zero: what does is a fill value."""

_METRES = {
    "m": 1.0,
    "metre": 1.0,
    "meter": 1.0,
    "dm": 0.1,
    "decimetre": 0.1,
    "decimeter": 0.1,
    "cm": 0.01,
    "centimetre": 0.01,
    "centimeter": 0.01,
    "mm": 0.001,
    "ft": 0.3048,
    "foot": 0.3048,
    "feet": 0.3048,
    "internationalfoot": 0.3048,
    "ussurveyfoot": 1200 / 3937,
    "usfoot": 1200 / 3937,
    "footus": 1200 / 3937,
    "usft": 1200 / 3937,
    "ftus": 1200 / 3937,
    "surveyfoot": 1200 / 3937,
}
_CUSTOMARY = (-999.0, -9999.0)
"""Fill values whatever the unit: in feet the first would be ground by the Dead Sea."""
_SAMPLED_PX = 4000


@dataclass(frozen=True, slots=True)
class HeightBand:
    """How the numbers of a raster become metres.

    Attributes:
        scale, offset_m: Metres are the number times one plus the other.
        fill: A number that stands for no height though the file does not say so; None: it says so, or there is none.
    """

    scale: float
    offset_m: float
    fill: float | None

    def metres(self, numbers: Float) -> Float:
        """Heights; NaN for what can be none."""
        heights = numbers * self.scale + self.offset_m
        heights[~((heights > LOWEST_M) & (heights < HIGHEST_M))] = np.nan
        return np.asarray(heights, np.float64)


def height_band(source: DatasetReader, window: Window) -> HeightBand:
    """How the numbers of a raster become metres.

    Args:
        source: Raster of one band.
        window: The part that will be read; undeclared fill values are looked for in it.

    Raises:
        InputError: The unit of the heights is none that is known.
    """
    metres = _metres_per_unit(source)
    plain = HeightBand(float(source.scales[0]) * metres, float(source.offsets[0]) * metres, None)
    if MaskFlags.all_valid not in source.mask_flag_enums[0]:
        return plain
    return HeightBand(plain.scale, plain.offset_m, _undeclared_fill(source, window, plain))


def _metres_per_unit(source: DatasetReader) -> float:
    """By the band's own unit, else by the vertical axis of the coordinate system, else metres."""
    stated = re.sub(r"[^a-z]", "", (source.units[0] or "").lower())
    if stated:
        known = _METRES.get(stated) or _METRES.get(stated.removesuffix("s"))
        if known is None:
            raise InputError(
                f"elevation model {source.name} states its heights in {source.units[0]!r}, which is no known unit of "
                "length; correct it with gdal_edit -units"
            )
        return known
    axes = CRS.from_user_input(source.crs).axis_info
    return float(axes[2].unit_conversion_factor) if len(axes) == 3 else 1.0


def _undeclared_fill(source: DatasetReader, window: Window, band: HeightBand) -> float | None:
    """The commonest number that is no height: -9999, -32768, … in files that do not declare theirs.

    Only the warp that knows it keeps it out of the heights beside it.
    """
    shape = tuple(max(1, min(_SAMPLED_PX, int(np.ceil(size)))) for size in (window.height, window.width))
    numbers = source.read(1, window=window, out_shape=shape, resampling=Resampling.nearest, boundless=False)
    numbers = numbers[np.isfinite(numbers)]
    odd = numbers[np.isnan(band.metres(numbers.astype(np.float64))) | np.isin(numbers, _CUSTOMARY)]
    if not len(odd):
        return None
    values, counts = np.unique(odd, return_counts=True)
    return float(values[np.argmax(counts)])
