"""How an agreement is written down: the tables of ``agreements/*.toml``. See ``docs/agreement.md``."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

When = dt.datetime | dt.date
"""A time with its offset, or a local date with no hour."""


@dataclass(frozen=True, slots=True)
class PartyTable:
    """``[parties.a]``: a name for people; nothing decides by it."""

    name: str


@dataclass(frozen=True, slots=True)
class LineTable:
    """``[[lines]]``: a reference line in one version.

    Either both sides are features of their own, or both reference points are given and the area of interest is split
    by the line.
    """

    line_id: str
    feature: str
    accuracy_m: float
    approximate: bool
    source: str
    area_of_interest: str
    side_a: str | None = None
    side_b: str | None = None
    point_a: tuple[float, float] | None = None
    point_b: tuple[float, float] | None = None
    cell: Literal["1", "2"] | None = None
    valid_from: When | None = None
    valid_until: When | None = None
    recorded_from: dt.datetime | None = None
    recorded_until: dt.datetime | None = None

    def __post_init__(self) -> None:
        _need_accuracy(self.accuracy_m)
        by_side = (self.side_a is not None, self.side_b is not None)
        by_point = (self.point_a is not None, self.point_b is not None)
        if (by_side, by_point) not in (((True, True), (False, False)), ((False, False), (True, True))):
            raise ValueError("give both side_a and side_b, or both point_a and point_b")


@dataclass(frozen=True, slots=True)
class ZoneTable:
    """``[[zones]]``: a zone in one version: a polygon, or a centreline with a width, less what it must not touch."""

    zone_id: str
    feature: str
    accuracy_m: float
    approximate: bool
    source: str
    width_m: float | None = None
    without: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    valid_from: When | None = None
    valid_until: When | None = None
    recorded_from: dt.datetime | None = None
    recorded_until: dt.datetime | None = None

    def __post_init__(self) -> None:
        _need_accuracy(self.accuracy_m)
        if self.width_m is not None and not self.width_m > 0:
            raise ValueError(f"width_m must be more than 0, not {self.width_m}")


@dataclass(frozen=True, slots=True)
class RuleTable:
    """``[[rules]]``: one rule in one version. A date in ``after`` is over at its end, one in ``until`` too."""

    rule_id: str
    kind: str
    citation: str
    text_version: str
    event_classes: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    except_zones: tuple[str, ...] = ()
    party_scope: Literal["a", "b", "both"] = "both"
    after: When | None = None
    until: When | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    valid_from: When | None = None
    valid_until: When | None = None
    recorded_from: dt.datetime | None = None
    recorded_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class NotificationTable:
    """``[[notifications]]``: a movement or work that was notified."""

    notification_id: str
    feature: str
    start: dt.datetime
    end: dt.datetime
    notified_by: str
    max_count: int | None = None
    event_classes: tuple[str, ...] = ()
    recorded_from: dt.datetime | None = None
    recorded_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class AgreementTable:
    """A whole file.

    Attributes:
        agreement_id, title: Neutral id; name for people.
        geometry: GeoJSON whose features the tables name by their id.
        date_offsets_h: Offsets from UTC of the clocks by which the text's dates may be meant.
    """

    agreement_id: str
    title: str
    geometry: Path
    parties: dict[str, PartyTable]
    date_offsets_h: tuple[float, ...] = (0.0,)
    lines: tuple[LineTable, ...] = ()
    zones: tuple[ZoneTable, ...] = ()
    rules: tuple[RuleTable, ...] = ()
    notifications: tuple[NotificationTable, ...] = ()

    def __post_init__(self) -> None:
        if sorted(self.parties) != ["a", "b"]:
            raise ValueError("parties must be [parties.a] and [parties.b]")
        if not self.date_offsets_h or any(abs(offset) > 14 for offset in self.date_offsets_h):
            raise ValueError("date_offsets_h must name one or more offsets of at most 14 hours")


def _need_accuracy(accuracy_m: float) -> None:
    if not accuracy_m >= 0:
        raise ValueError(f"accuracy_m must be 0 or more (a 95 % half-width), not {accuracy_m}")
