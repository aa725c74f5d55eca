"""All kinds of events, and making one from its description."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.errors import ConfigError
from pipeline.simulator.events.ground_kinds import GROUND_KINDS
from pipeline.simulator.events.moving_kinds import MOVING_KINDS
from pipeline.simulator.events.options import Chosen, choose, likely
from pipeline.simulator.events.order import EventSpec, KindFacts, Order
from pipeline.simulator.events.structure_kinds import STRUCTURE_KINDS
from pipeline.simulator.events.telling import Identity
from pipeline.simulator.events.vehicle_kinds import VEHICLE_KINDS
from pipeline.simulator.scene.event import Bearing, Event
from pipeline.simulator.scene.ground import Land

__all__ = ["KINDS", "EventSpec", "KindFacts", "make_event"]

KINDS: Mapping[str, KindFacts] = MappingProxyType({**GROUND_KINDS, **STRUCTURE_KINDS, **VEHICLE_KINDS, **MOVING_KINDS})
"""What is known of each kind, by its name."""
BEARINGS: tuple[Bearing, ...] = ("violation", "harmless", "notified", "compliance")


def make_event(spec: EventSpec, land: Land, t0_utc_ns: int) -> Event:
    """An event on a land, from its description.

    Args:
        spec: What is asked for.
        land: Gives roads, houses that may be hit, and the height of the ground.
        t0_utc_ns: The world's beginning: since when the truth says that an event is not there yet.

    Raises:
        ConfigError: Unknown kind or option, or an option out of its range.
    """
    where = f"event {spec.event_id!r} ({spec.kind})"
    if spec.kind not in KINDS:
        raise ConfigError(f"event {spec.event_id!r}: unknown kind {spec.kind!r}; {likely(spec.kind, tuple(KINDS))}")
    facts = KINDS[spec.kind]
    chosen = choose(where, facts.options, spec.options)
    return facts.make(Order(spec, chosen, land, _identity(spec, facts, chosen, t0_utc_ns)))


def _identity(spec: EventSpec, facts: KindFacts, chosen: Chosen, t0_utc_ns: int) -> Identity:
    """A notification makes an event notified; a notified one has a notification."""
    stated = chosen.word("bearing")
    notification = chosen.word("notification_id") or None
    bearing: Bearing = facts.bearing
    if notification is not None:
        bearing = "notified"
    for known in BEARINGS:
        if stated == known:
            bearing = known
    if bearing == "notified" and notification is None:
        notification = f"{spec.event_id}-notification"
    return Identity(spec.event_id, spec.kind, facts.change_kind, bearing, notification, spec.begins_utc_ns, t0_utc_ns)
