"""The pair detector: two registered pictures in, changes out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change.alignment import aligned
from detectors.change.calibration import Calibration
from detectors.change.describe import direction, kind, measure
from detectors.change.distance import STRIDE, Distances, distances
from detectors.change.picture import Pair, comparable
from detectors.change.place import Outlined, Place, drawn, places
from detectors.change.score import Magnitude, explained_away, probability
from detectors.change.settings import ChangeSettings
from detectors.change.strength import regions, strength
from detectors.change.unshade import MOVED_SHADOW, unshaded
from detectors.change.verify import Sight
from pipeline.records.arrays import Bool
from pipeline.records.evidence import ChangeKind, Direction, ImageChange, Reason
from pipeline.records.sunlight import PairLight

Rgb = NDArray[np.uint8]

EDGE_SIGMA_M = 0.15
"""Standard deviation of where the outline lies, all along it at once: half a comparison cell at 5 cm."""

AREA_SHARE = 0.25
"""Standard deviation, as a share of the area, of what belongs to a thing: soft spoil, walls seen from the side."""

AREA_SHARE_IN_UNKNOWN_LIGHT = 0.4
"""The same where the shadow of the thing cannot be told from it."""

HOLDS_SHADE = (ChangeKind.CRATER, ChangeKind.LINEAR_EARTHWORK)
"""Kinds whose shade lies in them."""

SMALLEST_CELLS = 24
"""Cells on a side below which a picture holds too little ground to know what is usual."""


@dataclass(frozen=True, slots=True, eq=False)
class PairDetector:
    """Finds what differs between two pictures of the same ground beyond light, relief and registration.

    Attributes:
        settings: Tunables.
        usual: Differences that are usual on this flight; None: each pair speaks for itself.
    """

    settings: ChangeSettings = field(default_factory=ChangeSettings)
    usual: Calibration | None = None
    name: str = "pair"
    version: str = "2"

    def calibrated(self, pairs: Iterable[tuple[Rgb, Rgb]], gsd_m: float) -> "PairDetector":
        """The same detector, knowing what is usual on the whole flight that these pairs come from."""
        known = []
        for before, after in pairs:
            found = self._compared(before, after, gsd_m, np.ones(before.shape[:2], np.bool_))
            if found is not None:
                known.append(Calibration.measure(found[1]))
        return replace(self, usual=Calibration.pooled(known)) if known else self

    def compare(
        self,
        before: Rgb,
        after: Rgb,
        gsd_m: float,
        before_valid: Bool | None = None,
        after_valid: Bool | None = None,
        light: PairLight | None = None,
        *,
        part_of_more: bool = False,
    ) -> list[ImageChange]:
        """Compare ``(H, W, 3)`` RGB pictures of one size, registered to a few pixels.

        Returns:
            Changes from the top down; empty where less ground is shared than can be judged. With `light`, those that
            a shadow's wandering explains have ``moved_shadow`` in `ImageChange.against` and next to no score, and
            the shadow of a thing that came or went is not part of it.

        Raises:
            ValueError: The pictures differ in size or the ground sample distance is not positive.
        """
        if before.shape != after.shape or before.ndim != 3 or before.shape[2] != 3:
            raise ValueError(f"two RGB pictures of one size are needed, not {before.shape} and {after.shape}")
        if not gsd_m > 0:
            raise ValueError(f"the ground sample distance must be positive, not {gsd_m}")
        valid = np.ones(before.shape[:2], np.bool_)
        for mask in (before_valid, after_valid):
            if mask is not None:
                valid &= mask
        compared = self._compared(before, after, gsd_m, valid)
        if compared is None:
            return []
        pair, found = compared
        cell_m = pair.gsd_m * STRIDE
        own = Calibration.measure(found)
        power = strength(found, own if self.usual is None else self.usual, cell_m)
        allowed = _well_inside(found.valid, self.settings.edge_margin_m / cell_m, part_of_more)
        differing = regions(power, allowed, cell_m, self.settings, part_of_more)
        described = (
            _describe(one, self.settings, gsd_m, valid, light) for one in places(pair, found, power, differing)
        )
        return [change for change in described if change is not None]

    def _compared(self, before: Rgb, after: Rgb, gsd_m: float, valid: Bool) -> tuple[Pair, Distances] | None:
        factor = int(np.clip(round(self.settings.working_gsd_m / gsd_m), 1, self.settings.max_factor))
        if min(valid.shape) < SMALLEST_CELLS * STRIDE * factor or valid.mean() < 0.01:
            return None
        pair = comparable(before, after, valid, gsd_m, factor)
        reach_px = max(self.settings.max_displacement_m / pair.gsd_m, self.settings.max_displacement_px / factor)
        pair = aligned(pair, reach_px)
        return pair, distances(pair, self.settings.texture_window_m)


def _well_inside(valid: Bool, margin: float, part_of_more: bool) -> Bool:
    """Cells further than a margin from unseen ground; the border counts as such unless the ground goes on there."""
    reach = int(margin) + 2 if part_of_more else 1
    framed = np.pad(valid.astype(np.uint8), reach, mode="edge" if part_of_more else "constant")
    inner = slice(reach, -reach)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[inner, inner] > margin, np.bool_)


def _describe(
    whole: Place, settings: ChangeSettings, gsd_m: float, valid: Bool, light: PairLight | None
) -> ImageChange | None:
    outlined = drawn(whole, settings.low, valid)
    if outlined is None:
        return None
    sight = whole.look()
    size = whole.magnitude(float(outlined[0].sum()) * gsd_m**2)
    score = probability(size, sight)
    if score < settings.min_score:
        return None
    explained: list[Reason] = []
    place, look = whole, _seen(outlined, sight, gsd_m)
    for own in (False, True):
        if light is None or (
            own and (look.kind in HOLDS_SHADE or MOVED_SHADOW in (reason.code for reason in explained))
        ):
            break
        left, reason = unshaded(place, light, settings, own=own)
        trimmed = drawn(left, settings.low, valid)
        if reason is None or trimmed is None:
            continue
        explained.append(reason)
        if left is not place:
            place, outlined, sight = left, trimmed, left.look()
            look = _seen(outlined, sight, gsd_m)
    mask, outline, corner = outlined
    area_px = float(mask.sum())
    girth_px = float(cv2.arcLength(outline.astype(np.float32), closed=True))
    share = AREA_SHARE if light is not None else AREA_SHARE_IN_UNKNOWN_LIGHT
    reasons, against = _reasons(place, sight, size, settings)
    if _is_moved(explained):
        score = explained_away(score)
    return ImageChange(
        mask=mask,
        left_px=corner[0],
        top_px=corner[1],
        outline_px=outline,
        direction=look.direction,
        kind=look.kind,
        score=score,
        area_px=area_px,
        area_sigma_px=float(np.hypot(girth_px * EDGE_SIGMA_M / gsd_m, share * area_px)),
        reasons=reasons,
        against=(*against, *explained),
    )


def _is_moved(explained: Iterable[Reason]) -> bool:
    return any(reason.code == MOVED_SHADOW for reason in explained)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an outlined region is."""

    direction: Direction
    kind: ChangeKind


def _seen(outlined: Outlined, sight: Sight, gsd_m: float) -> _Seen:
    mask, outline, _ = outlined
    way = direction(sight)
    return _Seen(way, kind(measure(outline.astype(np.float32), float(mask.sum()), gsd_m), sight, way))


def _reasons(
    place: Place, sight: Sight, size: Magnitude, settings: ChangeSettings
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    structure, tones, colours = place.found.parts[:, *place.window][:, place.cells].mean(axis=1)
    for_it = [
        Reason("structure", (("distance", _rounded(structure)),)),
        Reason("tone", (("difference_log", _rounded(tones)), ("later_minus_earlier_log", _rounded(sight.tone_change)))),
        Reason("colour", (("difference_log", _rounded(colours)),)),
        Reason("strength", (("peak", _rounded(size.peak)), ("mean", _rounded(size.mean)))),
        Reason("contrast", (("before", _rounded(sight.before.contrast)), ("after", _rounded(sight.after.contrast)))),
    ]
    against: list[Reason] = []
    parallax = Reason("parallax_check", (("best_twin", _rounded(sight.twin)),))
    (against if sight.twin > settings.max_twin else for_it).append(parallax)
    if size.cut > 0:
        against.append(Reason("cut_by_edge", (("share", _rounded(size.cut)),)))
    if sight.shadow_like:
        shade = (("likeness", _rounded(sight.likeness)), ("colour_change_log", _rounded(sight.colour_change)))
        against.append(Reason("shadow_like", shade))
    return tuple(for_it), tuple(against)


def _rounded(value: float) -> float:
    return round(float(value), 3)
