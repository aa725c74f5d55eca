"""Pictures of candidates: before, after and context, no finer than allowed, with persons blurred."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool, Float, Image
from pipeline.records.candidate import Chip
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, MoverKind, Track
from pipeline.records.frame import GroundFrame
from pipeline.records.tile import TILE_PX, Tile
from pipeline.sinks.chip_picture import (
    PERSON_M,
    Picture,
    Window,
    as_rgb,
    blurred,
    hidden_boxes,
    jpeg_bytes,
    outlined,
    reduced,
    window_around,
)

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
    """A piece of a frame or tile, persons blurred."""

    picture: Picture
    gsd_m: float
    window: Window
    blurred: bool
    frame_id: str
    frame_sha256: str
    t_utc_ns: int


@dataclass(frozen=True, slots=True)
class ChipCutter:
    """Cuts the pictures of one sortie's candidates.

    Attributes:
        sortie_id: Tonight's flight.
        site: The plane in which tracks and changes are.
        tracks: All movers of tonight: those of a person's size are blurred in every picture of tonight.
        frame_sha256: Hash of the file of each frame known, by sortie id and frame id: frames of two flights often
            have the same id. A chip from a frame that is not in it states no hash.
        settings: How.
    """

    sortie_id: str
    site: SiteFrame
    tracks: Sequence[Track]
    frame_sha256: Mapping[tuple[str, str], str]
    settings: ChipSettings = ChipSettings()

    def change(self, candidate_id: str, change: Change, before: Tile | None, after: Tile) -> Iterator[Chip | Dropped]:
        """Three pictures of a change: one window of both tiles, and its surroundings tonight with the outline.

        Args:
            candidate_id: Whose.
            change: The finding.
            before: The baseline's tile of the same key; None when it is not at hand.
            after: Tonight's tile.
        """
        outline_px = tile_pixels(after, self.site, change.outline_m)
        window = self._window(outline_px, after, self.settings.margin_m)
        wide = self._window(outline_px, after, self.settings.context_margin_m)
        if window.empty:
            yield Dropped(
                STAGE,
                candidate_id,
                f"{candidate_id}: {change.change_id} lies outside tile {after.key.name}; is it"
                " the tile that holds its centre?",
                "outside_tile",
            )
            return
        if before is not None and before.key == after.key:
            yield from self._of_tile(candidate_id, "before", before, window, None)
        yield from self._of_tile(candidate_id, "after", after, window, None)
        yield from self._of_tile(candidate_id, "context", after, wide, outline_px)

    def track(
        self,
        candidate_id: str,
        track: Track,
        frames: Mapping[str, GroundFrame],
        read: Callable[[GroundFrame], Image],
        baseline: Tile | None,
    ) -> Iterator[Chip | Dropped]:
        """Pictures of a mover at its best moment: close, the whole frame with its box, and the place before.

        Args:
            candidate_id: Whose.
            track: The mover.
            frames: Placed frames by id.
            read: Decodes one; called once.
            baseline: An earlier flight's tile of that place; None when there is none.
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
        persons = self._person_boxes(frame)
        whole = Window(0, 0, *size)
        close = window_around(corners, self.settings.margin_m / frame.gsd_m, size)
        if baseline is not None:
            at_px = tile_pixels(baseline, self.site, track.xy_m[best][None])
            place = self._window(at_px, baseline, self.settings.margin_m)
            if not place.empty:
                yield from self._of_tile(candidate_id, "before", baseline, place, None)
        for role, window, shape in (("after", close, None), ("context", whole, corners)):
            if not window.empty:
                hidden = hidden_boxes(persons, window, frame.gsd_m)
                picture = blurred(window.cut(image), hidden, frame.gsd_m)
                ref = frame.ref
                cutting = _Cutting(
                    picture, frame.gsd_m, window, bool(hidden.any()), ref.frame_id, ref.sha256, ref.t_utc_ns
                )
                yield self._chip(candidate_id, role, cutting, shape)

    def _window(self, points_px: Float, tile: Tile, margin_m: float) -> Window:
        return window_around(points_px, margin_m / tile_gsd_m(tile, self.site), (TILE_PX, TILE_PX))

    def _of_tile(self, candidate_id: str, role: str, tile: Tile, window: Window, shape: Float | None) -> Iterator[Chip]:
        """A piece of a tile's best view; none where no frame saw anything of it."""
        source = tile.views[0].source[window.rows, window.columns]
        seen = source[source >= 0]
        if seen.size == 0:
            return
        index = int(np.bincount(seen).argmax())
        frame_id = tile.frame_ids[index]
        gsd_m = tile_gsd_m(tile, self.site)
        hidden = self._hidden_in(tile, window, gsd_m)
        picture = blurred(window.cut(tile.views[0].image), hidden, gsd_m)
        sha256 = self.frame_sha256.get((tile.sortie_id, frame_id), "")
        t_utc_ns = tile.frame_t_utc_ns[index]
        cutting = _Cutting(picture, gsd_m, window, bool(hidden.any()), frame_id, sha256, t_utc_ns)
        yield self._chip(candidate_id, role, cutting, shape)

    def _hidden_in(self, tile: Tile, window: Window, gsd_m: float) -> Bool:
        """Where persons were in the frames that a tile of tonight was made of; those of earlier nights are not kept."""
        if tile.sortie_id != self.sortie_id:
            return np.zeros((window.bottom - window.top, window.right - window.left), np.bool_)
        boxes = [np.empty((0, 4))]
        used = set(tile.frame_ids)
        for track in self.tracks:
            at = [i for i, frame_id in enumerate(track.frame_ids) if frame_id in used and is_person(track, i)]
            if at:
                corner = tile_pixels(tile, self.site, track.xy_m[at]) - PERSON_M / 2 / gsd_m
                boxes.append(np.column_stack([corner, np.full((len(at), 2), PERSON_M / gsd_m)]))
        stacked = np.concatenate(boxes)
        return hidden_boxes(stacked[np.isfinite(stacked).all(axis=1)], window, gsd_m)

    def _person_boxes(self, frame: GroundFrame) -> Float:
        rows = [
            track.boxes_px[i]
            for track in self.tracks
            for i, frame_id in enumerate(track.frame_ids)
            if frame_id == frame.ref.frame_id and is_person(track, i)
        ]
        return np.array(rows, np.float64).reshape(-1, 4)

    def _chip(self, candidate_id: str, role: str, cutting: _Cutting, shape_px: Float | None) -> Chip:
        settings = self.settings
        picture, gsd_m = reduced(cutting.picture, cutting.gsd_m, settings.finest_gsd_m, settings.largest_px)
        if shape_px is not None:
            picture = outlined(picture, shape_px, cutting.window, picture.shape[1] / cutting.picture.shape[1])
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
    """Whether a mover must be blurred: of a person's size, or of unknown kind and no larger than one."""
    if track.kind is MoverKind.PERSON_SIZE:
        return True
    return track.kind is MoverKind.UNKNOWN and float(track.boxes_px[index, 2:].max()) * track.gsd_m <= PERSON_M


def best_moment(track: Track, frames: Mapping[str, GroundFrame]) -> int | None:
    """The detected position with the largest box of which the frame is at hand; the earliest of equals."""
    at = [i for i, frame_id in enumerate(track.frame_ids) if track.detected[i] and frame_id in frames]
    return max(at, key=lambda i: (float(track.boxes_px[i, 2] * track.boxes_px[i, 3]), -i), default=None)


def tile_gsd_m(tile: Tile, site: SiteFrame) -> float:
    """True ground sample distance of a tile: its millimetres are those of the UTM grid."""
    return tile.key.gsd_mm / 1000 / site.scale


def tile_pixels(tile: Tile, site: SiteFrame, xy_m: Float) -> Float:
    """``(N, 2)`` column, row in a tile of ``(N, 2)`` site metres; (0, 0) is the centre of the north-western pixel."""
    utm = site.to_utm(xy_m)
    gsd_m = tile.key.gsd_mm / 1000
    return np.column_stack([utm[:, 0] - tile.key.west_m, tile.key.north_m - utm[:, 1]]) / gsd_m - 0.5
