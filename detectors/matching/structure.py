"""A matcher without weights for pictures that look unlike: thermal and daylight, other seasons, other light.

First the whole frame is laid over what it should see, turned and shifted; the place must have no rival, and two halves
of the frame must find it each for itself. Then patches are placed near where the whole puts them.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.matching.oriented import Real, agreement, norms, oriented_edges
from detectors.matching.settings import StructureSettings

Float = NDArray[np.float64]
Grey = NDArray[np.uint8]

_HALF = 2  # the whole is compared at half resolution
_CELLS = 4  # of the board that splits a frame into two halves, along its longer side
_RIVAL_PX = 24.0  # places nearer than that are the same place
_LEAST_SEEN = 0.9  # of a patch's surroundings that must be known


@dataclass(frozen=True, slots=True)
class _Laid:
    """The whole frame laid over what it should see: likeness and the ``(2, 3)`` matrix from frame to expected."""

    likeness: float
    rival: float
    apart_px: float
    matrix: Float


@dataclass(frozen=True, slots=True)
class StructureMatcher:
    """Matches by where edges run. Implements `pipeline.protocols.PictureMatcher`.

    Attributes:
        settings: How.
        name, version, sigma_px, shared_px: As the protocol says. Patches scatter by two pixels; shadows that
            moved and crowns seen from another side shift whole frames by 8 (`python -m tests.bench thermal`).
    """

    settings: StructureSettings = field(default_factory=StructureSettings)
    name: str = "structure"
    version: str = "1"
    sigma_px: float = 2.0
    shared_px: float = 8.0

    def match(self, frame: Grey, expected: Grey, reach_px: float, turn_deg: float) -> tuple[Float, Float]:
        """See `pipeline.protocols.PictureMatcher.match`. Empty where the whole has no sure place."""
        none = np.zeros((0, 2)), np.zeros((0, 2))
        laid = self._lay(frame, expected, reach_px, turn_deg)
        rules = self.settings
        if laid is None or laid.rival > rules.max_rival * laid.likeness or laid.apart_px > rules.max_apart_px:
            return none
        return self._patches(frame, expected, laid.matrix)

    def _lay(self, frame: Grey, expected: Grey, reach_px: float, turn_deg: float) -> _Laid | None:
        """The turn and shift by which the whole frame fits best; None when nothing fits at all."""
        small, known = _halved(frame), _halved(expected)
        reach = max(round(reach_px / _HALF), 4)
        edges = oriented_edges(known, known > 0)
        space = np.pad(edges, ((reach, reach), (reach, reach), (0, 0)))
        board = _board(small.shape)
        steps = int(np.ceil(turn_deg / self.settings.turn_step_deg))
        turns = np.arange(-steps, steps + 1) * self.settings.turn_step_deg
        found = [self._turned(small, space, board, float(turn)) for turn in turns]
        best = max(found, key=lambda item: float(item[0].max()))
        whole, halves, turn = best
        row, column = np.unravel_index(int(whole.argmax()), whole.shape)
        likeness = float(whole[row, column])
        if likeness <= 0:
            return None
        rows, columns = np.indices(whole.shape)
        elsewhere = np.hypot(rows - row, columns - column) * _HALF > _RIVAL_PX
        rival = max(float(np.max(item[0], where=elsewhere, initial=0.0)) for item in found)
        places = np.array([np.unravel_index(int(half.argmax()), half.shape) for half in halves])
        apart_px = float(np.linalg.norm(places - [row, column], axis=1).max()) * _HALF
        middle = (np.array(frame.shape[::-1], np.float64) - 1) / 2
        matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), turn, 1.0)
        matrix[:, 2] += (np.array([column, row]) - reach) * _HALF
        return _Laid(likeness, rival, apart_px, np.asarray(matrix, np.float64))

    def _turned(
        self, small: Grey, space: Real, board: NDArray[np.bool_], turn: float
    ) -> tuple[Real, list[Real], float]:
        """Likeness at every shift of the frame turned by some degrees: of the whole, and of its two halves."""
        size = small.shape[::-1]
        matrix = cv2.getRotationMatrix2D(((size[0] - 1) / 2, (size[1] - 1) / 2), turn, 1.0)
        shown = np.asarray(cv2.warpAffine(small, matrix, size), np.uint8)
        inside = cv2.warpAffine(np.full(small.shape, 255, np.uint8), matrix, size) > 0
        edges = oriented_edges(shown, inside)
        halves = [np.where(part[..., None], edges, np.float32(0)) for part in (board, ~board)]
        agree = [agreement(space, half) for half in halves]
        return (agree[0] + agree[1]) / norms(space, edges), agree, turn

    def _patches(self, frame: Grey, expected: Grey, matrix: Float) -> tuple[Float, Float]:
        """Pixels of patches of the frame, and where they lie in `expected`."""
        rules = self.settings
        height, width = frame.shape
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        drawn = np.asarray(cv2.warpAffine(expected, matrix, (width, height), flags=flags), np.uint8)
        known = drawn > 0
        own, there = oriented_edges(frame, np.ones(frame.shape, np.bool_)), oriented_edges(drawn, known)
        half = rules.patch_px // 2
        around = half + rules.search_px
        seen: list[tuple[float, float]] = []
        placed: list[tuple[float, float]] = []
        for row in range(around, height - around, rules.step_px):
            for column in range(around, width - around, rules.step_px):
                window = np.s_[row - around : row + around + 1, column - around : column + around + 1]
                if known[window].mean() < _LEAST_SEEN:
                    continue
                patch = own[row - half : row + half + 1, column - half : column + half + 1]
                shift = _placed(agreement(there[window], patch) / norms(there[window], patch), rules.max_patch_rival)
                if shift is not None:
                    seen.append((column, row))
                    placed.append((column + shift[0] - rules.search_px, row + shift[1] - rules.search_px))
        if not seen:
            return np.zeros((0, 2)), np.zeros((0, 2))
        return np.array(seen, np.float64), np.array(placed) @ matrix[:, :2].T + matrix[:, 2]


def _halved(grey: Grey) -> Grey:
    size = (grey.shape[1] // _HALF, grey.shape[0] // _HALF)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _board(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """``shape`` fields of a checkerboard."""
    rows, columns = np.indices(shape)
    step = max(shape) / _CELLS
    return np.asarray(((rows // step) + (columns // step)) % 2 == 0, np.bool_)


def _placed(likeness: Real, max_rival: float) -> tuple[float, float] | None:
    """Column and row of the best place to a fraction of a pixel; None at the border, or with a rival."""
    row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
    if not (0 < row < likeness.shape[0] - 1 and 0 < column < likeness.shape[1] - 1):
        return None
    best = float(likeness[row, column])
    rest = likeness.copy()
    rest[max(row - 5, 0) : row + 6, max(column - 5, 0) : column + 6] = -1.0
    if best <= 0 or float(rest.max()) > max_rival * best:
        return None
    return (
        float(column) + _vertex(likeness[row, column - 1], best, likeness[row, column + 1]),
        float(row) + _vertex(likeness[row - 1, column], best, likeness[row + 1, column]),
    )


def _vertex(before: float, best: float, after: float) -> float:
    """Where a parabola through three values at -1, 0 and 1 is highest."""
    bend = before - 2 * best + after
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
