"""One thing that a tile's border cuts is one change; and changes have numbers."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPolygon, Polygon

from pipeline.records.evidence import Change, Direction, Reason


def join_cut(changes: Iterable[Change], gap_m: float) -> list[Change]:
    """Join changes of different tiles whose outlines come within a gap; the same in any order.

    Changes of one tile are never joined: the detector saw both and kept them apart.
    """
    known = sorted(changes, key=_place)
    outlines = [shapely.make_valid(Polygon(change.outline_m)) for change in known]
    group = list(range(len(known)))

    def root(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    near = STRtree(outlines).query(outlines, predicate="dwithin", distance=gap_m) if outlines else np.empty((2, 0), int)
    for one, other in near.T:
        if one < other and _may_join(known[one], known[other]):
            low, high = sorted((root(one), root(other)))
            group[high] = low
    members: dict[int, list[int]] = {}
    for index in range(len(known)):
        members.setdefault(root(index), []).append(index)
    return [_joined([known[i] for i in those], [outlines[i] for i in those], gap_m) for those in members.values()]


def numbered(changes: Iterable[Change]) -> list[Change]:
    """Number them ``C0001`` … from north to south, west to east."""
    return [
        replace(change, change_id=f"C{number:04d}")
        for number, change in enumerate(sorted(changes, key=_place), start=1)
    ]


def _place(change: Change) -> tuple[float, float, str, str]:
    west, north = float(change.outline_m[:, 0].min()), float(change.outline_m[:, 1].max())
    return (-north, west, change.baseline_sortie_id, change.tile)


def _may_join(one: Change, other: Change) -> bool:
    apart = one.tile != other.tile and one.baseline_sortie_id == other.baseline_sortie_id
    return apart and (one.direction == other.direction or Direction.ALTERED in (one.direction, other.direction))


def _joined(parts: list[Change], outlines: list[Polygon], gap_m: float) -> Change:
    if len(parts) == 1:
        return parts[0]
    whole = shapely.union_all([outline.buffer(gap_m / 2) for outline in outlines]).buffer(-gap_m / 2)
    drawn = whole.convex_hull if isinstance(whole, MultiPolygon) or whole.is_empty else Polygon(whole.exterior)
    ring = np.array(shapely.geometry.polygon.orient(drawn).exterior.coords)[:-1]
    sides = np.array(drawn.minimum_rotated_rectangle.exterior.coords)[:3]
    largest = max(parts, key=lambda part: (part.area_m2, part.tile))
    return replace(
        largest,
        outline_m=ring,
        score=max(part.score for part in parts),
        area_m2=float(drawn.area),
        area_sigma_m2=float(np.sqrt(sum(part.area_sigma_m2**2 for part in parts))),
        length_m=float(np.linalg.norm(np.diff(sides, axis=0), axis=1).max()),
        frame_ids=tuple(dict.fromkeys(name for part in parts for name in part.frame_ids)),
        baseline_frame_ids=tuple(dict.fromkeys(name for part in parts for name in part.baseline_frame_ids)),
        views=max(part.views for part in parts),
        reasons=(*largest.reasons, Reason("joined_across_tiles", (("parts", float(len(parts))),))),
    )
