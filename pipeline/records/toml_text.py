"""Plain values as TOML text that the standard parser reads back as they were."""

import datetime as dt
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path


def toml_text(values: Mapping[str, object]) -> str:
    """A document: plain keys first, then tables, arrays of tables with a header each. None is left out.

    Args:
        values: Texts, numbers, truth values, dates, times, paths, enumerations; lists and mappings of these.

    Raises:
        TypeError: A value that TOML cannot hold.
    """
    return "\n".join(_table(values, ())) + "\n"


def _table(values: Mapping[str, object], name: tuple[str, ...]) -> list[str]:
    given = {key: value for key, value in values.items() if value is not None}
    below = {key: value for key, value in given.items() if isinstance(value, Mapping) or _is_tables(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in given.items() if key not in below]
    for key, value in below.items():
        path = (*name, key)
        dotted = ".".join(_key(part) for part in path)
        if isinstance(value, Mapping):
            lines += ["", f"[{dotted}]", *_table(value, path)]
        elif isinstance(value, list | tuple):
            for member in value:
                lines += ["", f"[[{dotted}]]", *_table(member, path)]
    return lines


def _is_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(member, Mapping) for member in value)


def _key(key: str) -> str:
    return key if key and key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _quoted(key)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which JSON writes as it is
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, Enum):
        return _value(value.value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(member) for member in value) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(member)}" for key, member in value.items() if member is not None)
        return "{ " + ", ".join(pairs) + " }"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str | Path):
        return _quoted(str(value))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)  # "inf" and "nan" are TOML's words too
    raise TypeError(f"TOML cannot hold a {type(value).__name__}")
