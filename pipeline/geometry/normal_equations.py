"""Normal equations of a flight's adjustment: six unknowns a frame, and six that all frames share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from pipeline.errors import GeometryError

Float = NDArray[np.float64]

_COLUMNS_AT_ONCE = 120

_FAINT = 1e-9
_SMALLEST_SHARE = 1e-10


class NormalEquations:
    """Normal equations of ``6 F + 6`` unknowns, summed block by block."""

    def __init__(self, count: int) -> None:
        self.size = 6 * count + 6
        self.right = np.zeros(self.size)
        self._rows: list[NDArray[np.int64]] = []
        self._columns: list[NDArray[np.int64]] = []
        self._values: list[Float] = []

    def add(self, where: Sequence[int], normal: Float, right: Float) -> None:
        """Add the equations of some blocks; ``-1`` is the block that all frames share."""
        start = [6 * block if block >= 0 else self.size - 6 for block in where]
        index = np.concatenate([np.arange(first, first + 6) for first in start])
        self._rows.append(np.repeat(index, len(index)))
        self._columns.append(np.tile(index, len(index)))
        self._values.append(normal.ravel())
        np.add.at(self.right, index, right)

    def factor(self) -> SuperLU:
        """Factors of the matrix.

        Raises:
            GeometryError: Something is not determined.
        """
        rows, columns = np.concatenate(self._rows), np.concatenate(self._columns)
        matrix = sparse.coo_matrix((np.concatenate(self._values), (rows, columns)), shape=(self.size, self.size))
        try:
            return splu(matrix.tocsc())
        except RuntimeError as error:
            raise GeometryError("the poses of the flight are not determined") from error

    def diagonal_blocks(self, factor: SuperLU) -> Float:
        """``(F, 6, 6)`` diagonal blocks of the inverse, a few columns at a time."""
        count = self.size // 6 - 1
        blocks = np.empty((count, 6, 6))
        for first in range(0, 6 * count, _COLUMNS_AT_ONCE):
            last = min(first + _COLUMNS_AT_ONCE, 6 * count)
            unit = np.zeros((self.size, last - first))
            unit[np.arange(first, last), np.arange(last - first)] = 1.0
            inverse = factor.solve(unit)
            for block in range(first // 6, last // 6):
                part = inverse[6 * block : 6 * block + 6, 6 * block - first : 6 * block - first + 6]
                blocks[block] = (part + part.T) / 2
        return blocks


def steady_inverse(information: Float) -> Float:
    """Inverse of ``(N, 3, 3)`` information matrices, held away from singular.

    A point beside a camera is known across the ray 1e10 times better than along it, which no float can hold: along
    the ray it then counts as known no worse than 1e-10 of that.
    """
    least = _FAINT + _SMALLEST_SHARE * np.trace(information, axis1=1, axis2=2)
    return np.asarray(np.linalg.inv(information + least[:, None, None] * np.eye(3)), np.float64)
