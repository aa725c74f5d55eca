"""Lenses, and where their pixels look."""

from dataclasses import dataclass
from typing import Literal

from pipeline.errors import GeometryError
from pipeline.records.arrays import Float

LensKind = Literal["brown", "fisheye"]
COEFFICIENTS: dict[LensKind, int] = {"brown": 5, "fisheye": 4}


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """A camera's geometry.

    Attributes:
        kind: ``brown``: pinhole with k1 k2 p1 p2 k3; ``fisheye``: OpenCV's fisheye with k1 k2 k3 k4 of the angle.
        size_px: Width, height.
        K: ``(3, 3)`` camera matrix in pixels; pixel (0, 0) is the centre of the top-left pixel.
        distortion: ``(5,)`` or ``(4,)``.
    """

    kind: LensKind
    size_px: tuple[int, int]
    K: Float
    distortion: Float

    def __post_init__(self) -> None:
        if self.distortion.shape != (COEFFICIENTS[self.kind],):
            raise GeometryError(f"a {self.kind} lens has {COEFFICIENTS[self.kind]} coefficients")

    @property
    def focal_px(self) -> float:
        """Mean focal length in pixels."""
        return float((self.K[0, 0] + self.K[1, 1]) / 2)

    def zoomed(self, factor: float) -> "Lens":
        """The lens at another focal length; the principal point stays."""
        K = self.K.copy()
        K[0, 0], K[0, 1], K[1, 1] = K[0, 0] * factor, K[0, 1] * factor, K[1, 1] * factor
        return Lens(self.kind, self.size_px, K, self.distortion)
