"""Roads as they lie on the ground."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.ground import Axis
from pipeline.simulator.scene.material import Material
from pipeline.simulator.worlds.covers import Cover, gravel, over, plain
from pipeline.simulator.worlds.curve import CurvedRoad
from pipeline.simulator.worlds.lattice import cell_of, spread
from pipeline.simulator.worlds.relief import mesh
from pipeline.simulator.worlds.season import DRY_SOIL, MUD, mix, rgb
from pipeline.simulator.worlds.texture import Texture

ASPHALT = (0.121, 0.114, 0.104)
PAINT = (0.52, 0.51, 0.48)
RUT_M, RUT_HALF_M = 0.78, 0.26
FAR_M = 1e6


def pave(below: Cover, road: CurvedRoad, t: Texture, x_m: Axis, y_m: Axis, wetness: float) -> tuple[Cover, Float32]:
    """The ground with a road on it, and ``(H, W)`` share of it that wheels keep bare; shares are of cells."""
    shape = (len(y_m), len(x_m))
    if not _near(road, x_m, y_m):
        return below, np.zeros(shape, np.float32)
    cell = cell_of(x_m)
    off = spread(lambda x, y: _offset(road, x, y), x_m, y_m, 1.0)
    ragged = off + {"asphalt": 0.05, "gravel": 0.22, "track": 0.16}[road.kind] * (t.tint + 0.5 * t.fine)
    away = np.abs(ragged)
    half = road.width_m / 2
    wheels = _share(RUT_HALF_M - np.abs(np.abs(off) - _track(road)) + 0.07 * t.fine, max(cell, 0.16))
    wheels = wheels.astype(np.float32)
    if road.kind == "asphalt":
        shoulder = over(below, gravel(t), 0.85 * _share(half + 0.9 - away, 0.7 + cell))
        along = spread(lambda x, y: _along(road, x, y), x_m, y_m, 1.0)
        return over(shoulder, _asphalt(t, off, along, half, cell), _share(half - away, cell)), _share(half - away, cell)
    if road.kind == "gravel":
        bed = gravel(t)
        lit = bed.albedo * (0.86 + 0.24 * wheels)[..., None] * (1 - 0.10 * np.exp(-((off / 0.5) ** 2)))[..., None]
        bed = Cover(lit.astype(np.float32), bed.bumps_m - 0.03 * wheels, bed.material)
        out = over(below, bed, _share(half - away + 0.25 * t.middle, max(cell, 0.5)))
        return _puddled(out, wheels, t, wetness), wheels
    worn = over(below, plain(rgb(DRY_SOIL), t, Material.SOIL), 0.35 * _share(half - away, max(cell, 0.6)))
    rut = plain(mix(rgb(DRY_SOIL), rgb(MUD), np.float32(0.25 + 0.5 * wetness) + 0.2 * t.middle), t, Material.SOIL)
    rut = Cover(rut.albedo, rut.bumps_m - 0.06, rut.material)
    bare = np.clip(wheels * (0.86 + 0.25 * t.middle + 0.2 * t.tint), 0, 1).astype(np.float32)
    return _puddled(over(worn, rut, bare), wheels, t, wetness), wheels


def _asphalt(t: Texture, off: Float32, along: Float32, half: float, cell: float) -> Cover:
    """Worn asphalt: paler wheel paths, patches, cracks, markings."""
    worn = np.exp(-(((np.abs(off) - 1.55) / 0.45) ** 2))
    cracks = np.clip(1 - np.abs(t.tint) * 12, 0, 1) * (t.broad > 0.2)
    patch = np.clip((t.broad - 1.1) / 0.1, 0, 1)
    light = 1 + 0.12 * worn + 0.09 * t.fine + 0.06 * t.middle + 0.05 * t.tint - 0.45 * cracks - 0.22 * patch
    albedo = (rgb(ASPHALT) * np.clip(light, 0.4, 1.6)[..., None]).astype(np.float32)
    dashes = _share(1.5 - np.abs(np.mod(along, 9.0) - 4.5), max(cell, 0.1))
    lines = _line(off, 0.0, cell) * dashes
    lines = lines + _line(off, half - 0.25, cell) + _line(off, 0.25 - half, cell)
    lines = np.clip(lines * np.clip(0.75 + 0.25 * t.middle + 0.15 * t.fine, 0.1, 1), 0, 1)
    albedo = mix(albedo, rgb(PAINT), lines.astype(np.float32))
    material = np.where(lines > 0.5, Material.PAINT, Material.ASPHALT).astype(np.uint8)
    return Cover(albedo, (0.004 * t.fine).astype(np.float32), material)


def _line(off: Float32, at_m: float, cell: float) -> Float32:
    wide = 0.12
    return np.asarray(_share(wide / 2 - np.abs(off - at_m), max(cell, 0.03)) * min(1.0, wide / cell), np.float32)


def _puddled(cover: Cover, wheels: Float32, t: Texture, wetness: float) -> Cover:
    """Water in ruts where the ground is lowest."""
    if wetness < 0.2:
        return cover
    full = (wheels > 0.6) & (0.7 * t.broad + 0.8 * t.middle > 2.1 - 2.2 * wetness)
    albedo = np.where(full[..., None], rgb(MUD) * np.float32(0.6), cover.albedo).astype(np.float32)
    bumps = np.where(full, np.float32(-0.05), cover.bumps_m).astype(np.float32)
    return Cover(albedo, bumps, np.where(full, Material.WATER, cover.material).astype(np.uint8))


def _track(road: CurvedRoad) -> float:
    return {"asphalt": 1.55, "gravel": 0.95, "track": RUT_M}[road.kind]


def _share(inside_m: Float | Float32, soft_m: float) -> Float32:
    return np.asarray(np.clip(inside_m / np.float32(soft_m) + np.float32(0.5), 0, 1), np.float32)


def _offset(road: CurvedRoad, x_m: Axis, y_m: Axis) -> Float32:
    x, y = mesh(x_m, y_m)
    off = np.asarray(road.curve.offset(x, y), np.float32)
    return np.where(np.abs(road.curve.along(x, y)) > road.curve.half_m, np.float32(FAR_M), off)


def _along(road: CurvedRoad, x_m: Axis, y_m: Axis) -> Float32:
    x, y = mesh(x_m, y_m)
    return np.asarray(road.curve.along(x, y), np.float32)


def _near(road: CurvedRoad, x_m: Axis, y_m: Axis) -> bool:
    """Whether a tile may touch the road: its middle and corners, on a coarse grid."""
    x, y = mesh(np.linspace(x_m[0], x_m[-1], 5), np.linspace(y_m[0], y_m[-1], 5))
    reach = (abs(float(x_m[-1] - x_m[0])) + abs(float(y_m[-1] - y_m[0]))) / 4 + road.width_m + 4.0
    beyond = np.abs(road.curve.along(x, y)) - road.curve.half_m
    return bool(np.any((np.abs(road.curve.offset(x, y)) < 1.5 * reach) & (beyond < reach)))
