"""What ``trucewatch simulate --list`` prints: everything that a description can name, with its options."""

import dataclasses
from collections.abc import Iterator
from typing import Any

CATALOGUES = ("events", "biomes", "lenses", "formats", "faults", "plans")


def catalogue_lines(name: str) -> Iterator[str]:
    """The lines of one catalogue."""
    lines: dict[str, Any] = {
        "events": _events, "biomes": _biomes, "lenses": _lenses, "formats": _formats, "faults": _faults, "plans": _plans
    }  # fmt: skip
    yield from lines[name]()


def _events() -> Iterator[str]:
    from pipeline.simulator.events.catalogue import KINDS

    for kind, facts in KINDS.items():
        yield f"{kind}  ({facts.bearing}; change: {facts.change_kind or 'moves only'})"
        for name, option in facts.options.items():
            unit = f" {option.unit}" if option.unit else ""
            choices = f" [{', '.join(option.choices)}]" if option.choices else ""
            yield f"    {name} = {_toml(option.default)}{unit}{choices}  {option.meaning}"


def _biomes() -> Iterator[str]:
    from pipeline.simulator.worlds.catalogue import BIOMES, SEASONS

    yield f"biomes: {', '.join(BIOMES)}"
    yield f"seasons: {', '.join(SEASONS)}"


def _lenses() -> Iterator[str]:
    from pipeline.simulator.nights.lenses import LENSES

    for name, lens in LENSES.items():
        wide, high = lens.size_px
        yield f"{name}  {lens.words}; {wide} x {high}, {lens.field_deg:g}° wide, {lens.kind}"


def _formats() -> Iterator[str]:
    from pipeline.simulator.writers import FORMATS

    for name, facts in FORMATS.items():
        yield f"{name}  {facts.writes}; the pipeline reads {facts.read_today}"


def _faults() -> Iterator[str]:
    from pipeline.simulator.flights.faults import Faults
    from pipeline.simulator.flights.presets import PRESETS
    from pipeline.simulator.writers.folder_faults import FolderFaults

    yield f"presets: {', '.join(PRESETS)}"
    yield from _fields(Faults(), 0)
    yield "folder_faults:"
    yield from _fields(FolderFaults(), 1)


def _plans() -> Iterator[str]:
    from pipeline.simulator.flights.plans import PLANS

    for name, plan in PLANS.items():
        yield name
        yield from _fields(plan(), 1)


def _fields(record: Any, depth: int) -> Iterator[str]:  # noqa: ANN401  any frozen record of settings
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            yield f"{'    ' * depth}{field.name}:"
            yield from _fields(value, depth + 1)
        else:
            yield f"{'    ' * depth}{field.name} = {_toml(value)}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(member) for member in value)}]"
    return "(not set)" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
