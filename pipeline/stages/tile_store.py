"""Tiles under way: the ones in use in memory, the others on disk."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool
from pipeline.records.tile import TILE_PX, TileKey

_SHAPE = (TILE_PX, TILE_PX)
_PLANES = 2


@dataclass(frozen=True, slots=True, eq=False)
class LookPart:
    """A window of one picture: views into its arrays, written in place."""

    image: NDArray[np.uint8]
    source: NDArray[np.uint16]
    rank: NDArray[np.uint16]

    def put(self, colours: NDArray[np.uint8], rank: NDArray[np.uint16], number: int, where: Bool) -> None:
        """Take a frame's pixels where `where` holds."""
        if where.any():
            mask = where.view(np.uint8)
            cv2.copyTo(colours, mask, self.image)
            cv2.copyTo(rank, mask, self.rank)
            np.copyto(self.source, np.uint16(number), where=where)

    def copy_from(self, other: "LookPart", where: Bool) -> None:
        """Take another picture's pixels where `where` holds."""
        if where.any():
            mask = where.view(np.uint8)
            cv2.copyTo(other.image, mask, self.image)
            cv2.copyTo(other.source, mask, self.source)
            cv2.copyTo(other.rank, mask, self.rank)

    def clear(self, where: Bool) -> None:
        """Forget what is there."""
        if where.any():
            self.image[where] = 0
            self.source[where] = 0
            self.rank[where] = 0


@dataclass(frozen=True, slots=True, eq=False)
class TileWork:
    """Both pictures of a tile: first the best look, then the best from another viewpoint.

    Attributes:
        image: ``(2, 1024, 1024, 3)``.
        source: ``(2, 1024, 1024)`` number of the frame in order of adding, from 1; 0 for none.
        rank: ``(2, 1024, 1024)`` how good the look is, 0 for none.
    """

    image: NDArray[np.uint8]
    source: NDArray[np.uint16]
    rank: NDArray[np.uint16]

    @classmethod
    def empty(cls) -> "TileWork":
        """Nothing seen yet. Memory of a picture that stays empty is never touched."""
        return cls(
            np.zeros((_PLANES, *_SHAPE, 3), np.uint8),
            np.zeros((_PLANES, *_SHAPE), np.uint16),
            np.zeros((_PLANES, *_SHAPE), np.uint16),
        )

    def best(self, part: tuple[slice, slice]) -> LookPart:
        """Window of the best look."""
        return LookPart(self.image[0][part], self.source[0][part], self.rank[0][part])

    def second(self, part: tuple[slice, slice]) -> LookPart:
        """Window of the look from another viewpoint."""
        return LookPart(self.image[1][part], self.source[1][part], self.rank[1][part])

    def looks(self) -> int:
        """How many of the pictures hold anything."""
        return 2 if self.rank[1].any() else int(self.rank[0].any())


class TileStore:
    """Keeps the most recently used tiles in memory and writes the others aside, whole."""

    def __init__(self, folder: Path, in_memory: int) -> None:
        """Hold up to `in_memory` tiles (14 MB each); the folder is made when the first one has to go there."""
        self._folder, self._limit = folder, max(in_memory, 1)
        self._open: OrderedDict[TileKey, TileWork] = OrderedDict()
        self._waiting: set[TileKey] = set()

    def open(self, key: TileKey) -> TileWork:
        """The tile, to be changed in place before the next call.

        Raises:
            OSError: The disk is full.
        """
        work = self._open.pop(key, None)
        if work is None:
            while len(self._open) >= self._limit:
                self._put_aside(*self._open.popitem(last=False))
            work = self._fetch(key) if key in self._waiting else TileWork.empty()
        self._open[key] = work
        return work

    def handy_first(self, keys: Sequence[TileKey]) -> list[TileKey]:
        """Keys in an order that fetches each from disk at most once: those in memory go first."""
        return sorted(keys, key=lambda key: key not in self._open)

    def known(self) -> list[TileKey]:
        """All tiles, in order."""
        return sorted(self._waiting | set(self._open))

    def take(self, key: TileKey) -> TileWork:
        """The tile, for good."""
        work = self._open.pop(key, None)
        return work if work is not None else self._fetch(key)

    def close(self) -> None:
        """Remove the folder."""
        if self._folder.is_dir():
            self._folder.rmdir()

    def _put_aside(self, key: TileKey, work: TileWork) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / key.name).open("wb") as file:
            for array in (work.image, work.source, work.rank):
                file.write(array.data)
        self._waiting.add(key)

    def _fetch(self, key: TileKey) -> TileWork:
        path = self._folder / key.name
        empty = TileWork.empty()
        with path.open("rb") as file:
            for array in (empty.image, empty.source, empty.rank):
                file.readinto(array.data)
        path.unlink()
        self._waiting.discard(key)
        return empty
