"""Diagonal blocks of the inverse of a flight's normal equations, without the rest of it.

Frames are tied to those near them: in a good order the matrix is block-tridiagonal but for the few unknowns that all
frames share, and the blocks of its inverse follow one from the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import reverse_cuthill_mckee

Float = NDArray[np.float64]
Numbers = NDArray[Any]  # float64 or complex128

UNKNOWNS = 7
"""Of each frame."""

_LEAST_GROUP = 8  # frames: smaller products are mostly overhead
_LARGEST_GROUP = 400  # frames: blocks of more would take longer than the inverse column by column
_EPSILON = 1e-30  # of the scaled matrix: vanishes beside its real part, and no difference is taken


@dataclass(frozen=True, slots=True, eq=False)
class _Tridiagonal:
    """The matrix by groups of frames, each tied to the one before and the one after only. Blocks are made when asked.

    Attributes:
        matrix: All of it.
        frames: How many.
        groups: Ordinals of each group's frames.
        shares: Of some frames what is taken off their block, times i.
    """

    matrix: sparse.csr_matrix
    frames: int
    groups: list[NDArray[np.intp]]
    shares: Mapping[int, Float]

    def diagonal(self, number: int) -> Numbers:
        """Of a group with itself."""
        own = self._unknowns(number)
        block: Numbers = self._kind(self.matrix[own][:, own])
        for at, frame in enumerate(self.groups[number].tolist()):
            if frame in self.shares:
                here = slice(UNKNOWNS * at, UNKNOWNS * at + UNKNOWNS)
                block[here, here] = block[here, here] - 1j * self.shares[frame]
        return block

    def above(self, number: int) -> Numbers:
        """Of a group with the next."""
        return self._kind(self.matrix[self._unknowns(number)][:, self._unknowns(number + 1)])

    def border(self, number: int) -> Numbers:
        """Of a group with what all frames share."""
        return self._kind(self.matrix[self._unknowns(number)][:, UNKNOWNS * self.frames :])

    def shared(self) -> Numbers:
        """Of what all frames share with itself."""
        return self._kind(self.matrix[UNKNOWNS * self.frames :, UNKNOWNS * self.frames :])

    def _unknowns(self, number: int) -> NDArray[np.intp]:
        group = self.groups[number]
        return np.asarray((UNKNOWNS * group[:, None] + np.arange(UNKNOWNS)).ravel(), np.intp)

    def _kind(self, block: sparse.csr_matrix) -> Numbers:
        return np.asarray(block.toarray(), np.complex128 if self.shares else np.float64)


def inverse_blocks(matrix: sparse.csr_matrix, frames: int, pulls: Mapping[int, Float]) -> tuple[Float, Float] | None:
    """What covariances need of the inverse.

    Args:
        matrix: ``(7 F + S, 7 F + S)``, symmetric and positive definite; frames first.
        frames: F, at least one.
        pulls: Of some frames ``(7, 7)`` covariance of the right side; those of different frames are independent.

    Returns:
        ``(F, 7, 7)`` diagonal blocks of the inverse, and the same blocks of inverse · pulls · inverse. None when too
        many frames are tied to far ones.

    Source: block elimination for block-tridiagonal matrices. The second result is how the first one changes with the
    matrix, by a complex step (Squire and Trapp 1998): (A - iε P)⁻¹ = A⁻¹ + iε A⁻¹PA⁻¹ but for ε².
    """
    scale = 1 / np.sqrt(matrix.diagonal())
    scaled = sparse.csr_matrix(sparse.diags(scale) @ matrix @ sparse.diags(scale))
    groups = _groups(scaled, frames)
    if groups is None:
        return None
    own = scale[: UNKNOWNS * frames].reshape(frames, UNKNOWNS)
    shares = {frame: pull * np.outer(own[frame], own[frame]) for frame, pull in pulls.items()}
    largest = max((float(np.abs(share).max()) for share in shares.values()), default=0.0)
    step = _EPSILON / largest if largest > 0 else 0.0
    turned = {frame: step * share for frame, share in shares.items()} if step > 0 else {}
    blocks = np.empty((frames, UNKNOWNS, UNKNOWNS), np.complex128 if step > 0 else np.float64)
    parts = _Tridiagonal(scaled, frames, groups, turned)
    for members, inverse in zip(reversed(groups), _diagonal_of_inverse(parts), strict=True):
        square = inverse.reshape(len(members), UNKNOWNS, len(members), UNKNOWNS)
        each = np.arange(len(members))
        blocks[members] = square[each, :, each, :]
    blocks = (blocks + blocks.transpose(0, 2, 1)) / 2 * own[:, :, None] * own[:, None, :]
    return blocks.real.copy(), blocks.imag / step if step > 0 else np.zeros(blocks.shape)


def _groups(matrix: sparse.csr_matrix, frames: int) -> list[NDArray[np.intp]] | None:
    """Ordinals of frames, in groups of which each is tied to the one before and the one after only."""
    inner = matrix[: UNKNOWNS * frames, : UNKNOWNS * frames].tocoo()
    ones = np.ones(len(inner.row))
    ties = sparse.csr_matrix((ones, (inner.row // UNKNOWNS, inner.col // UNKNOWNS)), shape=(frames, frames))
    order = np.asarray(reverse_cuthill_mckee(ties, symmetric_mode=True), np.intp)
    place = np.empty(frames, np.intp)
    place[order] = np.arange(frames)
    rows, columns = ties.nonzero()
    reach = int(np.abs(place[rows] - place[columns]).max(initial=0))
    if reach > _LARGEST_GROUP:
        return None
    size = max(reach, _LEAST_GROUP)
    return [order[first : first + size] for first in range(0, frames, size)]


def _diagonal_of_inverse(parts: _Tridiagonal) -> Iterator[Numbers]:
    """Diagonal blocks of the inverse, from the last group to the first."""
    count = len(parts.groups)
    pivots: list[Numbers] = []  # inverses of what elimination from the first group on leaves on the diagonal
    carried: list[Numbers] = []  # the border by then
    left, sides, rest = parts.diagonal(0), parts.border(0), parts.shared()
    for number in range(count):
        pivots.append(np.linalg.inv(left))
        carried.append(sides)
        rest = rest - sides.T @ pivots[-1] @ sides
        if number + 1 < count:
            above = parts.above(number)
            down = above.T @ pivots[-1]
            left = parts.diagonal(number + 1) - down @ above
            sides = parts.border(number + 1) - down @ sides
    of_shared = np.linalg.inv(rest)
    later = pivots.pop()
    toward = later @ carried[-1]  # rows of A⁻¹ times the border
    yield later + toward @ of_shared @ toward.T
    for number in reversed(range(count - 1)):
        pivot = pivots.pop()
        up = pivot @ parts.above(number)
        later = pivot + up @ later @ up.T
        toward = pivot @ carried[number] - up @ toward
        yield later + toward @ of_shared @ toward.T
