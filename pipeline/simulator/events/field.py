"""Farm work on a field, and the tracks of wheels."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.covering import Cover, Window, covered, edge, texture, tone, window
from pipeline.simulator.events.polyline import Points, band, nearness
from pipeline.simulator.noise import hash_lattice
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material

Work = Literal["ploughing", "harvest", "mowing"]
BOUT_M: dict[str, float] = {"ploughing": 2.4, "harvest": 6.0, "mowing": 3.0}
"""Width that one pass works."""


@dataclass(frozen=True)
class Field:
    """A rectangle of worked ground, filled pass by pass from its right side.

    Attributes:
        thing_id: Unique in its world.
        corner_m: Where work begins: its right rear corner seen along `azimuth_rad`.
        azimuth_rad: Of the rows.
        length_m: Along the rows.
        width_m: Of the whole field.
        done_m: Width that is worked by now.
        work: Which.
        age_days: Since; ploughed soil dries, cut grass bleaches.
        seed: Which unevenness.
    """

    thing_id: str
    corner_m: tuple[float, float]
    azimuth_rad: float
    length_m: float
    width_m: float
    done_m: float
    work: Work
    age_days: float = 0.0
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return self.work

    @property
    def x_m(self) -> float:
        """Of its middle."""
        return float(self.outline_m[:, 0].mean())

    @property
    def y_m(self) -> float:
        """Of its middle."""
        return float(self.outline_m[:, 1].mean())

    @property
    def reach_m(self) -> float:
        """Half the diagonal."""
        return float(np.hypot(self.length_m, self.done_m) / 2 + 1.5)

    @cached_property
    def outline_m(self) -> Float:
        """What is worked by now."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        local = np.array([[0, 0], [self.length_m, 0], [self.length_m, self.done_m], [0, self.done_m]])
        turned: Float = local @ np.array([[c, s], [-s, c]]) + np.array(self.corner_m)
        return turned

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """Nothing that an elevation model of a metre shows; furrows are bumps."""
        return np.zeros((len(y_m), len(x_m)), np.float32)

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Furrows, stubble in rows with swaths of straw, or stripes of cut grass."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        x, y = part.grid()
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        u = (x - self.corner_m[0]) * c + (y - self.corner_m[1]) * s
        v = -(x - self.corner_m[0]) * s + (y - self.corner_m[1]) * c
        ragged = texture(self.seed, part, ((2.7, 0.25), (0.8, 0.12)))
        inside = np.minimum(np.minimum(u, self.length_m - u) + ragged, np.minimum(v, self.done_m - v) + 0.4 * ragged)
        look = {"ploughing": self._furrows, "harvest": self._stubble, "mowing": self._stripes}[self.work]
        colour, bumps, material = look(v + 0.3 * ragged, part)
        cover = Cover(0.96 * edge(inside, part, 0.25), colour, bumps, material)
        return covered(ground, part, (cover,))

    def _furrows(self, v: Float, part: Window) -> tuple[Float32, Float32, Material]:
        rough = texture(self.seed + 1, part, ((5.0, 0.06), (0.7, 0.10), (0.27, 0.13), (0.11, 0.12)))
        seen = float(np.clip(0.45 / part.cell_m / 2.2 - 0.5, 0, 1))
        wave = np.sin(2 * np.pi * v / 0.45).astype(np.float32) * np.float32(seen)
        bout = _steps(self.seed, v, BOUT_M["ploughing"])
        dry = 1 - float(np.exp(-self.age_days / 3.0))
        rgb = np.array((0.135, 0.098, 0.066)) * (1 - dry) + np.array((0.235, 0.182, 0.125)) * dry
        colour = tone((float(rgb[0]), float(rgb[1]), float(rgb[2])), 1 + 0.16 * wave + 0.09 * bout + 0.8 * rough)
        return colour, (0.07 * wave + 0.10 * rough).astype(np.float32), Material.SOIL

    def _stubble(self, v: Float, part: Window) -> tuple[Float32, Float32, Material]:
        fine = texture(self.seed + 2, part, ((4.0, 0.05), (0.6, 0.06), (0.2, 0.09), (0.09, 0.09)))
        seen = float(np.clip(0.15 / part.cell_m / 2.2 - 0.5, 0, 1))
        rows = np.sin(2 * np.pi * v / 0.15).astype(np.float32) * np.float32(seen)
        width = BOUT_M["harvest"]
        from_middle = np.abs(np.mod(v, width) - width / 2)
        swath = np.clip(1 - np.abs(from_middle) / 0.7 + 2.0 * fine, 0, 1)
        wheel = np.clip(1 - np.abs(from_middle - 1.3) / 0.35, 0, 1) * 0.5
        bout = _steps(self.seed, v, width)
        value = 1 + 0.07 * rows + 0.06 * bout + fine + 0.30 * swath - 0.25 * wheel
        return (
            tone((0.34, 0.27, 0.145), value.astype(np.float32)),
            (0.03 * rows + 0.12 * swath + 0.03 * fine).astype(np.float32),
            Material.STUBBLE,
        )

    def _stripes(self, v: Float, part: Window) -> tuple[Float32, Float32, Material]:
        fine = texture(self.seed + 3, part, ((3.0, 0.06), (0.5, 0.07), (0.2, 0.09), (0.09, 0.08)))
        width = BOUT_M["mowing"]
        swath = np.clip(1 - np.abs(np.mod(v, width) - width / 2) / 0.6 + fine, 0, 1)
        bleached = 1 - float(np.exp(-self.age_days / 1.5))
        rgb = np.array((0.165, 0.190, 0.070)) * (1 - bleached) + np.array((0.27, 0.235, 0.115)) * bleached
        value = 1 + 0.10 * _steps(self.seed, v, width) + fine - 0.22 * swath
        return (
            tone((float(rgb[0]), float(rgb[1]), float(rgb[2])), value.astype(np.float32)),
            (0.08 * swath + 0.02 * fine).astype(np.float32),
            Material.GRASS,
        )


def _steps(seed: int, v: Float, width_m: float) -> Float32:
    """A value of each pass, -1 to 1; passes go to and fro."""
    number = np.floor(v / width_m).astype(np.int64)
    return hash_lattice(seed, number, np.zeros_like(number)) * np.float32(0.6) + np.float32(0.4) * (number % 2)


@dataclass(frozen=True)
class Tracks:
    """Two ruts along a line.

    Attributes:
        thing_id: Unique in its world.
        points_m: Middle line.
        gauge_m: Between the ruts' middles.
        rut_m: Width of a rut.
        strength: How deep they are pressed, 0 to 1.
        seed: Which unevenness.
    """

    thing_id: str
    points_m: Points
    gauge_m: float = 1.75
    rut_m: float = 0.38
    strength: float = 0.7
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "tracks"

    @cached_property
    def x_m(self) -> float:
        """Middle of its bounds."""
        return float((self.outline_m[:, 0].min() + self.outline_m[:, 0].max()) / 2)

    @cached_property
    def y_m(self) -> float:
        """Middle of its bounds."""
        return float((self.outline_m[:, 1].min() + self.outline_m[:, 1].max()) / 2)

    @cached_property
    def reach_m(self) -> float:
        """Past both ruts."""
        return float(np.hypot(*(self.outline_m - [self.x_m, self.y_m]).T).max()) + 0.5

    @cached_property
    def outline_m(self) -> Float:
        """Around both ruts."""
        half = (self.gauge_m + self.rut_m) / 2
        return band(self.points_m, half, half)

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """Nothing that an elevation model of a metre shows."""
        return np.zeros((len(y_m), len(x_m)), np.float32)

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Pressed, bare ruts with broken edges."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        near = nearness(self.points_m, *part.grid())
        rough = texture(self.seed, part, ((2.1, 0.15), (0.6, 0.13), (0.2, 0.10)))
        inside = self.rut_m / 2 - np.abs(np.abs(near.aside_m) - self.gauge_m / 2)
        share = self.strength * edge(inside + 0.2 * rough, part, 0.12) * edge(-near.past_m, part, 0.5)
        share = share * np.clip(0.85 + 1.3 * rough, 0.2, 1)
        cover = Cover(
            share.astype(np.float32), tone((0.225, 0.18, 0.12), 1 + rough), -0.04 + 0.03 * rough, Material.SOIL
        )
        return covered(ground, part, (cover,))
