"""How one picture lies on another: the ground that both show, the relief that stands off it, the drift of the rest."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.movement.corners import Grey, Points, follow
from detectors.movement.foresight import Foresight, foresee
from detectors.movement.picture import Picture
from detectors.movement.relief import OFF_PLANE_PX, Relief, Stretch, Traffic, measure_relief, most_parallax_px
from detectors.movement.settings import MovementSettings
from detectors.movement.stabilise import to_half
from pipeline.records.arrays import Float

Plane = NDArray[np.float32]

BLOCK_PX = 16
"""Spacing of the nodes on which flow and light are modelled: finer, and the model would follow small movers."""

PLANE_ENVELOPE_PX = 2.0
"""Flow that is taken for relief without further evidence; a scene with relief raises it."""

FORESEEN_ENVELOPE_PX = 1.5
"""Flow beside what poses and terrain foretell: errors of both, and terrain finer than the model's."""

UNRULY_SHARE = 0.4
"""Share of corners off the plane from which on a scene without a common epipole is not understood."""

RIM_PX, FAR_PX, SHIFT = 3, 1e5, 4
"""Pixels of a half that are left out along its edges; where none of its corners can lie; bits of a part of a pixel."""

TURNS = 4
"""Rounds in which a smooth flow is inverted; each one leaves the flow's slope, well under a half, of the error."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """A reference on a picture.

    Attributes:
        homography: ``(3, 3)`` from the reference to the picture: of the ground that the two show.
        flow: ``(rows, columns, 2)`` where the background of each node of the picture lies in the aligned reference,
            less the node itself, in pixels.
        loose: ``(rows, columns)`` nodes where the flow is too ragged to be trusted.
        points, there: ``(N, 2)`` corners of the picture, and where the aligned reference has them.
        relief: Parallax between the two as corners show it; None where the scene is flat, or where it is foreseen.
        foresight: Parallax by poses and terrain, where these are known and corners bear them out.
        unruly: Much of the scene is off the plane, and no parallax explains how.
        most_px: Parallax that the camera's way allows.
    """

    homography: Float
    flow: Plane
    loose: NDArray[np.bool_]
    points: Points
    there: Points
    relief: Relief | None
    unruly: bool
    most_px: float = np.inf
    foresight: Foresight | None = None

    def runaways(self) -> Points:
        """``(N, 2)`` corners that went further than the camera's way lets any still thing go."""
        return np.asarray(self.points[np.hypot(*(self.there - self.points).T) > self.most_px], np.float32)

    def relief_concerns(self, left: float, top: float, width: float, height: float, traffic: Traffic) -> bool:
        """Whether relief may have moved what is in a box."""
        if self.foresight is not None:
            return True
        return self.relief is not None and self.relief.concerns(left, top, width, height, traffic)

    def stretch(self, point: Float) -> Stretch:
        """Where relief may have moved what is at a point."""
        if self.foresight is not None:
            return self.foresight.stretch(point)
        return self.relief.stretch(point) if self.relief is not None else Stretch(np.zeros(2), np.eye(2)[0], 0.0, 0.0)

    def flow_at(self, point: Float | Points) -> Float:
        """``(2,)`` of the node nearest to a point."""
        rows, columns = self.flow.shape[:2]
        row = int(np.clip(point[1] // BLOCK_PX, 0, rows - 1))
        column = int(np.clip(point[0] // BLOCK_PX, 0, columns - 1))
        return np.asarray(self.flow[row, column], np.float64)

    def turned(self, now: Picture, other: Picture) -> "Overlay":
        """The picture `now` on the reference `other`, where this one lays the reference on the picture."""
        back = np.asarray(np.linalg.inv(self.homography), np.float64)
        rows, columns = self.flow.shape[:2]
        nodes = nodes_of(rows, columns)
        aligned = through(self.homography, nodes)
        origin = aligned
        for _ in range(TURNS):
            origin = aligned - _at(self.flow, origin)
        flow = (through(back, origin) - nodes).astype(np.float32)
        loose = _at(self.loose.astype(np.float32)[..., None], origin)[..., 0] > 0.5
        points, there = (through(back, p).astype(np.float32) for p in (self.there, self.points))
        foresight = None if self.foresight is None else _foresee(other, now, back, points, there)
        seen = _parallax(points, there, self.most_px, foresight)
        return Overlay(back, flow, np.asarray(loose, np.bool_), points, there, *seen, self.most_px, foresight)


@dataclass(frozen=True, slots=True)
class Overlayer:
    """Lays pictures on each other; may be used by several threads."""

    settings: MovementSettings

    def lay(self, now: Picture, other: Picture, homography: Float) -> Overlay | None:
        """Lay `other` on `now`, which `homography` about does. None when too little is in both."""
        ground = common_ground(now, other, homography, self.settings)
        if ground is None:
            return None
        moved = _lay_half(now, other, homography, ground)
        dense = _dense_flow(now.half, moved)
        points, there = _corners(now, moved, ground, dense)
        better = straighten(points, there)
        if better is not None:
            ground = common_ground(now, other, better @ homography, self.settings)
            if ground is not None:
                homography = np.asarray(better @ homography, np.float64)
                dense = _dense_flow(now.half, _lay_half(now, other, homography, ground))
                there = np.asarray(cv2.perspectiveTransform(there[:, None], better)[:, 0], np.float32)
        away = np.hypot(*(there - points).T)
        foresight = _foresee(now, other, homography, points, there)
        most_px = most_parallax_px(homography, now.size)
        seen = _parallax(points, there, most_px, foresight)
        relief_px = 1.5 * float(np.quantile(away, 0.9)) if seen[0] is not None else 0.0
        flow, loose = _background_flow(dense, min(relief_px, most_px), foresight)
        return Overlay(homography, flow, loose, points, there, *seen, most_px, foresight)


def common_ground(now: Picture, other: Picture, homography: Float, settings: MovementSettings) -> Grey | None:
    """``(h / 2, w / 2)`` 255 where both show the scene. None when that is too little."""
    ground = shared(now, other, homography, 1)
    return ground if float(np.mean(ground[::4, ::4] > 0)) >= settings.min_overlap else None


def shared(now: Picture, other: Picture, homography: Float, finer: int) -> Grey:
    """255 where both show the scene, in the pixels of the half of `now` (1) or of all of it (2)."""
    left, top, right, bottom = other.frame
    inner = np.array([(left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1)], np.float64)
    inner += RIM_PX * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    reached = finer * through(to_half(homography), inner) + (finer - 1) / 2
    ground = np.zeros((finer * now.half.shape[0], finer * now.half.shape[1]), np.uint8)
    if np.abs(reached).max() < FAR_PX:
        fine = np.rint(reached * 2**SHIFT).astype(np.int32)
        cv2.fillConvexPoly(ground, fine, (255,), shift=SHIFT)
    left, top, right, bottom = (finer * edge for edge in now.frame)
    ground[:top], ground[bottom:], ground[:, :left], ground[:, right:] = 0, 0, 0, 0
    return ground


def nodes_of(rows: int, columns: int) -> Float:
    """``(rows, columns, 2)`` middles of the blocks, in pixels."""
    x, y = np.meshgrid((np.arange(columns) + 0.5) * BLOCK_PX - 0.5, (np.arange(rows) + 0.5) * BLOCK_PX - 0.5)
    return np.stack([x, y], axis=-1)


def _lay_half(now: Picture, other: Picture, homography: Float, ground: Grey) -> Grey:
    """The reference's half on the picture's; the picture's own where the reference shows nothing."""
    size = (now.half.shape[1], now.half.shape[0])
    moved = np.asarray(cv2.warpPerspective(other.half, to_half(homography), size), np.uint8)
    moved[ground == 0] = now.half[ground == 0]
    return moved


def _dense_flow(half: Grey, moved: Grey) -> Plane:
    """``(h, w, 2)`` from one half to the other."""
    solver = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)  # one a call: its buffers are not shared
    return np.asarray(solver.calc(half, moved, np.zeros((*half.shape, 2), np.float32)), np.float32)


def _corners(now: Picture, moved: Grey, ground: Grey, dense: Plane) -> tuple[Points, Points]:
    """Grid-balanced corners of the picture and where the aligned reference has them, in full pixels."""
    points = np.asarray((now.corners[:: 1 + len(now.corners) // 400] - 0.5) / 2, np.float32)
    if len(points) < 12:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    columns, rows = points.astype(int).T
    there, good = follow(now.half, moved, points, points + dense[rows, columns])
    good &= ground[rows, columns] > 0
    back = (points[good] * 2 + 0.5, there[good] * 2 + 0.5)
    return np.asarray(back[0], np.float32), np.asarray(back[1], np.float32)


def _foresee(now: Picture, other: Picture, homography: Float, points: Points, there: Points) -> Foresight | None:
    if now.ground is None or other.ground is None:
        return None
    return foresee(now.ground, other.ground, homography, points, there)


def _parallax(points: Points, there: Points, most_px: float, foresight: Foresight | None) -> tuple[Relief | None, bool]:
    """Relief as corners show it, and whether the scene is not understood."""
    if foresight is not None:
        return None, foresight.unexplained > UNRULY_SHARE
    relief = measure_relief(points, there, most_px)
    away = np.hypot(*(there - points).T)
    unruly = relief is None and len(away) >= 12 and float(np.mean(away > OFF_PLANE_PX)) > UNRULY_SHARE
    return relief, unruly


def straighten(points: Points, there: Points) -> Float | None:
    """Homography by which the reference fits better: many short steps drift off the ground that both show.

    None when the reference fits as it is, or nothing fits clearly better.
    """
    if len(points) < 40:
        return None
    on_plane = float(np.mean(np.hypot(*(there - points).T) < OFF_PLANE_PX))
    if on_plane > 0.9:
        return None
    found: tuple[cv2.typing.MatLike | None, cv2.typing.MatLike] = cv2.findHomography(
        there, points, cv2.USAC_MAGSAC, 1.0, maxIters=1000, confidence=0.999
    )
    homography, inlying = found
    if homography is None or float(np.mean(inlying)) < max(0.2, on_plane + 0.05):
        return None
    return np.asarray(homography, np.float64)


def _background_flow(dense: Plane, relief_px: float, foresight: Foresight | None) -> tuple[Plane, NDArray[np.bool_]]:
    """Smooth flow of the background on nodes, and the nodes where it is too ragged to be trusted."""
    rows, columns = -(-dense.shape[0] * 2 // BLOCK_PX), -(-dense.shape[1] * 2 // BLOCK_PX)
    raw = 2 * np.asarray(cv2.resize(dense, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    smooth = np.empty_like(raw)
    for axis in range(2):
        layer = cv2.medianBlur(np.ascontiguousarray(raw[..., axis]), 5)
        smooth[..., axis] = cv2.blur(cv2.medianBlur(layer, 5), (3, 3))
    if foresight is not None:
        smooth = foresight.bounded(smooth, BLOCK_PX, FORESEEN_ENVELOPE_PX)
    else:
        length = np.hypot(smooth[..., 0], smooth[..., 1])
        limit = max(PLANE_ENVELOPE_PX, relief_px)
        smooth *= np.minimum(1.0, limit / np.maximum(length, 1e-6))[..., None]
    ragged = np.hypot(*(raw - smooth).transpose(2, 0, 1)) > 1.0
    spread = cv2.blur(ragged.astype(np.float32), (5, 5)) > 0.35
    return smooth, np.asarray(spread, np.bool_)


def through(homography: Float, points: Points | Float) -> Float:
    """Points ``(..., 2)`` under a homography."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[..., :2] / mapped[..., 2:], np.float64)


def _at(nodes: Plane, points: Float) -> Float:
    """Values of nodes ``(rows, columns, n)`` at points ``(..., 2)`` in pixels, linear between nodes."""
    where = ((points + 0.5) / BLOCK_PX - 0.5).astype(np.float32)
    x, y = np.ascontiguousarray(where[..., 0]), np.ascontiguousarray(where[..., 1])
    layers = [
        cv2.remap(np.ascontiguousarray(nodes[..., k]), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for k in range(nodes.shape[2])
    ]
    return np.stack(layers, axis=-1).astype(np.float64)
