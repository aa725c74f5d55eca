"""The kinds of places that can be made from a seed."""

from pipeline.simulator.scene.ground import Land
from pipeline.simulator.worlds.made import MadeLand
from pipeline.simulator.worlds.settings import BIOMES, SEASONS, WorldSettings

__all__ = ["BIOMES", "SEASONS", "WorldSettings", "make_land"]


def make_land(settings: WorldSettings) -> Land:
    """The place of the settings: the same for the same settings."""
    return MadeLand(settings)
