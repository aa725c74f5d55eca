"""What differs in the events of a world between two times."""

from collections.abc import Iterable

import numpy as np
from shapely import transform
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.truth.records import ChangeTruth, Delta, Direction, EventState

SAME_M2 = 0.25
"""Outlines that differ by less are the same: they have been through 1e-9 degrees and a simplification."""

TAKING_AWAY = frozenset({"structure_gone", "vehicle_gone", "withdrawal"})
"""Kinds of events that leave an empty place."""
ALTERING = frozenset({"structure_damaged", "structure_destroyed", "trench_filled"})
"""Kinds of events that find there what they change."""


def direction_of(before: EventState, after: EventState, differing_m2: float) -> Direction | None:
    """How the ground differs by an event; None where it is the same.

    An event that takes something away is there afterwards: the empty place is. One that alters something, a house that
    is hit, finds it there before.
    """
    if not before.there and not after.there:
        return None
    if before.there and after.there:
        told = (before.stage, before.damage, before.count) != (after.stage, after.damage, after.count)
        return "altered" if told or differing_m2 > SAME_M2 else None
    if after.kind in ALTERING:
        return "altered"
    return "new" if after.there != (after.kind in TAKING_AWAY) else "vanished"


def changes_of(before: Iterable[EventState], after: Iterable[EventState], site: SiteFrame) -> tuple[ChangeTruth, ...]:
    """What a detector of changes should find, in order of event ids; what only moves is left out.

    Args:
        before: All events at the earlier time.
        after: The same events at the later time.
        site: Frame in which areas are measured.
    """
    later = {state.event_id: state for state in after}
    pairs = [(state, later[state.event_id]) for state in before if state.event_id in later]
    found = (_change(first, second, site) for first, second in sorted(pairs, key=lambda pair: pair[0].event_id))
    return tuple(change for change in found if change is not None)


def delta_of(before: EventState, after: EventState, night_id: str, site: SiteFrame) -> Delta | None:
    """What differs from an earlier night; None where nothing does."""
    first, second = _on_site(before, site), _on_site(after, site)
    differing = first.symmetric_difference(second)
    direction = direction_of(before, after, differing.area)
    if direction is None:
        return None
    grown = round(second.area - first.area, 3)
    return Delta(night_id, direction, round(differing.area, 3), grown, after.stage - before.stage)


def _change(before: EventState, after: EventState, site: SiteFrame) -> ChangeTruth | None:
    kind = after.change_kind or before.change_kind
    if kind is None:
        return None
    first, second = _on_site(before, site), _on_site(after, site)
    differing = first.symmetric_difference(second)
    direction = direction_of(before, after, differing.area)
    if direction is None:
        return None
    whole = differing if differing.area > SAME_M2 else second  # a roof that falls in keeps its outline
    shape = transform(whole, site.to_lonlat)
    return ChangeTruth(
        after.event_id, kind, after.kind, after.bearing, direction, round(whole.area, 3), before, after, shape
    )


def _on_site(state: EventState, site: SiteFrame) -> BaseGeometry:
    if not state.there or state.geometry is None:
        return Polygon()
    flat = transform(state.geometry, lambda lonlat: site.from_lonlat(*np.asarray(lonlat).T))
    return flat.buffer(0)
