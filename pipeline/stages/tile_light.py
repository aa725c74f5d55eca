"""Where the sun stood over a pair of tiles."""

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.sun import sun_direction
from pipeline.records.arrays import Float
from pipeline.records.sunlight import PairLight
from pipeline.records.tile import Tile

LEAST_ELEVATION_DEG = 3.0
"""Lower, and the sun casts no shadow that the ground would show."""


def pair_light(before: Tile, after: Tile, site: SiteFrame) -> PairLight:
    """Sun over both tiles in the tiles' own axes: columns run to grid east, rows to grid south."""
    return PairLight(_over(before, site), _over(after, site))


def _over(tile: Tile, site: SiteFrame) -> Float | None:
    """At the middle of the times at which the tile was seen."""
    middle = np.array([[tile.key.west_m + tile.key.span_m / 2, tile.key.north_m - tile.key.span_m / 2]])
    lon_deg, lat_deg = site.to_lonlat(site.from_utm(middle))[0]
    times = sorted(tile.frame_t_utc_ns)
    east, north, up = sun_direction(times[len(times) // 2], float(lon_deg), float(lat_deg))
    if up < np.sin(np.radians(LEAST_ELEVATION_DEG)):
        return None
    turn = site.convergence_rad
    return np.array([east * np.cos(turn) - north * np.sin(turn), -east * np.sin(turn) - north * np.cos(turn), up])
