"""What is known of the ground before a flight: an elevation model and an orthophoto of the simulated land."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.noise import octaves
from pipeline.simulator.scene.ground import Axis, Float32, Land
from pipeline.simulator.scene.mesh import Extent

SURVEY_ERRORS = ((18.0, 0.08), (5.0, 0.04))
"""Spacing and spread in metres of an elevation model's errors: about 0.1 m, as airborne surveys have."""

_BLOCK_ROWS = 512
_AMBIENT = 0.35
"""Share of the sky's light in an orthophoto, against 0.65 of the sun's."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """A north-up raster in UTM."""

    site: SiteFrame
    west_m: float
    north_m: float
    cell_m: float
    width: int
    height: int

    @classmethod
    def over(cls, site: SiteFrame, extent: Extent, cell_m: float) -> "_Grid":
        """The grid of whole cells that covers an extent of site metres.

        Raises:
            ConfigError: Nothing in it.
        """
        corners = np.array([[extent.west_m, extent.south_m], [extent.east_m, extent.north_m]])
        (west, south), (east, north) = np.asarray(site.to_utm(corners)) / cell_m
        west, south, east, north = np.floor(west), np.floor(south), np.ceil(east), np.ceil(north)
        if not (cell_m > 0 and east > west and north > south):
            raise ConfigError(f"{extent} holds no cell of {cell_m} m; are its sides exchanged?")
        return cls(site, float(west * cell_m), float(north * cell_m), cell_m, int(east - west), int(north - south))

    @property
    def profile(self) -> dict[str, object]:
        """What rasterio needs to know of it."""
        transform = Affine(self.cell_m, 0, self.west_m, 0, -self.cell_m, self.north_m)
        shape = {"width": self.width, "height": self.height}
        return {
            "driver": "GTiff",
            "crs": f"EPSG:{self.site.epsg}",
            "transform": transform,
            "compress": "deflate",
        } | shape

    def blocks(self) -> Iterator[tuple[Window, Axis, Axis]]:
        """Rows of cells with the site x of their columns and y of their rows, both ascending."""
        x: Axis = np.asarray(self.west_m + (np.arange(self.width) + 0.5) * self.cell_m, np.float64)
        x = (x - self.site.east0_m) / self.site.scale
        for first in range(0, self.height, _BLOCK_ROWS):
            rows = np.arange(first, min(first + _BLOCK_ROWS, self.height))[::-1]
            y: Axis = np.asarray(self.north_m - (rows + 0.5) * self.cell_m, np.float64)
            y = (y - self.site.north0_m) / self.site.scale
            yield Window(0, first, self.width, len(rows)), x, y


def write_terrain(
    path: Path, land: Land, site: SiteFrame, extent: Extent, seed: int, *, cell_m: float = 1.0, exact: bool = False
) -> None:
    """The land's heights as a GeoTIFF in UTM, ellipsoidal as its tag ``VERTICAL_DATUM`` says, in steps of 1 cm.

    Args:
        path: File.
        land: The place.
        site: Frame of its metres.
        extent: What to cover, site metres.
        seed: Of the survey's errors.
        cell_m: Size of a cell.
        exact: Leave the survey's errors out.

    Raises:
        ConfigError: The extent holds nothing.
    """
    grid = _Grid.over(site, extent, cell_m)
    with rasterio.open(path, "w", count=1, dtype="float32", predictor=3, **grid.profile) as out:
        for window, x, y in grid.blocks():
            heights = land.terrain(x, y)
            if not exact:
                heights = heights + octaves(seed + 900, x, y, SURVEY_ERRORS)
            out.write(np.round(heights[::-1] * 100).astype(np.float32) / 100, 1, window=window)
        out.update_tags(VERTICAL_DATUM="ellipsoidal")


def write_orthophoto(
    path: Path, land: Land, site: SiteFrame, extent: Extent, sun: Float, *, cell_m: float = 0.25
) -> None:
    """The bare ground from above as an 8-bit RGB GeoTIFF in UTM, shaded by the sun; without anything that stands.

    Args:
        path: File.
        land: The place.
        site: Frame of its metres.
        extent: What to cover, site metres.
        sun: ``(3,)`` towards it.
        cell_m: Size of a cell.

    Raises:
        ConfigError: The extent holds nothing.
    """
    grid = _Grid.over(site, extent, cell_m)
    with rasterio.open(path, "w", count=3, dtype="uint8", photometric="RGB", tiled=True, **grid.profile) as out:
        for window, x, y in grid.blocks():
            out.write(np.moveaxis(_lit(land, x, y, sun)[::-1], 2, 0), window=window)


def _lit(land: Land, x: Axis, y: Axis, sun: Float) -> NDArray[np.uint8]:
    """Lambertian shading, in the tones of a photograph. A cell's border is added so that blocks meet without seams."""
    step = float(x[1] - x[0]) if len(x) > 1 else 1.0
    wide_x = np.concatenate([[x[0] - step], x, [x[-1] + step]])
    wide_y = np.concatenate([[y[0] - step], y, [y[-1] + step]])
    ground = land.ground(wide_x, wide_y)
    surface = land.terrain(wide_x, wide_y).astype(np.float64) + ground.bumps_m
    up_y, up_x = np.gradient(surface, step)
    towards: Float32 = ((sun[2] - sun[0] * up_x - sun[1] * up_y) / np.sqrt(1 + up_x**2 + up_y**2)).astype(np.float32)
    light = _AMBIENT + (1 - _AMBIENT) * np.clip(towards, 0, None) / max(float(sun[2]), 0.1)
    linear = np.clip(ground.albedo * light[:, :, None], 0, 1)[1:-1, 1:-1]
    # sRGB's transfer function; bright soil of albedo 0.5 is meant to come out near white
    tone = np.where(linear * 1.6 <= 0.0031308, linear * 1.6 * 12.92, 1.055 * (linear * 1.6) ** (1 / 2.4) - 0.055)
    return (np.clip(tone, 0, 1) * 255).round().astype(np.uint8)
