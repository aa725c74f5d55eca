"""Writes the geoid grid that ships: ``python -m pipeline.sources.geoid_file SOURCE.gtx configs/geoid/egm96_15.tif``."""

import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from pipeline.errors import InputError
from pipeline.sources.regular_file import sha256_of

STEP_M = 0.005
"""Undulations are whole multiples of it: they err by 2.5 mm at most, a hundredth of what the grid itself omits."""

NODES = (721, 1440)
"""Every 15 minutes: rows from the north pole to the south pole, columns from 180° west to 179.75° east."""


def write_geoid(source: Path, target: Path) -> None:
    """Write a grid of EGM96 as a GeoTIFF that PROJ reads.

    The nodes are the centres of cells, as in the source: the edges lie half a cell beyond 90° and 180°. The column of
    180° is there once; PROJ goes on over the date line by itself.

    Args:
        source: Undulations above WGS 84 as a GTX file.
        target: GeoTIFF to write, as PROJ's convention for grids has it (PROJ, "Geodetic TIFF grids (GTG)").

    Raises:
        InputError: The source is no such grid.
    """
    try:
        with rasterio.open(source) as grid:
            if grid.shape != NODES or not np.allclose(grid.transform[:6], (0.25, 0, -180.125, 0, -0.25, 90.125)):
                raise InputError(f"{source.name}: not the world every 15 minutes; take egm96_15.gtx")
            undulation_m = grid.read(1).astype(np.float64)
            transform = grid.transform
    except RasterioError as error:
        raise InputError(f"{source.name}: cannot be read as a grid ({error}); was it copied whole?") from error
    if not (np.abs(undulation_m) < 110).all():
        raise InputError(f"{source.name}: undulations beyond 110 m or unknown ones; is the file damaged?")
    layout = {"tiled": True, "blockxsize": 256, "blockysize": 256}
    with rasterio.open(
        target,
        "w",
        driver="GTiff",
        width=NODES[1],
        height=NODES[0],
        count=1,
        dtype="int16",
        crs="EPSG:4979",
        transform=transform,
        compress="deflate",
        zlevel=9,
        predictor=2,
        **layout,
    ) as out:
        out.write(np.round(undulation_m / STEP_M).astype(np.int16), 1)
        out.scales, out.units = (STEP_M,), ("metre",)
        out.set_band_description(1, "geoid_undulation")
        out.update_tags(
            AREA_OR_POINT="Point",
            TYPE="VERTICAL_OFFSET_GEOGRAPHIC_TO_VERTICAL",
            target_crs_epsg_code="5773",
            TIFFTAG_IMAGEDESCRIPTION="Undulations of the EGM96 geoid above WGS 84, every 15 minutes",
            TIFFTAG_COPYRIGHT="Public domain: a work of the government of the United States",
            provenance="NGA's WW15MGH.GRD (EGM96, NASA and NIMA, 1998) as egm96_15.gtx in Debian's proj-data 9.1.1-1",
            source_sha256=sha256_of(source),
            rounded_to_m=str(STEP_M),
        )


if __name__ == "__main__":
    write_geoid(Path(sys.argv[1]), Path(sys.argv[2]))
