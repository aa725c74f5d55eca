"""Frames laid on the ground that they were matched with, before and after registration, for people to judge.

What is left between the two is measured anew by correlating patches: no point that solved the pose has a part in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from shapely.geometry import Polygon

from pipeline.errors import InputError
from pipeline.geometry.camera import project
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import FrameSource, GroundPicture
from pipeline.records.arrays import Bool, Float
from pipeline.records.frame import MATCHED_BY, GroundFrame
from pipeline.records.overlay import Grey, Overlay

SIDE_PX = 300
"""Of a panel, longer side."""
_READ_PX = 800
_COARSE_PX = 6
_PATCH_PX = 40
_LEAST_RESPONSE = 0.12
_LEAST_CONTRAST = 4.0
_NEAREST_SHARE = 0.15
_LOW_LOOK = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Overlays:
    """Makes overlays of a few telling frames of a flight.

    Attributes:
        terrain: Ellipsoidal heights.
        frames: Decodes reduced frames.
        picture: Of known place; None when there is none: frames then lie on each other.
        finest_gsd_m: No picture shows the ground finer than this.
    """

    terrain: HeightGrid
    frames: FrameSource
    picture: GroundPicture | None
    finest_gsd_m: float

    def __call__(self, told: Sequence[GroundFrame], registered: Sequence[GroundFrame]) -> list[Overlay]:
        """Overlays of the frames that tell most, worst first; those that cannot be drawn are left out.

        Args:
            told: By telemetry.
            registered: The same frames after registration; some may be missing.
        """
        by_id = {frame.ref.frame_id: frame for frame in told}
        made = []
        for frame, why in telling_frames(registered):
            try:
                overlay = self._overlay(by_id[frame.ref.frame_id], frame, why, by_id, registered)
            except InputError:
                continue
            if overlay is not None:
                made.append(overlay)
        return made

    def _overlay(
        self,
        told: GroundFrame,
        frame: GroundFrame,
        why: str,
        by_id: dict[str, GroundFrame],
        registered: Sequence[GroundFrame],
    ) -> Overlay | None:
        window = self._window(frame)
        if window is None:
            return None
        grey = self._grey(frame)
        ground, seen = np.zeros((0, 0), np.uint8), np.zeros((0, 0), np.bool_)
        before, before_seen = self._laid(told, grey, window)
        after, after_seen = self._laid(frame, grey, window)
        against = ""
        if self.picture is not None and frame.registration.against != "neighbours":
            image, seen = self.picture.read(*window)
            ground, against = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8), self.picture.name
        if not against or not _meet(seen, after_seen):
            other = _overlapping(frame, registered)
            if other is None:
                return None
            against = other.ref.frame_id
            pixels = self._grey(other)
            ground, seen = self._laid(other, pixels, window)
            before_ground, before_ground_seen = self._laid(by_id[other.ref.frame_id], pixels, window)
        else:
            before_ground, before_ground_seen = ground, seen
        height, width = (min(a, b) for a, b in zip(ground.shape, after.shape, strict=True))
        cut = np.s_[:height, :width]
        both = seen[cut] & after_seen[cut]
        spots, shifts = residuals(ground[cut], after[cut], both & (not _matcher(frame)))
        return Overlay(
            frame.ref.frame_id,
            why,
            against,
            _words(frame),
            ground[cut],
            seen[cut],
            before_ground[cut],
            before_ground_seen[cut],
            before[cut],
            before_seen[cut],
            after[cut],
            after_seen[cut],
            window[4],
            spots,
            shifts * window[4] * np.array([1.0, -1.0]),
        )

    def _grey(self, frame: GroundFrame) -> tuple[Grey, float]:
        grey, scale = self.frames.read_grey(frame.ref, _READ_PX)
        return np.asarray(grey, np.uint8), scale

    def _window(self, frame: GroundFrame) -> tuple[float, float, float, float, float] | None:
        """West, south, east, north and ground sample distance of what is shown; None where the frame shows nothing.

        Of a low look, the part of its ground that is near.
        """
        outline = frame.footprint_m[np.isfinite(frame.footprint_m).all(axis=1)]
        if len(outline) < 3:
            return None
        away = np.linalg.norm(outline - frame.pose.eye_m[:2], axis=1)
        reach = away.min() + _LOW_LOOK * max(frame.gsd_m * max(frame.ref.size_px), 1.0)
        near = outline[away <= reach] if np.count_nonzero(away <= reach) >= 3 else outline
        (west, south), (east, north) = near.min(axis=0), near.max(axis=0)
        gsd_m = max((east - west) / SIDE_PX, (north - south) / SIDE_PX, self.finest_gsd_m, 0.01)
        west, south = np.floor(west / gsd_m) * gsd_m, np.floor(south / gsd_m) * gsd_m
        east, north = np.ceil(east / gsd_m) * gsd_m, np.ceil(north / gsd_m) * gsd_m
        return float(west), float(south), float(east), float(north), float(gsd_m)

    def _laid(
        self, frame: GroundFrame, pixels: tuple[Grey, float], window: tuple[float, float, float, float, float]
    ) -> tuple[Grey, Bool]:
        """The frame on the window's grid, projected on every few pixels and between these interpolated."""
        grey, _ = pixels
        west, south, east, north, gsd_m = window
        size = round((east - west) / gsd_m), round((north - south) / gsd_m)
        coarse = size[0] // _COARSE_PX + 2, size[1] // _COARSE_PX + 2
        across = west + (np.arange(coarse[0]) * _COARSE_PX + 0.5) * gsd_m
        down = north - (np.arange(coarse[1]) * _COARSE_PX + 0.5) * gsd_m
        xy = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
        heights = self.terrain.height_at(xy)
        known = np.isfinite(heights)
        heights[~known] = np.median(heights[known]) if known.any() else self.terrain.range_m()[0]
        camera, pose = frame.camera, frame.pose
        places = np.column_stack([xy, heights])
        seen_px = project(places, pose.eye_m, camera.K, camera.distortion, pose.rotation)
        reduced = np.array([grey.shape[1], grey.shape[0]]) / camera.size_px
        at = ((seen_px + 0.5) * reduced - 0.5).astype(np.float32).reshape(coarse[1], coarse[0], 2)
        at = np.where(np.isfinite(at), at, np.float32(-1e4))
        rows, columns = np.mgrid[: size[1], : size[0]].astype(np.float32) / _COARSE_PX
        fine = cv2.remap(np.ascontiguousarray(at), columns, rows, cv2.INTER_LINEAR)
        laid = cv2.remap(grey, fine[..., 0], fine[..., 1], cv2.INTER_AREA if reduced[0] < 1 else cv2.INTER_LINEAR)
        inside = (fine >= 0) & (fine <= np.array([grey.shape[1] - 1, grey.shape[0] - 1], np.float32))
        return np.asarray(laid, np.uint8), np.asarray(inside.all(axis=2), np.bool_)


def telling_frames(frames: Sequence[GroundFrame]) -> list[tuple[GroundFrame, str]]:
    """The frames that a person should see, each once, with the reason.

    The worst and the median of those that were placed, one that was turned, one that only neighbours placed, and one
    that nothing placed.
    """
    placed = [frame for frame in frames if frame.registration.outcome == "registered"]
    placed.sort(key=lambda frame: (np.nan_to_num(frame.registration.check_residual_m, nan=-1.0), frame.ref.frame_id))
    chosen: dict[str, tuple[GroundFrame, str]] = {}

    def choose(frame: GroundFrame, why: str) -> None:
        chosen.setdefault(frame.ref.frame_id, (frame, why))

    if placed:
        choose(placed[-1], "worst")
    turned = [frame for frame in placed if frame.registration.turned_180]
    if turned:
        choose(turned[0], "turned by 180 deg")
    by_others = [frame for frame in placed if frame.registration.against == "neighbours"]
    if by_others and len(by_others) < len(placed):
        choose(by_others[-1], "by its neighbours")
    if placed:
        choose(placed[len(placed) // 2], "median")
    left = [frame for frame in frames if frame.registration.outcome != "registered"]
    if left:
        choose(left[len(left) // 2], "not placed by pixels")
    return list(chosen.values())


def residuals(ground: Grey, after: Grey, both: Bool) -> tuple[Float, Float]:
    """Where patches were correlated, and by how many pixels the second picture must move there.

    Patches without contrast, or whose correlation has no clear peak, say nothing.

    Returns:
        ``(N, 2)`` column and row, ``(N, 2)`` columns and rows.
    """
    spots, shifts = [], []
    window = cv2.createHanningWindow((_PATCH_PX, _PATCH_PX), cv2.CV_32F)
    for top in range(0, ground.shape[0] - _PATCH_PX + 1, _PATCH_PX):
        for left in range(0, ground.shape[1] - _PATCH_PX + 1, _PATCH_PX):
            patch = np.s_[top : top + _PATCH_PX, left : left + _PATCH_PX]
            one, two = ground[patch].astype(np.float32), after[patch].astype(np.float32)
            if not both[patch].all() or min(one.std(), two.std()) < _LEAST_CONTRAST:
                continue
            (dx, dy), response = cv2.phaseCorrelate(two - two.mean(), one - one.mean(), window)
            if response >= _LEAST_RESPONSE and max(abs(dx), abs(dy)) < _PATCH_PX / 3:
                spots.append((left + _PATCH_PX / 2, top + _PATCH_PX / 2))
                shifts.append((dx, dy))
    return np.array(spots, np.float64).reshape(-1, 2), np.array(shifts, np.float64).reshape(-1, 2)


def _overlapping(frame: GroundFrame, frames: Sequence[GroundFrame]) -> GroundFrame | None:
    """The other frame of its band that shares most ground with it."""
    own = _outline(frame)
    best, most = None, _NEAREST_SHARE * own.area
    for other in frames:
        if other.ref.frame_id != frame.ref.frame_id and other.ref.band == frame.ref.band:
            common = own.intersection(_outline(other)).area
            if common > most:
                best, most = other, common
    return best


def _outline(frame: GroundFrame) -> Polygon:
    known = frame.footprint_m[np.isfinite(frame.footprint_m).all(axis=1)]
    return Polygon(known).buffer(0) if len(known) >= 3 else Polygon()


def _meet(one: Bool, two: Bool) -> bool:
    height, width = (min(a, b) for a, b in zip(one.shape, two.shape, strict=True))
    return bool((one[:height, :width] & two[:height, :width]).any())


def _matcher(frame: GroundFrame) -> str:
    """That matched the frame with a picture in which features did not: brightness does not go together either."""
    return next((note.removeprefix(MATCHED_BY) for note in frame.notes if note.startswith(MATCHED_BY)), "")


def _words(frame: GroundFrame) -> tuple[str, ...]:
    record = frame.registration
    lines = [f"{record.outcome}, {record.inliers} of {record.matches} matches agree"]
    if np.isfinite(record.check_residual_m):
        lines.append(f"held-out half misses by {record.check_residual_m:.2f} m")
    if np.isfinite(record.shift_m):
        lines.append(f"moved {record.shift_m:.2f} m, turned {record.turn_deg:.1f} deg")
    if _matcher(frame):
        lines.append(f"by {_matcher(frame)}: too unlike for arrows")
    lines.append(f"95 % ellipse {frame.ellipse_m[0]:.2f} by {frame.ellipse_m[1]:.2f} m")
    return tuple(lines)
