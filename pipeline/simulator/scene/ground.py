"""The ground: heights, colour, and what is dug into it or lies on it."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.scene.mesh import Extent, Placed

Float32 = NDArray[np.float32]
Axis = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The look of a raster of ground, before any light. Rows grow with y.

    Attributes:
        albedo: ``(H, W, 3)`` float32 linear reflectance.
        bumps_m: ``(H, W)`` float32 fine relief that shades but does not show in the elevation model.
        material: ``(H, W)`` uint8 `Material`.
    """

    albedo: Float32
    bumps_m: Float32
    material: NDArray[np.uint8]


class Road(Protocol):
    """A way that vehicles follow."""

    @property
    def road_id(self) -> str:
        """Unique in its land."""
        ...

    @property
    def kind(self) -> str:
        """``asphalt``, ``gravel`` or ``track``."""
        ...

    @property
    def width_m(self) -> float:
        """Of the carriageway."""
        ...

    @property
    def length_m(self) -> float:
        """Of its middle line."""
        ...

    def at(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading (counter-clockwise from east) at a length along it; ends are prolonged straight."""
        ...


class Land(Protocol):
    """A place without its events: functions of position, the same whoever asks and in whatever order."""

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` ellipsoidal heights of the bare ground on ``(W,)`` x and ``(H,)`` y.

        Smooth at a metre: what an elevation model of 1 m would hold. NaN nowhere.
        """
        ...

    def ground(self, x_m: Axis, y_m: Axis) -> Ground:
        """Look of the ground at the centres of cells; texture finer than a cell is averaged away."""
        ...

    def things(self, extent: Extent, detail_m: float) -> tuple[Placed, ...]:
        """What stands in an extent (by its place), without what is much smaller than `detail_m`; sorted by id."""
        ...

    @property
    def roads(self) -> tuple[Road, ...]:
        """Ways that movers may follow."""
        ...


@runtime_checkable
class NightLand(Protocol):
    """A land with lights of its own by night."""

    def lit(self, extent: Extent, sun: Float) -> tuple[Placed, ...]:
        """Things with lights burning, by the sun's direction ``(3,)``; each replaces the thing of the same id."""
        ...


class Dug(Protocol):
    """Something that changes the ground itself: a trench, a crater, a burn, a ploughed field, a puddle."""

    @property
    def thing_id(self) -> str:
        """Unique in its world."""
        ...

    @property
    def kind(self) -> str:
        """Class in the truth."""
        ...

    @property
    def x_m(self) -> float:
        """Site x of its middle."""
        ...

    @property
    def y_m(self) -> float:
        """Site y of its middle."""
        ...

    @property
    def reach_m(self) -> float:
        """Nothing of it lies farther from its middle."""
        ...

    @property
    def outline_m(self) -> Float:
        """``(N, 2)`` outline in site metres, counter-clockwise, not closed."""
        ...

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` metres by which it lifts or lowers the ground; 0 outside. Zeros where it only colours."""
        ...

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """The ground with it; arguments as in `Land.ground`."""
        ...
