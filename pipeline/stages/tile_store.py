"""Tiles under way, in blocks of 256 pixels: the ones in use in memory, the others on disk."""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.ground_warp import BLOCK_PX
from pipeline.records.arrays import Bool
from pipeline.records.tile import TILE_PX, TileKey

_SHAPE = (BLOCK_PX, BLOCK_PX)
_LOOK_BYTES = BLOCK_PX * BLOCK_PX * 7
Window = tuple[slice, slice]
"""Rows and columns of a block."""


@dataclass(slots=True, eq=False)
class Look:
    """One picture of a block, written in place.

    Attributes:
        image: ``(256, 256, 3)``.
        source: ``(256, 256)`` number of the frame in order of adding, from 1; 0 for none.
        rank: ``(256, 256)`` how good the look is, 0 for none.
        numbers: Of all frames that ever were in it.
    """

    image: NDArray[np.uint8]
    source: NDArray[np.uint16]
    rank: NDArray[np.uint16]
    numbers: frozenset[int] = frozenset()

    @classmethod
    def empty(cls) -> "Look":
        """Nothing seen yet."""
        return cls(np.zeros((*_SHAPE, 3), np.uint8), np.zeros(_SHAPE, np.uint16), np.zeros(_SHAPE, np.uint16))

    def fill(self, colours: NDArray[np.uint8], rank: NDArray[np.uint16], number: int) -> None:
        """Take a frame's pixels everywhere; the arrays are kept."""
        self.image, self.rank = colours, np.ascontiguousarray(rank)
        self.source.fill(number)
        self.numbers = frozenset({number})

    def put(self, colours: NDArray[np.uint8], rank: NDArray[np.uint16], number: int, where: Bool, at: Window) -> None:
        """Take a frame's pixels in a window of the block, where `where` holds. All arrays are of the window's size."""
        mask = where.view(np.uint8)
        cv2.copyTo(colours, mask, self.image[at])
        cv2.copyTo(rank, mask, self.rank[at])
        np.copyto(self.source[at], np.uint16(number), where=where)
        self.numbers |= {number}

    def copy_from(self, other: "Look", where: Bool, at: Window) -> None:
        """Take another picture's pixels in a window, where `where` holds."""
        mask = where.view(np.uint8)
        cv2.copyTo(other.image[at], mask, self.image[at])
        cv2.copyTo(other.source[at], mask, self.source[at])
        cv2.copyTo(other.rank[at], mask, self.rank[at])
        self.numbers |= other.numbers

    def clear(self, where: Bool, at: Window) -> None:
        """Forget what is in a window where `where` holds."""
        self.image[at][where] = 0
        self.source[at][where] = 0
        self.rank[at][where] = 0

    def arrays(self) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], ...]:
        """What makes up the look, in the order in which it is kept on disk."""
        return self.image, self.source, self.rank


@dataclass(slots=True, eq=False)
class BlockWork:
    """Both pictures of a block: the best look, and the best from another viewpoint, once there is one."""

    best: Look
    second: Look | None = None

    def need_second(self) -> Look:
        """The look from another viewpoint, made when it is first wanted."""
        if self.second is None:
            self.second = Look.empty()
        return self.second

    def looks(self) -> list[Look]:
        """Those there are."""
        return [self.best] if self.second is None else [self.best, self.second]


TakenLook = tuple[NDArray[np.uint8], NDArray[np.uint16], frozenset[int]]
"""One picture of a whole tile: ``(1024, 1024, 3)`` pixels, ``(1024, 1024)`` numbers of their frames with 0 for none,
and the frames that may be among them."""

BlockKey = tuple[TileKey, int, int]
"""Tile, first row and first column of the block in it."""


class TileStore:
    """Keeps the most recently used blocks in memory and writes the others aside."""

    def __init__(self, folder: Path, memory_mb: int) -> None:
        """Use up to `memory_mb`; the folder is made when the first block has to go there."""
        self._folder, self._limit = folder, max(memory_mb * 1_000_000 // _LOOK_BYTES, 2)
        self._open: OrderedDict[BlockKey, BlockWork] = OrderedDict()
        self._waiting: dict[BlockKey, list[frozenset[int]]] = {}

    def open(self, key: BlockKey) -> BlockWork:
        """The block, to be changed in place before the next call.

        Raises:
            OSError: The disk is full.
        """
        work = self._open.pop(key, None)
        if work is None:
            while 2 * len(self._open) >= self._limit and self._looks_in_memory() >= self._limit:
                self._put_aside(*self._open.popitem(last=False))
            work = self._fetch(key) if key in self._waiting else BlockWork(Look.empty())
        self._open[key] = work
        return work

    def known(self) -> list[TileKey]:
        """All tiles, in order."""
        return sorted({tile for tile, _, _ in (*self._waiting, *self._open)})

    def take(self, tile: TileKey) -> list[TakenLook]:
        """A whole tile, for good: one of each look there is."""
        taken: list[TakenLook] = []
        for top, left in product(range(0, TILE_PX, BLOCK_PX), repeat=2):
            key = (tile, top, left)
            work = self._open.pop(key, None)
            if work is None and key in self._waiting:
                work = self._fetch(key)
            for number, look in enumerate(work.looks() if work is not None else ()):
                if number == len(taken):
                    nothing = np.zeros((TILE_PX, TILE_PX, 3), np.uint8), np.zeros((TILE_PX, TILE_PX), np.uint16)
                    taken.append((*nothing, frozenset()))
                image, source, numbers = taken[number]
                image[top : top + BLOCK_PX, left : left + BLOCK_PX] = look.image
                source[top : top + BLOCK_PX, left : left + BLOCK_PX] = look.source
                taken[number] = image, source, numbers | look.numbers
        return taken

    def close(self) -> None:
        """Remove the folder."""
        if self._folder.is_dir():
            self._folder.rmdir()

    def _looks_in_memory(self) -> int:
        return sum(1 if work.second is None else 2 for work in self._open.values())

    def _path(self, key: BlockKey) -> Path:
        tile, top, left = key
        return self._folder / f"{tile.name}_{top}_{left}"

    def _put_aside(self, key: BlockKey, work: BlockWork) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._path(key).open("wb") as file:
            for look in work.looks():
                for array in look.arrays():
                    file.write(array.data)
        self._waiting[key] = [look.numbers for look in work.looks()]

    def _fetch(self, key: BlockKey) -> BlockWork:
        path = self._path(key)
        looks = [Look.empty() for _ in self._waiting[key]]
        with path.open("rb") as file:
            for look in looks:
                for array in look.arrays():
                    file.readinto(array.data)
        for look, numbers in zip(looks, self._waiting.pop(key), strict=True):
            look.numbers = numbers
        path.unlink()
        return BlockWork(*looks)
