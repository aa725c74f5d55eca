"""Points of a picture that are found again after large motion."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey, Points

Words = NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Landmarks:
    """SIFT points of a reduced picture, sought when they are first asked for: most pictures follow without.

    Attributes:
        half: ``(h, w)``.
    """

    half: Grey
    _found: tuple[Points, Words | None] | None = None

    def found(self) -> tuple[Points, Words | None]:
        """``(N, 2)`` pixels and ``(N, 128)`` descriptors; None without texture."""
        if self._found is None:
            sift = cv2.SIFT.create(nfeatures=800)
            keys, words = sift.detectAndCompute(self.half, np.empty(0, np.uint8))
            points = np.array([key.pt for key in keys], np.float32).reshape(-1, 2)
            self._found = points, None if words is None else np.asarray(words, np.float32)
        return self._found
