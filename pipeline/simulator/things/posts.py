"""Posts of sandbags, bunkers, road blocks and marked lanes."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import (
    Rgb,
    box,
    height_field,
    join,
    moved,
    prism,
    quad,
    rectangle,
    rod,
    stretched,
    surface,
    tinted,
)

BAG_RGB: Rgb = (0.34, 0.29, 0.20)
BAG_M = (0.58, 0.36, 0.17)
RED: Rgb = (0.42, 0.025, 0.02)
WHITE: Rgb = (0.70, 0.69, 0.66)
CONCRETE_RGB: Rgb = (0.40, 0.39, 0.37)


@dataclass(frozen=True, slots=True)
class SandbagPost:
    """A square breastwork of sandbags, open ahead, half under a roof.

    Attributes:
        size_m: Outer edge.
        height_m: Of the breastwork; the roof stands on it where there is one.
        roof: Whether a sheet covers its rear half.
        seed: How bags lie.
    """

    size_m: float = 4.5
    height_m: float = 1.25
    roof: bool = True
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "sandbag_post"

    @property
    def outline_m(self) -> Float:
        """Outer edge of the bags."""
        return rectangle(self.size_m, self.size_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Courses of bags from near, a rough wall from afar."""
        rng = np.random.default_rng([self.seed, 701])
        half, inner = self.size_m / 2, self.size_m / 2 - BAG_M[1] / 2 - 0.02
        gap = 0.55
        runs = [
            ((-inner, -inner), (inner, -inner)),
            ((inner, -inner), (inner, -gap)),
            ((inner, gap), (inner, inner)),
            ((inner, inner), (-inner, inner)),
            ((-inner, inner), (-inner, -inner)),
        ]
        top = self.height_m - (0.1 if self.roof else 0.0)
        parts = [bag_wall(a, b, top, detail_m, rng) for a, b in runs]
        parts.append(prism(rectangle(2 * inner, 2 * inner), 0.0, 0.03, (0.19, 0.15, 0.105), Material.SOIL))
        if self.roof:
            sheet = rectangle(0.95 * half, 2 * half - 0.3, -half / 2 - 0.05, 0.0)
            parts.append(prism(sheet, self.height_m - 0.12, self.height_m, (0.095, 0.10, 0.06), Material.CLOTH))
        return stretched(join(parts), self.height_m)


@dataclass(frozen=True, slots=True)
class Bunker:
    """An earth-covered shelter that looks along the x axis through a slit.

    Attributes:
        length_m, width_m, height_m: Of the mound.
        cover_rgb: Of the earth or grass on it.
        seed: Which lumps.
    """

    length_m: float = 8.0
    width_m: float = 7.0
    height_m: float = 2.2
    cover_rgb: Rgb = (0.20, 0.16, 0.10)
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "bunker"

    @property
    def outline_m(self) -> Float:
        """Foot of the mound."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """A lumpy mound, a concrete front with an embrasure, an entrance cut in the rear."""
        rng = np.random.default_rng([self.seed, 709])
        step = float(np.clip(4 * detail_m, 0.25, 1.2))
        nx, ny = round(self.length_m / step), round(self.width_m / step)
        x, y = np.linspace(-0.5, 0.5, nx + 1) * self.length_m, np.linspace(-0.5, 0.5, ny + 1) * self.width_m
        gx, gy = np.meshgrid(2 * x / self.length_m, 2 * y / self.width_m)
        far = (np.abs(gx) ** 3 + np.abs(gy) ** 3) ** (1 / 3)
        slope = np.clip((1 - far) / 0.5, 0, 1)
        edge = slope**2 * (3 - 2 * slope) * 0.75 + 0.25 * slope
        z = self.height_m * edge * rng.uniform(0.93, 1.0, edge.shape)
        entrance = (gx < -0.45) & (np.abs(gy) < 0.22)
        z = np.where(entrance, 0.04, z)
        front = (gx > 0.66) & (np.abs(gy) < 0.5)
        z = np.where(front, np.minimum(z, 0.25), z)
        earth = np.array(self.cover_rgb) * rng.uniform(0.75, 1.2, (ny, nx, 1))
        dark = entrance[:-1, :-1] | entrance[1:, 1:]
        earth = np.where(dark[..., None], earth * 0.35, earth)
        parts = [height_field(x, y, z, earth, Material.SOIL)]
        at = 0.31 * self.length_m
        face = box((at, 0.0), (0.5, 0.5 * self.width_m), 0.0, 0.66 * self.height_m, CONCRETE_RGB, Material.CONCRETE)
        slit_x = at + 0.26
        slit = quad(
            (slit_x, -0.9, 0.95),
            (slit_x, 0.9, 0.95),
            (slit_x, 0.9, 1.3),
            (slit_x, -0.9, 1.3),
            (0.01, 0.01, 0.01),
            Material.CONCRETE,
        )
        sides = [
            box(
                (-0.3 * self.length_m, s * 0.13 * self.width_m),
                (0.34 * self.length_m, 0.25),
                0.0,
                0.42 * self.height_m,
                CONCRETE_RGB,
                Material.CONCRETE,
            )
            for s in (-1, 1)
        ]
        return stretched(join([*parts, face, slit, *sides]), self.height_m)


@dataclass(frozen=True, slots=True)
class RoadBlock:
    """Concrete blocks, a barrier and sandbags across a road that runs along the x axis.

    Attributes:
        width_m: Of the road.
        closed: Whether the barrier is down.
        seed: How things lie.
    """

    width_m: float = 6.0
    closed: bool = True
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "road_block"

    @property
    def height_m(self) -> float:
        """Of the guard's hut."""
        return 2.5

    @property
    def outline_m(self) -> Float:
        """From the first block to the last, hut included."""
        half = self.width_m / 2
        return np.array([[-8.0, -half], [8.0, -half], [8.0, half], [1.6, half + 2.6], [-1.6, half + 2.6], [-8.0, half]])

    def mesh(self, detail_m: float) -> Mesh:
        """A chicane of blocks, a striped pole, a hut, a nest of bags."""
        rng = np.random.default_rng([self.seed, 719])
        half = self.width_m / 2
        parts = []
        for x, side in ((-7.0, 1), (-3.6, -1), (3.6, 1), (7.0, -1)):
            for k in range(max(2, round(half / 1.15))):
                block = tinted(box((0.0, 0.0), (0.7, 1.05), 0.0, 0.85, CONCRETE_RGB, Material.CONCRETE), 0.12, rng)
                parts.append(moved(block, x, side * (half - 0.6 - 1.12 * k), 0.0, rng.uniform(-0.08, 0.08)))
        parts.append(_barrier(half, self.closed))
        hut = (0.0, half + 1.5)
        parts.append(box(hut, (2.0, 1.9), 0.0, 2.3, (0.30, 0.31, 0.29), Material.SHEET_METAL))
        parts.append(box(hut, (2.3, 2.15), 2.3, 2.5, (0.22, 0.10, 0.07), Material.SHEET_METAL))
        window = half + 0.54
        parts.append(
            quad(
                (-0.5, window, 1.1),
                (0.5, window, 1.1),
                (0.5, window, 1.8),
                (-0.5, window, 1.8),
                (0.03, 0.03, 0.04),
                Material.GLASS,
            )
        )
        parts.append(bag_wall((1.8, -half + 0.3), (1.8, -half + 1.8), 1.1, detail_m, rng))
        parts.append(bag_wall((1.8, -half + 1.8), (0.4, -half + 1.8), 1.1, detail_m, rng))
        return join(parts)


@dataclass(frozen=True, slots=True)
class MarkedLane:
    """Stakes with red and white tape around a strip of ground.

    Attributes:
        length_m, width_m: Of the strip.
        seed: How stakes lean.
    """

    length_m: float = 12.0
    width_m: float = 4.0
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "marked_lane"

    @property
    def height_m(self) -> float:
        """Of the stakes."""
        return 1.1

    @property
    def outline_m(self) -> Float:
        """The strip."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """A stake every 2 m; tape in red and white pieces."""
        rng = np.random.default_rng([self.seed, 727])
        corners = rectangle(self.length_m - 0.1, self.width_m - 0.1)
        parts = []
        for k in range(4):
            a, b = corners[k], corners[(k + 1) % 4]
            count = max(1, round(float(np.linalg.norm(b - a)) / 2.0))
            for j in range(count):
                x, y = (a + (b - a) * j / count).tolist()
                lean = 0.05 * rng.uniform(-1, 1, 2)
                top = (float(np.clip(x + lean[0], -self.length_m / 2, self.length_m / 2)), y, 1.1)
                parts.append(rod((x, y, 0.0), top, 0.07, RED, Material.WOOD, 4))
            pieces = count * 2 if detail_m < 0.2 else 1
            for j in range(pieces):
                start, end = (a + (b - a) * j / pieces), (a + (b - a) * (j + 1) / pieces)
                tape = np.array([(*start, 0.8), (*end, 0.8), (*end, 0.9), (*start, 0.9)])
                parts.append(surface(tape, [(0, 1, 2), (0, 2, 3)], RED if j % 2 else WHITE, Material.CLOTH))
        return stretched(join(parts), self.height_m)


def bag_wall(
    start: tuple[float, float], end: tuple[float, float], top_m: float, detail_m: float, rng: np.random.Generator
) -> Mesh:
    """A straight breastwork of sandbags in bond; a plain wall where details are coarse."""
    a, b = np.array(start, float), np.array(end, float)
    length = float(np.linalg.norm(b - a))
    turn = float(np.arctan2(b[1] - a[1], b[0] - a[0]))
    middle = (a + b) / 2
    if detail_m > 0.09:
        plain = box((0.0, 0.0), (length + BAG_M[1], BAG_M[1]), 0.0, top_m, BAG_RGB, Material.SANDBAG)
        return moved(tinted(plain, 0.1, rng), float(middle[0]), float(middle[1]), 0.0, turn)
    parts = []
    courses = max(1, round(top_m / BAG_M[2]))
    count = max(1, round((length + 0.3) / BAG_M[0]))
    for course in range(courses):
        for k in range(count):
            shift = 0.25 * (course % 2) - 0.12
            x = (k + 0.5) * length / count - length / 2 + shift * BAG_M[0]
            bag = _bag(top_m / courses, BAG_RGB, rng)
            parts.append(moved(bag, x, 0.02 * rng.uniform(-1, 1), course * top_m / courses, 0.06 * rng.uniform(-1, 1)))
    return moved(join(parts), float(middle[0]), float(middle[1]), 0.0, turn)


def _bag(high_m: float, rgb: Rgb, rng: np.random.Generator) -> Mesh:
    """A pillow: its top is smaller than its belly."""
    long, wide = BAG_M[0] * rng.uniform(0.92, 1.0), BAG_M[1] * rng.uniform(0.92, 1.0)
    low, high = rectangle(long, wide), rectangle(0.78 * long, 0.62 * wide)
    at = np.vstack([np.column_stack([low, np.full(4, 0.45 * high_m)]), np.column_stack([high, np.full(4, high_m)])])
    k = np.arange(4)
    after = (k + 1) % 4
    faces = np.vstack(
        [np.column_stack([k, after, after + 4]), np.column_stack([k, after + 4, k + 4]), [[4, 5, 6], [4, 6, 7]]]
    )
    colour = np.array(rgb) * rng.uniform(0.75, 1.2)
    skirt = prism(low, 0.0, 0.45 * high_m, tuple(0.8 * colour), Material.SANDBAG, top=False)
    return join([surface(at, faces, colour, Material.SANDBAG), skirt])


def _barrier(half_m: float, closed: bool) -> Mesh:
    """A post and a pole in red and white pieces, across the road or raised."""
    post = box((0.0, half_m - 0.2), (0.3, 0.3), 0.0, 1.1, CONCRETE_RGB, Material.CONCRETE)
    reach, pieces = 2 * half_m - 0.6, 8
    parts = [post]
    for k in range(pieces):
        a, b = reach * k / pieces, reach * (k + 1) / pieces
        if closed:
            ends = (0.0, half_m - 0.2 - a, 1.0), (0.0, half_m - 0.2 - b, 1.0)
        else:
            up = min(1.4 / reach, 1.0)
            ends = (0.3 * a, half_m - 0.2, 1.0 + up * a), (0.3 * b, half_m - 0.2, 1.0 + up * b)
        parts.append(rod(*ends, 0.11, RED if k % 2 else WHITE, Material.PAINT, 4))
    return join(parts)
