"""The archive as a picture to register frames against."""

from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.archive.snapshot import Snapshot
from pipeline.archive.tile_file import read_picture
from pipeline.geometry.locate import CHI2_95
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool
from pipeline.records.tile import TILE_PX, TileEntry

_TILES_IN_MEMORY = 12


class SnapshotPicture:
    """Newest earlier look at each piece of ground; older looks fill what newer ones did not see.

    Implements `pipeline.protocols.GroundPicture`.
    """

    name = "archive"

    def __init__(self, snapshot: Snapshot, site: SiteFrame, before_utc_ns: int, exclude_sortie: str) -> None:
        """Picture for one sortie: nothing of its own and nothing later than `before_utc_ns`."""
        self.sha256 = snapshot.sha256
        self._snapshot, self._site = snapshot, site
        earlier = [
            entry
            for entry in snapshot.entries
            if entry.key.epsg == site.epsg and entry.t_end_utc_ns < before_utc_ns and entry.sortie_id != exclude_sortie
        ]
        self._entries = sorted(
            earlier, key=lambda entry: (-entry.t_end_utc_ns, entry.key.gsd_mm, entry.key, entry.sortie_id)
        )
        worst = max((entry.ce95_m for entry in self._entries), default=0.0)
        self.sigma_m = float(worst / np.sqrt(CHI2_95))
        finest_mm = min((entry.key.gsd_mm for entry in self._entries), default=1000)
        self.gsd_m = finest_mm / 1000 / site.scale
        self._pictures: OrderedDict[TileEntry, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def read(
        self, west_m: float, south_m: float, east_m: float, north_m: float, gsd_m: float
    ) -> tuple[NDArray[np.uint8], Bool]:
        """A window in site metres, as the protocol says.

        Raises:
            InputError: A tile of the archive is missing or damaged.
        """
        width, height = int(np.ceil((east_m - west_m) / gsd_m)), int(np.ceil((north_m - south_m) / gsd_m))
        image = np.zeros((height, width, 3), np.uint8)
        valid = np.zeros((height, width), np.bool_)
        low, high = self._site.to_utm(np.array([[west_m, south_m], [east_m, north_m]]))
        for entry in self._entries:
            key = entry.key
            apart = key.west_m >= high[0] or key.west_m + key.span_m <= low[0]
            apart = apart or key.north_m <= low[1] or key.north_m - key.span_m >= high[1]
            if apart or valid.all():
                continue
            self._paste(entry, west_m, north_m, gsd_m, image, valid)
        return image, valid

    def _paste(
        self, entry: TileEntry, west_m: float, north_m: float, gsd_m: float, image: NDArray[np.uint8], valid: Bool
    ) -> None:
        """Fill what is still empty from one tile."""
        picture, alpha = self._picture(entry)
        tile_gsd = entry.key.gsd_mm / 1000 / self._site.scale
        shrink = max(int(gsd_m / tile_gsd + 1e-6), 1)
        while TILE_PX % shrink:
            shrink -= 1
        if shrink > 1:  # area averages first: linear sampling alone would alias
            small = (TILE_PX // shrink, TILE_PX // shrink)
            picture = np.asarray(cv2.resize(picture, small, interpolation=cv2.INTER_AREA), np.uint8)
            alpha = np.asarray(cv2.resize(alpha, small, interpolation=cv2.INTER_AREA), np.uint8)
        corner = self._site.from_utm(np.array([[entry.key.west_m, entry.key.north_m]]))[0]
        step = gsd_m / (tile_gsd * shrink)
        shift = np.array([west_m - corner[0], corner[1] - north_m]) / (tile_gsd * shrink) + (step - 1) / 2
        to_tile = np.array([[step, 0.0, shift[0]], [0.0, step, shift[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (image.shape[1], image.shape[0])
        colours = cv2.warpAffine(picture, to_tile, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        whole = cv2.warpAffine(alpha, to_tile, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        fresh = (whole >= 254) & ~valid & self._within(to_tile, size, TILE_PX // shrink)
        image[fresh] = colours[fresh]
        valid |= fresh

    @staticmethod
    def _within(to_tile: NDArray[np.float64], size: tuple[int, int], side: int) -> Bool:
        """Pixels of the window whose centre lies on the tile."""
        columns = to_tile[0, 0] * np.arange(size[0]) + to_tile[0, 2]
        rows = to_tile[1, 1] * np.arange(size[1]) + to_tile[1, 2]
        inside = [(axis >= -0.5) & (axis < side - 0.5) for axis in (columns, rows)]
        return np.asarray(inside[1][:, None] & inside[0][None, :], np.bool_)

    def _picture(self, entry: TileEntry) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The tile's best view, from memory when it was read lately."""
        found = self._pictures.pop(entry, None)
        if found is None:
            found = read_picture(self._snapshot.root, entry)
            while len(self._pictures) >= _TILES_IN_MEMORY:
                self._pictures.popitem(last=False)
        self._pictures[entry] = found
        return found
