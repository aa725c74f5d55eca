"""How a lens lays rays on the plane of its image: what every camera model must be able to do."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.fisheye import Fisheye

Float = NDArray[np.float64]

Lens = Literal["brown", "fisheye"]
COEFFICIENTS: dict[Lens, int] = {"brown": 5, "fisheye": 4}


class Distortion(Protocol):
    """A lens model. Rays are in camera axes (x right, y down, z ahead) and of any length.

    The normalised image plane has x right, y down; the camera matrix makes pixels of it.
    """

    @property
    def coefficients(self) -> tuple[float, ...]:
        """In OpenCV's order."""

    @property
    def widest_rad(self) -> float:
        """Angle off the axis up to which the model is one-to-one."""

    def distort(self, rays: Float, /) -> Float:
        """``(N, 3)`` rays to ``(N, 2)`` on the image plane; NaN rows beyond `widest_rad`."""

    def undistort(self, plane: Float, /) -> Float:
        """``(N, 2)`` on the image plane to ``(N, 3)`` rays; NaN rows where no ray within `widest_rad` goes there."""

    def slopes(self, rays: Float, /) -> Float:
        """``(N, 2, 3)`` derivative of `distort`."""


def distortion_of(lens: Lens, coefficients: Sequence[float]) -> Brown | Fisheye:
    """The lens model of a name and its coefficients; none at all stands for zeros.

    Raises:
        GeometryError: The model has another number of coefficients.
    """
    want = COEFFICIENTS[lens]
    if len(coefficients) not in (0, want):
        raise GeometryError(
            f"a {lens} lens has {want} coefficients, not {len(coefficients)}: "
            + ("k1 k2 p1 p2 k3" if lens == "brown" else "k1 k2 k3 k4")
        )
    values = [float(value) for value in coefficients]
    return Brown(*values) if lens == "brown" else Fisheye(*values)


def distortion_of_count(coefficients: Sequence[float]) -> Brown | Fisheye:
    """The lens model that has as many coefficients: kept files name no lens.

    Raises:
        GeometryError: No model has.
    """
    return distortion_of("fisheye" if len(coefficients) == COEFFICIENTS["fisheye"] else "brown", coefficients)
