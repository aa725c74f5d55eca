"""The settings of a run, kept beside its stages and in evidence bundles: a configuration with every value."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pipeline.config import DETECTORS, Settings, parse_config
from pipeline.errors import InputError
from pipeline.records.toml_text import toml_text

KEPT = "settings.toml"


def keep_settings(work: Path, settings: Settings) -> None:
    """Write down with what settings a sortie was run, so that later questions need not name them again."""
    aside = work / f"{KEPT}.part"
    with aside.open("w", encoding="utf-8") as file:
        file.write(settings_text(with_paths(settings, {path: path.resolve() for path in named_paths(settings)})))
        file.flush()
        os.fsync(file.fileno())
    aside.rename(work / KEPT)


def kept_settings(work: Path) -> Settings:
    """What `keep_settings` wrote.

    Raises:
        InputError: There is none.
        ConfigError: It was written by another version.
    """
    path = work / KEPT
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: the settings of this run were not kept; give those that it was run with: --config, --agreement, "
            "--terrain"
        ) from error
    return parse_config(text, path)


def settings_text(settings: Settings) -> str:
    """Every setting as a configuration file."""
    tables: dict[str, Any] = {}
    for item in fields(Settings):
        if item.name not in DETECTORS:
            tables[item.name] = _plain(getattr(settings, item.name))
    tables["detectors"] = {}
    for name in DETECTORS:
        choice = getattr(settings, name)
        chosen = {"name": "none"} if choice is None else {"name": choice.name, **_plain(choice.settings)}
        tables["detectors"][name] = chosen
    return toml_text({name: table for name, table in tables.items() if table})


def named_paths(settings: Settings) -> tuple[Path, ...]:
    """Files that the settings name, each once."""
    found: dict[Path, None] = {}
    _walk(settings, lambda path: found.setdefault(path, None) or path)
    return tuple(found)


def with_paths(settings: Settings, places: dict[Path, Path]) -> Settings:
    """The settings with files elsewhere.

    Args:
        settings: The settings.
        places: Where each named file lies instead.
    """
    moved: Settings = _walk(settings, lambda path: places[path])
    return moved


def _walk(value: Any, change: Any) -> Any:  # noqa: ANN401  settings of any plug-in
    if isinstance(value, Path):
        return change(value)
    if hasattr(value, "__dataclass_fields__"):
        before = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
        after = {name: _walk(member, change) for name, member in before.items()}
        return value if all(after[name] is before[name] for name in after) else replace(value, **after)
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401  settings of any plug-in
    if hasattr(value, "__dataclass_fields__"):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value) if item.init}
    if isinstance(value, tuple | list):
        return [_plain(member) for member in value]
    return value
