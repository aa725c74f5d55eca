"""Roads over what lies there."""

import numpy as np

from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.material import Material
from pipeline.simulator.worlds.covers import Cover, gravel, over
from pipeline.simulator.worlds.curve import CurvedRoad
from pipeline.simulator.worlds.season import mix, rgb
from pipeline.simulator.worlds.texture import Texture

ASPHALT = (0.118, 0.117, 0.116)
BED = (0.315, 0.278, 0.220)
RUT = (0.285, 0.232, 0.168)
PAINT = (0.62, 0.62, 0.60)


def pave(cover: Cover, road: CurvedRoad, x: Float32, y: Float32, t: Texture) -> Cover:
    """A road with its verges; arguments of a tile."""
    along, aside = road.curve.along(x, y), np.asarray(road.curve.offset(x, y), np.float32)
    if float(np.abs(aside).min()) > road.width_m / 2 + 3 or not (np.abs(along) <= road.curve.half_m).any():
        return cover
    inside = (np.abs(along) <= road.curve.half_m).astype(np.float32)
    if road.kind == "track":
        return _ruts(cover, aside, inside, t)
    ragged = np.abs(aside) + 0.20 * t.middle + 0.06 * t.fine
    verge = inside * np.clip((road.width_m / 2 + 1.0 - ragged) / 0.6, 0, 1)
    cover = over(cover, gravel(t), 0.85 * verge)
    sharp = np.abs(aside) + (0.05 if road.kind == "asphalt" else 0.16) * t.middle
    share = inside * np.clip((road.width_m / 2 - sharp) / 0.15, 0, 1)
    return over(cover, _carriageway(road, along, aside, t), share)


def _carriageway(road: CurvedRoad, along: Float32, aside: Float32, t: Texture) -> Cover:
    wheels = np.exp(-(((np.abs(np.abs(aside) - road.width_m / 4) - 0.75) / 0.28) ** 2)).astype(np.float32)
    if road.kind == "gravel":
        contrast = 0.10 * t.broad + 0.10 * t.middle + 0.15 * t.fine + 0.10 * wheels - 0.05 * t.tufts
        albedo = rgb(BED) * np.exp(contrast)[..., None]
        return Cover(albedo.astype(np.float32), (0.012 * t.tufts).astype(np.float32), _of(aside, Material.GRAVEL))
    patches = np.clip((t.tint - 1.2) / 0.1, 0, 1)  # mended places
    cracks = np.clip(1 - np.abs(t.tint + 0.4 * t.middle) * 18, 0, 1)
    contrast = 0.06 * t.broad + 0.07 * t.middle + 0.09 * t.fine + 0.10 * wheels - 0.35 * cracks - 0.22 * patches
    albedo = rgb(ASPHALT) * np.exp(contrast)[..., None]
    dashes = (np.mod(along, 9.0) < 3.0) & (np.abs(aside) < 0.06)
    lines = np.abs(np.abs(aside) - road.width_m / 2 + 0.25) < 0.06
    worn = np.clip(0.75 + 0.25 * t.middle, 0, 1)
    albedo = mix(albedo.astype(np.float32), rgb(PAINT), (dashes | lines) * worn)
    return Cover(albedo, (0.002 * t.fine).astype(np.float32), _of(aside, Material.ASPHALT))


def _ruts(cover: Cover, aside: Float32, inside: Float32, t: Texture) -> Cover:
    far = np.abs(aside) + 0.12 * t.middle
    ruts = inside * np.exp(-(((far - 0.85) / 0.34) ** 2))
    beside = inside * np.clip((1.7 - far) / 0.5, 0, 1)
    bare = rgb(RUT) * np.exp(0.13 * t.fine + 0.10 * t.middle + 0.08 * t.tufts)[..., None]
    earth = Cover(bare.astype(np.float32), (0.01 * t.fine).astype(np.float32), _of(aside, Material.SOIL))
    worn = over(cover, earth, np.clip(1.5 * ruts + 0.35 * beside * (0.6 + 0.5 * t.tint), 0, 1))
    return Cover(worn.albedo, (worn.bumps_m - 0.05 * ruts).astype(np.float32), worn.material)


def _of(like: Float32, material: Material) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full(like.shape, material, np.uint8)
