"""The camera of a frame."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.brown import Brown
from pipeline.geometry.distortion import Distortion
from pipeline.records.arrays import Float, require_shape


@dataclass(frozen=True, slots=True, eq=False)
class CameraModel:
    """A camera matrix and a lens.

    Attributes:
        name: Make and model, or the table's key.
        size_px: Width, height.
        K: ``(3, 3)`` camera matrix in pixels.
        distortion: Of the lens.
        focal_sigma: Relative standard deviation of the focal length.
        source: ``sortie.toml``, ``xmp``, ``table``, ``exif`` …: where the figures come from.
    """

    name: str
    size_px: tuple[int, int]
    K: Float
    distortion: Distortion
    focal_sigma: float
    source: str

    def __post_init__(self) -> None:
        require_shape("K", self.K, (3, 3))

    @property
    def focal_px(self) -> float:
        """Mean focal length in pixels."""
        return float((self.K[0, 0] + self.K[1, 1]) / 2)

    def refocused(self, log_focal: float, focal_sigma: float) -> "CameraModel":
        """The camera with another focal length, given as the logarithm of its ratio to this one's, and its σ."""
        K = self.K.copy()
        K[:2, :2] *= np.exp(log_focal)
        return CameraModel(self.name, self.size_px, K, self.distortion, focal_sigma, self.source)

    def mirrored(self) -> "CameraModel":
        """The camera of the same pixels, left and right exchanged."""
        K = self.K.copy()
        K[0, 2] = self.size_px[0] - 1 - K[0, 2]
        lens = self.distortion
        if isinstance(lens, Brown):
            lens = replace(lens, p2=-lens.p2)
        return CameraModel(self.name, self.size_px, K, lens, self.focal_sigma, self.source)

    def scaled(self, factor: float) -> "CameraModel":
        """The camera of the picture resized by ``factor``; pixel centres stay at whole numbers."""
        K = self.K.copy()
        K[:2, :2] *= factor
        K[:2, 2] = (K[:2, 2] + 0.5) * factor - 0.5
        size = (round(self.size_px[0] * factor), round(self.size_px[1] * factor))
        return CameraModel(self.name, size, K, self.distortion, self.focal_sigma, self.source)
