"""A description of nights in TOML, and the records that it stands for."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pipeline.records.strict_toml import TomlTable, parse_toml, read_toml
from pipeline.simulator.nights.bounds import (
    EARLIEST,
    LATEST,
    MOST_NIGHTS,
    check_count,
    check_date,
    check_near,
    refuse_endless,
)
from pipeline.simulator.nights.describe_events import NAME, read_events
from pipeline.simulator.nights.describe_sorties import SHARED, read_templates
from pipeline.simulator.nights.night import Folders, LineChoice, Night, NightDate, WorldChoice
from pipeline.simulator.nights.places import Offset, Place
from pipeline.simulator.nights.toml_parts import check_weather, likely, weather_changes, without
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.worlds.catalogue import BIOMES, SEASONS

EXAMPLE = Path(__file__).with_name("example.toml")
"""A commented description, printed by ``trucewatch simulate --example``."""
_SECTIONS = ("name", "seed", "folders", "place", "world", "weather", "nights", "events", "sorties", "line", *SHARED)


@dataclass(frozen=True, slots=True)
class NightKeys:
    """Keys of ``[[nights]]``: a date, and how many nights follow it.

    Attributes:
        date: On which the night begins; it ends at the next noon.
        repeat: Nights in a row.
        every_days: From one to the next.
        season: Other than the world's.
    """

    date: dt.date
    repeat: int = 1
    every_days: int = 1
    season: str | None = None


@dataclass(frozen=True, slots=True)
class NightFileKeys:
    """Keys at the top of a description."""

    name: str = "world"
    seed: int = 1
    folders: Folders = "by_night"


def read_night(path: Path) -> Night:
    """The nights that a file describes.

    Raises:
        ConfigError: Names file, line, key and the likely one.
    """
    return _night(read_toml(path))


def parse_night(raw: bytes, path: Path = Path("night.toml")) -> Night:
    """The same from bytes; `path` serves messages and relative paths."""
    return _night(parse_toml(raw, path))


def _night(root: TomlTable) -> Night:
    root.only(_SECTIONS)
    refuse_endless(root)
    keys = without(root, *(name for name in _SECTIONS if name not in NightFileKeys.__dataclass_fields__))
    top = keys.to(NightFileKeys)
    if not NAME.fullmatch(top.name):
        raise root.error("name", f"name '{top.name}' must begin with a letter and hold letters, digits and '-' only")
    place = root.table("place").to(Place)
    weather = root.table("weather").to(Weather, Weather())
    check_weather(root.table("weather"), weather)
    nights = _nights(root, weather)
    return Night(
        name=top.name,
        seed=top.seed,
        place=place,
        world=_world(root.table("world")),
        weather=weather,
        nights=nights,
        events=read_events(root, top.seed, place, nights),
        templates=read_templates(root, weather, place, nights),
        line=_line(root.table("line")),
        folders=top.folders,
    )


def _world(table: TomlTable) -> WorldChoice:
    world = table.to(WorldChoice, WorldChoice())
    if world.biome not in BIOMES:
        raise table.error("biome", f"there is no biome '{world.biome}'; {likely(world.biome, BIOMES)}")
    _check_season(table, world.season)
    for name in ("elevation", "orthophoto"):
        file: Path | None = getattr(world, name)
        if file is not None and not file.is_file():
            raise table.error(name, f"there is no file {file}; paths count from the folder of this file")
    return world


def _line(table: TomlTable) -> LineChoice:
    line = table.to(LineChoice, LineChoice())
    if line.points_m and len(set(line.points_m)) < 2:
        raise table.error("points_m", "'points_m' needs two points or more that differ")
    for east_m, north_m in line.points_m:
        check_near(table, "points_m", Offset(east_m, north_m), Place(0.0, 0.0))
    return line


def _check_season(table: TomlTable, season: str) -> None:
    if season not in SEASONS:
        raise table.error("season", f"there is no season '{season}'; {likely(season, SEASONS)}")


def _nights(root: TomlTable, weather: Weather) -> tuple[NightDate, ...]:
    found: dict[dt.date, NightDate] = {}
    for table in root.tables("nights"):
        keys = without(table, "weather").to(NightKeys)
        check_count(table, "repeat", keys.repeat, MOST_NIGHTS)
        check_count(table, "every_days", keys.every_days, (LATEST - EARLIEST).days)
        if keys.season is not None:
            _check_season(table, keys.season)
        changes = weather_changes(table, "weather", weather)
        check_date(table, "date", keys.date)
        for number in range(keys.repeat):
            if number * keys.every_days > (LATEST - keys.date).days:
                raise table.error("repeat", f"the nights go on beyond {LATEST}; set 'repeat' or 'every_days' lower")
            date = keys.date + dt.timedelta(days=number * keys.every_days)
            if date in found:
                raise table.error("date", f"the night of {date} is described twice; a night runs from noon to noon")
            found[date] = NightDate(date.isoformat(), date, keys.season, changes)
    if not found:
        raise root.error(None, "no nights; add [[nights]] with a date, see trucewatch simulate --example")
    return tuple(found[date] for date in sorted(found))
