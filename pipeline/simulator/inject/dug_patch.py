"""Ground that events changed: its new form, and how much of its look is new."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.records.arrays import Bool, Float
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.noise import hash_lattice
from pipeline.simulator.scene.ground import Dug, Float32, Ground
from pipeline.simulator.scene.mesh import Extent

_MOST_NODES = 2_500_000
"""Of one patch: a quarter of a gigabyte in all."""

_GRAIN = 0.17
"""Of crumbs as small as the nodes, so that new earth is as rich in detail as the ground beside it."""

_EVEN_M = 0.6
"""Spread of the smoothing of the surface model below new earth: its grains are errors, not clods."""


@dataclass(frozen=True, slots=True, eq=False)
class DugPatch:
    """A rectangle of changed ground on a fine raster, rows growing with y.

    Attributes:
        x_m, y_m: ``(W,)``, ``(H,)`` site axes.
        height_m: ``(H, W)`` new ellipsoidal heights; at its border those of the surface.
        surface_m: ``(H, W)`` the old ones.
        look: ``(H, W, 10)`` normal of the new ground and of the old one, fine bumps included; how much of the look is
            new, 0 to 1; and the reflectance of what is new, times that share.
        owner: ``(H, W)`` 1 + index into `thing_ids`; 0 where nothing changed.
        thing_ids: What is dug here.
        faces: Triangles over its nodes.
    """

    x_m: Float
    y_m: Float
    height_m: Float32
    surface_m: Float32
    look: Float32
    owner: NDArray[np.int32]
    thing_ids: tuple[str, ...]
    faces: NDArray[np.int32]

    @property
    def share(self) -> Float32:
        """``(H, W)`` how much of the look is new."""
        return self.look[..., 6]

    def covers(self, xy_m: Float) -> Bool:
        """Whether ``(N, 2)`` site places lie in it."""
        inside_x = (xy_m[:, 0] > self.x_m[0]) & (xy_m[:, 0] < self.x_m[-1])
        return np.asarray(inside_x & (xy_m[:, 1] > self.y_m[0]) & (xy_m[:, 1] < self.y_m[-1]), np.bool_)

    def vertices(self, origin_m: Float) -> Float32:
        """``(H * W, 3)`` nodes relative to an origin."""
        out = np.empty((len(self.y_m), len(self.x_m), 3), np.float32)
        out[..., 0], out[..., 1] = (self.x_m - origin_m[0])[None, :], (self.y_m - origin_m[1])[:, None]
        out[..., 2] = self.height_m - origin_m[2]
        return out.reshape(-1, 3)

    def sample(self, xy_m: Float) -> tuple[Float32, Float32, Float32, Float32, NDArray[np.int32]]:
        """At ``(N, 2)`` site places: normal, normal before, share, albedo, owner; linear between the nodes."""
        column = np.clip((xy_m[:, 0] - self.x_m[0]) / (self.x_m[1] - self.x_m[0]), 0, len(self.x_m) - 1.001)
        row = np.clip((xy_m[:, 1] - self.y_m[0]) / (self.y_m[1] - self.y_m[0]), 0, len(self.y_m) - 1.001)
        c, r = column.astype(np.int64), row.astype(np.int64)
        u, v = (column - c).astype(np.float32)[:, None], (row - r).astype(np.float32)[:, None]
        first = r * len(self.x_m) + c
        flat = self.look.reshape(-1, self.look.shape[-1])
        low = flat[first] * (1 - u) + flat[first + 1] * u
        high = flat[first + len(self.x_m)] * (1 - u) + flat[first + len(self.x_m) + 1] * u
        mixed = low * (1 - v) + high * v
        owner = self.owner[np.rint(row).astype(np.int64), np.rint(column).astype(np.int64)]
        return mixed[:, :3], mixed[:, 3:6], mixed[:, 6], mixed[:, 7:], owner


def dug_patches(dug: Sequence[Dug], land: SurfaceLand, detail_m: float) -> tuple[DugPatch, ...]:
    """Patches of everything that is dug; things whose reaches meet share one.

    Args:
        dug: In order of painting.
        land: The surface.
        detail_m: Spacing of the nodes; coarser where a patch would hold too many.
    """
    groups: list[tuple[Extent, list[Dug]]] = []
    for item in dug:
        box, members = _box(item), [item]
        for other in [group for group in groups if _meet(group[0], box)]:
            groups.remove(other)
            box, members = _around(box, other[0]), other[1] + members
        groups.append((box, members))
    order = {id(item): place for place, item in enumerate(dug)}
    return tuple(_patch(sorted(members, key=lambda m: order[id(m)]), box, land, detail_m) for box, members in groups)


def _patch(dug: list[Dug], box: Extent, land: SurfaceLand, detail_m: float) -> DugPatch:
    wide, high = box.east_m - box.west_m, box.north_m - box.south_m
    step = max(detail_m, float(np.sqrt(wide * high / _MOST_NODES)))
    x = np.linspace(box.west_m, box.east_m, max(int(np.ceil(wide / step)), 2) + 1)
    y = np.linspace(box.south_m, box.north_m, max(int(np.ceil(high / step)), 2) + 1)
    before = land.terrain(x, y)
    rise = np.zeros(before.shape, np.float32)
    owner = np.zeros(before.shape, np.int32)
    plain = land.ground(x, y)
    black = Ground(np.zeros_like(plain.albedo), plain.bumps_m, plain.material)
    white = Ground(np.ones_like(plain.albedo), plain.bumps_m, plain.material)
    for number, item in enumerate(dug, 1):
        lift = item.rise(x, y)
        rise += lift
        kept = white.albedo[..., 1] - black.albedo[..., 1]
        # what is painted is linear in the ground below it: two grounds tell its colour from its cover
        black, white = item.paint(black, x, y), item.paint(white, x, y)
        covered = (white.albedo[..., 1] - black.albedo[..., 1]) < 0.6 * kept
        owner[covered | (np.abs(lift) > 0.05)] = number
    share = np.clip(1 - (white.albedo - black.albedo).mean(axis=2), 0, 1)
    even = _evened(before, rise, x[1] - x[0])
    bumps = 0.5 * (black.bumps_m + white.bumps_m) - plain.bumps_m
    grain = 1 + _GRAIN * (hash_lattice(17, *_nodes(x, y, 1)) + hash_lattice(18, *_nodes(x, y, 3)))
    new = black.albedo * grain[..., None]
    normals = (_normals(even + rise + bumps, x, y), _normals(even, x, y))
    look = np.concatenate([*normals, share[..., None], new], axis=-1).astype(np.float32)
    names = tuple(item.thing_id for item in dug)
    return DugPatch(x, y, even + rise, even, look, owner, names, grid_faces(len(y), len(x)))


def _evened(before: Float32, rise: Float32, step_m: float) -> Float32:
    """The surface without its grain where earth was moved, and as it is at the border."""
    moved = ndimage.gaussian_filter((np.abs(rise) > 0.02).astype(np.float32), 0.3 / step_m)
    weight = np.clip(2 * moved, 0, 1)
    frame = np.ones_like(before)
    frame[2:-2, 2:-2] = 0
    weight *= 1 - frame
    smooth = ndimage.gaussian_filter(before, _EVEN_M / step_m, truncate=2.5)
    return np.asarray(before + weight * (smooth - before), np.float32)


def _nodes(x_m: Float, y_m: Float, every: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows of the nodes on a lattice that starts at the site's origin, as they broadcast."""
    step = every * (x_m[1] - x_m[0])
    return np.floor(x_m / step).astype(np.int64)[None, :], np.floor(y_m / step).astype(np.int64)[:, None]


def _normals(height: Float32, x_m: Float, y_m: Float) -> Float32:
    north, east = np.gradient(height, y_m[1] - y_m[0], x_m[1] - x_m[0])
    normal = np.stack([-east, -north, np.ones_like(height)], axis=-1)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float32)


def grid_faces(rows: int, columns: int) -> NDArray[np.int32]:
    """``(T, 3)`` two triangles a cell, counter-clockwise from above."""
    node = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _box(item: Dug) -> Extent:
    reach = item.reach_m + 0.5
    return Extent(item.x_m - reach, item.y_m - reach, item.x_m + reach, item.y_m + reach)


def _meet(a: Extent, b: Extent) -> bool:
    return a.west_m < b.east_m and b.west_m < a.east_m and a.south_m < b.north_m and b.south_m < a.north_m


def _around(a: Extent, b: Extent) -> Extent:
    return Extent(
        min(a.west_m, b.west_m), min(a.south_m, b.south_m), max(a.east_m, b.east_m), max(a.north_m, b.north_m)
    )
