"""What a model is shown of a mover, and what it answers."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float, require_shape


class SeenClass(StrEnum):
    """What a model may take a mover for."""

    VEHICLE = "vehicle"
    PERSON = "person"
    ANIMAL = "animal"
    OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class TrackCrop:
    """A square piece of a frame around a mover.

    Attributes:
        image: ``(h, h, 3)`` uint8 RGB; thermal frames as three equal channels. Beyond the frame's edge its last pixel
            is repeated.
        box_px: ``(4,)`` left, top, width, height of the mover in `image`.
        gsd_m: Ground sample distance of `image`.
    """

    image: NDArray[np.uint8]
    box_px: Float
    gsd_m: float

    def __post_init__(self) -> None:
        require_shape("image", self.image, (None, None, 3))
        require_shape("box_px", self.box_px, (4,))


@dataclass(frozen=True, slots=True)
class ClassOdds:
    """Probability of each class."""

    vehicle: float
    person: float
    animal: float
    other: float

    @property
    def likeliest(self) -> tuple[SeenClass, float]:
        """The first of the likeliest classes, and its probability."""
        best = max(SeenClass, key=self.of)
        return best, self.of(best)

    def of(self, seen: SeenClass) -> float:
        """Probability of one class."""
        by_class = {
            SeenClass.VEHICLE: self.vehicle,
            SeenClass.PERSON: self.person,
            SeenClass.ANIMAL: self.animal,
            SeenClass.OTHER: self.other,
        }
        return by_class[seen]
