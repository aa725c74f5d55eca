"""What is said of an event: its identity, its sizes, its truth."""

from dataclasses import dataclass

import numpy as np
from shapely.geometry import MultiPoint, Polygon

from pipeline.records.arrays import Float
from pipeline.simulator.events.polyline import polygon_area, ring
from pipeline.simulator.scene.event import Bearing, EventTruth, Happening
from pipeline.simulator.scene.ground import Dug
from pipeline.simulator.scene.mesh import Placed, Puff


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same of an event; `known_utc_ns` is the world's beginning, since when it was not there yet."""

    event_id: str
    kind: str
    change_kind: str | None
    bearing: Bearing
    notification_id: str | None
    begins_utc_ns: int
    known_utc_ns: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is measured of an event besides its outline; None where it means nothing."""

    length_m: float | None = None
    rise_m: float | None = None
    depth_m: float | None = None
    count: int | None = None
    damage: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What an event puts into the world or takes out of it."""

    placed: tuple[Placed, ...] = ()
    dug: tuple[Dug, ...] = ()
    movers: tuple[Placed, ...] = ()
    puffs: tuple[Puff, ...] = ()
    gone: frozenset[str] = frozenset()


def told(
    identity: Identity,
    there: bool,
    stage: int,
    since_utc_ns: int,
    parts: Parts,
    outline_m: Float | None,
    sizes: Sizes,
) -> Happening:
    """A happening whose truth fits its parts.

    The area is that of the outline; there is none for what moves, and no outline where nothing is there.
    """
    ids = [*(dug.thing_id for dug in parts.dug), *(thing.thing_id for thing in (*parts.placed, *parts.movers))]
    shown = outline_m if there else None
    moves = bool(parts.movers) or identity.change_kind is None
    truth = EventTruth(
        event_id=identity.event_id,
        kind=identity.kind,
        change_kind=identity.change_kind,
        bearing=identity.bearing,
        there=there,
        stage=stage,
        outline_m=shown,
        area_m2=None if shown is None or moves else polygon_area(shown),
        length_m=sizes.length_m if there else None,
        rise_m=sizes.rise_m if there else None,
        depth_m=sizes.depth_m if there else None,
        count=sizes.count if there else None,
        damage=sizes.damage,
        since_utc_ns=since_utc_ns,
        thing_ids=tuple(ids),
        notification_id=identity.notification_id,
    )
    return Happening(parts.placed, parts.dug, parts.movers, parts.puffs, parts.gone, truth)


def around(outlines_m: list[Float]) -> Float | None:
    """The convex hull of outlines; None for none."""
    if not outlines_m:
        return None
    hull = MultiPoint(np.vstack(outlines_m)).convex_hull
    return ring(hull) if isinstance(hull, Polygon) else None


def not_yet(identity: Identity, before: Parts) -> Happening:
    """A happening before its event: what stands there then is not the event's doing."""
    since = min(identity.known_utc_ns, identity.begins_utc_ns)
    return told(identity, False, 0, since, before, None, Sizes())
