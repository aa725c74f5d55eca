"""TOML files into frozen dataclasses; what does not fit is an error that names file, line, key and the likely one."""

import dataclasses
import datetime as dt
import difflib
import hashlib
import math
import sys
import tomllib
import types
import typing
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import ConfigError, TrucewatchError
from pipeline.records.toml_lines import KeyPath, key_lines

T = TypeVar("T")

MAX_TOML_BYTES = 16 * 1024 * 1024
"""Nobody writes a larger configuration by hand."""


def read_toml(path: Path) -> "TomlTable":
    """Read a TOML file.

    Raises:
        ConfigError: The file cannot be read or is not TOML; names file and line.
    """
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MAX_TOML_BYTES:
            raise ConfigError(f"{path}: not a regular file of at most {MAX_TOML_BYTES} bytes; is this the right path?")
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); is this the right path?") from error
    return parse_toml(raw, path)


def parse_toml(raw: bytes, path: Path) -> "TomlTable":
    """Read the bytes of a TOML file; `path` serves messages and relative paths.

    Raises:
        ConfigError: Not TOML; names file and line.
    """
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}:{_syntax_error(str(error), text)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}:1: nested too deeply to be a configuration") from error
    return TomlTable(path, (), values, key_lines(text), hashlib.sha256(raw).hexdigest())


def _syntax_error(message: str, text: str) -> str:
    """``line: message`` out of the parser's ``message (at line 3, column 4)``."""
    what, _, place = message.rpartition(" (at ")
    digits = place.removeprefix("line ").partition(",")[0]
    if not digits.isdigit():
        what, digits = what or message, str(text.count("\n") + 1)
    return f"{digits}: not valid TOML: {what}; strings need quotes, and a key may be given only once"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class TomlTable:
    """A table of a TOML file that knows where it stands.

    Attributes:
        path: The file.
        name: Keys that lead to this table; members of arrays count from 0.
        values: What the standard parser gave.
        lines: Line of each key path of the file.
        sha256: Of the file's bytes.
    """

    path: Path
    name: KeyPath
    values: dict[str, Any]
    lines: dict[KeyPath, int]
    sha256: str

    def to(self, kind: type[T], base: T | None = None) -> T:
        """The table as a dataclass.

        Nested dataclasses, tuples and lists of tables, dicts, optionals, enums, literals, dates, times and paths
        (taken from the file's folder) are understood. A ValueError or project error from ``__post_init__`` is
        reported with the table's place.

        Args:
            kind: The dataclass.
            base: Stands in for missing keys.

        Raises:
            ConfigError: An unknown or missing key, or a value of the wrong type.
        """
        fields = {field.name: field for field in dataclasses.fields(kind) if field.init}  # type: ignore[arg-type]
        self.only(fields)
        hints = typing.get_type_hints(kind)
        given = {key: self._convert((key,), value, hints[key]) for key, value in self.values.items()}
        if base is None:
            missing = [name for name, field in fields.items() if name not in given and _required(field)]
            if missing:
                raise self.error(None, f"missing key '{missing[0]}'; add it: {missing[0]} = …")
        try:
            return kind(**given) if base is None else dataclasses.replace(base, **given)  # type: ignore[type-var]
        except (ValueError, TrucewatchError) as error:
            raise self.error(None, str(error)) from error

    def table(self, key: str) -> "TomlTable":
        """A table within this one; empty where the key is missing.

        Raises:
            ConfigError: The value is not a table.
        """
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error((key,), f"'{key}' must be a table, not {_describe(value)}")
        return TomlTable(self.path, (*self.name, key), value, self.lines, self.sha256)

    def tables(self, key: str) -> "tuple[TomlTable, ...]":
        """The members of an array of tables; none where the key is missing.

        Raises:
            ConfigError: The value is not an array of tables.
        """
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(member, dict) for member in value):
            raise self.error((key,), f"'{key}' must be an array of tables: [[{key}]]")
        return tuple(
            TomlTable(self.path, (*self.name, key, index), member, self.lines, self.sha256)
            for index, member in enumerate(value)
        )

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not known.

        Raises:
            ConfigError: Names the key and the likely one.
        """
        names = list(known)
        for key in self.values:
            if key not in names:
                raise self.error((key,), f"unknown key '{key}'; {_suggest(key, names, 'known keys')}")

    def error(self, key: KeyPath | str | None, message: str) -> ConfigError:
        """An error at a key of this table, or at the table itself."""
        below = (key,) if isinstance(key, str) else (key or ())
        path = (*self.name, *below)
        line = next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 1)
        words = [f"#{part + 1}" if isinstance(part, int) else part for part in self.name]
        where = f" [{'.'.join(words).replace('.#', ' #')}]" if words else ""
        return ConfigError(f"{self.path}:{line}{where}: {message}")

    def _convert(self, at: KeyPath, value: object, hint: object) -> object:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._union(at, value, [argument for argument in arguments if argument is not type(None)])
        if origin is typing.Literal:
            if value not in arguments:
                raise self._wrong_choice(at, value, [str(argument) for argument in arguments])
            return value
        if origin in (tuple, list):
            return self._array(at, value, hint)
        if origin is dict or dataclasses.is_dataclass(hint):
            return self._table(at, value, hint)
        return self._scalar(at, value, hint)

    def _table(self, at: KeyPath, value: object, hint: object) -> object:
        if not isinstance(value, dict):
            raise self._wrong(at, value, "a table")
        if isinstance(hint, type):
            return TomlTable(self.path, (*self.name, *at), value, self.lines, self.sha256).to(hint)
        kind = typing.get_args(hint)[1]
        return {key: self._convert((*at, key), member, kind) for key, member in value.items()}

    def _union(self, at: KeyPath, value: object, kinds: list[object]) -> object:
        errors: list[ConfigError] = []
        for kind in kinds:
            try:
                return self._convert(at, value, kind)
            except ConfigError as error:
                errors.append(error)
        raise errors[0]

    def _array(self, at: KeyPath, value: object, hint: object) -> object:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if not isinstance(value, list):
            raise self._wrong(at, value, "an array")
        if origin is not tuple or (len(arguments) == 2 and arguments[1] is Ellipsis):
            kinds = [arguments[0]] * len(value)
        else:
            kinds = list(arguments)
        if len(kinds) != len(value):
            raise self._wrong(at, value, f"an array of {len(kinds)}")
        members = [self._convert((*at, i), v, k) for i, (v, k) in enumerate(zip(value, kinds, strict=True))]
        return members if origin is list else tuple(members)

    def _scalar(self, at: KeyPath, value: object, kind: object) -> object:
        if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            if (abs(value) > sys.float_info.max and not isinstance(value, float)) or math.isnan(value):
                raise self._wrong(at, value, "a number")
            return float(value)
        if isinstance(kind, type) and issubclass(kind, Enum):
            by_value = {str(member.value): member for member in kind}
            if not isinstance(value, bool) and str(value) in by_value:
                return by_value[str(value)]
            raise self._wrong_choice(at, value, list(by_value))
        if kind is Path:
            if not isinstance(value, str) or not value or "\0" in value:
                raise self._wrong(at, value, "a path in quotes")
            return self.path.parent / value
        # a truth value is an int, and a time a date, to Python only
        misfit = (kind is int and isinstance(value, bool)) or (kind is dt.date and isinstance(value, dt.datetime))
        if isinstance(kind, type) and isinstance(value, kind) and not misfit:
            return value
        raise self._wrong(at, value, _WORDS.get(kind, getattr(kind, "__name__", str(kind))))

    def _wrong(self, at: KeyPath, value: object, wanted: str) -> ConfigError:
        return self.error(at, f"'{_key_word(at)}' must be {wanted}, not {_describe(value)}")

    def _wrong_choice(self, at: KeyPath, value: object, choices: list[str]) -> ConfigError:
        return self.error(
            at, f"'{_key_word(at)}' cannot be {_describe(value)}; {_suggest(str(value), choices, 'choices')}"
        )


_WORDS: dict[object, str] = {
    str: "a string in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dt.date: "a date such as 2020-11-20",
    dt.datetime: "a time such as 2020-11-09T21:00:00Z",
    dt.time: "a time of day such as 22:30:00",
}


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _key_word(at: KeyPath) -> str:
    return ".".join(str(part) if isinstance(part, str) else f"#{part + 1}" for part in at).replace(".#", " #")


def _describe(value: object) -> str:
    if isinstance(value, str):
        return f"the string '{value[:60]}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return str(value)[:60]


def _suggest(word: str, known: list[str], what: str) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"{what}: {', '.join(known) if known else 'none'}"
