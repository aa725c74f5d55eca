"""The land of a description: made from its seed, or from the user's rasters."""

from collections.abc import Callable

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import GroundPicture
from pipeline.records.arrays import Float
from pipeline.simulator.nights.night import Night, WorldChoice
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land
from pipeline.simulator.worlds.rasters import RasterLand

RASTER_REACH_M = 4000.0
"""The user's rasters are read so far about the place; beyond, their edge goes on."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north in site metres."""

OpenRasters = Callable[[WorldChoice, SiteFrame, Bounds], tuple[HeightGrid, GroundPicture | None]]
"""Reads a world's own elevation model (ellipsoidal, without gaps) and orthophoto; a plain function, so that it can be
sent to other processes. The simulator itself reads no files of others."""


def land_of(
    night: Night, season: str, wetness: float, site: SiteFrame, centre_m: Float, rasters: OpenRasters | None
) -> Land:
    """The land in a season.

    Args:
        night: The description.
        season: Of the catalogue of worlds.
        wetness: 0 dry to 1 soaked.
        site: Frame of its metres.
        centre_m: ``(2,)`` its middle.
        rasters: Reads the user's rasters.

    Raises:
        ConfigError: The description names rasters and nobody reads them.
    """
    world, (x, y) = night.world, (float(v) for v in centre_m)
    if world.elevation is not None:
        if rasters is None:
            raise ConfigError(f"world '{night.name}' has its own elevation model; hand over a function that reads it")
        reach = RASTER_REACH_M
        heights, picture = rasters(world, site, (x - reach, y - reach, x + reach, y + reach))
        return RasterLand(heights, picture, night.seed_for("land"), season)
    return make_land(
        WorldSettings(
            biome=world.biome,
            seed=night.seed_for("land"),
            season=season,
            wetness=wetness,
            base_m=world.base_m,
            x0_m=x,
            y0_m=y,
            relief=world.relief,
        )
    )
