"""Bodies of vehicles, each a list of meshes in metres."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, loft, quad, rod, wheel
from pipeline.simulator.things.vehicle_loads import flatbed, load

GLASS_RGB: Rgb = (0.022, 0.026, 0.03)
BLACK: Rgb = (0.025, 0.025, 0.026)
LAMP_GLOW, TAIL_GLOW = (2.2, 2.0, 1.5), (0.5, 0.02, 0.01)
Station = tuple[float, float, float, float, float]
"""x, half width and height of the belt line, half width and height of the roof."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What a body is made to: its paint, its load, how fine, whether its lamps burn, and its own chances."""

    rgb: Rgb
    cargo: str
    detail_m: float
    lamps: bool
    rng: np.random.Generator


Body = Callable[[Order], list[Mesh]]


def shell(stations: list[Station], low_m: float, rgb: Rgb, glass: set[int], screens: set[int], hot: set[int]) -> Mesh:
    """A body over stations from back to front.

    Args:
        stations: Its sections.
        low_m: Of the sills.
        rgb: Paint.
        glass: Segments whose sides above the belt are glass.
        screens: Segments whose top is glass.
        hot: Segments whose top an engine warms.
    """
    sections = np.array(
        [
            [(x, hb, low_m), (x, hb, zb), (x, hr, zr), (x, -hr, zr), (x, -hb, zb), (x, -hb, low_m)]
            for x, hb, zb, hr, zr in stations
        ]
    )
    count = len(stations) - 1
    colour = np.tile(np.array(rgb), (count, 5, 1))
    material = np.full((count, 5), int(Material.PAINT), np.uint8)
    for k in range(count):
        if k in glass:
            colour[k, [1, 3]], material[k, [1, 3]] = GLASS_RGB, int(Material.GLASS)
        if k in screens:
            colour[k, 2], material[k, 2] = GLASS_RGB, int(Material.GLASS)
        if k in hot:
            material[k, 2] = int(Material.ENGINE)
    return loft(sections, colour, material)


def lamps(back_m: float, front_m: float, half_m: float, up_m: float, on: bool) -> list[Mesh]:
    """Two white ones ahead, two red ones behind."""
    parts = []
    for side in (-1, 1):
        y0, y1 = side * half_m - 0.11, side * half_m + 0.11
        white = LAMP_GLOW if on else None
        red = TAIL_GLOW if on else None
        f, b = front_m + 0.01, back_m - 0.01
        corners = ((f, y0, up_m), (f, y1, up_m), (f, y1, up_m + 0.15), (f, y0, up_m + 0.15))
        parts.append(quad(*corners, (0.6, 0.6, 0.58), Material.LAMP, white))
        corners = ((b, y1, up_m), (b, y0, up_m), (b, y0, up_m + 0.15), (b, y1, up_m + 0.15))
        parts.append(quad(*corners, (0.25, 0.02, 0.02), Material.LAMP, red))
    return parts


def wheels(places: tuple[float, ...], half_m: float, radius_m: float, wide_m: float, detail_m: float) -> list[Mesh]:
    """A pair at every place; none where details are coarse."""
    if detail_m > 0.25:
        return []
    sides = 12 if detail_m < 0.06 else 8
    return [wheel(x, side * half_m, radius_m, wide_m, sides=sides) for x in places for side in (-1, 1)]


def _car(order: Order) -> list[Mesh]:
    """Boot, cabin, bonnet; half of all are hatchbacks."""
    tail = -1.75 if order.rng.random() < 0.5 else -2.0
    stations: list[Station] = [
        (-2.14, 0.76, 0.62, 0.72, 0.80),
        (-2.08, 0.86, 0.90, 0.76, 1.00),
        (tail + 0.05, 0.88, 0.95, 0.72, 1.04),
        (tail + 0.55, 0.89, 0.95, 0.60, 1.42),
        (-0.4, 0.89, 0.95, 0.60, 1.47),
        (0.35, 0.89, 0.93, 0.60, 1.43),
        (1.05, 0.88, 0.90, 0.72, 0.98),
        (1.80, 0.84, 0.78, 0.74, 0.84),
        (2.14, 0.70, 0.56, 0.66, 0.66),
    ]
    body = shell(stations, 0.28, order.rgb, {2, 3, 4, 5}, {2, 5}, {6, 7})
    parts = [body, *wheels((-1.3, 1.35), 0.78, 0.31, 0.2, order.detail_m), *lamps(-2.14, 2.13, 0.58, 0.5, order.lamps)]
    if order.detail_m < 0.08:
        parts += [
            box((0.85, side * 0.96), (0.16, 0.16), 0.92, 1.04, order.rgb, Material.PAINT) for side in (-0.93, 0.93)
        ]
    if order.cargo != "none" and order.detail_m < 0.1:  # a rack on the roof
        parts.append(box((-0.5, 0.0), (1.2, 0.9), 1.44, 1.47, (0.10, 0.09, 0.08), Material.CLOTH))
    return parts


def _van(order: Order) -> list[Mesh]:
    """A high box with a short nose."""
    stations: list[Station] = [
        (-2.69, 0.94, 1.2, 0.86, 2.25),
        (-2.6, 0.97, 1.25, 0.88, 2.35),
        (0.9, 0.98, 1.25, 0.88, 2.35),
        (1.25, 0.98, 1.25, 0.86, 2.25),
        (1.95, 0.97, 1.15, 0.82, 1.30),
        (2.5, 0.92, 0.95, 0.80, 1.05),
        (2.69, 0.82, 0.70, 0.76, 0.80),
    ]
    minibus = order.cargo == "none" and order.rng.random() < 0.4
    body = shell(stations, 0.3, order.rgb, {1, 2, 3} if minibus else {2, 3}, {3}, {4, 5})
    return [body, *wheels((-1.6, 1.7), 0.88, 0.35, 0.22, order.detail_m), *lamps(-2.69, 2.68, 0.68, 0.62, order.lamps)]


def _pickup(order: Order) -> list[Mesh]:
    """Cab ahead of an open bed."""
    stations: list[Station] = [
        (-0.55, 0.90, 1.08, 0.72, 1.10),
        (-0.5, 0.91, 1.08, 0.66, 1.74),
        (0.3, 0.91, 1.06, 0.66, 1.78),
        (0.72, 0.91, 1.05, 0.66, 1.72),
        (1.3, 0.90, 1.02, 0.78, 1.10),
        (2.3, 0.86, 0.92, 0.78, 0.98),
        (2.59, 0.76, 0.70, 0.70, 0.78),
    ]
    bed = flatbed(-2.58, -0.56, 0.91, 0.72, 0.36, order.rgb, Material.PAINT)
    parts = [shell(stations, 0.4, order.rgb, {1, 2, 3}, {0, 3}, {4, 5}), *bed]
    parts += load(
        "open" if order.cargo == "none" and order.rng.random() < 0.4 else order.cargo,
        order.rgb,
        (-2.5, -0.66),
        0.8,
        0.74,
        1.7,
        order.rng,
    )
    return [
        *parts,
        *wheels((-1.55, 1.65), 0.8, 0.38, 0.24, order.detail_m),
        *lamps(-2.58, 2.58, 0.62, 0.72, order.lamps),
    ]


def _truck(order: Order) -> list[Mesh]:
    """A cab over the engine, a frame, and its load."""
    cab: list[Station] = [
        (2.15, 1.15, 1.75, 1.05, 2.62),
        (2.25, 1.18, 1.75, 1.08, 2.7),
        (3.55, 1.18, 1.75, 1.06, 2.7),
        (4.02, 1.16, 1.65, 1.10, 1.72),
        (4.09, 1.12, 1.2, 1.08, 1.3),
    ]
    front = shell(cab, 0.55, order.rgb, {1, 2}, {2}, {0})
    frame = box((-1.0, 0.0), (6.2, 0.9), 0.6, 0.95, BLACK, Material.PAINT)
    parts = [front, frame, *flatbed(-4.09, 1.95, 1.22, 1.02, 0.45, (0.12, 0.115, 0.10), Material.WOOD)]
    parts += load(order.cargo, order.rgb, (-4.05, 1.9), 1.2, 1.05, 3.1, order.rng)
    parts.append(box((2.02, 0.75), (0.2, 0.25), 0.9, 2.55, (0.2, 0.2, 0.2), Material.ENGINE))
    parts += wheels((-3.1, -1.9, 2.9), 1.05, 0.5, 0.34, order.detail_m)
    return [*parts, *lamps(-4.09, 4.09, 0.9, 0.75, order.lamps)]


def _bus(order: Order) -> list[Mesh]:
    """A long box with windows all around and hatches on the roof."""
    stations: list[Station] = [
        (-5.79, 1.20, 1.35, 1.15, 2.8),
        (-5.6, 1.24, 1.35, 1.18, 3.0),
        (5.0, 1.24, 1.35, 1.18, 3.0),
        (5.55, 1.22, 1.30, 1.14, 2.85),
        (5.79, 1.18, 1.05, 1.12, 1.10),
    ]
    body = shell(stations, 0.35, order.rgb, {0, 1, 2, 3}, {3}, {0})
    pale = tuple(0.4 + 0.4 * np.array(order.rgb))
    hatches = [
        box((x, 0.0), (0.9, 0.8), 3.0, 3.05 + (0.1 if k == 0 else 0.0), pale, Material.PAINT)
        for k, x in enumerate((-4.4, -1.5, 1.9))
    ]
    return [
        body,
        *hatches,
        *wheels((-3.3, 3.4), 1.08, 0.5, 0.3, order.detail_m),
        *lamps(-5.79, 5.79, 0.9, 0.6, order.lamps),
    ]


def _apc(order: Order) -> list[Mesh]:
    """A sloped hull on eight wheels with hatches and a small turret."""
    stations: list[Station] = [
        (-3.78, 1.20, 1.3, 0.95, 1.85),
        (-3.55, 1.32, 1.35, 1.02, 1.98),
        (1.9, 1.34, 1.35, 1.02, 2.0),
        (2.9, 1.32, 1.2, 0.98, 1.72),
        (3.78, 1.10, 1.0, 0.85, 1.08),
    ]
    parts = [shell(stations, 0.6, order.rgb, set(), set(), {2})]
    dark = tuple(0.75 * np.array(order.rgb))
    parts += [box((x, y), (0.75, 0.6), 1.95, 2.06, dark, Material.PAINT) for x in (-2.9, -2.0) for y in (-0.45, 0.45)]
    parts += [box((2.0, y), (0.55, 0.5), 1.95, 2.06, dark, Material.PAINT) for y in (-0.5, 0.5)]
    parts += _turret(0.4, 0.78, 1.98, 2.4, 1.6, order.rgb)
    return [
        *parts,
        *wheels((-2.75, -1.35, 0.95, 2.35), 1.25, 0.55, 0.36, order.detail_m),
        *lamps(-3.79, 3.76, 0.8, 1.0, order.lamps),
    ]


def _tracked(order: Order) -> list[Mesh]:
    """A low hull between two tracks, a large turret, a long tube."""
    stations: list[Station] = [
        (-3.3, 1.15, 1.2, 1.10, 1.42),
        (-3.1, 1.18, 1.3, 1.15, 1.6),
        (1.7, 1.18, 1.3, 1.15, 1.6),
        (3.1, 1.15, 1.0, 1.10, 1.05),
    ]
    parts = [shell(stations, 0.45, order.rgb, set(), set(), {0, 1})]
    dark = tuple(0.6 * np.array(order.rgb))
    for side in (-1, 1):
        track: list[Station] = [
            (-3.4, 0.29, 0.75, 0.29, 0.95),
            (-3.0, 0.29, 0.9, 0.29, 1.12),
            (2.7, 0.29, 0.9, 0.29, 1.12),
            (3.25, 0.29, 0.7, 0.29, 0.9),
        ]
        belt = shell(track, 0.0, (0.04, 0.037, 0.034), set(), set(), set())
        at = (belt.vertices_m + np.array([0, side * 1.4, 0])).astype(np.float32)
        parts.append(
            Mesh(at, belt.triangles, belt.colour, np.full(len(belt.triangles), int(Material.RUBBER), np.uint8))
        )
        parts.append(box((-0.2, side * 1.42), (6.0, 0.56), 1.15, 1.22, dark, Material.PAINT))
    grille = [box((-2.5 + 0.28 * k, 0.0), (0.12, 1.6), 1.6, 1.63, BLACK, Material.ENGINE) for k in range(4)]
    return [*parts, *grille, *_turret(0.1, 1.15, 1.6, 2.4, 3.4, order.rgb), *lamps(-3.3, 3.1, 0.85, 0.95, order.lamps)]


def _turret(x_m: float, radius_m: float, low_m: float, high_m: float, tube_m: float, rgb: Rgb) -> list[Mesh]:
    """Eight-sided, drawn in towards its top; its tube looks ahead and ends at the outline."""
    roof = low_m + 0.8 * (high_m - low_m)
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False) + np.pi / 8
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    sections = [
        [
            x_m + radius_m * k,
            radius_m * (0.62 if abs(k) > 0.9 else 0.95),
            low_m,
            radius_m * (0.5 if abs(k) > 0.9 else 0.7),
            roof,
        ]
        for k in (-1.05, -0.5, 0.5, 1.0)
    ]
    body = shell([(s[0], s[1], low_m + 0.12, s[3], roof) for s in sections], low_m, rgb, set(), set(), set())
    tip = min(x_m + radius_m + tube_m, 3.48)
    tube = rod((x_m + 0.8 * radius_m, 0.0, 0.5 * (low_m + roof)), (tip, 0.0, 0.5 * (low_m + roof) + 0.05), 0.15, rgb,
               Material.PAINT, 6)  # fmt: skip
    hatch_at = x_m + 0.35 * radius_m * ring[0]
    hatch = box(
        (float(hatch_at[0]), 0.3 * radius_m), (0.5, 0.5), roof, high_m, tuple(0.8 * np.array(rgb)), Material.PAINT
    )
    return [body, tube, hatch]


def _trailer(order: Order) -> list[Mesh]:
    """A flat bed on two axles and a drawbar."""
    bed = flatbed(-2.79, 1.7, 1.1, 0.85, 0.3, order.rgb, Material.WOOD)
    bar = [rod((1.7, y, 0.7), (2.78, 0.0, 0.65), 0.12, BLACK, Material.PAINT, 4) for y in (-0.6, 0.6)]
    cargo_m = load(order.cargo, order.rgb, (-2.7, 1.6), 1.08, 0.88, 2.1, order.rng)
    return [*bed, *bar, *cargo_m, *wheels((-1.4, -0.5), 0.95, 0.4, 0.26, order.detail_m)]


def _tractor(order: Order) -> list[Mesh]:
    """A narrow bonnet, a glass cab, large wheels behind."""
    nose: list[Station] = [(0.0, 0.42, 1.3, 0.36, 1.5), (1.7, 0.40, 1.25, 0.34, 1.42), (1.95, 0.34, 1.0, 0.28, 1.15)]
    cab: list[Station] = [(-1.35, 0.72, 1.35, 0.62, 2.6), (-1.1, 0.75, 1.35, 0.66, 2.7), (0.05, 0.7, 1.35, 0.6, 2.65)]
    parts = [shell(nose, 0.7, order.rgb, set(), set(), {0, 1}), shell(cab, 0.8, order.rgb, {0, 1}, set(), set())]
    parts.append(box((-0.6, 0.0), (1.35, 1.35), 2.68, 2.75, order.rgb, Material.PAINT))
    big = [wheel(-1.22, side * 0.82, 0.85, 0.44, sides=14 if order.detail_m < 0.1 else 8) for side in (-1, 1)]
    small = [wheel(1.5, side * 0.75, 0.55, 0.3) for side in (-1, 1)]
    return [*parts, *big, *small, *lamps(-1.4, 1.95, 0.22, 1.0, order.lamps)]


BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "car": _car,
        "van": _van,
        "pickup": _pickup,
        "truck": _truck,
        "bus": _bus,
        "apc": _apc,
        "tracked": _tracked,
        "trailer": _trailer,
        "tractor": _tractor,
    }
)
