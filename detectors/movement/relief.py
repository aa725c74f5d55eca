"""What relief alone could make of a still scene: plane plus parallax.

Under a homography of the ground, a still thing that is not on the ground seems to move along the line through it and
the epipole, the further the taller it is. What can be found again on that line, no further away than the tall things
of the scene go, may be such a thing.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey
from pipeline.records.arrays import Float

Points = NDArray[np.float32]

HYPOTHESES = 240
OFF_PLANE_PX = 1.2
"""Corners that left the plane further than this tell of relief."""

FOCAL_SHARE = 0.9
"""Focal length of an unknown camera, as a share of the picture's long side."""

TALLEST = 1.0
"""Height of the tallest things over what is left between their tops and the camera."""

SLACK_PX = 2.0
"""What the homography's own error may hide."""

MIN_WITNESSES, MIN_PLACES, PLACE_PX = 8, 4, 64.0
"""Relief shows in this many corners, in this many cells of a grid."""

TRAFFIC_PX, MIN_RUNAWAYS = 32, 4
"""Cells, in pixels, and corners in one and its neighbours, that went too far for still things."""

FOUND_AGAIN = 0.4
"""A thing is found again where its pixels differ less than this share of how they differ in place."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Where a still thing may lie in an aligned reference.

    Attributes:
        origin: ``(2,)`` displacement in pixels, e.g. of the ground.
        direction: ``(2,)`` unit vector from there.
        low, high: Between which pixels along it.
    """

    origin: Float
    direction: Float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """Places where corners went further, before some reference, than the camera's way lets any still thing go.

    Over a camera that hovers and sways, slow traffic looks like relief from one picture to the next; in the longer run
    it gives itself away.

    Attributes:
        busy: ``(rows, columns)`` cells of `TRAFFIC_PX`.
    """

    busy: NDArray[np.bool_]

    @classmethod
    def of(cls, runaways: Points, size: tuple[int, int]) -> "Traffic":
        """Of corners ``(N, 2)`` that went too far."""
        counts = np.zeros((size[1] // TRAFFIC_PX + 1, size[0] // TRAFFIC_PX + 1), np.float32)
        columns, rows = np.clip(runaways // TRAFFIC_PX, 0, np.array(counts.shape[::-1]) - 1).astype(np.int64).T
        np.add.at(counts, (rows, columns), 1)
        around = cv2.boxFilter(counts, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return cls(np.asarray(around >= MIN_RUNAWAYS, np.bool_))

    def holds(self, points: Points) -> NDArray[np.bool_]:
        """``(N,)`` whether points lie there."""
        last = np.array(self.busy.shape[::-1]) - 1
        columns, rows = np.clip(points // TRAFFIC_PX, 0, last).astype(np.int64).T
        return np.asarray(self.busy[rows, columns], np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """The parallax between two pictures.

    Attributes:
        epipole: ``(3,)`` homogeneous, in the picture's pixels.
        toward: Tall things move toward the epipole (1), away from it (-1), or both occur (0).
        reach_px: How far the tallest go.
        witnesses: ``(N, 2)`` corners that say so.
    """

    epipole: Float
    toward: int
    reach_px: float
    witnesses: Points

    def concerns(self, left: float, top: float, width: float, height: float, traffic: Traffic) -> bool:
        """Whether corners elsewhere than in this box, and in several places, speak of relief.

        The corners of one large mover go along parallel lines too: it must not explain itself. Nor must traffic.
        """
        heard = self.witnesses[~traffic.holds(self.witnesses)]
        x, y = heard.T
        rim = 10.0
        inside = (x > left - rim) & (x < left + width + rim) & (y > top - rim) & (y < top + height + rim)
        column, row = (heard[~inside] // PLACE_PX).astype(np.int64).T
        return len(column) >= MIN_WITNESSES and len(np.unique(column * 10_000 + row)) >= MIN_PLACES

    def stretch(self, point: Float) -> Stretch:
        """On the line through a point ``(2,)`` and the epipole; its ground stays in place."""
        away = self.epipole[:2] - point * self.epipole[2]
        low = 0.0 if self.toward > 0 else -self.reach_px
        high = 0.0 if self.toward < 0 else self.reach_px
        return Stretch(np.zeros(2), np.asarray(away / max(np.hypot(*away), 1e-9), np.float64), low, high)


def most_parallax_px(homography: Float, size: tuple[int, int]) -> float:
    """How far the camera's own way between two pictures lets still things leave the plane.

    A calibrated homography of a plane has singular values whose middle one is 1 when scaled, and whose outer ones
    differ by the way over the distance of the plane (Ma et al., An Invitation to 3-D Vision, 5.3.3). A camera that only
    turns has none, however far the picture moves. The focal length need not be known well: a longer one means less of
    a way, and as much more of it in pixels.
    """
    focal = FOCAL_SHARE * max(size)
    lens = np.array([[focal, 0, (size[0] - 1) / 2], [0, focal, (size[1] - 1) / 2], [0, 0, 1]])
    spread = np.linalg.svd(np.linalg.inv(lens) @ homography @ lens, compute_uv=False)
    return float(TALLEST * focal * (spread[0] - spread[2]) / spread[1] + SLACK_PX)


def measure_relief(points: Points, there: Points, most_px: float = np.inf) -> Relief | None:
    """Epipole and reach from corners in the picture and in the aligned reference, ``(N, 2)`` each.

    None when too few corners leave the plane, or when they don't agree on one epipole: then parallax explains nothing.
    What moved more than `most_px` is no relief.
    """
    motion = (there - points).astype(np.float64)
    length = np.hypot(*motion.T)
    off = (length > OFF_PLANE_PX) & (length < min(150.0, most_px))
    if off.sum() < max(12, 0.03 * len(points)):
        return None
    at, unit = points[off].astype(np.float64), motion[off] / length[off, None]
    lines = np.column_stack([-unit[:, 1], unit[:, 0], unit[:, 1] * at[:, 0] - unit[:, 0] * at[:, 1]])
    n = len(at)
    rounds = np.arange(HYPOTHESES)
    first = rounds * n // HYPOTHESES
    second = (first + 1 + (rounds * 7919) % (n - 1)) % n
    crossings = np.cross(lines[first], lines[second])
    crossings /= np.maximum(np.abs(crossings).max(axis=1), 1e-9)[:, None]
    away = crossings[:, None, :2] - at[None] * crossings[:, None, 2:]
    away /= np.maximum(np.hypot(away[..., 0], away[..., 1]), 1e-9)[..., None]
    across = np.abs(away[..., 0] * unit[:, 1] - away[..., 1] * unit[:, 0]) * length[off]
    agreeing = across < np.maximum(0.6, 0.15 * length[off])
    best = int(np.argmax(agreeing.sum(axis=1)))
    inlying = agreeing[best]
    if inlying.mean() < 0.5:
        return None
    along = (away[best] * unit).sum(axis=1)[inlying]
    share = float(np.mean(along > 0))
    toward = 1 if share > 0.9 else -1 if share < 0.1 else 0
    reach_px = min(1.3 * float(np.quantile(length[off][inlying], 0.97)) + 1.0, most_px)
    return Relief(crossings[best], toward, reach_px, points[off][inlying])


def found_again(
    now: Grey, other: Grey, homography: Float, stretches: list[Stretch], pixels: list[Points], flowed: list[Float]
) -> Float:
    """How well things are found again where relief alone would put them.

    Args:
        now: The picture.
        other: The reference as taken.
        homography: From the reference to the picture.
        stretches: For each thing where relief may put it in the aligned reference.
        pixels: For each thing ``(n, 2)`` pixels, column and row, that differ from the reference.
        flowed: For each thing ``(2,)`` where the background round about went, in pixels: there it was missed.

    Returns:
        ``(len(pixels),)`` least difference on the stretch as a share of the difference where the background went:
        0 found again, 1 not.
    """
    if not pixels:
        return np.zeros(0)
    counts = np.array([len(p) for p in pixels])
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    at = np.concatenate(pixels).astype(np.float64)
    places = np.concatenate([np.array(flowed)[:, None], _places(stretches)], axis=1)
    shift = np.repeat(places, counts, axis=0)
    # under the homography, numerators and denominator are linear in the shift
    back = np.linalg.inv(homography)
    still = (at @ back[:, :2].T + back[:, 2]).astype(np.float32)
    east, south = shift[..., 0].astype(np.float32), shift[..., 1].astype(np.float32)
    x, y, depth = (still[:, k, None] + np.float32(back[k, 0]) * east + np.float32(back[k, 1]) * south for k in range(3))
    seen = cv2.remap(other, x / depth, y / depth, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    here = now[at[:, 1].astype(int), at[:, 0].astype(int)].astype(np.float32)
    differ = np.add.reduceat(np.abs(seen.astype(np.float32) - here[:, None]), start, axis=0) / counts[:, None]
    return np.asarray(differ[:, 1:].min(axis=1) / np.maximum(differ[:, 0], 1e-3), np.float64)


def _places(stretches: list[Stretch]) -> Float:
    """``(n, m, 2)`` displacements a pixel apart along stretches, on each and a pixel off to either side of it."""
    longest = max(stretch.high - stretch.low for stretch in stretches)
    share = np.linspace(0.0, 1.0, max(2, int(np.ceil(longest)) + 1))
    origin, along = (np.array([getattr(stretch, part) for stretch in stretches]) for part in ("origin", "direction"))
    low, high = (np.array([getattr(stretch, part) for stretch in stretches]) for part in ("low", "high"))
    across = np.column_stack([-along[:, 1], along[:, 0]])
    way = low[:, None] + share * (high - low)[:, None]
    on = origin[:, None] + way[..., None] * along[:, None]
    return np.concatenate([on + side * across[:, None] for side in (-1.0, 0.0, 1.0)], axis=1)
