"""Heights above the sea to heights above the ellipsoid, never guessed.

A geoid lies up to 106 m from the ellipsoid. PROJ shifts by 0 m without a word when a grid is missing, unless it is
forbidden to; here it is.
"""

import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from pipeline.errors import DatumError

Float = NDArray[np.float64]

ELLIPSOIDAL = "ellipsoidal"
UNKNOWN = "unknown"
GEOIDS = {"egm96": (5773, "us_nga_egm96_15.tif"), "egm2008": (3855, "us_nga_egm08_25.tif")}
"""Geoid models by name: EPSG code of the vertical system, and PROJ's name of the grid."""

_SHIPPED = {"egm96": "geoid/egm96_15.tif"}
_ROOT = Path(__file__).resolve().parent.parent


def shipped_grid(datum: str) -> Path | None:
    """The grid that ships: in the checkout's ``configs/``, or in the installed package's copy of it."""
    name = _SHIPPED.get(datum)
    places = (_ROOT.parent / "configs", _ROOT / "shipped_configs") if name else ()
    return next((place / str(name) for place in places if (place / str(name)).is_file()), None)


def to_ellipsoidal(
    lon_deg: Float, lat_deg: Float, height_m: Float, datum: str, geoid_grid: Path | None = None
) -> Float:
    """Heights above the WGS 84 ellipsoid.

    Args:
        lon_deg, lat_deg: ``(N,)``.
        height_m: ``(N,)`` heights above the zero of `datum`.
        datum: ``ellipsoidal``, ``egm96`` or ``egm2008``.
        geoid_grid: File with the geoid's grid (GTX or GeoTIFF); without it, PROJ looks in its data folder, and for
            egm96 the grid that ships serves where PROJ has none.

    Returns:
        ``(N,)`` metres. NaN in, NaN out.

    Raises:
        DatumError: The datum is unknown, or its grid is not on this machine or does not cover the place.
    """
    if datum == ELLIPSOIDAL:
        return np.array(height_m, np.float64)
    if datum not in GEOIDS:
        raise DatumError(f"no conversion from vertical datum {datum!r}; known are ellipsoidal, {', '.join(GEOIDS)}")
    transformer = _from_file(geoid_grid) if geoid_grid is not None else _from_proj(datum)
    heights = np.array(height_m, np.float64)
    _, _, above = transformer.transform(np.asarray(lon_deg), np.asarray(lat_deg), np.nan_to_num(heights))
    above = np.asarray(above, np.float64)
    if not np.isfinite(above).all():
        where = geoid_grid if geoid_grid is not None else GEOIDS[datum][1]
        raise DatumError(f"the geoid grid {where} does not cover the place; use one that does")
    return np.where(np.isnan(heights), np.nan, above)


def grid_in_use(datum: str) -> str:
    """Which grid heights above a geoid go through, in words; "" where there is none and they are refused."""
    if _by_proj(datum) is not None:
        return f"{GEOIDS[datum][1]} of PROJ's data folder"
    shipped = shipped_grid(datum)
    return f"the grid that ships, {shipped.name}" if shipped is not None else ""


@lru_cache(maxsize=4)
def _from_proj(datum: str) -> Transformer:
    found, shipped = _by_proj(datum), shipped_grid(datum)
    if found is not None:
        return found
    if shipped is not None:
        return _from_file(shipped)
    grid = GEOIDS[datum][1]
    raise DatumError(
        f"heights above {datum} need the geoid grid {grid}, which is not on this machine; "
        f"put it into PROJ's data folder (`pyproj sync --file {grid}` on a connected machine, then copy it), "
        "or give its file as geoid_grid in the configuration"
    )


@lru_cache(maxsize=4)
def _by_proj(datum: str) -> Transformer | None:
    """By a grid of PROJ's own; None where it has none and would shift by 0 m."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what is missing is said by the caller, with a remedy
        group = TransformerGroup(f"EPSG:4326+{GEOIDS[datum][0]}", "EPSG:4979", always_xy=True, allow_ballpark=False)
    return group.transformers[0] if group.transformers and group.best_available else None


@lru_cache(maxsize=4)
def _from_file(grid: Path) -> Transformer:
    if not grid.is_file():
        raise DatumError(f"geoid grid {grid} does not exist; correct geoid_grid in the configuration")
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f'+step +proj=vgridshift +grids="{grid.absolute()}" +multiplier=1 '
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    try:
        return Transformer.from_pipeline(pipeline)
    except ProjError as error:
        raise DatumError(f"geoid grid {grid} cannot be read ({error}); is it a GTX or GeoTIFF grid?") from error
