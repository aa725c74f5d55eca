"""Terrain and heights of a sortie, in one datum."""

from pipeline.config import Settings
from pipeline.geometry.projection import SiteFrame
from pipeline.records.frame import PosedFrame
from pipeline.runner.flight_extent import terrain_bounds
from pipeline.sources.terrain import load_terrain
from pipeline.stages.settle_heights import SettledHeights, settle_heights


def settled_ground(frames: tuple[PosedFrame, ...], site: SiteFrame, settings: Settings) -> SettledHeights:
    """The elevation model around a flight, and its frames, with heights above one zero.

    Raises:
        DatumError: Nothing says how the two go together.
        InputError: The elevation model cannot be used.
    """
    choice = settings.terrain
    terrain = None
    if choice.path is not None:
        bounds = terrain_bounds(frames, choice.reach_m)
        terrain = load_terrain(choice.path, site, bounds, choice.vertical_datum, sigma_m=choice.sigma_m)
    return settle_heights(frames, terrain, site, settings.heights)
