"""What was looked at on each side: "nothing found" must never look like "nothing examined"."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.side import SideModel, certain_ground, margin_m
from pipeline.records.agreement import Agreement
from pipeline.records.candidate import CoverageRow, Side
from pipeline.records.frame import GeorefStatus, GroundFrame
from pipeline.records.mover_sight import FrameSight, SightGrade
from pipeline.records.sortie import Sortie
from pipeline.stages.agreed_ground import AgreedGround
from pipeline.stages.mover_sight import limits
from pipeline.stages.watch_time import WatchTime

SIDE_PROBABILITY = 0.95


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """How coverage is counted.

    Attributes:
        max_gap_s: Frames further apart than this leave time in which nobody looked.
    """

    max_gap_s: float = 5.0


def coverage(
    agreement: Agreement,
    sortie: Sortie,
    site: SiteFrame,
    frames: Sequence[GroundFrame],
    *,
    compared_m: Sequence[BaseGeometry],
    sights: Sequence[FrameSight],
    settings: CoverageSettings,
) -> tuple[CoverageRow, ...]:
    """Ground and time of one sortie, per line and side.

    Ground counts for a side where even a perfectly placed thing would be on it with 95 %, for all that is known of the
    line; what is too near to the line for that, or outside its extent, counts as ``not_determined``. So the sides of a
    line add up to all ground that was seen.

    Args:
        agreement: Whose lines.
        sortie: The flight.
        site: Its plane.
        frames: Placed frames, of which unusable ones count for nothing.
        compared_m: Ground compared with an earlier flight, as polygons in site metres.
        sights: What movers had to be like to be seen, of the frames that were looked at.
        settings: See there.

    Returns:
        Four rows per line in force, one row with no line where there is none; in a fixed order.
    """
    used = [frame for frame in frames if frame.status != GeorefStatus.UNUSABLE]
    watch = WatchTime.of(used, settings.max_gap_s)
    by_frame = {sight.frame_id: sight for sight in sights}
    told = [by_frame.get(frame.ref.frame_id) for frame in used]
    well = np.array([sight is not None and sight.grade is SightGrade.ASSESSABLE for sight in told], np.bool_)
    poorly = np.array([sight is not None and sight.grade is SightGrade.DEGRADED for sight in told], np.bool_)
    imaged = shapely.union_all(watch.footprints) if used else shapely.from_wkt("POLYGON EMPTY")
    compared = shapely.union_all(list(compared_m)).intersection(imaged)
    start = min((frame.ref.t_utc_ns for frame in frames), default=None)
    lines = [] if start is None else AgreedGround(agreement, site).lines_at(start)
    grounds: list[tuple[str | None, Side, BaseGeometry]] = []
    for line, model in lines:
        grounds += [(line.line_id, side, ground) for side, ground in _grounds(model, imaged)]
    if not lines:
        grounds.append((None, Side.NOT_DETERMINED, imaged))
    return tuple(
        CoverageRow(
            sortie_id=sortie.sortie_id,
            night_id=sortie.night_id,
            operating_cell=sortie.operating_cell,
            line_id=line_id,
            side=side.value,
            imaged_m2=round(float(ground.area), 1),
            compared_m2=round(float(compared.intersection(ground).area), 1),
            minutes=round(watch.minutes(seen), 4),
            movement_minutes=round(watch.minutes(seen & well), 4),
            movement_degraded_minutes=round(watch.minutes(seen & (well | poorly)) - watch.minutes(seen & well), 4),
            mover_least_m=round(bounds.least_m, 2),
            mover_slowest_mps=round(bounds.slowest_mps, 2),
            mover_fastest_mps=round(bounds.fastest_mps, 1),
        )
        for line_id, side, ground in grounds
        for seen in [_seen(watch, ground)]
        for bounds in [limits(sight for sight, near in zip(told, seen, strict=True) if near and sight is not None)]
    )


def _seen(watch: WatchTime, ground: BaseGeometry) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if ground.is_empty:
        return np.zeros(len(watch.footprints), np.bool_)
    return watch.looking_at(ground)


def _grounds(model: SideModel, imaged: BaseGeometry) -> list[tuple[Side, BaseGeometry]]:
    """The imaged ground, divided."""
    a = certain_ground(model.a, SIDE_PROBABILITY).intersection(imaged)
    b = certain_ground(model.b, SIDE_PROBABILITY).intersection(imaged)
    rest = imaged.intersection(model.extent).difference(shapely.union(model.a.polygon, model.b.polygon))
    for region in (model.a, model.b):
        margin = margin_m(region, SIDE_PROBABILITY)
        rest = rest if margin == 0 else rest.difference(region.edge.buffer(margin))
    unknown = imaged.difference(shapely.union_all([a, b, rest]))
    return [(Side.A, a), (Side.B, b), (Side.BETWEEN, rest), (Side.NOT_DETERMINED, unknown)]
