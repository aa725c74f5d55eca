"""What events have made of the ground, ready to be asked square by square."""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.simulator.scene.ground import Axis, Dug, Ground
from pipeline.simulator.scene.mesh import Float32

_COARSE_M = 0.25
_MOST_CELLS = 400
_KEEP = 2_000


class Digging:
    """Dug things in order of painting."""

    def __init__(self, pits: "Sequence[Pit]") -> None:
        self._pits = tuple(pits)
        self.print = b"".join(pit.print for pit in self._pits)

    def near(self, west_m: float, south_m: float, wide_m: float, high_m: float) -> "Digging":
        """Those that reach into a rectangle."""
        east, north = west_m + wide_m, south_m + high_m
        return Digging([pit for pit in self._pits if pit.touches(west_m, south_m, east, north)])

    @property
    def thing_ids(self) -> tuple[str, ...]:
        """In order of painting."""
        return tuple(pit.dug.thing_id for pit in self._pits)

    def rises_in(self, west_m: float, south_m: float, side_m: float) -> bool:
        """Whether the ground is lifted or lowered anywhere in a square."""
        return any(pit.rises_in(west_m, south_m, side_m) for pit in self._pits)

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` metres on top of the terrain."""
        total = np.zeros((len(y_m), len(x_m)), np.float32)
        for pit in self._pits:
            window = pit.window(x_m, y_m)
            if window is not None:
                total[window] += pit.dug.rise(x_m[window[1]], y_m[window[0]])
        return total

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """The ground with everything painted on it, one after the other."""
        albedo, bumps, material = ground.albedo.copy(), ground.bumps_m.copy(), ground.material.copy()
        for pit in self._pits:
            window = pit.window(x_m, y_m)
            if window is None:
                continue
            below = Ground(albedo[window], bumps[window], material[window])
            new = pit.dug.paint(below, x_m[window[1]], y_m[window[0]])
            albedo[window], bumps[window], material[window] = new.albedo, new.bumps_m, new.material
        return Ground(albedo, bumps, material)

    def number_at(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.int32]:
        """``(N,)`` 1 + index of the last dug thing whose outline holds a place; 0 for none."""
        number = np.zeros(len(x_m), np.int32)
        for k, pit in enumerate(self._pits):
            if len(pit.dug.outline_m) < 3:
                continue
            west, south, east, north = pit.outline.bounds
            near = np.flatnonzero((x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north))
            if len(near):
                number[near[shapely.contains_xy(pit.outline, x_m[near], y_m[near])]] = k + 1
        return number


@dataclass(frozen=True, slots=True, eq=False)
class Pit:
    """A dug thing with what was found out about it once.

    Attributes:
        dug: The thing.
        print: Digest of all it is; the same for the same thing made again.
        outline: Of its outline, prepared.
        moved: ``(H, W)`` uint8, where the ground is not as it was; rows grow with y, from the south-western corner of
            its reach.
        cell_m: Of `moved`.
    """

    dug: Dug
    print: bytes
    outline: shapely.Geometry
    moved: NDArray[np.uint8]
    cell_m: float

    @classmethod
    def of(cls, dug: Dug, digest: bytes) -> "Pit":
        """Look at a dug thing once."""
        cell = max(_COARSE_M, 2 * dug.reach_m / _MOST_CELLS)
        steps: Axis = np.arange(int(np.ceil(2 * dug.reach_m / cell)) + 1, dtype=np.float64) * cell - dug.reach_m
        rise = dug.rise(dug.x_m + steps, dug.y_m + steps)
        moved = np.asarray(cv2.dilate((np.abs(rise) > 1e-4).astype(np.uint8), np.ones((3, 3), np.uint8)), np.uint8)
        outline = shapely.Polygon(dug.outline_m) if len(dug.outline_m) >= 3 else shapely.Polygon()
        shapely.prepare(outline)
        return cls(dug, digest, outline, moved, cell)

    def touches(self, west_m: float, south_m: float, east_m: float, north_m: float) -> bool:
        """Whether it reaches into a rectangle."""
        x, y, reach = self.dug.x_m, self.dug.y_m, self.dug.reach_m
        return west_m - reach <= x <= east_m + reach and south_m - reach <= y <= north_m + reach

    def rises_in(self, west_m: float, south_m: float, side_m: float) -> bool:
        """Whether it moves the ground in a square."""
        if not self.touches(west_m, south_m, west_m + side_m, south_m + side_m):
            return False
        left = (west_m - self.dug.x_m + self.dug.reach_m) / self.cell_m
        low = (south_m - self.dug.y_m + self.dug.reach_m) / self.cell_m
        span = side_m / self.cell_m
        c0, c1 = max(int(np.floor(left)), 0), max(int(np.ceil(left + span)) + 1, 0)
        r0, r1 = max(int(np.floor(low)), 0), max(int(np.ceil(low + span)) + 1, 0)
        return bool(self.moved[r0:r1, c0:c1].any())

    def window(self, x_m: Axis, y_m: Axis) -> tuple[slice, slice] | None:
        """Rows and columns of a raster that it may reach; None where fewer than two."""
        a, b = np.searchsorted(x_m, [self.dug.x_m - self.dug.reach_m, self.dug.x_m + self.dug.reach_m])
        d, e = np.searchsorted(y_m, [self.dug.y_m - self.dug.reach_m, self.dug.y_m + self.dug.reach_m])
        a, d = max(int(a) - 1, 0), max(int(d) - 1, 0)
        columns, rows = slice(a, min(int(b) + 1, len(x_m))), slice(d, min(int(e) + 1, len(y_m)))
        return (rows, columns) if columns.stop - a >= 2 and rows.stop - d >= 2 else None


class PitShelf:
    """Pits that were looked at before; events make their dug things anew for every frame."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Pit] = OrderedDict()

    def digging(self, dug: Sequence[Dug]) -> Digging:
        """Dug things, each looked at once."""
        return Digging([self._pit(one) for one in dug])

    def _pit(self, dug: Dug) -> Pit:
        digest = digest_of(dug)
        if digest not in self._kept:
            self._kept[digest] = Pit.of(dug, digest)
            while len(self._kept) > _KEEP:
                self._kept.popitem(last=False)
        self._kept.move_to_end(digest)
        return self._kept[digest]


def _record(dug: Dug) -> object:
    """All that a thing is, without what it has worked out and kept since."""
    kind = type(dug)
    names = getattr(kind, "__dataclass_fields__", None)
    if names is None:
        return dug
    return (kind.__module__, kind.__qualname__, *(getattr(dug, name) for name in names))


def digest_of(dug: Dug) -> bytes:
    """Digest of all that a dug thing is; of its own record where that can be pickled, as what workers share can."""
    whole = hashlib.blake2b(digest_size=16)
    try:
        whole.update(pickle.dumps(_record(dug), protocol=5))
    except (pickle.PicklingError, AttributeError, TypeError):
        whole.update(f"{dug.thing_id} {dug.kind} {dug.x_m!r} {dug.y_m!r} {dug.reach_m!r}".encode())
        steps = np.linspace(-dug.reach_m, dug.reach_m, 128)
        plain = Ground(
            np.full((128, 128, 3), 0.2, np.float32), np.zeros((128, 128), np.float32), np.zeros((128, 128), np.uint8)
        )
        painted = dug.paint(plain, dug.x_m + steps, dug.y_m + steps)
        rise = dug.rise(dug.x_m + steps, dug.y_m + steps)
        for raster in (dug.outline_m, rise, painted.albedo, painted.bumps_m, painted.material):
            whole.update(np.ascontiguousarray(raster).tobytes())
    return whole.digest()
