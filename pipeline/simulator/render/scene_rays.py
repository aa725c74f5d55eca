"""Rays against everything in a moment: ground, standing things, wires, movers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.render.digging import Digging
from pipeline.simulator.render.embree import Tracer
from pipeline.simulator.render.ground_tiles import GroundTiles
from pipeline.simulator.render.rays import FAR_M, Rays
from pipeline.simulator.render.roughness import Breeze, Roughness
from pipeline.simulator.render.solids import FormShelf, Solids, Stand
from pipeline.simulator.render.stage import Stage
from pipeline.simulator.render.surface import GROUND, Surface
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.things.tree import LUMPS_FROM_M

_LUMPS_SHADE = np.float32(0.86)  # of lumps, for the shadows between the leaves that they stand for
_MOST_STRETCHED = 16.0  # footprints longer than this are blurred no further


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Movers of one velocity: one small scene, into which rays are shifted by how far they have gone.

    Attributes:
        velocity: ``(3,)`` float32.
        first: Index of its first thing among all things.
    """

    velocity: Float32
    first: int
    solids: Solids
    tracer: Tracer

    def origins(self, origin_m: Float32, t_s: Float32) -> Float32:
        """Origins in its own scene."""
        return np.asarray(origin_m - t_s[:, None] * self.velocity, np.float32)


def bands_of(stands: Sequence[Stand], first: int, shelf: FormShelf, origin_m: Float) -> tuple[list[Band], list[Stand]]:
    """Movers by velocity, and the order in which they are counted."""
    by_velocity: dict[tuple[float, float], list[Stand]] = {}
    for stand in stands:
        by_velocity.setdefault(stand.placed.velocity_mps, []).append(stand)
    bands: list[Band] = []
    order: list[Stand] = []
    for velocity in sorted(by_velocity):
        group = by_velocity[velocity]
        solids = Solids(group, shelf, origin_m)
        speed = np.array([*velocity, 0.0], np.float32)
        bands.append(Band(speed, first + len(order), solids, Tracer(solids.soups)))
        order.extend(group)
    return bands, order


class SceneRays:
    """A moment as rays meet it.

    Args:
        stage: What stands still.
        movers: What moves.
        digging: What is dug.
        tiles: The ground's look.
        rough: Fine texture.
        breeze: Wind.
    """

    def __init__(
        self,
        stage: Stage,
        movers: Sequence[Stand],
        forms: FormShelf,
        digging: Digging,
        tiles: GroundTiles,
        rough: Roughness,
        breeze: Breeze,
    ) -> None:
        self.stage, self.digging, self.rough, self.breeze = stage, digging, rough, breeze
        self._tiles = tiles
        self.bands, order = bands_of(movers, len(stage.stands), forms, stage.origin_m)
        self.stands = (*stage.stands, *order)
        self._sway = np.array([stand.placed.sway for stand in self.stands], np.float32)
        self._warm = np.array([stand.placed.warm for stand in self.stands], np.float32)
        self._lumped = np.array([stand.detail_m >= LUMPS_FROM_M for stand in self.stands], np.bool_)
        self._tall = np.array([s.placed.scale * s.placed.model.height_m for s in self.stands], np.float32)

    def first(self, rays: Rays) -> tuple[NDArray[np.int64], Surface]:
        """Rays that meet something, and what."""
        hits = self.stage.tracer.first(rays.origin_m, rays.ray)
        far, soup, triangle = hits.far_m, hits.soup, hits.triangle
        band_of = np.full(len(far), -1, np.int32)
        for number, band in enumerate(self.bands):
            again = band.tracer.first(band.origins(rays.origin_m, rays.t_s), rays.ray)
            nearer = again.far_m < far
            far = np.where(nearer, again.far_m, far)
            soup, triangle = np.where(nearer, again.soup, soup), np.where(nearer, again.triangle, triangle)
            band_of[nearer] = number
        which = np.flatnonzero(np.isfinite(far))
        kept = rays.take(which)
        return which, self._surface(kept, far[which], soup[which], triangle[which], band_of[which])

    def wires(self, rays: Rays, far_m: Float32) -> tuple[NDArray[np.int64], Surface] | None:
        """Rays that meet a wire before `far_m` ``(N,)``, and the wires."""
        if self.stage.wire_tracer is None:
            return None
        hits = self.stage.wire_tracer.first(rays.origin_m, rays.ray)
        which = np.flatnonzero(hits.far_m < far_m)
        if not len(which):
            return None
        out = _blank(rays.take(which), hits.far_m[which])
        self._touch(
            out, np.arange(len(which)), self.stage.wires, hits.soup[which], hits.triangle[which], rays.take(which), 0
        )
        return which, out

    def blocked(self, at_m: Float32, toward: Float32, t_s: Float32, reach_m: float = 3_000.0) -> NDArray[np.bool_]:
        """``(N,)`` whether something solid lies between places and a direction ``(3,)`` or directions ``(N, 3)``."""
        rays = np.ascontiguousarray(np.broadcast_to(toward, at_m.shape), np.float32)
        reach = np.full(len(at_m), reach_m, np.float32)
        out = self.stage.tracer.blocked(at_m, rays, reach)
        for band in self.bands:
            out |= band.tracer.blocked(band.origins(at_m, t_s), rays, reach)
        return out

    def _surface(
        self,
        rays: Rays,
        far: Float32,
        soup: NDArray[np.int32],
        triangle: NDArray[np.int32],
        band_of: NDArray[np.int32],
    ) -> Surface:
        out = _blank(rays, far)
        ground = np.flatnonzero((soup == 0) & (band_of < 0))
        self._ground(out, ground, rays)
        things = np.flatnonzero((soup > 0) & (band_of < 0))
        if len(things):
            self._touch(out, things, self.stage.solids, soup[things] - 1, triangle[things], rays.take(things), 0)
        for number, band in enumerate(self.bands):
            here = np.flatnonzero(band_of == number)
            if len(here):
                part = rays.take(here)
                self._touch(out, here, band.solids, soup[here], triangle[here], part, band.first, band.velocity)
        facing = (out.normal * rays.ray).sum(axis=1)
        out.normal[facing > 0] *= -1
        return out

    def _ground(self, out: Surface, which: NDArray[np.int64], rays: Rays) -> None:
        """The terrain's look from its tiles; its true slope, not the triangles', is what light falls on."""
        if not len(which):
            return
        at, part = out.at_m[which], rays.take(which)
        x = _folded(at[:, 0]) + self.stage.origin_m[0]
        y = _folded(at[:, 1]) + self.stage.origin_m[1]
        grazing = np.maximum(np.abs(part.ray[:, 2]), np.float32(0.02))
        wide = out.pixel_m[which] * np.sqrt(np.minimum(1 / grazing, _MOST_STRETCHED))
        patch = self._tiles.sample(x, y, wide, self.digging)
        normal = np.concatenate([-patch.slope, np.ones((len(which), 1), np.float32)], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        away = np.maximum((normal * part.ray).sum(axis=1) + np.float32(0.02), 0)
        normal -= away[:, None] * part.ray  # fine relief may not turn its back on the camera
        factor = self.rough.on_ground(at, self.stage.origin_m, part.ray, patch.material, wide, part.t_s, self.breeze)
        out.albedo[which] = patch.albedo * factor[:, None]
        out.normal[which] = normal / np.linalg.norm(normal, axis=1, keepdims=True)
        out.material[which], out.open_sky[which] = patch.material, patch.open_sky
        out.slope[which] = patch.slope

    def _touch(
        self,
        out: Surface,
        which: NDArray[np.int64],
        solids: Solids,
        soup: NDArray[np.int32],
        triangle: NDArray[np.int32],
        rays: Rays,
        first: int,
        velocity: Float32 | None = None,
    ) -> None:
        """Fill in what lies on things."""
        at = out.at_m[which]
        own = at if velocity is None else at - rays.t_s[:, None] * velocity
        touch = solids.touch(soup, triangle, own)
        thing = (touch.stand + first).astype(np.int32)
        sway = self._sway[thing]
        factor = self.rough.on_things(
            touch.local_m, touch.local_normal, touch.material, thing, out.pixel_m[which], sway, rays.t_s, self.breeze
        )
        leaf = touch.material == Material.LEAF
        factor[leaf & self._lumped[thing]] *= _LUMPS_SHADE
        out.albedo[which] = np.clip(touch.colour * factor[:, None], 0, 0.97)
        out.normal[which], out.glow[which], out.material[which] = touch.normal, touch.glow, touch.material
        out.thing[which], out.sway[which], out.warm[which] = thing, sway, self._warm[thing]
        out.share[which] = touch.share
        height = touch.local_m[:, 2]
        out.height_m[which] = height
        low = 1 - np.float32(0.4) * np.exp(-np.maximum(height, 0) / np.float32(0.7))
        crown = np.float32(0.4) + np.float32(0.6) * np.clip(height / np.maximum(self._tall[thing], 0.5), 0, 1)
        out.open_sky[which] = np.where(leaf, crown, low)


def _folded(at_m: Float32) -> Float:
    """Places beyond the far ground, folded back: behind that much air nobody tells, and it needs no tiles."""
    far = at_m.astype(np.float64)
    return np.asarray(FAR_M - np.abs((far + FAR_M) % (4 * FAR_M) - 2 * FAR_M))


def _blank(rays: Rays, far: Float32) -> Surface:
    count = len(far)
    at = rays.origin_m + far[:, None] * rays.ray
    zeros, none = np.zeros((count, 3), np.float32), np.zeros(count, np.float32)
    return Surface(
        np.asarray(at, np.float32),
        far,
        np.asarray(far * rays.pixel_rad, np.float32),
        zeros,
        zeros.copy(),
        zeros.copy(),
        np.zeros(count, np.uint8),
        np.full(count, GROUND, np.int32),
        np.ones(count, np.float32),
        none,
        none.copy(),
        none.copy(),
        np.ones(count, np.float32),
        np.zeros((count, 2), np.float32),
    )
