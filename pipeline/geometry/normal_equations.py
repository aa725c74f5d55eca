"""Normal equations of a flight's adjustment: seven unknowns a frame, and some that frames share."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from pipeline.errors import GeometryError
from pipeline.geometry.selected_inverse import inverse_blocks

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_COLUMNS_AT_ONCE = 20 * 7
_MOST_WAITING = 1_000_000  # numbers, 16 MB

_FAINT = 1e-9
_SMALLEST_SHARE = 1e-10


class NormalEquations:
    """Normal equations of ``7 F + S`` unknowns, summed block by block."""

    def __init__(self, frames: int, shared: int) -> None:
        self._frames = frames
        self.size = 7 * frames + shared
        self.right = np.zeros(self.size)
        self._rows: list[NDArray[np.int32]] = []
        self._columns: list[NDArray[np.int32]] = []
        self._values: list[Float] = []
        self._waiting = 0
        self._summed = sparse.csr_matrix((self.size, self.size))

    def of_frame(self, ordinal: int) -> Index:
        """``(7,)`` which unknowns are those of a frame."""
        return np.arange(7 * ordinal, 7 * ordinal + 7)

    def of_shared(self, first: int, count: int) -> Index:
        """``(count,)`` which unknowns are the shared ones from the given one on."""
        return np.arange(count) + 7 * self._frames + first

    def add(self, unknowns: Sequence[Index], normal: Float, right: Float) -> None:
        """Add equations of some unknowns. One that is named twice moves both parts of the equations."""
        index = np.concatenate(unknowns)
        small = index.astype(np.int32)
        self._rows.append(np.repeat(small, len(index)))
        self._columns.append(np.tile(small, len(index)))
        self._values.append(normal.ravel())
        np.add.at(self.right, index, right)
        self._waiting += normal.size
        if self._waiting > _MOST_WAITING:
            self._sum()

    def factor(self) -> SuperLU:
        """Factors of the matrix.

        It is symmetric and positive definite, so that rows need not change places: with the usual pivoting, factors
        of a flight of 900 frames hold fifteen times as many numbers, and those of 1,800 had not ended after a quarter
        of an hour.

        Raises:
            GeometryError: Something is not determined.
        """
        try:
            return splu(self._matrix().tocsc(), "MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        except RuntimeError as error:
            raise GeometryError("the poses of the flight are not determined") from error

    def _matrix(self) -> sparse.csr_matrix:
        self._sum()
        return self._summed

    def _sum(self) -> None:
        """Add what waits to the matrix: many equations are of the same few unknowns."""
        if self._waiting:
            rows, columns = np.concatenate(self._rows), np.concatenate(self._columns)
            shape = (self.size, self.size)
            new = sparse.coo_matrix((np.concatenate(self._values), (rows, columns)), shape=shape)
            self._summed = sparse.csr_matrix(self._summed + new.tocsr())
            self._rows, self._columns, self._values, self._waiting = [], [], [], 0

    def covariances(self, factor: SuperLU, by_terrain: Mapping[int, Float]) -> tuple[Float, Float]:
        """``(F, 7, 7)`` diagonal blocks of the inverse, and ``(F, 7, 7)`` what errors of the terrain add to them.

        Args:
            factor: Of this matrix.
            by_terrain: Of each matched frame ``(7, 7)`` covariance of what errors of the terrain add to the right side
                of its equations; those of different frames count as independent.
        """
        found = inverse_blocks(self._matrix(), self._frames, by_terrain)
        return self._column_by_column(factor, by_terrain) if found is None else found

    def _column_by_column(self, factor: SuperLU, by_terrain: Mapping[int, Float]) -> tuple[Float, Float]:
        """The same where frames are tied to far ones."""
        blocks, added = np.empty((self._frames, 7, 7)), np.zeros((self._frames, 7, 7))
        matched = np.array(list(by_terrain), np.intp)
        pulls = np.array(list(by_terrain.values()), np.float64).reshape(-1, 7, 7)
        for first in range(0, 7 * self._frames, _COLUMNS_AT_ONCE):
            last = min(first + _COLUMNS_AT_ONCE, 7 * self._frames)
            unit = np.zeros((self.size, last - first))
            unit[np.arange(first, last), np.arange(last - first)] = 1.0
            inverse = factor.solve(unit)
            for frame in range(first // 7, last // 7):
                part = inverse[self.of_frame(frame), 7 * frame - first : 7 * frame - first + 7]
                blocks[frame] = (part + part.T) / 2
                own = inverse[: 7 * self._frames, 7 * frame - first : 7 * frame - first + 7]
                moves = own.reshape(-1, 7, 7)[matched]
                added[frame] = (moves.transpose(0, 2, 1) @ pulls @ moves).sum(axis=0)
        return blocks, added


def steady_inverse(information: Float) -> Float:
    """Inverse of ``(N, 3, 3)`` information matrices, held away from singular.

    A point beside a camera is known across the ray 1e10 times better than along it, which no float can hold: along
    the ray it then counts as known no worse than 1e-10 of that.
    """
    least = _FAINT + _SMALLEST_SHARE * np.trace(information, axis1=1, axis2=2)
    return np.asarray(np.linalg.inv(information + least[:, None, None] * np.eye(3)), np.float64)
