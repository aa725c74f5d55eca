"""Surfaces to radiance: sun, sky, lamps, water, shine, haze and smoke."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.air import Air
from pipeline.simulator.render.clouds import Clouds
from pipeline.simulator.render.heat import Heat
from pipeline.simulator.render.lamps import Lamps
from pipeline.simulator.render.light import Light
from pipeline.simulator.render.look import Look
from pipeline.simulator.render.puffs import Puffs
from pipeline.simulator.render.rays import Rays
from pipeline.simulator.render.scene_rays import SceneRays
from pipeline.simulator.render.surface import Surface
from pipeline.simulator.render.water import Ripples, fresnel, glitter, soak
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32

_SHINE: dict[Material, tuple[float, float]] = {  # reflectance square on, exponent of the sun's reflection
    Material.GLASS: (0.05, 900.0),
    Material.PAINT: (0.04, 180.0),
    Material.SHEET_METAL: (0.18, 40.0),
    Material.ENGINE: (0.08, 30.0),
    Material.LAMP: (0.05, 400.0),
    Material.WIRE: (0.30, 20.0),
}
_ROUGH = (
    Material.SOIL,
    Material.GRASS,
    Material.CROP,
    Material.STUBBLE,
    Material.LEAF,
    Material.GRAVEL,
    Material.ROCK,
    Material.HAY,
    Material.NET,
)
_THROUGH_LEAF = np.array([0.55, 0.75, 0.35], np.float32)  # light through a leaf against light off it
_ALIKE = np.float32(0.5)  # share of a spray's leaves that lie as its facet does; the others lie anyhow
_ANYHOW = np.float32(0.25)  # mean cosine, of the lit sides, of leaves that lie anyhow; of the unlit sides as much
_OWN_SHADE = np.float32(0.15)  # light that a spray's leaves take from each other
_GAPS = np.float32(0.3)  # light that comes through other sprays of a crown
_CROWN_M = np.float32(2.5)  # what shades from farther than this is no spray nearby
_PATCHES = ((0.12, 0.45), (0.5, 0.45), (2.3, 0.45), (9.0, 0.40), (37.0, 0.40))
"""Cells in metres and weights of uneven warmth."""

_BOUNCE = np.array([0.16, 0.15, 0.12], np.float32)  # reflectance of the ground around


@dataclass(frozen=True, slots=True, eq=False)
class Shader:
    """Everything that decides how bright a surface is."""

    scene: SceneRays
    light: Light
    air: Air
    clouds: Clouds
    puffs: Puffs
    lamps: Lamps
    ripples: Ripples
    look: Look
    wetness: float
    moment_s: float

    def lit(self, surface: Surface, t_s: Float32) -> NDArray[np.bool_]:
        """``(N,)`` whether nothing stands between a surface and the sun or moon; surfaces that turn away are dark."""
        facing = surface.normal @ self.light.toward
        leaf = surface.material == Material.LEAF
        lift = np.maximum(np.float32(2e-3), surface.far_m * np.float32(2e-5))
        start = surface.at_m + surface.normal * lift[:, None]
        behind = facing < 0
        start[behind] = (surface.at_m - surface.normal * lift[:, None])[behind]
        free = np.zeros(len(start), np.bool_)
        asks = np.flatnonzero((facing > 0) | leaf)
        if self.light.toward[2] > 0 and len(asks):
            free[asks] = ~self.scene.blocked(start[asks], self.light.toward, t_s[asks])
        return free

    def radiance(self, rays: Rays) -> tuple[Float32, NDArray[np.int64], Surface, NDArray[np.bool_]]:
        """``(N, 3)`` light along rays; which of them met something, what, and whether it is in the sun."""
        which, surface = self.scene.first(rays)
        met = rays.take(which)
        soak(surface, self.wetness, self.scene.rough, self.scene.stage.origin_m)
        free = self.lit(surface, met.t_s)
        out = np.empty((len(rays.ray), 3), np.float32)
        up = np.ones(len(rays.ray), np.bool_)
        up[which] = False
        above = np.flatnonzero(up)
        out[above] = self._sky(rays.take(above))
        out[which] = self._hazed(self._surface(met, surface, free), met, surface.far_m)
        far = np.full(len(rays.ray), np.inf, np.float32)
        far[which] = surface.far_m
        self._hang_wires(out, rays, far)
        if len(self.puffs):
            on_them = self.light.key * np.float32(0.4) + self.light.sky
            self.puffs.over(out, rays.origin_m, rays.ray, far, on_them)
        return out, which, surface, free

    def warmth(self, rays: Rays, heat: Heat) -> tuple[Float32, NDArray[np.int64], Surface, NDArray[np.bool_]]:
        """As `radiance`, but ``(N, 1)`` brightness temperatures."""
        which, surface = self.scene.first(rays)
        met = rays.take(which)
        soak(surface, self.wetness, self.scene.rough, self.scene.stage.origin_m)
        free = self.lit(surface, met.t_s)
        kelvin = heat.sky_k(rays.ray[:, 2])
        kelvin[which] = heat.through(heat.surface_k(surface, met.ray, free, self._uneven(surface)), surface.far_m)
        far = np.full(len(rays.ray), np.inf, np.float32)
        far[which] = surface.far_m
        found = self.scene.wires(rays, far)
        if found is not None:
            crossed, wire = found
            even = np.zeros(len(crossed), np.float32)
            lit = np.ones(len(crossed), np.bool_)
            warm = heat.through(heat.surface_k(wire, rays.ray[crossed], lit, even), wire.far_m)
            kelvin[crossed] = kelvin[crossed] * (1 - wire.share) + warm * wire.share
        self.puffs.warm_over(kelvin, rays.origin_m, rays.ray, far, heat.air_k)
        return kelvin[:, None], which, surface, free

    def _uneven(self, surface: Surface) -> Float32:
        """``(N,)`` about unit spread: patches of moisture and cover, from a hand's breadth to a field's."""
        total, at = np.zeros(len(surface.at_m), np.float32), surface.at_m
        for number, (cell, weight) in enumerate(_PATCHES):
            seen = np.float32(weight) / (1 + (surface.pixel_m / np.float32(cell)) ** 2)
            total += seen * self.scene.rough.field(at, self.scene.stage.origin_m, cell, number)
        return total

    def _sky(self, rays: Rays) -> Float32:
        return self.air.sky(rays.ray, self.clouds.seen(rays.ray, rays.origin_m, rays.t_s, self.moment_s))

    def _hazed(self, radiance: Float32, rays: Rays, far_m: Float32) -> Float32:
        return self.air.through(radiance, far_m, 0.5 * (far_m * np.abs(rays.ray[:, 2])))

    def _hang_wires(self, out: Float32, rays: Rays, far: Float32) -> None:
        """Wires cover a share of their pixels."""
        found = self.scene.wires(rays, far)
        if found is None:
            return
        which, wire = found
        met = rays.take(which)
        free = np.ones(len(which), np.bool_)
        colour = self._hazed(self._surface(met, wire, free), met, wire.far_m)
        share = wire.share[:, None]
        out[which] = out[which] * (1 - share) + colour * share

    def _surface(self, rays: Rays, surface: Surface, free: NDArray[np.bool_]) -> Float32:
        """``(N, 3)`` light that leaves surfaces."""
        light, normal = self.light, surface.normal
        sun = free * self.clouds.sunlight(surface.at_m, light.toward, rays.t_s, self.moment_s)
        if len(self.puffs):
            sun = sun * self.puffs.shade(surface.at_m, light.toward)
        sun = sun.astype(np.float32)
        facing = normal @ light.toward
        direct = np.maximum(facing, 0) * sun
        up = np.float32(0.5) + np.float32(0.5) * normal[:, 2]
        level = light.sky + max(float(light.toward[2]), 0.0) * light.key * (1 - np.float32(0.8 * light.cover))
        around = (surface.open_sky * up)[:, None] * light.sky + (1 - up)[:, None] * (_BOUNCE * level)
        fallen = direct[:, None] * light.key + around
        leaf = np.flatnonzero(surface.material == Material.LEAF)
        if len(leaf):
            fallen[leaf] += self._foliage(surface, leaf, facing[leaf], sun[leaf], rays.t_s[leaf]) - (
                direct[leaf, None] * light.key
            )
        if not light.by_day and len(self.lamps.at_m):
            fallen += self.lamps.light(surface, light.sky)
        fallen *= self._hotspot(rays, surface)[:, None]
        out = surface.albedo * fallen + surface.glow
        self._shine(out, rays, surface, sun)
        self._water(out, rays, surface, sun)
        return np.asarray(out, np.float32)

    def _foliage(
        self, surface: Surface, leaf: NDArray[np.int64], facing: Float32, sun: Float32, t_s: Float32
    ) -> Float32:
        """``(L, 3)`` sunlight on sprays of leaves, and skylight through them.

        A facet stands for many leaves that lie anyhow, with gaps between them: they shade each other a little where the
        sun comes, and where other sprays of the crown are before it, some of it comes through.
        """
        light = self.light
        lit = sun * (1 - _OWN_SHADE)
        dark = np.flatnonzero(sun <= 0)
        if len(dark) and light.toward[2] > 0:
            at = surface.at_m[leaf[dark]] + _CROWN_M * light.toward
            crowned = ~self.scene.blocked(np.asarray(at, np.float32), light.toward, t_s[dark])
            sky = self.clouds.sunlight(at, light.toward, t_s[dark], self.moment_s)
            lit[dark] = _GAPS * crowned * sky
        anyhow = (1 - _ALIKE) * _ANYHOW
        front = (_ALIKE * np.maximum(facing, 0) + anyhow) * lit
        back = (_ALIKE * np.maximum(-facing, 0) + anyhow) * lit
        through = back[:, None] * light.key + np.float32(0.25) * light.sky
        return np.asarray(front[:, None] * light.key + through * _THROUGH_LEAF, np.float32)

    def _hotspot(self, rays: Rays, surface: Surface) -> Float32:
        """``(N,)`` factor: rough surfaces hide their shadows from who looks along the sun's light."""
        back = -(rays.ray @ self.light.toward)
        angle = np.arccos(np.clip(back, -1, 1))
        rough = np.isin(surface.material, _ROUGH)
        return np.asarray(1 + rough * np.float32(self.look.hotspot) * (np.exp(-angle / 0.35) - 0.25), np.float32)

    def _shine(self, out: Float32, rays: Rays, surface: Surface, sun: Float32) -> None:
        """Sun and sky mirrored by metal, paint and glass."""
        which = np.flatnonzero(np.isin(surface.material, tuple(_SHINE)))
        if not len(which):
            return
        f0, power = np.zeros(32, np.float32), np.ones(32, np.float32)
        for kind, (square, exponent) in _SHINE.items():
            f0[kind], power[kind] = square, exponent
        material, normal, ray = surface.material[which], surface.normal[which], rays.ray[which]
        cosine = np.clip(-(normal * ray).sum(axis=1), 0, 1)
        share = f0[material] + (1 - f0[material]) * (1 - cosine) ** 5
        mirrored = ray + 2 * cosine[:, None] * normal
        lobe = np.clip(mirrored @ self.light.toward, 0, 1) ** power[material] * (power[material] + 2) / 8
        sky = self.air.sky(mirrored, np.zeros(len(which), np.float32))
        sky = np.minimum(sky, 4 * self.light.sky.max())
        ground = _BOUNCE * (self.light.sky + self.light.key * max(float(self.light.toward[2]), 0.0))
        seen = np.where(mirrored[:, 2:3] > 0, sky, ground) * surface.open_sky[which, None]
        shine = (lobe * sun[which])[:, None] * self.light.key
        out[which] += share[:, None] * (seen + np.minimum(shine, 60.0))

    def _water(self, out: Float32, rays: Rays, surface: Surface, sun: Float32) -> None:
        """Sky and banks mirrored by ripples, and the sun's glitter."""
        which = np.flatnonzero(surface.material == Material.WATER)
        if not len(which):
            return
        at, ray = surface.at_m[which], rays.ray[which]
        slopes, variance = self.ripples.slopes(at, surface.pixel_m[which], rays.t_s[which])
        sheltered = np.where(surface.sway[which] < 0, np.float32(0.15), np.float32(1))
        slopes *= sheltered[:, None]
        variance = variance * sheltered**2 + np.float32(1e-5)
        normal = np.stack([-slopes[:, 0], -slopes[:, 1], np.ones(len(which), np.float32)], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        cosine = np.clip(-(normal * ray).sum(axis=1), 0.02, 1)
        mirrored = ray + 2 * cosine[:, None] * normal
        mirrored[:, 2] = np.maximum(mirrored[:, 2], 0.02)
        mirrored /= np.linalg.norm(mirrored, axis=1, keepdims=True)
        start = at + np.array([0, 0, 0.03], np.float32)
        bank = self.scene.blocked(start, mirrored, rays.t_s[which], 400.0)
        sky = self._sky(Rays(at, mirrored, rays.t_s[which], rays.pixel_rad[which]))
        sky = np.minimum(sky, 3 * self.light.sky + 0.6 * self.light.key)
        seen = np.where(bank[:, None], np.float32(0.10) * (self.light.sky + 0.3 * self.light.key), sky)
        share = fresnel(cosine)[:, None]
        sparkle = (glitter(ray, slopes, variance, self.light) * sun[which] * ~bank)[:, None] * self.light.key
        out[which] = out[which] * (1 - share) + share * seen + np.minimum(sparkle, 40.0)
