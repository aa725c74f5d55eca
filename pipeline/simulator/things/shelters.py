"""Sheds, tents, tarpaulins on poles and nets."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, height_field, join, quad, rectangle, rod, surface, tinted

POLE_RGB: Rgb = (0.20, 0.165, 0.12)


@dataclass(frozen=True, slots=True)
class Shed:
    """A lean-to of boards or sheet metal, its roof falling towards -y.

    Attributes:
        length_m, width_m: Of its walls.
        roof_rgb, wall_rgb: Linear reflectance.
        seed: Which sheets are rusty.
    """

    length_m: float = 5.0
    width_m: float = 3.5
    roof_rgb: Rgb = (0.33, 0.34, 0.35)
    wall_rgb: Rgb = (0.22, 0.18, 0.13)
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "shed"

    @property
    def height_m(self) -> float:
        """Upper edge of the roof."""
        return 2.2 + 0.18 * (self.width_m + 0.4)

    @property
    def outline_m(self) -> Float:
        """The walls' foot."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Walls, a door and a roof of sheets that differ."""
        rng = np.random.default_rng([self.seed, 601])
        x, y, slope = self.length_m / 2, self.width_m / 2, 0.18
        low = 2.2

        def at(v: float) -> float:
            return low + slope * (v + y + 0.2)

        walls = box((0.0, 0.0), (self.length_m, self.width_m), 0.0, low, self.wall_rgb, Material.WOOD)
        upper = [
            surface(
                np.array([(s * x, -y, low), (s * x, y, low), (s * x, y, at(y))]),
                [(0, 1, 2)],
                self.wall_rgb,
                Material.WOOD,
            )
            for s in (-1, 1)
        ]
        rear = quad((x, y, low), (-x, y, low), (-x, y, at(y)), (x, y, at(y)), self.wall_rgb, Material.WOOD)
        door = quad((-0.5, -y - 0.02, 0.0), (0.5, -y - 0.02, 0.0), (0.5, -y - 0.02, 1.9), (-0.5, -y - 0.02, 1.9),
                    (0.06, 0.05, 0.04), Material.WOOD)  # fmt: skip
        count = max(1, round(self.length_m / 0.9)) if detail_m < 0.3 else 1
        edges = np.linspace(-x - 0.2, x + 0.2, count + 1)
        sheets = []
        for a, b in pairwise(edges):
            rust = float(rng.random() < 0.25) if count > 1 else 0.25
            mixed = rust * np.array((0.20, 0.105, 0.06)) + (1 - rust) * np.array(self.roof_rgb)
            rgb = tuple(mixed * rng.uniform(0.85, 1.12))
            corners = ((a, -y - 0.2, low), (b, -y - 0.2, low), (b, y + 0.2, at(y + 0.2)), (a, y + 0.2, at(y + 0.2)))
            sheets.append(quad(*corners, rgb, Material.SHEET_METAL))
        return join([walls, *upper, rear, door, *sheets])


@dataclass(frozen=True, slots=True)
class Tent:
    """A ridge tent.

    Attributes:
        length_m, width_m, height_m: Size.
        rgb: Of the canvas.
    """

    length_m: float = 5.0
    width_m: float = 4.0
    height_m: float = 2.4
    rgb: Rgb = (0.14, 0.145, 0.085)

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "tent"

    @property
    def outline_m(self) -> Float:
        """Its foot."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Low walls and a canvas that sags between ridge and eaves."""
        x, y, h = self.length_m / 2, self.width_m / 2, self.height_m
        n = 7 if detail_m < 0.25 else 3
        along = np.linspace(-x, x, n)
        across = np.array([-y, -y * 0.98, -y * 0.5, 0.0, y * 0.5, y * 0.98, y])
        up = np.array([0.0, 0.42 * h, 0.66 * h, h, 0.66 * h, 0.42 * h, 0.0])
        sag = 0.03 * h * np.sin(np.pi * np.arange(n) / (n - 1))
        z = up[:, None] - sag[None, :] * (up > 0.1)[:, None]
        cloth = height_field(along, across, z, self.rgb, Material.CLOTH)
        gables = []
        for s in (-1, 1):
            ring = np.array(
                [
                    (s * x, -y, 0.0),
                    (s * x, -0.98 * y, 0.42 * h),
                    (s * x, 0.0, h),
                    (s * x, 0.98 * y, 0.42 * h),
                    (s * x, y, 0.0),
                ]
            )
            gables.append(surface(ring, [(0, 2, 1), (0, 4, 2), (4, 3, 2)], self.rgb, Material.CLOTH))
        door = quad((x + 0.02, -0.4, 0.0), (x + 0.02, 0.4, 0.0), (x + 0.02, 0.2, 0.62 * h), (x + 0.02, -0.2, 0.62 * h),
                    (0.03, 0.03, 0.025), Material.CLOTH)  # fmt: skip
        return join([cloth, *gables, door])


@dataclass(frozen=True, slots=True)
class Tarpaulin:
    """A sheet on poles, higher in the middle.

    Attributes:
        length_m, width_m, height_m: Size.
        rgb: Of the sheet.
        seed: How it hangs.
    """

    length_m: float = 6.0
    width_m: float = 4.0
    height_m: float = 2.3
    rgb: Rgb = (0.06, 0.12, 0.27)
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "tarpaulin"

    @property
    def outline_m(self) -> Float:
        """Under the sheet."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Poles and a wavy sheet."""
        step = 0.4 if detail_m < 0.12 else 1.0
        sheet = _hanging(self.length_m, self.width_m, self.height_m, step, 0.10, self.seed)
        nx, ny = len(sheet[0]) - 1, len(sheet[1]) - 1
        rng = np.random.default_rng([self.seed, 607])
        shade = np.array(self.rgb) * rng.uniform(0.92, 1.08, (ny, nx, 1))
        return join([height_field(*sheet, shade, Material.CLOTH), *_poles(self.length_m, self.width_m, self.height_m)])


@dataclass(frozen=True, slots=True)
class Net:
    """A garnished net over poles: patches of cloth with gaps between them.

    Attributes:
        length_m, width_m, height_m: Size.
        season: ``green``, ``sand`` or ``snow``: its colours.
        seed: Where its patches are.
    """

    length_m: float = 9.0
    width_m: float = 7.0
    height_m: float = 2.9
    season: str = "green"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.season not in ("green", "sand", "snow"):
            raise ConfigError(f"net: no season {self.season!r}; know green, sand, snow")

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "net"

    @property
    def outline_m(self) -> Float:
        """Under the net."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """From near two thirds of its cells carry a patch; from afar a mottled sheet."""
        step = float(np.clip(4 * detail_m, 0.24, 0.9))
        x, y, z = _hanging(self.length_m, self.width_m, self.height_m, step, 0.25, self.seed)
        rng = np.random.default_rng([self.seed, 613])
        tones = {
            "green": ((0.055, 0.075, 0.030), (0.095, 0.105, 0.050), (0.12, 0.10, 0.065)),
            "sand": ((0.30, 0.25, 0.165), (0.24, 0.19, 0.12), (0.17, 0.145, 0.10)),
            "snow": ((0.72, 0.73, 0.75), (0.60, 0.61, 0.62), (0.30, 0.29, 0.26)),
        }[self.season]
        cells = (len(y) - 1, len(x) - 1)
        blotch = _blotches(x, y, rng)
        colour = np.array(tones)[np.clip(blotch, 0, 2)] * rng.uniform(0.8, 1.2, (*cells, 1))
        whole = height_field(x, y, z, colour, Material.NET)
        poles = _poles(self.length_m, self.width_m, self.height_m)
        if detail_m >= 0.3:
            return join([whole, *poles])
        keep = np.repeat(rng.random(cells[0] * cells[1]) < 0.68, 2)
        keep &= rng.random(len(keep)) < 0.93
        top = int(np.argmax(whole.vertices_m[whole.triangles][..., 2].max(axis=1)))
        keep[top] = True  # the net stays as high as stated
        net = Mesh(whole.vertices_m, whole.triangles[keep], whole.colour[keep], whole.material[keep])
        return join([net, *poles])


def _blotches(x: Float, y: Float, rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """``(H-1, W-1)`` which tone: blotches of about a metre."""
    seeds = rng.uniform((x[0], y[0]), (x[-1], y[-1]), (max(6, round((x[-1] - x[0]) * (y[-1] - y[0]) / 1.2)), 2))
    tone = rng.integers(0, 3, len(seeds))
    gx, gy = np.meshgrid((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2)
    far = np.hypot(gx[..., None] - seeds[:, 0], gy[..., None] - seeds[:, 1])
    return np.asarray(tone[np.argmin(far, axis=-1)])


def _hanging(
    length_m: float, width_m: float, height_m: float, step_m: float, wave: float, seed: int
) -> tuple[Float, Float, Float]:
    """Nodes of a sheet on a middle pole and four corner poles, highest at `height_m`."""
    nx, ny = max(2, round(length_m / step_m)), max(2, round(width_m / step_m))
    x, y = np.linspace(-length_m / 2, length_m / 2, nx + 1), np.linspace(-width_m / 2, width_m / 2, ny + 1)
    gx, gy = np.meshgrid(2 * x / length_m, 2 * y / width_m)
    rng = np.random.default_rng([seed, 617])
    a, b = rng.uniform(0, 2 * np.pi, 2)
    edge = np.maximum(np.abs(gx), np.abs(gy))
    ripple = wave * 0.5 * (np.sin(3.1 * gx * 2 + a) * np.sin(2.7 * gy * 2 + b)) * edge
    z = height_m * (1 - 0.18 * edge - 0.10 * (1 - np.abs(gx * gy)) * edge) + ripple
    return x, y, z * height_m / z.max()


def _poles(length_m: float, width_m: float, height_m: float) -> list[Mesh]:
    """At the corners."""
    places = rectangle(0.94 * length_m, 0.94 * width_m)
    return [
        tinted(
            rod((x, y, 0.0), (x, y, 0.78 * height_m), 0.08, POLE_RGB, Material.WOOD, 3), 0.1, np.random.default_rng(k)
        )
        for k, (x, y) in enumerate(places.tolist())
    ]
