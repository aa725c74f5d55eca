"""Something that happens in a world, over hours or nights, with everything that is true of it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pipeline.records.arrays import Float
from pipeline.simulator.scene.ground import Dug
from pipeline.simulator.scene.mesh import Placed, Puff

Bearing = Literal["violation", "harmless", "notified", "compliance"]
"""What an event means: harmless are look-alikes, notified have a notification, compliance is withdrawal."""


@dataclass(frozen=True, slots=True, eq=False)
class EventTruth:
    """What is true of an event at one time.

    Attributes:
        event_id: Unique in its world.
        kind: As in the catalogue of events, such as ``trench`` or ``convoy``.
        change_kind: What a change detector should call it (``linear_earthwork``, ``structure``, ``vehicle``,
            ``crater``, ``burn``, ``other``); None for what only moves.
        bearing: What it means.
        there: Whether anything of it is there at this time.
        stage: Which of its stages, from 0.
        outline_m: ``(N, 2)`` site metres of what is there, counter-clockwise, not closed; None where nothing is.
        area_m2, length_m, rise_m, depth_m: Sizes; None where they mean nothing.
        count: Of vehicles, persons or animals; None where it means nothing.
        damage: UNOSAT's class for structures: ``none``, ``possible``, ``moderate``, ``severe``, ``destroyed``.
        since_utc_ns: When it came to be as it is now.
        thing_ids: Of its parts that stand, move or are dug: what masks call them.
        notification_id: Of a notified event.
    """

    event_id: str
    kind: str
    change_kind: str | None
    bearing: Bearing
    there: bool
    stage: int
    outline_m: Float | None
    area_m2: float | None
    length_m: float | None
    rise_m: float | None
    depth_m: float | None
    count: int | None
    damage: str | None
    since_utc_ns: int
    thing_ids: tuple[str, ...]
    notification_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """What an event puts into the world at one time.

    Attributes:
        placed: What stands still.
        dug: What it made of the ground.
        movers: What moves.
        puffs: Smoke and dust.
        gone: Ids of the land's own things that it took away.
        truth: What is true of it.
    """

    placed: tuple[Placed, ...]
    dug: tuple[Dug, ...]
    movers: tuple[Placed, ...]
    puffs: tuple[Puff, ...]
    gone: frozenset[str]
    truth: EventTruth


class Event(Protocol):
    """Something that happens: a function of time."""

    @property
    def event_id(self) -> str:
        """Unique in its world."""
        ...

    @property
    def kind(self) -> str:
        """As in the catalogue."""
        ...

    @property
    def begins_utc_ns(self) -> int:
        """Nothing of it is there before."""
        ...

    def at(self, t_utc_ns: int) -> Happening:
        """The event at a time."""
        ...
