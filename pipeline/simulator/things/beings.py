"""Persons and animals."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, box, circle, join, moved, prism, rectangle, rod, stretched

SKIN_RGB: Rgb = (0.33, 0.20, 0.14)
STRIDE_PHASES = 4
AnimalForm = Literal["sheep", "cow", "dog"]
BODIES_M: dict[str, tuple[float, float, float]] = {
    "sheep": (1.15, 0.45, 0.80),
    "cow": (2.2, 0.70, 1.42),
    "dog": (0.85, 0.26, 0.60),
}
"""Length with head, width and height."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who looks along the x axis.

    Attributes:
        height_m: 0.5 (kneeling or a child) to 1.9.
        clothing_rgb: Of the upper body.
        legs_rgb: Of the lower body.
        phase: Of the stride, 0 to 3; -1 stands.
        pack: Whether they carry something on their back.
    """

    height_m: float = 1.74
    clothing_rgb: Rgb = (0.10, 0.11, 0.07)
    legs_rgb: Rgb = (0.06, 0.06, 0.07)
    phase: int = -1
    pack: bool = False

    def __post_init__(self) -> None:
        if not 0.5 <= self.height_m <= 2.1 or not -1 <= self.phase < STRIDE_PHASES:
            raise ConfigError("person: height_m goes from 0.5 to 2.1, phase from -1 to 3")

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "person"

    @property
    def outline_m(self) -> Float:
        """An ellipse a stride long."""
        return circle(0.5, 10) * [
            0.5 * self.height_m if self.phase >= 0 else 0.26 * self.height_m,
            0.32 * self.height_m,
        ]

    def mesh(self, detail_m: float) -> Mesh:
        """Legs, trunk, arms and head; a post from afar."""
        h = self.height_m
        if detail_m > 0.3:
            body = prism(circle(0.13 * h, 6) * [0.7, 1.1], 0.0, 0.86 * h, self.clothing_rgb, Material.CLOTH)
            return stretched(join([body, self._head()]), h)
        swing = (0.0, 0.16, 0.0, -0.16)[self.phase] * h if self.phase >= 0 else 0.0
        parts = [self._head()]
        for side in (-1, 1):
            hip, foot = (0.0, side * 0.055 * h, 0.48 * h), (side * swing, side * 0.06 * h, 0.0)
            parts.append(rod(hip, foot, 0.095 * h, self.legs_rgb, Material.CLOTH, 5))
            shoulder, hand = (0.0, side * 0.115 * h, 0.79 * h), (-side * 0.8 * swing, side * 0.135 * h, 0.44 * h)
            parts.append(rod(shoulder, hand, 0.055 * h, self.clothing_rgb, Material.CLOTH, 4))
        trunk = circle(0.115 * h, 8) * [0.62, 1.0]
        parts.append(prism(trunk, 0.46 * h, 0.82 * h, self.clothing_rgb, Material.CLOTH))
        if self.pack:
            parts.append(
                box((-0.13 * h, 0.0), (0.12 * h, 0.19 * h), 0.52 * h, 0.83 * h, (0.07, 0.07, 0.05), Material.CLOTH)
            )
        return stretched(join(parts), h)

    def _head(self) -> Mesh:
        h = self.height_m
        neck = prism(circle(0.052 * h, 7), 0.80 * h, 0.94 * h, SKIN_RGB, Material.SKIN)
        hair = prism(circle(0.056 * h, 7, -0.008 * h), 0.92 * h, h, (0.04, 0.03, 0.025), Material.FUR)
        return join([neck, hair])


@dataclass(frozen=True, slots=True)
class Animal:
    """An animal that looks along the x axis.

    Attributes:
        form: Which.
        rgb: Of its coat.
        grazing: Whether its head is down.
        phase: Of the stride, 0 to 3; -1 stands.
    """

    form: AnimalForm = "sheep"
    rgb: Rgb = (0.50, 0.47, 0.40)
    grazing: bool = False
    phase: int = -1

    def __post_init__(self) -> None:
        if self.form not in BODIES_M:
            raise ConfigError(f"animal: no form {self.form!r}; know {', '.join(BODIES_M)}")

    @property
    def kind(self) -> str:
        """Class in the truth, such as ``animal.cow``."""
        return f"animal.{self.form}"

    @property
    def height_m(self) -> float:
        """To the top of the head, or of the back when it grazes."""
        return BODIES_M[self.form][2] * (0.86 if self.grazing else 1.0)

    @property
    def outline_m(self) -> Float:
        """A rectangle."""
        return rectangle(*BODIES_M[self.form][:2])

    def mesh(self, detail_m: float) -> Mesh:
        """A barrel on four legs, a neck and a head."""
        length, width, high = BODIES_M[self.form]
        back = 0.86 * high
        sides = 8 if detail_m < 0.15 else 5
        barrel = rod(
            (-0.48 * length, 0.0, 0.64 * high),
            (0.22 * length, 0.0, 0.66 * high),
            width * 0.98,
            self.rgb,
            Material.FUR,
            sides,
        )
        ends = [
            moved(prism(circle(0.4 * width, 6), 0.45 * high, back * 0.99, self.rgb, Material.FUR), x, 0.0)
            for x in (-0.4 * length + 0.1 * width, 0.15 * length)
        ]
        up = 0.28 * high if self.grazing else 0.94 * high
        head_at = (0.46 * length, 0.0, up)
        dark = tuple(0.6 * np.array(self.rgb))
        neck = rod((0.18 * length, 0.0, 0.72 * high), (0.36 * length, 0.0, up), 0.34 * width, self.rgb, Material.FUR, 5)
        head = rod((0.33 * length, 0.0, up), (head_at[0], 0.0, up - 0.1 * high), 0.32 * width, dark, Material.FUR, 5)
        parts = [barrel, *ends, neck, head]
        if detail_m < 0.2:
            swing = (0.0, 0.09, 0.0, -0.09)[self.phase] * length if self.phase >= 0 else 0.0
            for k, (x, side) in enumerate(((-0.36, -1), (-0.36, 1), (0.14, -1), (0.14, 1))):
                foot = (x * length + (swing if k in (0, 3) else -swing), side * 0.28 * width, 0.0)
                top = (x * length, side * 0.28 * width, 0.5 * high)
                parts.append(rod(top, foot, 0.16 * width, dark, Material.FUR, 4))
        return stretched(join(parts), self.height_m)
