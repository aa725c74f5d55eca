"""Where something is, as a description says it: by longitude and latitude, by an offset, or along a road."""

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.scene.ground import Road


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a world.

    Attributes:
        lon_deg, lat_deg: Its middle.
        utc_offset_h: Whole hours that local time is ahead of UTC.
    """

    lon_deg: float
    lat_deg: float
    utc_offset_h: int = 0

    def __post_init__(self) -> None:
        if not (-180 <= self.lon_deg <= 180 and -80 <= self.lat_deg <= 84):
            raise ConfigError(f"no such place: longitude {self.lon_deg}, latitude {self.lat_deg}; are they exchanged?")
        if not -12 <= self.utc_offset_h <= 14:
            raise ConfigError(f"utc_offset_h {self.utc_offset_h} is not within -12 to 14; give whole hours")


@dataclass(frozen=True, slots=True)
class LonLat:
    """A place on Earth."""

    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Offset:
    """Metres from the world's middle."""

    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True)
class AlongRoad:
    """On a road of the world.

    Attributes:
        road: Id of a road, or a kind: ``asphalt``, ``gravel``, ``track``; ``any`` is the nearest to the middle.
        along_m: From the point of it that is nearest to the world's middle.
        left_m: Of its middle line.
    """

    road: str = "any"
    along_m: float = 0.0
    left_m: float = 0.0


Where = LonLat | Offset | AlongRoad


def resolve(where: Where, centre_m: Float, site: SiteFrame, roads: tuple[Road, ...]) -> tuple[float, float, float]:
    """Site x, y, and the direction there (counter-clockwise from east; 0 off the roads).

    Args:
        where: As described.
        centre_m: ``(2,)`` middle of the world, site metres.
        site: Frame of the metres.
        roads: Of the world.

    Raises:
        ConfigError: There is no such road.
    """
    if isinstance(where, LonLat):
        x, y = site.from_lonlat(np.array([where.lon_deg]), np.array([where.lat_deg]))[0]
        return float(x), float(y), 0.0
    if isinstance(where, Offset):
        return float(centre_m[0]) + where.east_m, float(centre_m[1]) + where.north_m, 0.0
    road, nearest_m = _road(where.road, centre_m, roads)
    return road.at(nearest_m + where.along_m, where.left_m)


def _road(name: str, centre_m: Float, roads: tuple[Road, ...]) -> tuple[Road, float]:
    """The nearest road of a name or kind, and where along it the world's middle is nearest."""
    fitting = [road for road in roads if name in ("any", road.road_id, road.kind)]
    if not fitting:
        known = sorted({road.kind for road in roads} | {road.road_id for road in roads})
        raise ConfigError(f"this world has no road '{name}'; it has: {', '.join(known) or 'none'}")
    found = [(*_nearest(road, centre_m), road.road_id, road) for road in fitting]
    _, along, _, road = min(found, key=lambda item: (item[0], item[2]))
    return road, along


def _nearest(road: Road, centre_m: Float) -> tuple[float, float]:
    along = np.linspace(0.0, road.length_m, max(2, int(road.length_m / 5.0) + 1))
    away = [float(np.hypot(*(np.array(road.at(float(a))[:2]) - centre_m))) for a in along]
    at = int(np.argmin(away))
    return away[at], float(along[at])


def turn_of(heading_deg: float | None, there_rad: float, site: SiteFrame) -> float:
    """Azimuth counter-clockwise from east of a heading clockwise from true north; without one, the road's."""
    if heading_deg is None:
        return there_rad
    return float(np.pi / 2 - np.radians(heading_deg) + site.convergence_rad)
