"""What grows or lies on a patch of ground: one function a cover."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.material import Material
from pipeline.simulator.worlds.season import DRY_SOIL, GRAVEL, LITTER, ROCK, SAND, SOIL, Palette, mix, rgb
from pipeline.simulator.worlds.texture import Texture


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A cover over a whole tile: colour ``(H, W, 3)``, fine relief ``(H, W)`` metres, material ``(H, W)``."""

    albedo: Float32
    bumps_m: Float32
    material: NDArray[np.uint8]


def _of(shape: tuple[int, ...], material: Material) -> NDArray[np.uint8]:
    return np.full(shape, material, np.uint8)


def _lit(colour: Float32, *parts: tuple[float, Float32]) -> Float32:
    """Colour with contrasts; each part is a share and a field. Contrasts multiply, as shade and density do."""
    total = sum(np.float32(share) * field for share, field in parts)
    return np.asarray(colour * np.exp(np.clip(total, -1.4, 1.1))[..., None], np.float32)


def grass(t: Texture, palette: Palette, green: float = 0.0, bare: float = 0.0) -> Cover:
    """Grass and herbs over soil.

    Args:
        t: Texture.
        palette: Season.
        green: Added to the season's share of green.
        bare: How much soil shows, 0 to 1.
    """
    share = palette.green + green + 0.22 * t.broad + 0.24 * t.tint + 0.10 * t.fine - 0.5
    sward = mix(rgb(palette.dry_grass), rgb(palette.grass), 0.5 + share)
    weeds = np.clip((0.8 * t.tufts + 0.7 * t.middle + 0.4 * t.broad - 0.9) / 0.5, 0, 1)
    sward = mix(sward, rgb(palette.weeds), 0.55 * weeds)
    sward = _lit(sward, (0.07, t.broad), (0.10, t.middle), (0.34, t.fine), (0.12, t.tufts))
    soil = _lit(rgb(DRY_SOIL), (0.08, t.broad), (0.12, t.tint), (0.17, t.fine))
    gaps = np.clip((bare - 0.62 + 0.34 * t.middle + 0.24 * t.tint - 0.28 * t.fine) / 0.22, 0, 1)
    material = np.where(gaps > 0.5, Material.SOIL, Material.GRASS).astype(np.uint8)
    bumps = (0.03 * (1 - gaps) * (0.7 * t.tufts + 0.6 * t.fine) + 0.05 * weeds).astype(np.float32)
    return Cover(mix(sward, soil, gaps), bumps, material)


def soil(t: Texture, rows: Float32, strength: float, relief_m: float) -> Cover:
    """Bare tilled soil with clods and rows (``(H, W)``, -1 to 1)."""
    clods = np.clip(np.abs(t.tufts) + 0.4 * t.fine, 0, 2.5)
    dry = mix(rgb(SOIL), rgb(DRY_SOIL), 0.25 + 0.22 * t.broad + 0.12 * t.middle + 0.2 * rows)
    albedo = _lit(dry, (strength, rows), (0.18, t.fine), (0.10, clods - 0.9), (0.07, t.middle), (0.05, t.tint))
    bumps = (relief_m * rows + 0.022 * clods + 0.012 * t.fine).astype(np.float32)
    return Cover(albedo, bumps, _of(rows.shape, Material.SOIL))


def stubble(t: Texture, rows: Float32) -> Cover:
    """Cut straw in rows over soil, with swaths."""
    straw = mix(rgb((0.36, 0.29, 0.165)), rgb((0.25, 0.19, 0.115)), 0.45 + 0.3 * t.middle + 0.3 * t.tint)
    albedo = _lit(straw, (0.09, rows), (0.22, t.fine), (0.09, t.broad), (0.09, t.middle))
    return Cover(albedo, (0.015 * rows + 0.03 * t.fine).astype(np.float32), _of(rows.shape, Material.STUBBLE))


def crop(t: Texture, palette: Palette, rows: Float32) -> Cover:
    """Plants in rows; where they are thin, soil."""
    broken = rows * np.clip(0.45 + 0.4 * t.middle + 0.25 * t.tint, 0, 1)  # gaps, lodging, drilling that drifted
    closed = 0.36 - 0.24 * palette.crop_cover
    reach = palette.crop_cover + closed * broken + 0.20 * t.fine + 0.16 * t.middle + 0.13 * t.broad
    cover = np.clip((reach - 0.35) / 0.3, 0, 1).astype(np.float32)
    plants = mix(rgb(palette.crop), rgb(palette.weeds), 0.15 + 0.18 * t.tint + 0.15 * t.broad)
    plants = _lit(plants, (0.25, t.fine), (0.11, t.middle), (0.08, t.broad))
    ground = _lit(rgb(SOIL), (0.15, t.fine), (0.08, t.tint))
    bumps = (palette.crop_rise_m * 0.35 * cover * (1 + 0.35 * t.fine)).astype(np.float32)
    material = np.where(cover > 0.5, Material.CROP, Material.SOIL).astype(np.uint8)
    return Cover(mix(ground, plants, cover), bumps, material)


def rock(t: Texture) -> Cover:
    """Rock and scree: blocks, cracks, dust between."""
    wide, narrow = np.clip(1 - np.abs(t.middle) * 3.0, 0, 1), np.clip(1 - np.abs(t.tint) * 4.0, 0, 1)
    cracks: Float32 = (wide + 0.8 * narrow).astype(np.float32)
    stone = mix(rgb(ROCK), rgb((0.19, 0.165, 0.14)), 0.4 + 0.35 * t.broad + 0.25 * t.tint)
    albedo = _lit(stone, (-0.22, cracks), (0.17, t.fine), (0.13, t.middle), (0.12, t.tufts))
    bumps = (0.10 * t.middle + 0.06 * np.abs(t.tufts) + 0.02 * t.fine - 0.05 * cracks).astype(np.float32)
    return Cover(albedo, bumps, _of(bumps.shape, Material.ROCK))


def gravel(t: Texture) -> Cover:
    """Pebbles."""
    albedo = _lit(rgb(GRAVEL), (0.20, t.fine), (0.14, t.tufts), (0.09, t.middle), (0.08, t.broad))
    return Cover(albedo, (0.02 * np.abs(t.tufts)).astype(np.float32), _of(t.fine.shape, Material.GRAVEL))


def sand(t: Texture) -> Cover:
    """Sand and dried mud of shores."""
    albedo = _lit(rgb(SAND), (0.08, t.fine), (0.09, t.tint), (0.10, t.middle), (0.10, t.broad))
    return Cover(albedo, (0.006 * t.fine + 0.02 * t.tint).astype(np.float32), _of(t.fine.shape, Material.SAND))


def litter(t: Texture, palette: Palette) -> Cover:
    """Forest floor."""
    leaves = rgb((0.20, 0.115, 0.045)) if palette.foliage == "autumn" else rgb(LITTER)
    floor = mix(leaves, rgb(palette.weeds), 0.25 + 0.4 * t.middle + 0.25 * t.tufts)
    albedo = _lit(floor, (0.28, t.fine), (0.16, t.middle), (0.12, t.tint))
    return Cover(albedo, (0.03 * t.fine + 0.05 * np.abs(t.tufts)).astype(np.float32), _of(t.fine.shape, Material.GRASS))


def plain(colour: Float32, t: Texture, material: Material) -> Cover:
    """Trodden or driven ground of a colour ``(3,)`` or ``(H, W, 3)``."""
    albedo = _lit(colour, (0.13, t.fine), (0.08, t.tint), (0.08, t.middle), (0.06, t.broad))
    return Cover(albedo, (0.008 * t.fine + 0.01 * np.abs(t.tufts)).astype(np.float32), _of(t.fine.shape, material))


def over(below: Cover, above: Cover, share: Float32) -> Cover:
    """One cover over another by a share ``(H, W)``."""
    s = np.clip(share, 0, 1).astype(np.float32)
    return Cover(
        mix(below.albedo, above.albedo, s),
        (below.bumps_m * (1 - s) + above.bumps_m * s).astype(np.float32),
        np.where(s > 0.5, above.material, below.material).astype(np.uint8),
    )
