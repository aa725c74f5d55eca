"""Things that stand in a world: their form, and where they are."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.records.arrays import Float

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A form in its own axes: x forward, y left, z up from the ground it stands on, metres.

    Attributes:
        vertices_m: ``(V, 3)`` float32.
        triangles: ``(T, 3)`` int32, counter-clockwise seen from outside. Both sides are seen.
        colour: ``(T, 3)`` float32 linear reflectance, red green blue.
        material: ``(T,)`` uint8 `Material`; the renderer roughens the colour accordingly, in the mesh's own axes.
        glow: ``(T, 3)`` float32 radiance that it sends out itself, as a share of white in full sun; None: none.
    """

    vertices_m: Float32
    triangles: NDArray[np.int32]
    colour: Float32
    material: NDArray[np.uint8]
    glow: Float32 | None = None

    def __post_init__(self) -> None:
        faces = len(self.triangles)
        if self.vertices_m.shape[1:] != (3,) or self.triangles.shape[1:] != (3,):
            raise GeometryError("a mesh needs (V, 3) vertices and (T, 3) triangles")
        if self.colour.shape != (faces, 3) or self.material.shape != (faces,):
            raise GeometryError(f"a mesh of {faces} triangles needs as many colours and materials")


class Model(Protocol):
    """A kind of thing: frozen and hashable, so that its mesh is made once."""

    @property
    def kind(self) -> str:
        """Class in the truth, such as ``house``, ``tree``, ``vehicle.truck``."""
        ...

    @property
    def height_m(self) -> float:
        """Highest point above the ground it stands on."""
        ...

    @property
    def outline_m(self) -> Float:
        """``(N, 2)`` outline on the ground in its own axes, counter-clockwise, not closed."""
        ...

    def mesh(self, detail_m: float) -> Mesh:
        """Its form; parts much smaller than `detail_m` may be left out or simplified. The same for the same model."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing where it stands, or is at the moment.

    Attributes:
        thing_id: Unique in its world; the same in every flight and night.
        model: Its form.
        x_m, y_m: Site metres.
        azimuth_rad: Its forward axis, counter-clockwise from east.
        lift_m: Of its own ground above the terrain at its place (negative: dug in).
        velocity_mps: Site x, y; not zero only for movers.
        sway: How much wind moves it, 0 (house) to 1 (poplar).
        warm: Engine or body heat, 0 cold to 1.
        scale: Factor on the mesh.
    """

    thing_id: str
    model: Model
    x_m: float
    y_m: float
    azimuth_rad: float = 0.0
    lift_m: float = 0.0
    velocity_mps: tuple[float, float] = (0.0, 0.0)
    sway: float = 0.0
    warm: float = 0.0
    scale: float = 1.0

    @property
    def outline_m(self) -> Float:
        """``(N, 2)`` outline in site metres."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        turned: Float = self.scale * self.model.outline_m @ np.array([[c, s], [-s, c]]) + [self.x_m, self.y_m]
        return turned


@dataclass(frozen=True, slots=True, eq=False)
class Puff:
    """A ball of smoke, dust or mist with a Gaussian density.

    Attributes:
        centre_m: ``(3,)`` site metres.
        sigma_m: Its spread.
        depth: Optical depth through its middle.
        colour: Of what it scatters, linear.
        warm_k: How much warmer than the air it looks to a thermal camera.
    """

    centre_m: Float
    sigma_m: float
    depth: float
    colour: tuple[float, float, float] = (0.45, 0.44, 0.42)
    warm_k: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Extent:
    """A rectangle of site metres."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float

    def touches(self, x_m: float, y_m: float, reach_m: float) -> bool:
        """Whether a disc reaches into it."""
        inside_x = self.west_m - reach_m <= x_m <= self.east_m + reach_m
        return inside_x and self.south_m - reach_m <= y_m <= self.north_m + reach_m
