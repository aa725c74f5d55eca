"""The parallax that poses and terrain foretell between two pictures.

A pixel sees the ground, or something that stands on it: a point on its ray up to `TALLEST_M` above the ground. In a
picture taken from elsewhere these points lie along a short line, whose beginning is the ground. Poses err alike for all
of a picture: what they err by is a homography to a good approximation, and is taken from followed corners.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Points
from detectors.movement.relief import Stretch
from pipeline.records.arrays import Float
from pipeline.records.terrain_view import TerrainView

Plane = NDArray[np.float32]

NODE_PX = 32
"""Spacing of the pixels of a picture whose ground is looked up."""

TALLEST_M = 30.0
"""Trees, masts and roofs above the terrain."""

LOWEST_TOP_M = 4.0
"""Things up to this height are reckoned with even where no corner shows any: vehicles, walls, tents."""

MOST_OF_HEIGHT = 0.66
"""Nothing reaches further up toward the camera."""

LEAST_WAY_M = 1.0
"""Between two cameras: with less between them, their poses don't tell in which direction the way lay."""

TALLER = 1.4
"""Times higher than nine tenths of the raised corners; the rest may be movers that run along the parallax."""

LEAST_GROUND = 0.8
"""Share of a picture that must show terrain."""

FITS_PX = 1.2
"""A corner is where it was foretold to be if it is this near."""

MIN_CORNERS, MIN_ON_GROUND, MIN_ALONG = 24, 0.3, 0.6
"""Corners, the share of them that the terrain must explain, and of the others the share that height must."""

SLACK_PX = 1.0
"""By which a still thing may lie beyond either end of its stretch."""

LOSS = 0.05
"""By which share fewer corners may be explained than fit a plane."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground that a picture shows.

    Attributes:
        view: Its camera and the terrain.
        scale: Pixels of the picture per pixel of the frame.
        points_m: ``(rows, columns, 3)`` on nodes `NODE_PX` apart; NaN where there is none.
    """

    view: TerrainView
    scale: float
    points_m: Float

    @classmethod
    def under(cls, view: TerrainView, size: tuple[int, int], scale: float) -> "Ground | None":
        """Of a picture of this width and height; None where too little of it shows terrain."""
        width, height = size
        x, y = np.meshgrid(
            (np.arange(-(-width // NODE_PX)) + 0.5) * NODE_PX - 0.5,
            (np.arange(-(-height // NODE_PX)) + 0.5) * NODE_PX - 0.5,
        )
        nodes = np.column_stack([x.ravel(), y.ravel()])
        points = view.ground((nodes + 0.5) / scale - 0.5)
        if float(np.mean(np.isfinite(points[:, 2]))) < LEAST_GROUND:
            return None
        return cls(view, scale, points.reshape(*x.shape, 3))

    def raised(self, above_m: float) -> Float:
        """``(rows, columns, 3)`` points of the same rays at a height above their ground."""
        eye = self.view.pose.eye_m
        drop = eye[2] - self.points_m[..., 2]
        share = np.clip(above_m / np.maximum(drop, 1e-6), 0.0, MOST_OF_HEIGHT)
        return np.asarray(self.points_m + (eye - self.points_m) * share[..., None], np.float64)

    def see(self, points_m: Float) -> Float:
        """``(rows, columns, 2)`` where points appear in this picture."""
        seen = self.view.pixels(points_m.reshape(-1, 3)).reshape(*points_m.shape[:2], 2)
        return np.asarray((seen + 0.5) * self.scale - 0.5, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Foresight:
    """Where still things lie in an aligned reference.

    Attributes:
        near: ``(rows, columns, 2)`` displacement in pixels of the ground under each node; NaN where there is none.
        reach: ``(rows, columns, 2)`` by how much further the tallest things of the scene go.
        unexplained: Share of the corners that are neither on the ground nor above it.
    """

    near: Plane
    reach: Plane
    unexplained: float

    def at(self, points: Points | Float) -> tuple[Float, Float]:
        """``(N, 2)`` each, of points ``(N, 2)``."""
        return _at(self.near, points), _at(self.reach, points)

    def stretch(self, point: Float) -> Stretch:
        """Where relief may have moved what is at a point ``(2,)``: anywhere from the ground to the tallest."""
        near, reach = (part[0] for part in self.at(point[None]))
        if not np.isfinite([*near, *reach]).all():
            return Stretch(np.zeros(2), np.eye(2)[0], 0.0, 0.0)
        length = float(np.hypot(*reach))
        along = reach / length if length > 1e-6 else np.eye(2)[0]
        return Stretch(near, along, -SLACK_PX, length + SLACK_PX)

    def bounded(self, flow: Plane, block_px: int, slack_px: float) -> Plane:
        """A flow ``(r, c, 2)`` on blocks, kept within what still things can do: along `reach`, and `slack_px` off it.

        Where nothing is foretold it stays.
        """
        rows, columns = flow.shape[:2]
        x, y = np.meshgrid((np.arange(columns) + 0.5) * block_px - 0.5, (np.arange(rows) + 0.5) * block_px - 0.5)
        near, reach = (part.reshape(flow.shape) for part in self.at(np.column_stack([x.ravel(), y.ravel()])))
        along, across = _split(flow - near, reach)
        left = np.hypot(across[..., 0], across[..., 1])
        across *= np.minimum(1.0, slack_px / np.maximum(left, 1e-9))[..., None]
        told = near + along[..., None] * reach + across
        return np.where(np.isfinite(told), told, flow).astype(np.float32)


def foresee(now: Ground, other: Ground, homography: Float, points: Points, there: Points) -> Foresight | None:
    """The parallax of `other`, laid on `now` by a homography.

    Args:
        now, other: The ground of either picture.
        homography: ``(3, 3)`` by which `other` lies on `now`.
        points, there: ``(N, 2)`` corners of `now`, and where the aligned reference has them.

    Returns:
        None where the poses tell nothing or corners contradict them.
    """
    if np.linalg.norm(now.view.pose.eye_m - other.view.pose.eye_m) < LEAST_WAY_M or len(points) < MIN_CORNERS:
        return None
    low = _under(homography, other.see(now.points_m))
    high = _under(homography, other.see(now.raised(TALLEST_M)))
    rows, columns = low.shape[:2]
    x, y = np.meshgrid((np.arange(columns) + 0.5) * NODE_PX - 0.5, (np.arange(rows) + 0.5) * NODE_PX - 0.5)
    nodes = np.stack([x, y], axis=-1)
    fit = _correction((low - nodes).astype(np.float32), points, there)
    if fit is None:
        return None
    near = _under(fit, low) - nodes
    reach = _under(fit, high) - _under(fit, low)
    whole = Foresight(near.astype(np.float32), reach.astype(np.float32), 0.0)
    return _believed(whole, points, there)


def _correction(low: Plane, points: Points, there: Points) -> Float | None:
    """Homography that brings the ground, foretold to lie that far from each node, to where corners are."""
    foretold = points + _at(low, points)
    known = np.isfinite(foretold).all(axis=1)
    if known.sum() < MIN_CORNERS:
        return None
    found: tuple[cv2.typing.MatLike | None, cv2.typing.MatLike] = cv2.findHomography(
        foretold[known].astype(np.float32), there[known], cv2.USAC_ACCURATE, 1.0, maxIters=1000, confidence=0.999
    )
    homography, inlying = found
    if homography is None or float(np.mean(inlying)) < MIN_ON_GROUND:
        return None
    return np.asarray(homography, np.float64)


def _believed(whole: Foresight, points: Points, there: Points) -> Foresight | None:
    """With the heights that corners show; None where most corners off the ground contradict the directions."""
    near, reach = whole.at(points)
    off = (there - points) - near
    known = np.isfinite(off).all(axis=1) & np.isfinite(reach).all(axis=1)
    off, reach = off[known], reach[known]
    along, across = _split(off, reach)
    left = np.hypot(*across.T)
    length = np.hypot(*off.T)
    raised = length > FITS_PX
    fits = left < np.maximum(FITS_PX / 2, 0.15 * length)
    if raised.sum() >= MIN_CORNERS // 2 and float(np.mean(fits[raised])) < MIN_ALONG:
        return None
    unexplained = float(np.mean(raised & ~fits))
    if unexplained > LOSS + float(np.mean(np.hypot(*(there - points).T) > FITS_PX)):
        return None
    tops = along[raised & fits]
    shown = TALLER * float(np.quantile(tops, 0.9)) if len(tops) >= MIN_CORNERS // 2 else 0.0
    share = float(np.clip(max(shown, LOWEST_TOP_M / TALLEST_M), 0.0, 1.0))
    return Foresight(whole.near, (share * whole.reach).astype(np.float32), unexplained)


def _split(off: Float | Plane, reach: Float | Plane) -> tuple[Float, Float]:
    """Displacements as a share of `reach`, 0 to 1, and what is left of them."""
    length2 = np.maximum((reach**2).sum(axis=-1), 1e-9)
    along = np.clip((off * reach).sum(axis=-1) / length2, 0.0, 1.0)
    return np.asarray(along, np.float64), np.asarray(off - along[..., None] * reach, np.float64)


def _under(homography: Float, points: Float) -> Float:
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[..., :2] / mapped[..., 2:], np.float64)


def _at(nodes: Plane, points: Points | Float) -> Float:
    """Values of nodes ``(rows, columns, 2)`` at points ``(N, 2)``, linear between nodes."""
    where = ((points + 0.5) / NODE_PX - 0.5).astype(np.float32)
    x, y = np.ascontiguousarray(where[:, :1]), np.ascontiguousarray(where[:, 1:])
    layers = [
        cv2.remap(np.ascontiguousarray(nodes[..., k]), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]
        for k in range(2)
    ]
    return np.stack(layers, axis=-1).astype(np.float64)
