"""What rain, snow and standing water make of the ground."""

import numpy as np

from pipeline.simulator.noise import Float32
from pipeline.simulator.scene.material import Material
from pipeline.simulator.worlds.covers import Cover
from pipeline.simulator.worlds.season import MUD, SNOW, mix, rgb
from pipeline.simulator.worlds.texture import Texture

_SOAKS = (Material.SOIL, Material.GRAVEL, Material.SAND, Material.STUBBLE, Material.ROCK)
DEEP: tuple[float, float, float] = (0.020, 0.032, 0.030)


def snow_on(cover: Cover, t: Texture, slope: Float32, share: float, tracked: Float32) -> Cover:
    """Snow that wind has carried into hollows and off knolls, and wheels off roads.

    Args:
        cover: What lies there.
        t: Texture.
        slope: ``(H, W)`` rise over run; steep ground sheds snow.
        share: Of level open ground under snow.
        tracked: ``(H, W)`` share taken away by wheels.
    """
    if share <= 0:
        return cover
    depth = 1.7 * (share - 0.5) + 0.45 * t.broad + 0.25 * t.middle + 0.10 * t.tufts - 5.0 * cover.bumps_m
    depth = depth - 1.6 * np.clip(slope - 0.6, 0, 1.5) - 0.9 * tracked
    white = np.clip((depth + 0.25 + 0.12 * t.fine) / 0.5, 0, 1)
    drifts = np.exp(0.035 * t.broad + 0.03 * t.middle + 0.025 * t.fine)[..., None]
    packed = mix(rgb(SNOW), rgb((0.55, 0.54, 0.52)), 0.6 * tracked)
    albedo = mix(cover.albedo, np.minimum(packed * drifts, 0.9).astype(np.float32), white)
    smooth = cover.bumps_m * (1 - 0.8 * white) + 0.012 * t.middle * white
    material = np.where(white > 0.6, Material.SNOW, cover.material).astype(np.uint8)
    return Cover(albedo, smooth.astype(np.float32), material)


def drench(cover: Cover, t: Texture, slope: Float32, wetness: float) -> Cover:
    """Rain darkens what soaks it up, and stands in hollows of level ground.

    Source: wet soil reflects about half of what dry soil does (Lobell and Asner 2002 show 40 to 60 %).
    """
    if wetness <= 0:
        return cover
    soaks = np.isin(cover.material, _SOAKS)
    dark = 1 - wetness * np.where(soaks, 0.48, 0.20) * np.clip(1 + 0.25 * t.broad, 0.4, 1.4)
    albedo = (cover.albedo * dark[..., None]).astype(np.float32)
    hollow = -0.8 * t.broad - 0.6 * t.middle - 14.0 * np.clip(cover.bumps_m, -0.1, 0.1) - 9.0 * slope
    worn = np.isin(cover.material, (Material.SOIL, Material.GRAVEL, Material.ASPHALT))
    pool = np.clip((hollow - 2.6 + 1.5 * wetness + 0.5 * worn) / 0.12, 0, 1) * np.clip(2 * wetness - 0.6, 0, 1)
    albedo = mix(albedo, rgb(MUD) * np.float32(0.6), pool.astype(np.float32))
    material = np.where(pool > 0.5, Material.WATER, cover.material).astype(np.uint8)
    return Cover(albedo, (cover.bumps_m * (1 - pool)).astype(np.float32), material)


def flood(cover: Cover, t: Texture, depth_m: Float32) -> Cover:
    """Standing or running water: the bed shines through where it is shallow."""
    if float(depth_m.max()) <= -1.5:
        return cover
    damp = np.clip((depth_m + 0.5 + 0.10 * t.middle) / 0.4, 0, 1)
    albedo = cover.albedo * (1 - 0.4 * damp)[..., None]
    clear = np.exp(-np.clip(depth_m, 0, None) / 0.55)[..., None]
    murk = rgb(DEEP) * np.exp(0.15 * t.broad + 0.05 * t.middle)[..., None]
    wet = depth_m > 0
    water = (albedo * 0.7 * clear + murk * (1 - clear)).astype(np.float32)
    return Cover(
        np.where(wet[..., None], water, albedo).astype(np.float32),
        np.where(wet, 0, cover.bumps_m).astype(np.float32),
        np.where(wet, Material.WATER, cover.material).astype(np.uint8),
    )
