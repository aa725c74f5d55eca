"""What trucks and trailers carry."""

import numpy as np

from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, loft

CANVAS: tuple[Rgb, ...] = ((0.085, 0.10, 0.055), (0.14, 0.125, 0.085), (0.10, 0.14, 0.22), (0.36, 0.35, 0.32))
GOODS: tuple[Rgb, ...] = ((0.30, 0.23, 0.14), (0.22, 0.17, 0.11), (0.34, 0.33, 0.30), (0.16, 0.20, 0.13))


def flatbed(
    back_m: float, front_m: float, half_m: float, up_m: float, side_m: float, rgb: Rgb, stuff: Material
) -> list[Mesh]:
    """A floor and four low sides; the inside shows."""
    middle, long = (back_m + front_m) / 2, front_m - back_m
    inner = tuple(0.55 * np.array(rgb))
    floor = box((middle, 0.0), (long, 2 * half_m), up_m - 0.15, up_m, inner, stuff)
    sides = [
        box((middle, side * (half_m - 0.03)), (long, 0.06), up_m - 0.2, up_m + side_m, rgb, stuff) for side in (-1, 1)
    ]
    ends = [
        box((x, 0.0), (0.06, 2 * half_m), up_m - 0.2, up_m + side_m, rgb, stuff)
        for x in (back_m + 0.03, front_m - 0.03)
    ]
    return [floor, *sides, *ends]


def load(
    cargo: str,
    rgb: Rgb,
    span_m: tuple[float, float],
    half_m: float,
    low_m: float,
    high_m: float,
    rng: np.random.Generator,
) -> list[Mesh]:
    """A box body, a tarpaulin on hoops, a tank or loose goods between two places along a bed.

    Drab paint comes with drab canvas, box and tank.
    """
    drab = max(rgb) < 0.2 or rgb[0] > 1.5 * rgb[2]
    back, front = span_m
    middle, long = (back + front) / 2, front - back
    if cargo == "box":
        pale = tuple(np.array(rgb if drab else (0.55, 0.55, 0.54)) * rng.uniform(0.6, 1.05))
        return [box((middle, 0.0), (long, 2 * half_m), low_m, high_m, pale, Material.SHEET_METAL)]
    if cargo == "tarpaulin":
        return [
            _tarpaulin(
                back, front, half_m, low_m, high_m, _shade(rgb, rng) if drab else CANVAS[rng.integers(len(CANVAS))]
            )
        ]
    if cargo == "tank":
        return [_tank(back, front, half_m, low_m, high_m, rgb if drab else (0.42, 0.42, 0.41))]
    if cargo == "open":
        count = max(2, round(long * half_m))
        goods = []
        for _ in range(count):
            size = rng.uniform((0.4, 0.4, 0.2), (1.1, 0.9, 0.45))
            x = rng.uniform(back + size[0] / 2, front - size[0] / 2)
            y = rng.uniform(-half_m + size[1] / 2, half_m - size[1] / 2)
            rgb = GOODS[rng.integers(len(GOODS))]
            goods.append(
                box(
                    (float(x), float(y)),
                    (float(size[0]), float(size[1])),
                    low_m,
                    low_m + float(size[2]),
                    rgb,
                    Material.WOOD,
                )
            )
        return goods
    return []


def _shade(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    red, green, blue = np.array(rgb) * rng.uniform(0.8, 1.25)
    return float(red), float(green), float(blue)


def _tarpaulin(back: float, front: float, half: float, low: float, high: float, rgb: Rgb) -> Mesh:
    """Canvas over hoops: it sags between them."""
    hoops = 6
    x = np.linspace(back, front, 2 * hoops + 1)
    y = np.array([-half, -half, -0.8 * half, 0.0, 0.8 * half, half, half])
    z = np.array([low, low + 0.72 * (high - low), high - 0.12, high, high - 0.12, low + 0.72 * (high - low), low])
    sections = np.stack(
        [np.column_stack([np.full(7, at), -y, z - (k % 2) * 0.06 * (z > low + 0.1)]) for k, at in enumerate(x)]
    )
    shade = np.array(rgb) * (1 + 0.12 * (np.arange(2 * hoops) % 2))[:, None, None]
    return loft(
        sections, np.broadcast_to(shade, (2 * hoops, 6, 3)), np.full((2 * hoops, 6), int(Material.CLOTH), np.uint8)
    )


def _tank(back: float, front: float, half: float, low: float, high: float, rgb: Rgb) -> Mesh:
    """A lying elliptic cylinder."""
    turn = np.linspace(-0.15 * np.pi, 1.15 * np.pi, 13)
    middle, tall = (low + high) / 2, (high - low) / 2
    x = np.array([back, back + 0.15, front - 0.15, front])
    size = np.array([0.8, 1.0, 1.0, 0.8])
    sections = np.stack(
        [
            np.column_stack([np.full(13, at), half * s * np.cos(turn), middle + tall * s * np.sin(turn)])
            for at, s in zip(x, size, strict=True)
        ]
    )
    return loft(
        sections,
        np.broadcast_to(np.array(rgb), (3, 12, 3)),
        np.full((3, 12), int(Material.PAINT), np.uint8),
    )
