"""From longitude and latitude to the metres that a sortie works in, and back.

A *site frame* is a plane with true metres: UTM coordinates less an origin, divided by the projection's scale at the
origin. Its axes are grid east, grid north and up; its z is the height above the ellipsoid. Within 5 km of the
origin the scale is right to 1e-6; the Earth's curvature (2 m at 5 km) is not modelled.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer

from pipeline.errors import GeometryError

Float = NDArray[np.float64]


def utm_epsg(lon_deg: float, lat_deg: float) -> int:
    """EPSG code of the WGS 84 UTM zone that holds a place (without the exceptions of Norway and Svalbard)."""
    if not (-180 <= lon_deg <= 180 and -80 <= lat_deg <= 84):
        raise GeometryError(
            f"no UTM zone at longitude {lon_deg}, latitude {lat_deg}; are the two exchanged, or in other units?"
        )
    zone = min(int((lon_deg + 180) // 6) + 1, 60)
    return (32600 if lat_deg >= 0 else 32700) + zone


@lru_cache(maxsize=8)
def _to_utm(epsg: int) -> Transformer:
    return Transformer.from_crs(CRS.from_epsg(4326), CRS.from_epsg(epsg), always_xy=True)


@lru_cache(maxsize=8)
def _from_utm(epsg: int) -> Transformer:
    return Transformer.from_crs(CRS.from_epsg(epsg), CRS.from_epsg(4326), always_xy=True)


@dataclass(frozen=True, slots=True)
class SiteFrame:
    """The plane that one sortie works in.

    Attributes:
        epsg: UTM zone.
        east0_m, north0_m: Origin in UTM.
        scale: UTM metres per true metre at the origin.
        convergence_rad: Bearing of grid north from true north, clockwise.
    """

    epsg: int
    east0_m: float
    north0_m: float
    scale: float
    convergence_rad: float

    @classmethod
    def at(cls, lon_deg: float, lat_deg: float, epsg: int | None = None) -> "SiteFrame":
        """The frame whose origin is the nearest whole kilometre of the UTM grid to a place."""
        code = utm_epsg(lon_deg, lat_deg) if epsg is None else epsg
        east, north = _to_utm(code).transform(lon_deg, lat_deg)
        east0, north0 = round(east / 1000) * 1000.0, round(north / 1000) * 1000.0
        lon0, lat0 = _from_utm(code).transform(east0, north0)
        factors = Proj(CRS.from_epsg(code)).get_factors(lon0, lat0)
        return cls(
            code,
            east0,
            north0,
            float(factors.meridional_scale),
            float(np.radians(factors.meridian_convergence)),
        )

    def from_lonlat(self, lon_deg: Float, lat_deg: Float) -> Float:
        """``(N, 2)`` site metres of ``(N,)`` longitudes and latitudes."""
        east, north = _to_utm(self.epsg).transform(np.atleast_1d(lon_deg), np.atleast_1d(lat_deg))
        return self.from_utm(np.column_stack([east, north]))

    def to_lonlat(self, xy_m: Float) -> Float:
        """``(N, 2)`` longitude, latitude in degrees of ``(N, 2)`` site metres. NaN in, NaN out."""
        utm = self.to_utm(xy_m)
        lon, lat = _from_utm(self.epsg).transform(utm[:, 0], utm[:, 1])
        out = np.column_stack([lon, lat])
        out[~np.isfinite(out)] = np.nan
        return out

    def from_utm(self, en_m: Float) -> Float:
        """``(N, 2)`` site metres of ``(N, 2)`` easting, northing in this frame's zone."""
        return (np.asarray(en_m, np.float64) - [self.east0_m, self.north0_m]) / self.scale

    def to_utm(self, xy_m: Float) -> Float:
        """``(N, 2)`` easting, northing of ``(N, 2)`` site metres."""
        return np.asarray(xy_m, np.float64) * self.scale + [self.east0_m, self.north0_m]


def grid_convergence_deg(lon_deg: Float, lat_deg: Float) -> Float:
    """Bearing of UTM grid north from true north, clockwise, ``(N,)``. Source: transverse Mercator on a sphere."""
    middle = np.floor((lon_deg + 180) / 6) * 6 - 177
    bearing: Float = np.degrees(np.arctan(np.tan(np.radians(lon_deg - middle)) * np.sin(np.radians(lat_deg))))
    return bearing
