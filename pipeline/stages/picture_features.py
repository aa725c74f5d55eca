"""Features of a ground picture, lifted to the terrain and kept tile by tile: neighbouring frames share them."""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import GroundPicture
from pipeline.records.arrays import Float
from pipeline.stages.features import Features, find_features

_TILE_PX = 512
_MARGIN_PX = 32  # so that points near a tile's edge are described as if there were no edge
_KEPT_TILES = 48  # about 12 MB
_PER_TILE = 1500


@dataclass(frozen=True, slots=True, eq=False)
class GroundFeatures:
    """Features whose place on the ground is known.

    Attributes:
        features: Their pixels count in working pixels of the picture; only differences mean something.
        points_m: ``(N, 3)`` site metres.
    """

    features: Features
    points_m: Float

    def __len__(self) -> int:
        return len(self.features)


class PictureFeatures:
    """Finds features of a ground picture in windows; keeps those of the last few tiles."""

    def __init__(self, picture: GroundPicture, terrain: HeightGrid) -> None:
        self._picture, self._terrain = picture, terrain
        self._tiles: OrderedDict[tuple[float, int, int], GroundFeatures] = OrderedDict()

    def around(self, window_m: tuple[float, float, float, float], gsd_m: float) -> GroundFeatures:
        """Features on known ground in a window (west, south, east, north in site metres).

        Raises:
            InputError: The picture cannot be read.
        """
        west, south, east, north = window_m
        span = _TILE_PX * gsd_m
        parts = [
            self._tile(gsd_m, column, row)
            for row in range(int(np.floor(south / span)), int(np.floor(north / span)) + 1)
            for column in range(int(np.floor(west / span)), int(np.floor(east / span)) + 1)
        ]
        points = np.concatenate([part.points_m for part in parts])
        within = (points[:, 0] >= west) & (points[:, 0] <= east) & (points[:, 1] >= south) & (points[:, 1] <= north)
        features = Features(
            np.concatenate([part.features.pixels for part in parts])[within],
            np.concatenate([part.features.size_px for part in parts])[within],
            np.concatenate([part.features.descriptors for part in parts])[within],
        )
        return GroundFeatures(features, points[within])

    def _tile(self, gsd_m: float, column: int, row: int) -> GroundFeatures:
        key = gsd_m, column, row
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return self._tiles[key]
        tile = self._search(gsd_m, column, row)
        self._tiles[key] = tile
        if len(self._tiles) > _KEPT_TILES:
            self._tiles.popitem(last=False)
        return tile

    def _search(self, gsd_m: float, column: int, row: int) -> GroundFeatures:
        margin, span = _MARGIN_PX * gsd_m, _TILE_PX * gsd_m
        west, north = column * span - margin, (row + 1) * span + margin
        image, valid = self._picture.read(west, north - span - 2 * margin, west + span + 2 * margin, north, gsd_m)
        if not valid.any():
            return GroundFeatures(find_features(np.zeros((8, 8), np.uint8), 1), np.zeros((0, 3)))
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
        found = find_features(grey, _PER_TILE, valid)
        xy = np.column_stack([west + (found.pixels[:, 0] + 0.5) * gsd_m, north - (found.pixels[:, 1] + 0.5) * gsd_m])
        inside = (np.floor(xy[:, 0] / span) == column) & (np.floor(xy[:, 1] / span) == row)
        height = self._terrain.height_at(xy)
        kept = np.flatnonzero(inside & np.isfinite(height))
        placed = Features(xy[kept] / gsd_m, found.size_px[kept], found.descriptors[kept])
        return GroundFeatures(placed, np.column_stack([xy, height])[kept])
