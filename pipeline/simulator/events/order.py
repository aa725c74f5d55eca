"""What an event is made from, and the facts of a kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

import numpy as np

from pipeline.simulator.events.options import Chosen, Option, Value
from pipeline.simulator.events.telling import Identity
from pipeline.simulator.scene.event import Bearing, Event
from pipeline.simulator.scene.ground import Land

BEARINGS = ("", "violation", "harmless", "notified", "compliance")
COMMON: Mapping[str, Option] = MappingProxyType(
    {
        "bearing": Option("", "", "what it means; empty: as the kind's", choices=BEARINGS),
        "notification_id": Option("", "", "of a notification that announces it; makes it notified"),
        "utc_offset_h": Option(2.0, "h", "local time ahead of UTC: decides when work is done", -12.0, 14.0),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class EventSpec:
    """An event as a description asks for it.

    Attributes:
        event_id: Unique in its world.
        kind: One of the catalogue's.
        x_m, y_m: Where its middle is, site metres.
        azimuth_rad: Its direction, counter-clockwise from east.
        begins_utc_ns: When.
        seed: Its own chances.
        options: Of its kind; what is left out has its default.
    """

    event_id: str
    kind: str
    x_m: float
    y_m: float
    azimuth_rad: float = 0.0
    begins_utc_ns: int = 0
    seed: int = 0
    options: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """A checked event, ready to be made.

    Attributes:
        spec: As asked for.
        chosen: Its options, complete.
        land: Where.
        identity: What stays the same.
    """

    spec: EventSpec
    chosen: Chosen
    land: Land
    identity: Identity

    @property
    def at_m(self) -> tuple[float, float]:
        """Its place."""
        return self.spec.x_m, self.spec.y_m

    def rng(self, salt: int) -> np.random.Generator:
        """Its own chances, another row for each use."""
        return np.random.default_rng([self.spec.seed, 941, salt])

    def offset(self, ahead_m: float, left_m: float) -> tuple[float, float]:
        """A place relative to its own, in its own direction."""
        c, s = float(np.cos(self.spec.azimuth_rad)), float(np.sin(self.spec.azimuth_rad))
        return self.spec.x_m + ahead_m * c - left_m * s, self.spec.y_m + ahead_m * s + left_m * c

    def name(self, part: str) -> str:
        """Id of one of its parts."""
        return f"{self.spec.event_id}-{part}"


@dataclass(frozen=True, slots=True, eq=False)
class KindFacts:
    """What is known of a kind of event.

    Attributes:
        meaning: One line.
        change_kind: What a change detector should call it; None for what only moves.
        bearing: What it means to a mission unless the description says otherwise.
        options: Its own and the common ones.
        make: Makes one.
    """

    meaning: str
    change_kind: str | None
    bearing: Bearing
    options: Mapping[str, Option]
    make: Callable[[Order], Event]


def kind_facts(
    meaning: str, change_kind: str | None, bearing: str, make: Callable[[Order], Event], options: Mapping[str, Option]
) -> KindFacts:
    """Facts with the common options added."""
    whole = MappingProxyType({**options, **COMMON})
    return KindFacts(meaning, change_kind, cast(Bearing, bearing), whole, make)
