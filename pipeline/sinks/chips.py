"""Pictures of candidates: before, after and context, no finer than allowed, with persons blurred."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry.camera import project
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool, Float, Image
from pipeline.records.candidate import Chip
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import KIND_BY_MODEL, PERSON_WITH_SHADOW, Change, MoverKind, Track
from pipeline.records.frame import GroundFrame
from pipeline.sinks.chip_picture import (
    PERSON_M,
    Picture,
    Window,
    as_rgb,
    blurred,
    hatched,
    hidden_boxes,
    jpeg_bytes,
    outlined,
    reduced,
    trailed,
    window_around,
)
from pipeline.sinks.flown_ground import FlownGround, GroundPiece

STAGE = "chips"


@dataclass(frozen=True, slots=True)
class ChipSettings:
    """How pictures are cut.

    Attributes:
        finest_gsd_m: No picture shows the ground finer than this.
        margin_m: Ground shown around the finding.
        context_margin_m: The same in the context picture of a change.
        largest_px: Longer side of a picture at most.
        jpeg_quality: 1 to 100.
    """

    finest_gsd_m: float = 0.05
    margin_m: float = 10.0
    context_margin_m: float = 40.0
    largest_px: int = 512
    jpeg_quality: int = 80


@dataclass(frozen=True, slots=True, eq=False)
class _Cutting:
    """A piece of a frame or of the ground, persons blurred."""

    picture: Picture
    seen: Bool | None
    gsd_m: float
    blurred: bool
    frame_id: str
    frame_sha256: str
    t_utc_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """What is drawn on a picture: a closed outline and a trail, ``(N, 2)`` columns and rows of the picture."""

    outline_px: Float
    trail_px: Float | None = None


@dataclass(frozen=True, slots=True)
class ChipCutter:
    """Cuts the pictures of one sortie's candidates.

    Attributes:
        sortie_id: Tonight's flight.
        site: The plane in which tracks and changes are.
        tracks: All movers of tonight: those of a person's size are blurred in every picture of tonight.
        frame_sha256: Hash of the file of each frame known, by sortie id and frame id: frames of two flights often
            have the same id. A chip from a frame that is not in it states no hash.
        height_at: ``(N,)`` height of the ground at ``(N, 2)`` site metres, NaN where it is not known, in the datum of
            the poses: it places the trail of a mover.
        settings: How.
    """

    sortie_id: str
    site: SiteFrame
    tracks: Sequence[Track]
    frame_sha256: Mapping[tuple[str, str], str]
    height_at: Callable[[Float], Float]
    settings: ChipSettings = ChipSettings()

    def change(
        self, candidate_id: str, change: Change, before: FlownGround | None, after: FlownGround
    ) -> Iterator[Chip | Dropped]:
        """Three pictures of a change: one window of both flights, and its surroundings tonight with the outline.

        Args:
            candidate_id: Whose.
            change: The finding.
            before: The ground of the flight it was compared with; None when it is not at hand.
            after: Tonight's.
        """
        margin_m, wide_m = self.settings.margin_m, self.settings.context_margin_m
        shown = self._of_ground(candidate_id, "after", after, change.outline_m, margin_m)
        if shown is None:
            yield Dropped(
                STAGE,
                candidate_id,
                f"{candidate_id}: no tile of tonight shows the ground of {change.change_id}; are the tiles those that"
                " it was found in?",
                "outside_tiles",
            )
            return
        pictures = [
            None if before is None else self._of_ground(candidate_id, "before", before, change.outline_m, margin_m),
            shown,
            self._of_ground(candidate_id, "context", after, change.outline_m, wide_m, outline=True),
        ]
        yield from (chip for chip in pictures if chip is not None)

    def track(
        self,
        candidate_id: str,
        track: Track,
        frames: Mapping[str, GroundFrame],
        read: Callable[[GroundFrame], Image],
        baseline: FlownGround | None,
    ) -> Iterator[Chip | Dropped]:
        """Pictures of a mover at its best moment: close, the whole frame with its box and trail, and the place before.

        Args:
            candidate_id: Whose.
            track: The mover.
            frames: Placed frames by id.
            read: Decodes one; called once.
            baseline: The ground of an earlier flight that saw the place; None when there is none.
        """
        best = best_moment(track, frames)
        if best is None:
            yield Dropped(
                STAGE,
                candidate_id,
                f"{candidate_id}: no frame of {track.track_id} is at hand to make a picture from",
                "no_frame",
            )
            return
        frame = frames[track.frame_ids[best]]
        image = as_rgb(read(frame))
        box = track.boxes_px[best]
        corners = np.array([box[:2], [box[0] + box[2], box[1]], box[:2] + box[2:], [box[0], box[1] + box[3]]])
        size = (image.shape[1], image.shape[0])
        place = track.xy_m[best][None]
        if baseline is not None and np.isfinite(place).all():
            earlier = self._of_ground(candidate_id, "before", baseline, place, self.settings.margin_m)
            yield from () if earlier is None else (earlier,)
        close = window_around(corners, self.settings.margin_m / frame.gsd_m, size)
        drawing = _Drawing(corners, self._trail(track, frame))
        for role, window, drawn in (("after", close, None), ("context", Window(0, 0, *size), drawing)):
            if not window.empty:
                yield self._of_frame(candidate_id, role, frame, image, window, drawn)

    def _trail(self, track: Track, frame: GroundFrame) -> Float:
        """``(N, 2)`` columns and rows of a track's places in a frame; NaN behind the camera or over unknown ground."""
        places = np.column_stack([track.xy_m, self.height_at(track.xy_m)])
        return project(places, frame.pose.eye_m, frame.camera.K, frame.camera.distortion, frame.pose.rotation)

    def _of_frame(
        self, candidate_id: str, role: str, frame: GroundFrame, image: Picture, window: Window, drawn: _Drawing | None
    ) -> Chip:
        """A piece of a frame."""
        hidden = hidden_boxes(self._person_boxes(frame), window, frame.gsd_m)
        picture = blurred(window.cut(image), hidden, frame.gsd_m)
        ref = frame.ref
        cutting = _Cutting(picture, None, frame.gsd_m, bool(hidden.any()), ref.frame_id, ref.sha256, ref.t_utc_ns)
        return self._chip(candidate_id, role, cutting, drawn)

    def _of_ground(
        self,
        candidate_id: str,
        role: str,
        ground: FlownGround,
        xy_m: Float,
        margin_m: float,
        *,
        outline: bool = False,
    ) -> Chip | None:
        """The ground around places, across tiles; None where no frame saw anything of it."""
        grid = ground.grid_for(self.site, xy_m, margin_m, self.settings.largest_px)
        piece = ground.piece(grid, grid.window_around(xy_m, margin_m))
        if piece.main_frame is None:
            return None
        frame_id, t_utc_ns = piece.main_frame
        hidden = self._hidden_in(piece)
        picture = blurred(piece.picture, hidden, grid.gsd_m)
        sha256 = self.frame_sha256.get((ground.sortie_id, frame_id), "")
        cutting = _Cutting(picture, piece.seen, grid.gsd_m, bool(hidden.any()), frame_id, sha256, t_utc_ns)
        drawn = _Drawing(grid.pixels(xy_m) - [piece.window.left, piece.window.top]) if outline else None
        return self._chip(candidate_id, role, cutting, drawn)

    def _hidden_in(self, piece: GroundPiece) -> Bool:
        """Where persons were in the frames that gave ground of tonight; those of earlier nights are not kept."""
        if piece.sortie_id != self.sortie_id:
            return np.zeros(piece.seen.shape, np.bool_)
        side_px = PERSON_M / piece.grid.gsd_m
        boxes = [np.empty((0, 4))]
        used = {frame_id for (frame_id, _), _ in piece.pixels}
        for track in self.tracks:
            at = [i for i, frame_id in enumerate(track.frame_ids) if frame_id in used and is_person(track, i)]
            if at:
                corner = piece.grid.pixels(track.xy_m[at]) - side_px / 2
                boxes.append(np.column_stack([corner, np.full((len(at), 2), side_px)]))
        stacked = np.concatenate(boxes)
        return hidden_boxes(stacked[np.isfinite(stacked).all(axis=1)], piece.window, piece.grid.gsd_m)

    def _person_boxes(self, frame: GroundFrame) -> Float:
        rows = [
            track.boxes_px[i]
            for track in self.tracks
            for i, frame_id in enumerate(track.frame_ids)
            if frame_id == frame.ref.frame_id and is_person(track, i)
        ]
        return np.array(rows, np.float64).reshape(-1, 4)

    def _chip(self, candidate_id: str, role: str, cutting: _Cutting, drawn: _Drawing | None) -> Chip:
        settings = self.settings
        picture, gsd_m = reduced(cutting.picture, cutting.gsd_m, settings.finest_gsd_m, settings.largest_px)
        if cutting.seen is not None:
            picture = hatched(picture, cutting.seen)
        scale = picture.shape[1] / cutting.picture.shape[1]
        if drawn is not None and drawn.trail_px is not None:
            picture = trailed(picture, drawn.trail_px, scale)
        if drawn is not None:
            picture = outlined(picture, drawn.outline_px, scale)
        height, width = picture.shape[:2]
        return Chip(
            candidate_id=candidate_id,
            role=role,
            jpeg=jpeg_bytes(picture, settings.jpeg_quality),
            width_px=width,
            height_px=height,
            gsd_m=gsd_m,
            frame_id=cutting.frame_id,
            frame_sha256=cutting.frame_sha256,
            t_utc_ns=cutting.t_utc_ns,
            blurred=cutting.blurred,
        )


def is_person(track: Track, index: int) -> bool:
    """Whether a mover must be blurred: of a person's size, or of no sure kind and no larger than one."""
    shadowed = any(reason.code == PERSON_WITH_SHADOW for reason in track.against)
    if track.kind is MoverKind.PERSON_SIZE or shadowed:
        return True
    measured = all(reason.code != KIND_BY_MODEL for reason in track.reasons)
    if track.kind is MoverKind.VEHICLE_SIZE and measured:
        return False
    return float(track.boxes_px[index, 2:].max()) * track.gsd_m <= PERSON_M


def best_moment(track: Track, frames: Mapping[str, GroundFrame]) -> int | None:
    """The detected position with the largest box of which the frame is at hand; the earliest of equals."""
    at = [i for i, frame_id in enumerate(track.frame_ids) if track.detected[i] and frame_id in frames]
    return max(at, key=lambda i: (float(track.boxes_px[i, 2] * track.boxes_px[i, 3]), -i), default=None)
