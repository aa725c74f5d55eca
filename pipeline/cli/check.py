"""``trucewatch check``: whether a configuration or agreement can be used, and what applies on a date."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.cli.agreement_map import draw
from pipeline.errors import ConfigError
from pipeline.records.agreement import DOCUMENTATION, Agreement, Interval, RuleSpec


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--at", "at", metavar="TIME", help="What applies then, e.g. 2020-11-22 or 2020-11-22T10:00Z; default now."
)
@click.option("--as-known-at", "known_at", metavar="TIME", help="With what was known then; default all that is known.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Draw line and zones: FILE.svg or .html.")
def check(config: Path, at: str | None, known_at: str | None, out: Path | None) -> int:
    """Validate CONFIG, a configuration or an agreement; print what applies; draw its line and zones.

    A date without an hour stands for noon UTC.
    """
    agreement = _read(config, _time(known_at) if known_at else None)
    if agreement is None:
        click.echo(f"{config}: valid; it names no agreement, so nothing is judged")
        return 0
    from pipeline.plugins import rules
    from pipeline.stages.judge import check_rules

    check_rules(agreement, rules())
    t_utc_ns = _time(at) if at else int(dt.datetime.now(dt.UTC).timestamp()) * 10**9
    click.echo(f"{config}: valid")
    for text in _table(agreement, t_utc_ns):
        click.echo(text)
    if out is not None:
        _draw(agreement, t_utc_ns, out)
        click.echo(f"drawn: {out}")
    return 0


def _read(path: Path, known_at_utc_ns: int | None) -> Agreement | None:
    """The agreement that a file is, or that a configuration names."""
    from pipeline.records.strict_toml import read_toml
    from pipeline.sources.agreement import load_agreement

    if "agreement_id" in read_toml(path).values:
        return load_agreement(path, known_at_utc_ns)
    from pipeline.config import load_config
    from pipeline.runner.identity import load_named

    settings = load_config(path)
    load_named(settings)
    choice = settings.agreement
    if choice.path is None:
        return None
    stated = None if choice.known_at is None else _of(choice.known_at)
    return load_agreement(choice.path, known_at_utc_ns if known_at_utc_ns is not None else stated)


def _time(text: str) -> int:
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"'{text}' is no time; write 2020-11-22 or 2020-11-22T10:00Z") from error
    if "T" not in text and " " not in text:
        when = when.replace(hour=12)
    return _of(when if when.tzinfo else when.replace(tzinfo=dt.UTC))


def _of(when: dt.datetime) -> int:
    if when.tzinfo is None:
        raise ConfigError(f"the time {when.isoformat()} names no offset from UTC; write {when.isoformat()}Z")
    return round(when.timestamp() * 1e6) * 1000


def _table(agreement: Agreement, t_utc_ns: int) -> Iterator[str]:
    yield f"{agreement.title} ({agreement.agreement_id}), sha256 {agreement.sha256[:12]}…"
    yield f"at {_words(t_utc_ns)}, " + (
        "with all that is known"
        if agreement.known_at_utc_ns is None
        else f"as known at {_words(agreement.known_at_utc_ns)}"
    )
    for line in agreement.lines:
        if line.valid.holds(t_utc_ns) and agreement.is_known(line.recorded):
            cell = "" if line.cell is None else f", version of cell {line.cell}"
            yield f"  line {line.line_id}: ±{line.accuracy_m:g} m{' approximate' if line.approximate else ''}{cell}"
    for zone in agreement.zones:
        if zone.valid.holds(t_utc_ns) and agreement.is_known(zone.recorded):
            yield f"  zone {zone.zone_id}: ±{zone.accuracy_m:g} m{' approximate' if zone.approximate else ''}"
    rows = [("rule", "kind", "state", "ground", "gives", "citation")]
    for spec in agreement.rules:
        if spec.valid.holds(t_utc_ns) and agreement.is_known(spec.recorded):
            ground = ", ".join(spec.zone_ids) or "line"
            ground += f" less {', '.join(spec.except_zone_ids)}" if spec.except_zone_ids else ""
            rows.append(
                (spec.rule_id, spec.kind, _state(spec, t_utc_ns), ground, ", ".join(spec.event_classes), spec.citation)
            )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  " + "  ".join([*cells, row[5]]).rstrip()
    current = [item for item in agreement.notifications if item.window.holds(t_utc_ns)]
    yield f"  notified movements then: {', '.join(item.notification_id for item in current) or 'none'}"


def _state(spec: RuleSpec, t_utc_ns: int) -> str:
    if spec.kind == DOCUMENTATION:
        return "not assessable"
    if any(hours.holds(t_utc_ns) for hours in spec.ambiguous):
        return "ambiguous hours"
    if spec.window.holds(t_utc_ns):
        return "applies"
    start = spec.window.start_utc_ns
    return f"from {_words(start)}" if start is not None and t_utc_ns < start else f"until {_end(spec.window)}"


def _end(window: Interval) -> str:
    return "always" if window.end_utc_ns is None else _words(window.end_utc_ns)


def _words(t_utc_ns: int) -> str:
    return dt.datetime.fromtimestamp(t_utc_ns // 10**9, dt.UTC).strftime("%Y-%m-%d %H:%MZ")


def _draw(agreement: Agreement, t_utc_ns: int, out: Path) -> None:
    lines = [line for line in agreement.lines if line.valid.holds(t_utc_ns) and agreement.is_known(line.recorded)]
    zones = [zone for zone in agreement.zones if zone.valid.holds(t_utc_ns) and agreement.is_known(zone.recorded)]
    if out.suffix not in (".svg", ".html"):
        raise ConfigError(f"--out {out}: the name must end in .svg or .html")
    if not lines and not zones:
        raise ConfigError(f"nothing is in force at {_words(t_utc_ns)}; give another --at")
    svg = draw(f"{agreement.title}, {_words(t_utc_ns)}", lines, zones)
    page = svg if out.suffix == ".svg" else f'<!doctype html>\n<meta charset="utf-8">\n{svg}'
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--out {out}: cannot be written ({error.strerror})") from error
