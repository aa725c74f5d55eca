"""Where descriptions end: finite numbers, times that every format's clock can hold, counts that can be listed."""

import datetime as dt
import math
from collections.abc import Iterator

from pipeline.records.strict_toml import TomlTable
from pipeline.records.toml_lines import KeyPath
from pipeline.simulator.nights.places import LonLat, Offset, Place, Where

EARLIEST, LATEST = dt.date(1980, 1, 6), dt.date(2199, 12, 31)
"""GPS time begins with the first; 64 bits of nanoseconds end in 2262."""
MOST_NIGHTS, MOST_EVENTS, MOST_SORTIES, MOST_FRAMES = 4_000, 20_000, 100_000, 1_000_000
"""Ten years; and what can still be listed in seconds. Frames are those of one sortie."""
FARTHEST_M = 100_000.0
"""From the place to whatever happens or flies: farther away the grid of metres is bent."""
_DEG_M = 111_320.0


def refuse_endless(root: TomlTable) -> None:
    """Refuse numbers without an end anywhere in a description: nothing that follows from them means anything.

    Raises:
        ConfigError: Names the key.
    """
    for at, value in _numbers((), root.values):
        if not math.isfinite(value):
            raise root.error(
                at, f"'{at[-1] if isinstance(at[-1], str) else at[-2]}' must be a finite number, not {value}"
            )


def _numbers(at: KeyPath, value: object) -> Iterator[tuple[KeyPath, float]]:
    if isinstance(value, float):
        yield at, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _numbers((*at, key), member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _numbers((*at, index), member)


def check_date(table: TomlTable, key: str, date: dt.date) -> None:
    """Refuse dates that some format's clock does not hold.

    Raises:
        ConfigError: Outside `EARLIEST` to `LATEST`.
    """
    if not EARLIEST <= date <= LATEST:
        raise table.error(key, f"{date} is not within {EARLIEST} to {LATEST}")


def check_count(table: TomlTable, key: str, count: int, most: int) -> None:
    """Refuse counts below 1 or beyond reason.

    Raises:
        ConfigError: Outside 1 to `most`.
    """
    if not 1 <= count <= most:
        raise table.error(key, f"'{key}' must be from 1 to {most}, not {count}")


def check_near(table: TomlTable, key: str, where: Where, place: Place) -> None:
    """Refuse what lies out of reach of the place.

    Raises:
        ConfigError: Farther than `FARTHEST_M`.
    """
    away_m = _away_m(where, place)
    if away_m > FARTHEST_M:
        raise table.error(
            key,
            f"'{key}' lies {away_m / 1000:,.0f} km from [place], and at most {FARTHEST_M / 1000:.0f} km can be "
            "simulated; are longitude and latitude exchanged?",
        )


def _away_m(where: Where, place: Place) -> float:
    """Good to a percent: it only refuses."""
    if isinstance(where, Offset):
        return math.hypot(where.east_m, where.north_m)
    if isinstance(where, LonLat):
        east_deg = (where.lon_deg - place.lon_deg + 180.0) % 360.0 - 180.0
        return _DEG_M * math.hypot(east_deg * math.cos(math.radians(place.lat_deg)), where.lat_deg - place.lat_deg)
    return abs(where.along_m) + abs(where.left_m)
