"""What stands on the land or is dug into it, and how it gives its height and its colour.

Every thing gives, for any places near it, its height and its colour, so that one thing can be painted into rasters
of any cell. Local axes: u forward along the thing's azimuth, v to the left.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.noise import Float32

Axis = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """A thing on a patch of ``(H, W)`` places.

    Attributes:
        rise_m: ``(H, W)`` height above `Thing.base` for things that stand, change of the ground's height for those
            that are dug; NaN (standing) or 0 (dug) outside.
        colour: ``(H, W, 3)`` linear reflectance.
        cover: ``(H, W)`` 0 to 1, how much of the ground the colour hides.
    """

    rise_m: Float32
    colour: Float32
    cover: Float32


class Thing(Protocol):
    """Something with a place."""

    @property
    def kind(self) -> str:
        """Class in the truth."""
        ...

    @property
    def x_m(self) -> float:
        """Site x."""
        ...

    @property
    def y_m(self) -> float:
        """Site y."""
        ...

    @property
    def reach_m(self) -> float:
        """Nothing of it lies farther from its place."""
        ...

    @property
    def stands(self) -> bool:
        """Whether it stands on the ground; otherwise it changes the ground."""
        ...

    @property
    def side_rgb(self) -> tuple[float, float, float] | None:
        """Reflectance of its walls; None: like its top."""
        ...

    @property
    def outline_m(self) -> Axis:
        """``(N, 2)`` outline in site metres, counter-clockwise, not closed."""
        ...

    def look(self, x_m: Axis, y_m: Axis) -> Look:
        """Height and colour at places given by ``(W,)`` x and ``(H,)`` y."""
        ...


def local(x_m: Axis, y_m: Axis, x0: float, y0: float, azimuth_rad: float) -> tuple[Float32, Float32]:
    """Local u, v on a mesh."""
    dx, dy = np.meshgrid((x_m - x0).astype(np.float32), (y_m - y0).astype(np.float32))
    c, s = np.float32(np.cos(azimuth_rad)), np.float32(np.sin(azimuth_rad))
    return dx * c + dy * s, dy * c - dx * s


def rectangle(x_m: float, y_m: float, azimuth_rad: float, length_m: float, width_m: float) -> Axis:
    """``(4, 2)`` corners, counter-clockwise."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [length_m / 2, width_m / 2]
    c, s = np.cos(azimuth_rad), np.sin(azimuth_rad)
    turned: Axis = corners @ np.array([[c, s], [-s, c]]) + [x_m, y_m]
    return turned


def or_nan(rise: NDArray[np.floating], inside: NDArray[np.bool_]) -> Float32:
    """Heights of a standing thing; NaN outside."""
    return np.where(inside, rise, np.nan).astype(np.float32)


def reflectance(colour: NDArray[np.floating]) -> Float32:
    """Colour within what surfaces reflect."""
    cleaned: Float32 = np.clip(colour, 0.01, 0.95).astype(np.float32)
    return cleaned
