"""Vehicles by size and shape class; none is a model that exists."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, join, rectangle, stretched
from pipeline.simulator.things.vehicle_bodies import BODIES, Order

VehicleForm = Literal["car", "van", "pickup", "truck", "bus", "apc", "tracked", "trailer", "tractor"]
Cargo = Literal["none", "box", "tarpaulin", "tank", "open"]

SIZES_M: dict[str, tuple[float, float, float]] = {
    "car": (4.3, 1.78, 1.47),
    "van": (5.4, 2.0, 2.35),
    "pickup": (5.2, 1.86, 1.78),
    "truck": (8.2, 2.5, 3.1),
    "bus": (11.6, 2.5, 3.05),
    "apc": (7.6, 2.9, 2.4),
    "tracked": (7.0, 3.4, 2.4),
    "trailer": (5.6, 2.3, 2.1),
    "tractor": (4.2, 2.1, 2.75),
}
"""Length, width and height of each class at scale 1."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle that looks along its own x axis, its middle at the origin.

    Attributes:
        form: Class of size and shape; ``apc`` is an eight-wheeled, ``tracked`` a tracked heavy vehicle.
        rgb: Paint.
        cargo: What a truck or trailer carries.
        lamps: Whether its lamps burn.
        seed: Small differences.
    """

    form: VehicleForm = "car"
    rgb: Rgb = (0.35, 0.36, 0.38)
    cargo: Cargo = "none"
    lamps: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.form not in SIZES_M or self.cargo not in get_args(Cargo):
            raise ConfigError(
                f"vehicle: no {self.form!r} with {self.cargo!r}; know {', '.join(SIZES_M)} with "
                f"{', '.join(get_args(Cargo))}"
            )

    @property
    def kind(self) -> str:
        """Class in the truth, such as ``vehicle.truck``."""
        return f"vehicle.{self.form}"

    @property
    def length_m(self) -> float:
        """Over all."""
        return SIZES_M[self.form][0]

    @property
    def width_m(self) -> float:
        """Over all."""
        return SIZES_M[self.form][1]

    @property
    def height_m(self) -> float:
        """Over all; an open truck ends at its cab, a flat trailer at its sides."""
        high = SIZES_M[self.form][2]
        if self.form == "truck" and self.cargo in ("none", "open"):
            return 0.87 * high
        return 0.55 * high if self.form == "trailer" and self.cargo in ("none", "open") else high

    @property
    def outline_m(self) -> Float:
        """The body's rectangle."""
        return rectangle(self.length_m, self.width_m)

    def mesh(self, detail_m: float) -> Mesh:
        """Body, glass, wheels and lamps; from afar the body alone."""
        rng = np.random.default_rng([self.seed, 503])
        parts = BODIES[self.form](Order(self.rgb, self.cargo, detail_m, self.lamps, rng))
        return stretched(join(parts), self.height_m)
