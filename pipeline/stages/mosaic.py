"""Frames on the ground to the tiles of tonight's orthophoto.

Each pixel comes from the frame that saw its ground best: registered before unregistered, then the steeper and finer
look; among equals the earlier frame. Nothing is blended, so that no detail is invented. A second picture holds the
best look from another viewpoint, where parallax betrays what stands up from the ground.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from pipeline.errors import GeometryError
from pipeline.geometry.ground_warp import GroundRaster, ImageView, ground_warp
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Image
from pipeline.records.frame import GroundFrame
from pipeline.records.tile import TILE_PX, Tile, TileEntry, TileKey, View
from pipeline.stages.laid_frame import LaidFrame
from pipeline.stages.new_ground import NewGround
from pipeline.stages.side_by_side import Behind
from pipeline.stages.tile_store import TakenLook, TileStore

GSD_LADDER_MM = (10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000)
"""Ground sample distances of the fixed grids, so that flights of like height share one."""

_TILES_BEHIND = 3  # finished ones that wait to be written, about 5 MB a view


@dataclass(frozen=True, slots=True)
class MosaicSettings:
    """How the orthophoto is made.

    Attributes:
        gsd_mm: Ground sample distance in UTM millimetres; None: the ladder's first step that is no finer than the
            flight's median.
        second_view_base: Least distance between the two viewpoints of a pixel, as a share of the height above ground.
        max_ellipse_m: Frames whose 95 % semi-major axis is longer stay out of the mosaic.
        memory_mb: For tiles under way; what does not fit waits on disk.
        new_ground: Frames of a video with a smaller share of ground that the last one did not show are not laid: a
            hover of an hour is one picture. Movement looks at all of them.
    """

    gsd_mm: int | None = None
    second_view_base: float = 0.15
    max_ellipse_m: float = 50.0
    memory_mb: int = 128
    new_ground: float = 0.12

    def __post_init__(self) -> None:
        if not 0 <= self.new_ground < 1:
            raise ValueError("'new_ground' must lie in [0, 1)")


def choose_gsd_mm(frames: Sequence[GroundFrame], settings: MosaicSettings, archived_mm: Collection[int] = ()) -> int:
    """Ground sample distance of a sortie's tiles.

    Args:
        frames: Placed frames.
        settings: A stated distance goes first.
        archived_mm: Distances that the archive holds here: the finest that is at most twice the flight's own is
            taken, so that flights at slightly different heights can be compared.

    Raises:
        GeometryError: No frame is placed.
    """
    if settings.gsd_mm is not None:
        return settings.gsd_mm
    if not frames:
        raise GeometryError("no frame is placed, so there is no orthophoto to make; see what was dropped")
    median_mm = float(np.median([frame.gsd_m for frame in frames])) * 1000
    own = next((step for step in GSD_LADDER_MM if step >= median_mm), GSD_LADDER_MM[-1])
    shared = [step for step in sorted(archived_mm) if own <= step <= 2 * own]
    return shared[0] if shared else own


class Mosaic:
    """Grows tile by tile as frames come in, in order of time. A tile is written once no later frame can touch it."""

    def __init__(
        self,
        site: SiteFrame,
        terrain: HeightGrid,
        settings: MosaicSettings,
        folder: Path,
        sortie_id: str,
        *,
        flight: Sequence[GroundFrame],
        gsd_mm: int,
        write_tile: Callable[[Path, Tile], TileEntry],
    ) -> None:
        """Start an empty mosaic.

        Args:
            site, terrain: Of the sortie, heights settled.
            settings: As configured.
            folder: Exists and is empty; the finished tiles and, for a while, the waiting ones.
            sortie_id: Whose.
            flight: The frames that may come, in their order; some of them may stay out.
            gsd_mm: From `choose_gsd_mm`.
            write_tile: Writes one tile below a folder: `pipeline.archive.tile_file.write_tile`.
        """
        self._site, self._terrain, self._settings = site, terrain, settings
        self._folder, self._sortie_id, self._gsd_mm = folder, sortie_id, gsd_mm
        self._write_tile = write_tile
        self._frames: list[GroundFrame] = []
        self._eyes_m = np.zeros((len(flight), 3))
        self._shows_new_ground = NewGround(settings.new_ground)
        self._store = TileStore(folder / "waiting", settings.memory_mb)
        self._stretch: tuple[float, float] | None = None
        self._turn = {frame.ref.frame_id: turn for turn, frame in enumerate(flight)}
        self._last_turn = {key: turn for turn, frame in enumerate(flight) for key in self._tiles(frame)}
        self._entries: list[TileEntry] = []
        self._writer = Behind(_TILES_BEHIND)

    def add(self, frame: GroundFrame, image: Image) -> bool:
        """Lay a frame on the tiles that it touches, unless its ground is laid; False when its place is too vague.

        Raises:
            GeometryError: The camera is below the terrain.
            OSError: The disk is full.
        """
        turn = self._turn[frame.ref.frame_id]
        self._write_finished(turn - 1)
        if not frame.ellipse_m[0] <= self._settings.max_ellipse_m:
            return False
        if not self._shows_new_ground(frame):
            return True
        self._eyes_m[len(self._frames)] = frame.pose.eye_m
        self._frames.append(frame)
        number = len(self._frames)
        laid = LaidFrame(number, frame, self._as_rgb(image), self._other_viewpoints(frame))
        view = ImageView(
            frame.camera.size_px, frame.camera.K, frame.camera.distortion, frame.pose.eye_m, frame.pose.rotation
        )
        # to and fro, so that each frame begins with what is in memory; first what no later frame will touch
        keys = self._tiles(frame)[:: 1 if number % 2 else -1]
        keys.sort(key=lambda key: self._last_turn[key] > turn)
        begun = 0
        for block in ground_warp(view, self._terrain, [self._raster(key) for key in keys]):
            for key in keys[begun : block.raster]:
                if self._last_turn[key] <= turn:
                    self._write(key)
            begun = block.raster
            laid.on(self._store.open((keys[begun], block.top, block.left)), block)
        self._write_finished(turn)
        return True

    def finish(self) -> list[TileEntry]:
        """Write the tiles that are left; all there are, in order of their keys.

        Raises:
            OSError: The disk is full.
        """
        for key in self._store.known():
            self._write(key)
        self._store.close()
        self._writer.finish()
        return sorted(self._entries, key=lambda entry: entry.key)

    def _tiles(self, frame: GroundFrame) -> list[TileKey]:
        if not frame.ellipse_m[0] <= self._settings.max_ellipse_m:
            return []
        return tiles_of(frame.footprint_m, self._site, self._gsd_mm)

    def _raster(self, key: TileKey) -> GroundRaster:
        corner = self._site.from_utm(np.array([[key.west_m, key.north_m]]))[0]
        return GroundRaster(float(corner[0]), float(corner[1]), key.gsd_mm / 1000 / self._site.scale, TILE_PX)

    def _write_finished(self, turn: int) -> None:
        """Write the tiles that no frame after `turn` touches."""
        for key in self._store.known():
            if self._last_turn[key] <= turn:
                self._write(key)

    def _write(self, key: TileKey) -> None:
        looks, frames = self._store.take(key), self._frames[:]

        def write() -> None:
            tile = self._tile(key, looks, frames)
            if tile is not None:
                self._entries.append(self._write_tile(self._folder, tile))

        self._writer.do(write)

    def _tile(self, key: TileKey, taken: Sequence[TakenLook], flown: Sequence[GroundFrame]) -> Tile | None:
        """A finished tile that names only the frames in it."""
        looks = [look for look in taken if look[1].any()]
        present = np.zeros(len(flown) + 1, np.bool_)
        for _, source, numbers in looks:
            if len(numbers) == 1:
                present[list(numbers)] = True
            else:
                counts = cv2.calcHist([source], [0], None, [len(present)], [0, len(present)])
                present |= counts.reshape(-1) > 0
        present[0] = False
        if not present.any():
            return None
        renumbered = np.where(present, np.cumsum(present) - 1, -1).astype(np.int16)
        views = tuple(View(image, _renumbered(source, numbers, renumbered)) for image, source, numbers in looks)
        frames = [flown[index] for index in (np.flatnonzero(present) - 1).tolist()]
        eyes = np.array([frame.pose.eye_m for frame in frames])
        eyes[:, :2] = self._site.to_utm(eyes[:, :2])
        return Tile(
            key,
            self._sortie_id,
            views,
            tuple(frame.ref.frame_id for frame in frames),
            tuple(frame.ref.t_utc_ns for frame in frames),
            eyes,
            max(float(frame.ellipse_m[0]) for frame in frames),
        )

    def _other_viewpoints(self, frame: GroundFrame) -> NDArray[np.bool_]:
        """``(F + 1,)`` whether each frame so far, from 1, stood far enough away; 0 stands for "none"."""
        base = np.linalg.norm(self._eyes_m[: len(self._frames)] - frame.pose.eye_m, axis=1)
        ground = float(np.nan_to_num(self._terrain.height_at(frame.pose.eye_m[None, :2])[0], nan=self._lowest()))
        return np.insert(base >= self._settings.second_view_base * (frame.pose.eye_m[2] - ground), 0, False)

    def _lowest(self) -> float:
        return self._terrain.range_m()[0]

    def _as_rgb(self, image: Image) -> NDArray[np.uint8]:
        """Three channels; thermal counts stretched as in the first frame, so that all frames share one scale."""
        if image.ndim == 3:
            return np.ascontiguousarray(image, np.uint8)
        if image.dtype != np.uint8:
            if self._stretch is None:
                low, high = np.percentile(image, [0.5, 99.5])
                margin = max(float(high - low), 1.0) / 4
                self._stretch = float(low) - margin, float(high) + margin
            low, high = self._stretch
            image = np.clip((image - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)


def _renumbered(source: NDArray[np.uint16], numbers: frozenset[int], table: NDArray[np.int16]) -> NDArray[np.int16]:
    """The table's entry for each number; where there is but one, without looking each pixel up."""
    if len(numbers) == 1:
        nothing, only = int(table[0]), int(table[next(iter(numbers))])
        return np.add(np.multiply(source > 0, only - nothing, dtype=np.int16), np.int16(nothing), dtype=np.int16)
    return np.asarray(np.take(table, source), np.int16)


def tiles_of(footprint_m: NDArray[np.float64], site: SiteFrame, gsd_mm: int) -> list[TileKey]:
    """Tiles that a footprint ``(N, 2)`` touches, in order."""
    outline = Polygon(site.to_utm(footprint_m))
    span = TileKey(site.epsg, gsd_mm, 0, 0).span_m
    west, south, east, north = outline.bounds
    keys = [
        TileKey(site.epsg, gsd_mm, column, row)
        for column in range(int(west // span), int(east // span) + 1)
        for row in range(int(south // span), int(north // span) + 1)
    ]
    return [
        key for key in keys if outline.intersects(box(key.west_m, key.north_m - span, key.west_m + span, key.north_m))
    ]
