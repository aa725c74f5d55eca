"""Changes on the ground: tonight's tiles against tiles of an earlier flight."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from shapely.geometry import Polygon

from pipeline.geometry.projection import SiteFrame
from pipeline.protocols import ChangeDetector
from pipeline.records.arrays import Bool, Float
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, Direction, ImageChange, Reason
from pipeline.records.sunlight import PairLight
from pipeline.records.tile import Tile, View
from pipeline.stages.join_changes import join_cut, numbered
from pipeline.stages.tile_light import pair_light

MOVED_SHADOW = "moved_shadow"
"""What a detector says against a change that is a shadow's wandering."""

CE95_TO_SIGMA = 1 / 2.4477
"""Semi-major axis of a 95 % ellipse to one standard deviation: the root of chi-square with two degrees of freedom."""


@dataclass(frozen=True, slots=True)
class FindChangesSettings:
    """Tunables of the stage.

    Attributes:
        least_shared_pixels: Tiles that share less ground than this are set aside.
        least_seen_share: Share of a change that a second viewpoint must have seen, to be asked.
        least_overlap: Share of the smaller of two outlines that must coincide for them to be the same thing.
        single_view_share: What is left of the odds of a change that only one viewpoint saw.
        join_gap_m: Outlines of neighbouring tiles that come nearer than this across the border are one thing.
    """

    least_shared_pixels: int = 4096
    least_seen_share: float = 0.6
    least_overlap: float = 0.2
    single_view_share: float = 0.5
    join_gap_m: float = 2.0


@dataclass(frozen=True, slots=True)
class FindChanges:
    """Tiles in pairs (earlier, tonight) to changes.

    Where both the earlier and the later look, or one of them, have a second viewpoint, a change must show from there
    too: relief that mimics a change from one place does not from another. Changes are kept until the last pair, so that
    those which a tile's border cuts become one; nothing else is. The result does not depend on the pairs' order.
    """

    detector: ChangeDetector
    site: SiteFrame
    settings: FindChangesSettings

    def __call__(self, items: Iterable[tuple[Tile, Tile]], /) -> Iterator[Change | Dropped]:
        """Yield what could not be compared, pair by pair, then the changes from north to south."""
        found: list[Change] = []
        for before, after in items:
            refused = self._refused(before, after)
            if refused is not None:
                yield refused
                continue
            for item in self._compare(before, after):
                if isinstance(item, Change):
                    found.append(item)
                else:
                    yield item
        yield from numbered(join_cut(found, self.settings.join_gap_m))

    def _refused(self, before: Tile, after: Tile) -> Dropped | None:
        name = after.key.name
        if before.key != after.key:
            reason = f"{name}: paired with {before.key.name}, which is other ground; pair tiles of one key"
            return Dropped("detect", name, reason, "other_ground")
        if after.key.epsg != self.site.epsg:
            reason = f"{name}: lies in EPSG:{after.key.epsg}, the sortie works in EPSG:{self.site.epsg}"
            return Dropped("detect", name, reason, "other_zone")
        if not before.views or not after.views:
            return Dropped("detect", name, f"{name}: one of the two flights saw nothing of it", "not_seen")
        shared = int((before.views[0].valid & after.views[0].valid).sum())
        if shared < self.settings.least_shared_pixels:
            reason = f"{name}: {before.sortie_id} and {after.sortie_id} share {shared} pixels of it, too few to compare"
            return Dropped("detect", name, reason, "too_little_shared")
        return None

    def _compare(self, before: Tile, after: Tile) -> Iterator[Change | Dropped]:
        gsd_m = after.key.gsd_mm / 1000 / self.site.scale
        light = pair_light(before, after, self.site)
        first = self._changes(before.views[0], after.views[0], gsd_m, light)
        if not first:
            return
        earlier, later = before.views[-1], after.views[-1]
        two = len(before.views) > 1 or len(after.views) > 1
        second = self._changes(earlier, later, gsd_m, light) if two else []
        seen = earlier.valid & later.valid if two else np.zeros_like(later.valid)
        for number, change in enumerate(first, start=1):
            views = self._views(change, [other for other in second if not _is_shadow(other)], seen)
            if _is_shadow(change) or (not views and any(_is_shadow(o) and self._same(change, o) for o in second)):
                yield _shadow(after, number, change.area_px * gsd_m**2)
            elif views:
                yield self._placed(change, views, before, after, gsd_m)

    def _changes(self, before: View, after: View, gsd_m: float, light: PairLight) -> list[ImageChange]:
        return self.detector.compare(
            before.image, after.image, gsd_m, before.valid, after.valid, light, part_of_more=True
        )

    def _views(self, change: ImageChange, second: list[ImageChange], seen: Bool) -> int:
        """2: shows from both viewpoints; 1: there is only one; 0: the second one denies it."""
        asked = float(seen[_window(change)][change.mask].mean())
        if asked < self.settings.least_seen_share:
            return 1
        return 2 if any(self._same(change, other) for other in second) else 0

    def _same(self, one: ImageChange, other: ImageChange) -> bool:
        if one.direction != other.direction and Direction.ALTERED not in (one.direction, other.direction):
            return False
        shared = _overlap(one, other)
        return bool(shared >= self.settings.least_overlap * min(one.mask.sum(), other.mask.sum()))

    def _placed(self, change: ImageChange, views: int, before: Tile, after: Tile, gsd_m: float) -> Change:
        tonight, baseline = _frames(change, after), _frames(change, before)
        outline_m = self.site.from_utm(_to_utm(change.outline_px, after))
        drawn = Polygon(outline_m)
        if drawn.exterior.is_ccw is False:
            outline_m = outline_m[::-1]
        sides = np.linalg.norm(np.diff(np.array(drawn.minimum_rotated_rectangle.exterior.coords)[:3], axis=0), axis=1)
        ce95_m = np.nanmax([before.ce95_m, after.ce95_m, gsd_m])
        variance = (ce95_m * CE95_TO_SIGMA) ** 2
        return Change(
            change_id="",
            outline_m=outline_m,
            covariance_m2=np.eye(2) * variance,
            direction=change.direction,
            kind=change.kind,
            score=change.score if views > 1 else _share_of_odds(change.score, self.settings.single_view_share),
            area_m2=change.area_px * gsd_m**2,
            area_sigma_m2=change.area_sigma_px * gsd_m**2,
            length_m=float(sides.max()),
            tile=after.key.name,
            t_utc_ns=after.frame_t_utc_ns[tonight[0]] if tonight else min(after.frame_t_utc_ns),
            frame_ids=tuple(after.frame_ids[index] for index in tonight),
            baseline_sortie_id=before.sortie_id,
            baseline_t_utc_ns=before.frame_t_utc_ns[baseline[0]] if baseline else min(before.frame_t_utc_ns),
            baseline_frame_ids=tuple(before.frame_ids[index] for index in baseline),
            views=views,
            gsd_m=gsd_m,
            reasons=(*change.reasons, Reason("views", (("count", float(views)),))),
            against=change.against if views > 1 else (*change.against, Reason("single_view")),
        )


def _is_shadow(change: ImageChange) -> bool:
    return any(reason.code == MOVED_SHADOW for reason in change.against)


def _shadow(tile: Tile, number: int, area_m2: float) -> Dropped:
    name = f"{tile.key.name}/{number:03d}"
    reason = f"{name}: {area_m2:.0f} m² differ as a shadow does that the sun's way has moved; no remedy is needed"
    return Dropped("detect", name, reason, MOVED_SHADOW)


def _window(change: ImageChange) -> tuple[slice, slice]:
    height, width = change.mask.shape
    return np.s_[change.top_px : change.top_px + height, change.left_px : change.left_px + width]


def _overlap(one: ImageChange, other: ImageChange) -> int:
    """Pixels that both cover."""
    top, left = max(one.top_px, other.top_px), max(one.left_px, other.left_px)
    bottom = min(one.top_px + one.mask.shape[0], other.top_px + other.mask.shape[0])
    right = min(one.left_px + one.mask.shape[1], other.left_px + other.mask.shape[1])
    if bottom <= top or right <= left:
        return 0
    parts = [
        item.mask[top - item.top_px : bottom - item.top_px, left - item.left_px : right - item.left_px]
        for item in (one, other)
    ]
    return int((parts[0] & parts[1]).sum())


def _frames(change: ImageChange, tile: Tile) -> list[int]:
    """Frames that show the place: those of the best view first, each view's by how much of it they show."""
    out: list[int] = []
    for view in tile.views:
        source = view.source[_window(change)][change.mask]
        counts = np.bincount(source[source >= 0].astype(np.int64), minlength=len(tile.frame_ids))
        out += [int(index) for index in np.argsort(-counts, kind="stable") if counts[index] and index not in out]
    return out


def _to_utm(outline_px: Float, tile: Tile) -> Float:
    """Pixel centres to easting, northing."""
    step_m = tile.key.gsd_mm / 1000
    east = tile.key.west_m + (outline_px[:, 0] + 0.5) * step_m
    north = tile.key.north_m - (outline_px[:, 1] + 0.5) * step_m
    return np.column_stack([east, north])


def _share_of_odds(probability: float, share: float) -> float:
    odds = probability / max(1 - probability, 1e-9) * share
    return odds / (1 + odds)
