"""Elevation models for the simulator: read by the pipeline's own reader, made ellipsoidal."""

from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt

from pipeline.errors import DatumError
from pipeline.geometry.datum import UNKNOWN, to_ellipsoidal
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import GroundPicture
from pipeline.simulator.nights.lands import Bounds
from pipeline.simulator.nights.night import WorldChoice
from pipeline.sources.orthophoto import OrthophotoSettings, open_orthophoto
from pipeline.sources.terrain import load_terrain


def ellipsoidal_heights(path: Path, site: SiteFrame, bounds_m: Bounds, datum: str | None) -> HeightGrid:
    """The part of an elevation model within bounds, above the ellipsoid; gaps are kept.

    Raises:
        InputError: It cannot be read, or lies elsewhere.
        DatumError: Its datum is unknown, or the geoid's grid is not on this machine.
    """
    model = load_terrain(path, site, bounds_m, datum)
    if model.vertical_datum == UNKNOWN:
        raise DatumError(
            f"{path}: its heights' datum is not stated; write VERTICAL_DATUM into the file, or say vertical_datum "
            "(--terrain-datum for an injection): ellipsoidal, egm96 or egm2008"
        )
    grid = model.grid
    rows, columns = grid.heights_m.shape
    x, y = np.meshgrid(grid.x0_m + np.arange(columns) * grid.cell_m, grid.y0_m + np.arange(rows) * grid.cell_m)
    lonlat = site.to_lonlat(np.column_stack([x.ravel(), y.ravel()]))
    heights = to_ellipsoidal(lonlat[:, 0], lonlat[:, 1], grid.heights_m.ravel(), model.vertical_datum)
    return HeightGrid(heights.reshape(rows, columns), grid.x0_m, grid.y0_m, grid.cell_m, grid.sigma_m, grid.source)


def open_rasters(world: WorldChoice, site: SiteFrame, bounds_m: Bounds) -> tuple[HeightGrid, GroundPicture | None]:
    """A described world's own elevation model, its gaps filled from the nearest known height, and orthophoto.

    Raises:
        InputError: A file cannot be read, or lies elsewhere.
        DatumError: The heights' datum is unknown.
    """
    if world.elevation is None:
        raise DatumError("a world without an elevation model has no rasters to open")
    grid = ellipsoidal_heights(world.elevation, site, bounds_m, world.vertical_datum)
    nearest = distance_transform_edt(~np.isfinite(grid.heights_m), return_distances=False, return_indices=True)
    filled = grid.heights_m[tuple(nearest)]
    heights = HeightGrid(filled, grid.x0_m, grid.y0_m, grid.cell_m, grid.sigma_m, grid.source)
    picture = None if world.orthophoto is None else open_orthophoto(world.orthophoto, site, OrthophotoSettings())
    return heights, picture
