"""A small grey picture of a still, to judge the still by before it is decoded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What a still shows, reduced.

    Attributes:
        grey: ``(h, w)``.
        embedded: It is the preview that the camera put into the file; else the picture itself, decoded reduced.
        fault: Why the file's own preview was not used, "" where it was or where there is none.
    """

    grey: NDArray[np.uint8]
    embedded: bool
    fault: str = ""
