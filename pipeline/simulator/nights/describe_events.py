"""What happens, as a description's ``[[events]]`` say it."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from math import cos, radians

from pipeline.errors import ConfigError
from pipeline.records.strict_toml import TomlTable
from pipeline.simulator.events.catalogue import KINDS
from pipeline.simulator.events.options import choose
from pipeline.simulator.nights.bounds import (
    FARTHEST_M,
    LATEST,
    MOST_EVENTS,
    MOST_NIGHTS,
    check_count,
    check_date,
    check_near,
)
from pipeline.simulator.nights.clock import DAY_NS, at_local_time, night_of, utc_ns
from pipeline.simulator.nights.night import EventEntry, NightDate
from pipeline.simulator.nights.places import AlongRoad, LonLat, Offset, Place, Where
from pipeline.simulator.nights.seeds import scatter
from pipeline.simulator.nights.toml_parts import likely, pairs, where, without

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
"""Ids become names of files and columns; an underscore parts them from numbers."""
_METRES_PER_DEG = 111_320.0
_OWN = ("at", "options")


@dataclass(frozen=True, slots=True)
class EventKeys:
    """Keys of an event that stand for themselves.

    Attributes:
        id: Unique.
        kind: Of the catalogue.
        heading_deg: Clockwise from true north.
        night: In which it begins: its number from 1, or its date.
        time: Local time at which it begins; the night's noon where it is missing.
        begins: UTC time, in place of both.
        repeat: How many of its like.
        scatter_m: They lie within so far of the place, or so far along the road.
        every_nights: Each begins so many nights after the one before.
    """

    id: str
    kind: str
    heading_deg: float | None = None
    night: int | dt.date = 1
    time: dt.time | None = None
    begins: dt.datetime | None = None
    repeat: int = 1
    scatter_m: float = 0.0
    every_nights: float = 0.0


def read_events(root: TomlTable, seed: int, place: Place, nights: tuple[NightDate, ...]) -> tuple[EventEntry, ...]:
    """All events of a description.

    Raises:
        ConfigError: Names file, line, key and the likely one.
    """
    found: dict[str, EventEntry] = {}
    for table in root.tables("events"):
        for entry in _entries(table, seed, place, nights):
            if entry.event_id in found:
                raise table.error("id", f"a second event '{entry.event_id}'; give each an id of its own")
            found[entry.event_id] = entry
    return tuple(found.values())


def _entries(table: TomlTable, seed: int, place: Place, nights: tuple[NightDate, ...]) -> list[EventEntry]:
    table.only([*EventKeys.__dataclass_fields__, *_OWN])
    keys = without(table, *_OWN).to(EventKeys)
    if not NAME.fullmatch(keys.id):
        raise table.error("id", f"id '{keys.id}' must begin with a letter and hold letters, digits and '-' only")
    if keys.kind not in KINDS:
        raise table.error("kind", f"there is no kind of event '{keys.kind}'; {likely(keys.kind, KINDS)}")
    check_count(table, "repeat", keys.repeat, MOST_EVENTS)
    for name, most in (("scatter_m", FARTHEST_M), ("every_nights", MOST_NIGHTS)):
        if not 0 <= getattr(keys, name) <= most:
            raise table.error(name, f"'{name}' must be from 0 to {most:g}, not {getattr(keys, name):g}")
    options = table.table("options")
    _check_options(options, keys.kind)
    begins = _begins(table, keys, place, nights)
    if (keys.repeat - 1) * keys.every_nights > (LATEST - night_of(begins, 0)).days:
        raise table.error("every_nights", f"the events go on beyond {LATEST}; set 'repeat' or 'every_nights' lower")
    at = where(table, "at")
    check_near(table, "at", at, place)
    first = EventEntry(keys.id, keys.kind, at, keys.heading_deg, begins, pairs(options.values))
    if keys.repeat == 1:
        return [first]
    return [_repeated(first, number, keys, seed) for number in range(keys.repeat)]


def _check_options(options: TomlTable, kind: str) -> None:
    known = KINDS[kind].options
    options.only(known)
    for name, value in options.values.items():
        if not isinstance(value, bool | int | float | str):
            raise options.error(name, f"'{name}' must be a number, a word, or true or false")
        try:
            choose(kind, known, {name: value})
        except ConfigError as error:
            raise options.error(name, str(error)) from error


def _begins(table: TomlTable, keys: EventKeys, place: Place, nights: tuple[NightDate, ...]) -> int:
    if keys.begins is not None:
        if keys.begins.tzinfo is None:
            raise table.error("begins", "'begins' lacks its zone; write 2021-05-18T20:00:00Z")
        if "night" in table.values or "time" in table.values:
            raise table.error("begins", "'begins' stands in place of 'night' and 'time'; leave out one or the other")
        check_date(table, "begins", keys.begins.date())
        return utc_ns(keys.begins)
    if isinstance(keys.night, dt.date):
        date = keys.night
        check_date(table, "night", date)
    elif 1 <= keys.night <= len(nights):
        date = nights[keys.night - 1].date
    else:
        raise table.error("night", f"there is no night {keys.night}; {len(nights)} are described, counted from 1")
    return at_local_time(date, keys.time or dt.time(12), place.utc_offset_h)


def _repeated(first: EventEntry, number: int, keys: EventKeys, seed: int) -> EventEntry:
    event_id = f"{first.event_id}-{number + 1:03d}"
    return replace(
        first,
        event_id=event_id,
        where=_scattered(first.where, keys.scatter_m, seed, event_id),
        begins_utc_ns=first.begins_utc_ns + round(number * keys.every_nights * DAY_NS),
    )


def _scattered(middle: Where, reach_m: float, seed: int, event_id: str) -> Where:
    east, north = scatter(seed, reach_m, "scatter", event_id)
    if isinstance(middle, Offset):
        return Offset(middle.east_m + east, middle.north_m + north)
    if isinstance(middle, AlongRoad):
        return replace(middle, along_m=middle.along_m + east)
    return LonLat(*_moved(middle, east, north))


def _moved(middle: LonLat, east_m: float, north_m: float) -> tuple[float, float]:
    """Good to a percent of the way: it only scatters."""
    lat = middle.lat_deg + north_m / _METRES_PER_DEG
    return middle.lon_deg + east_m / (_METRES_PER_DEG * cos(radians(middle.lat_deg))), lat
