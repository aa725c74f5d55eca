"""The land of a description: made from its seed, or from the user's rasters."""

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.nights.night import Night
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land


def land_of(night: Night, season: str, wetness: float, site: SiteFrame, centre_m: Float) -> Land:
    """The land in a season.

    Args:
        night: The description.
        season: Of the catalogue of worlds.
        wetness: 0 dry to 1 soaked.
        site: Frame of its metres.
        centre_m: ``(2,)`` its middle.
    """
    world = night.world
    return make_land(
        WorldSettings(
            biome=world.biome,
            seed=night.seed_for("land"),
            season=season,
            wetness=wetness,
            base_m=world.base_m,
            x0_m=float(centre_m[0]),
            y0_m=float(centre_m[1]),
            relief=world.relief,
        )
    )
