"""Options of events: their defaults, units, ranges and meanings, and reading them."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import ConfigError

Value = float | str | bool


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a kind of event.

    Attributes:
        default: Also says the type.
        unit: Such as ``m``; empty where it has none.
        meaning: One line.
        low, high: Range of a number.
        choices: Allowed words; empty where any are.
    """

    default: Value
    unit: str
    meaning: str
    low: float = 0.0
    high: float = 1e6
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Options of one event, complete and checked."""

    values: Mapping[str, Value]

    def number(self, name: str) -> float:
        """A number."""
        return float(self.values[name])

    def count(self, name: str) -> int:
        """A whole number."""
        return round(float(self.values[name]))

    def word(self, name: str) -> str:
        """A word."""
        return str(self.values[name])

    def yes(self, name: str) -> bool:
        """Whether."""
        return bool(self.values[name])


def likely(word: str, known: tuple[str, ...]) -> str:
    """What was probably meant, for an error message."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(filter(None, known)))}"


def choose(where: str, options: Mapping[str, Option], given: Mapping[str, Value]) -> Chosen:
    """Defaults with what was given.

    Args:
        where: Which event, for messages.
        options: What the kind knows.
        given: What the description says.

    Raises:
        ConfigError: Unknown option, wrong type, out of range, or a word that is no choice.
    """
    values: dict[str, Value] = {name: option.default for name, option in options.items()}
    for name, value in given.items():
        if name not in options:
            raise ConfigError(f"{where}: unknown option {name!r}; {likely(name, tuple(options))}")
        values[name] = _checked(f"{where}: option {name!r}", options[name], value)
    return Chosen(values)


def _checked(where: str, option: Option, value: Value) -> Value:
    if isinstance(option.default, bool):
        if not isinstance(value, bool):
            raise ConfigError(f"{where} must be true or false, not {value!r}")
        return value
    if isinstance(option.default, str):
        if not isinstance(value, str):
            raise ConfigError(f"{where} must be text, not {value!r}")
        if option.choices and value not in option.choices:
            raise ConfigError(f"{where} cannot be {value!r}; {likely(value, option.choices)}")
        return value
    if isinstance(value, bool | str):
        raise ConfigError(f"{where} must be a number{_in(option)}, not {value!r}")
    if not option.low <= value <= option.high:
        raise ConfigError(f"{where} must be between {option.low:g} and {option.high:g}{_in(option)}, not {value:g}")
    return float(value)


def _in(option: Option) -> str:
    return f" in {option.unit}" if option.unit else ""
