"""``trucewatch simulate``: flights with known truth."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.choices import PATH
from pipeline.cli.simulate_catalogues import CATALOGUES, catalogue_lines
from pipeline.cli.simulate_quick import quick_given, quick_night_of, quick_options
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.simulator.nights.night import Night
    from pipeline.simulator.simulate import Task

FEW_FRAMES = 24
"""Up to so many, starting further processes takes longer than they save."""


@click.command(
    epilog="""\b
Examples:
  trucewatch simulate --example > night.toml          a commented description
  trucewatch simulate night.toml --out sim --dry-run  what would be made, how large, how long
  trucewatch simulate night.toml --out sim --only day_002 --frames 0:20
  trucewatch simulate --list events                   kinds of events and their options
  trucewatch simulate --out sim --gsd 0.1 --frames 12 two quick flights without a description
  trucewatch simulate --inject events.toml --into flights/S0312 --poses out --terrain dsm.tif --out injected
"""
)
@click.argument("description", metavar="[NIGHT.toml]", type=PATH, required=False)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the flights.")
@click.option("--only", multiple=True, metavar="SORTIE", help="Only this sortie; may be given more than once.")
@click.option("--frames", metavar="A:B | N", help="With NIGHT.toml: frames A to B-1 of each sortie. Without: so many.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that render; by default one a processor.")
@click.option("--dry-run", is_flag=True, help="Say what would be made, how large and how long; render nothing.")
@click.option("--example", is_flag=True, help="Print a commented description.")
@click.option("--list", "catalogue", type=click.Choice(CATALOGUES), help="Print a catalogue with its options.")
@click.option("--sample", is_flag=True, help="The project's own sample pair; other settings are refused.")
@click.option("--inject", type=PATH, metavar="EVENTS.toml", help="Put events into the frames of a real sortie.")
@click.option("--into", type=PATH, metavar="SORTIE", help="The folder of that sortie; it is not changed.")
@click.option("--poses", type=PATH, help="For --inject: OUT of trucewatch run on it, or its folder of a truth.")
@click.option("--terrain", type=PATH, help="For --inject: surface model (GeoTIFF), best with what stands on it.")
@click.option(
    "--terrain-datum",
    type=click.Choice(["ellipsoidal", "egm96", "egm2008"]),
    help="Vertical datum of that model, if the file does not state it.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, and no progress.")
@quick_options
@click.pass_context
def simulate(context: click.Context, /, **options: Any) -> int:  # noqa: ANN401  click hands over what each option gives
    """Render flights with known truth: the nights that NIGHT.toml describes, or two quick flights.

    Finished sorties are passed over when the command is run again, and an interrupted one leaves nothing behind.
    """
    if options["example"]:
        from pipeline.simulator.nights.describe import EXAMPLE

        click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
        return 0
    if options["catalogue"]:
        click.echo("\n".join(catalogue_lines(options["catalogue"])))
        return 0
    if options["out"] is None:
        raise click.UsageError("Missing option '--out': the folder for the flights.")
    if any(options[name] is not None for name in ("inject", "into", "poses", "terrain", "terrain_datum")):
        return _inject(context, options)
    night, frames = _night(context, options)
    return _simulate(night, frames, options)


def _night(context: click.Context, options: dict[str, Any]) -> "tuple[Night, tuple[int, int] | None]":
    """The description that the words ask for, and the range of frames."""
    from pipeline.simulator.nights.describe import read_night
    from pipeline.simulator.settings import sample_settings

    given, frames = quick_given(context), options["frames"]
    if options["sample"]:
        given += ["--frames"] if frames else []
        given += ["NIGHT.toml"] if options["description"] else []
        if given:
            raise ConfigError(f"--sample always makes the same flights; leave out {', '.join(given)}")
        return sample_settings(), None
    if options["description"]:
        if given:
            raise ConfigError(f"{options['description']} says that itself; leave out {', '.join(given)}")
        return read_night(options["description"]), _range(frames)
    return quick_night_of(options), None


def _range(text: str | None) -> tuple[int, int] | None:
    """``A:B``, ``A:``, ``:B`` or a single count."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    try:
        begin, end = (int(first or 0), int(last) if last else 10**9) if colon else (0, int(first))
    except ValueError as error:
        raise ConfigError(f"--frames must be written A:B, such as 0:20, not '{text}'") from error
    if not 0 <= begin < end:
        raise ConfigError(f"--frames {text} holds no frame; they count from 0, and B is one past the last")
    return begin, end


def _simulate(night: "Night", frames: tuple[int, int] | None, options: dict[str, Any]) -> int:
    from pipeline.cli.ground_heights import open_rasters
    from pipeline.simulator.simulate import plan, rehearse
    from pipeline.simulator.simulate import simulate as run

    out, only, as_json = options["out"], options["only"], options["as_json"]
    _refuse_other_world(out, night)
    tasks = plan(out, night, only=only, frames=frames)
    left = sum(task.frames for task in tasks if not task.made)
    workers = options["workers"] or (1 if left <= FEW_FRAMES else os.cpu_count() or 1)
    if options["dry_run"]:
        rehearse(night, open_rasters)
        _tell_plan(night, tasks, workers, as_json)
        return 0
    with click.progressbar(length=left, label="rendering", file=sys.stderr, hidden=as_json) as bar:

        def tell(_: str, __: int, ___: int) -> None:
            bar.update(1)

        done = run(out, night, only=only, frames=frames, workers=workers, rasters=open_rasters, progress=tell)
    if as_json:
        said = {"schema": "trucewatch-simulate/1", "out": str(out), "workers": workers, **asdict(done)}
        click.echo(json.dumps(said, indent=1))
        return 0
    kept = f"; {len(done.kept)} sorties lay there already" if done.kept else ""
    click.echo(f"{done.frames} frames of {len(done.made)} sorties in {out / 'flights'}, truth in {out / 'truth'}{kept}")
    return 0


def _refuse_other_world(out: Path, night: "Night") -> None:
    """Flights of two worlds in one folder would share one truth of the ground.

    Raises:
        ConfigError: The folder holds another world's.
    """
    known = out / "truth" / "world.json"
    try:
        there = json.loads(known.read_text())
        was = (there["name"], there["seed"])
    except (OSError, ValueError, LookupError, TypeError):
        return  # none is there, or one that was cut off and will be made anew
    if was != (night.name, night.seed):
        raise ConfigError(
            f"{out} holds flights of another world, '{was[0]}' with seed {was[1]}, not '{night.name}' with seed "
            f"{night.seed}; name another folder with --out, or remove it"
        )


def _tell_plan(night: "Night", tasks: "tuple[Task, ...]", workers: int, as_json: bool) -> None:
    from pipeline.simulator.nights.estimate import estimate
    from pipeline.simulator.nights.sortie_files import flight_folder

    rows = [
        {
            "sortie_id": task.sortie.sortie_id,
            "night_id": task.sortie.night.night_id,
            "flight": flight_folder(night, task.sortie).as_posix(),
            "format": task.sortie.template.format,
            "start_utc_ns": task.sortie.start_utc_ns,
            "frames": task.frames,
            "made": task.made,
            **asdict(estimate(task.sortie, task.frames)),
        }
        for task in tasks
    ]
    todo = [row for row in rows if not row["made"]]
    frames, size = sum(row["frames"] for row in todo), sum(row["size_bytes"] for row in todo)
    seconds = sum(row["seconds"] for row in todo) / workers
    if as_json:
        said = {"schema": "trucewatch-simulate-plan/1", "workers": workers, "sorties": rows, "seconds": seconds}
        click.echo(json.dumps(said, indent=1))
        return
    for row in rows:
        state = "is there already" if row["made"] else f"{row['frames']} frames, {row['format']}"
        click.echo(f"{row['flight']}: {state}")
    click.echo(
        f"{len(todo)} of {len(rows)} sorties to make: {frames} frames, about {_size(size)}, about {_time(seconds)} "
        f"with {workers} process{'es' if workers > 1 else ''}"
    )


def _size(size_bytes: float) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def _time(seconds: float) -> str:
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"


def _inject(context: click.Context, options: dict[str, Any]) -> int:
    """Hand over to the injection."""
    from pipeline.cli.simulate_inject import inject_events

    missing = [f"--{name}" for name in ("inject", "into", "poses", "terrain") if options[name] is None]
    if missing:
        raise click.UsageError(f"--inject, --into, --poses and --terrain go together; {', '.join(missing)} missing.")
    beside = quick_given(context) + [f"--{name}" for name in ("only", "frames", "sample", "workers") if options[name]]
    beside += ["NIGHT.toml"] if options["description"] else []
    if beside or options["dry_run"]:
        raise ConfigError(f"--inject makes one flight from another; leave out {', '.join(beside or ['--dry-run'])}")
    return inject_events(
        options["inject"],
        options["into"],
        options["poses"],
        options["terrain"],
        options["terrain_datum"],
        options["out"],
        options["as_json"],
    )
