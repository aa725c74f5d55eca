"""The elevation model and the line that come with a simulated flight."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from pipeline.records.arrays import Float
from pipeline.simulator.noise import octaves
from pipeline.simulator.old_truth import line_feature, polygon_feature, write_geojson
from pipeline.simulator.scenario import Scenario

CELL_M = 1.0
MARGIN_M = 120.0
LINE_ACCURACY_M = 2.0


def write_terrain(path: Path, scenario: Scenario, half_m: tuple[float, float], seed: int) -> None:
    """The land's heights, wrong by about 0.1 m as surveys are; GeoTIFF in UTM with its vertical datum in a tag."""
    site, (cx, cy) = scenario.site, scenario.centre_m
    middle = site.to_utm(np.array([[cx, cy]]))[0]
    wide, high = (int(np.ceil((h + MARGIN_M) / CELL_M)) for h in half_m)
    west, north = np.floor(middle[0]) - wide * CELL_M, np.floor(middle[1]) + high * CELL_M
    east_of = west + (np.arange(2 * wide) + 0.5) * CELL_M
    north_of = north - (np.arange(2 * high) + 0.5) * CELL_M
    x = (east_of - site.east0_m) / site.scale
    y = (north_of - site.north0_m) / site.scale
    heights = (
        scenario.land.terrain(x, y[::-1])[::-1] + octaves(seed + 900, x, y[::-1], ((18.0, 0.08), (5.0, 0.04)))[::-1]
    )
    with rasterio.open(
        path, "w", driver="GTiff", width=2 * wide, height=2 * high, count=1, dtype="float32",
        crs=f"EPSG:{site.epsg}", transform=Affine(CELL_M, 0, west, 0, -CELL_M, north), compress="deflate", predictor=3,
    ) as out:  # fmt: skip
        out.write(np.round(heights * 100).astype(np.float32) / 100, 1)
        out.update_tags(VERTICAL_DATUM="ellipsoidal")


def write_line(path: Path, scenario: Scenario) -> None:
    """The line and the ground about it: features ``line``, ``side-a`` (east of it), ``side-b`` and ``area``."""
    line, far = scenario.line_m, np.array([400.0, 0.0])
    facts = {"accuracy_m": LINE_ACCURACY_M, "approximate": False, "source": "simulated survey", "line_id": "line"}
    shapes = {
        "line": line_feature(scenario.site, line, facts),
        "side-a": polygon_feature(scenario.site, _between(line, line + far), {}),
        "side-b": polygon_feature(scenario.site, _between(line - far, line), {}),
        "area": polygon_feature(scenario.site, _between(line - far, line + far), {}),
    }
    write_geojson(path, [{**shape, "id": name} for name, shape in shapes.items()])


def _between(west: Float, east: Float) -> Float:
    """Counter-clockwise outline between two lines that run from south to north."""
    return np.vstack([east, west[::-1]])
