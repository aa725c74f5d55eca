"""Parts that several tables of a description share."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pipeline.records.strict_toml import TomlTable
from pipeline.simulator.nights.night import Pairs
from pipeline.simulator.nights.places import AlongRoad, LonLat, Offset, Where
from pipeline.simulator.scene.moment import Weather


def without(table: TomlTable, *keys: str) -> TomlTable:
    """The table less some keys."""
    return replace(table, values={key: value for key, value in table.values.items() if key not in keys})


def part(table: TomlTable, key: str, shared: TomlTable) -> TomlTable:
    """A table within a table, or the one of that name in a shared section.

    Args:
        table: Such as a sortie's.
        key: Such as ``lens``; its value is an inline table, a name, or missing (an empty table).
        shared: Section of named ones, such as ``[lenses]``.

    Raises:
        ConfigError: There is none of that name.
    """
    value = table.values.get(key)
    if not isinstance(value, str):
        return table.table(key)
    if value not in shared.values:
        raise table.error(
            key, f"there is no [{'.'.join((*map(str, shared.name), value))}]; {likely(value, shared.values)}"
        )
    return shared.table(value)


def likely(word: str, known: Iterable[str]) -> str:
    """A hint at what was meant."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.4)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names) or 'none'}"


def where(table: TomlTable, key: str) -> Where:
    """A place: ``{ lon_deg, lat_deg }``, ``{ east_m, north_m }`` or ``{ road, along_m, left_m }``; default the middle.

    Raises:
        ConfigError: Neither of them.
    """
    value = table.table(key)
    if not value.values:
        return Offset(0.0, 0.0)
    if "lon_deg" in value.values or "lat_deg" in value.values:
        return value.to(LonLat)
    if "road" in value.values:
        return value.to(AlongRoad)
    if "east_m" in value.values or "north_m" in value.values:
        return value.to(Offset)
    raise value.error(
        None,
        f"'{key}' needs lon_deg and lat_deg, or east_m and north_m, or road; {likely(next(iter(value.values)), _KEYS)}",
    )


_KEYS = ("lon_deg", "lat_deg", "east_m", "north_m", "road", "along_m", "left_m")


def weather_changes(table: TomlTable, key: str, base: Weather) -> Pairs:
    """Changes to a weather, checked."""
    value = table.table(key)
    changed = value.to(Weather, base)
    check_weather(value, changed)
    return pairs({name: getattr(changed, name) for name in value.values})


def check_weather(table: TomlTable, weather: Weather) -> None:
    """Refuse air that cannot be.

    Raises:
        ConfigError: A share outside 0 to 1, or a length that is not above 0.
    """
    for name in ("cloud_cover", "wetness", "wind_gusts"):
        if not 0.0 <= getattr(weather, name) <= 1.0:
            raise table.error(name, f"'{name}' is a share from 0 to 1, not {getattr(weather, name)}")
    for name in ("visibility_m", "cloud_size_m"):
        if not getattr(weather, name) > 0:
            raise table.error(name, f"'{name}' must be above 0 metres")
    if not -90.0 <= weather.air_c <= 60.0:
        raise table.error("air_c", f"'air_c' is from -90 to 60 °C, not {weather.air_c:g}")
    if not 0.0 <= weather.wind_mps <= 120.0:
        raise table.error("wind_mps", f"'wind_mps' is from 0 to 120, not {weather.wind_mps:g}")


def pairs(values: Mapping[str, Any]) -> Pairs:
    """A mapping that can be hashed; arrays become tuples."""
    return tuple(sorted((name, _frozen(value)) for name, value in values.items()))


def _frozen(value: Any) -> Any:  # noqa: ANN401  whatever TOML holds
    return tuple(_frozen(member) for member in value) if isinstance(value, list) else value
