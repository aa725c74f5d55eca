"""``trucewatch batch``: a folder of sorties."""

import json
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.batch import BatchResult, Failure, plan_batch, run_batch, sortie_folders
from pipeline.cli.choices import PATH, Choices, deciding_options
from pipeline.cli.show_progress import shown
from pipeline.cli.tell import outcome_json, summary, tell_rows
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.runner.identity import load_named, refuse_out_within
from pipeline.runner.job import Job, Outcome, Plan
from pipeline.runner.process_executor import ProcessPerTask, default_workers


@click.command(
    epilog="""\b
Examples:
  trucewatch batch flights/2021-03-04 --config night.toml --out out
  trucewatch batch flights --dry-run        what would be done
"""
)
@click.argument("flights", type=PATH)
@deciding_options
@click.option("--workers", type=click.IntRange(1), help="Sorties at a time; by default one a processor.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster instead, e.g. tcp://10.0.0.1:8786.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; run nothing.")
@click.option("--force", is_flag=True, help="Make everything anew.")
def batch(
    flights: Path,
    choices: Choices,
    out: Path,
    as_json: bool,
    workers: int | None,
    scheduler: str | None,
    dry_run: bool,
    force: bool,
) -> int:
    """Run every sortie in the folder FLIGHTS, night by night.

    Sorties that are done are passed over, those that were cut short go on where they stood, and one that fails is set
    aside with its reason while the others go on. Each runs in a process of its own.
    """
    settings = choices.settings()
    load_named(settings)
    refuse_out_within(out, flights)
    jobs = [Job(folder, out, settings, force=force, words=choices.words()) for folder in sortie_folders(flights)]
    executor = _executor(settings, workers, scheduler)
    try:
        plans, failures = plan_batch(jobs, executor)
        if dry_run:
            _tell_plan(plans, failures, as_json)
            return 1 if failures else 0
        result = _run(plans, failures, out, executor, settings, as_json)
    except BaseException:
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)
    _tell_result(result, out, as_json)
    return 1 if result.failures else 0


def _executor(settings: Settings, workers: int | None, scheduler: str | None) -> Executor:
    if scheduler is None:
        return ProcessPerTask(workers or default_workers(), settings.batch.sortie_timeout_s)
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError("--scheduler needs Dask: pip install 'trucewatch[dask]'") from error
    try:
        executor: Executor = Client(scheduler, timeout="20s").get_executor(retries=settings.batch.attempts - 1)
    except OSError as error:
        raise ConfigError(f"no Dask scheduler answers at {scheduler} ({error}); is it running?") from error
    return executor


def _run(
    plans: list[Plan], failures: list[Failure], out: Path, executor: Executor, settings: Settings, as_json: bool
) -> BatchResult:
    progress, view = shown(as_json)
    progress.start("sorties", len(plans) + len(failures))

    def tell(_: str, what: Outcome | Failure | int) -> None:
        progress.advance("sorties")
        if as_json:
            return
        if isinstance(what, Outcome):
            click.echo(("done before: " if what.skipped else "") + summary(what), err=True)
        elif isinstance(what, Failure):
            click.echo(f"{what.sortie_id} is set aside: {what.reason}", err=True)

    try:
        result = run_batch(plans, failures, out, executor, settings.batch.attempts, tell)
        progress.finish("sorties", f"{len(result.outcomes)} done, {len(result.failures)} set aside")
    finally:
        if view is not None:
            view.close()
    return result


def _tell_plan(plans: list[Plan], failures: list[Failure], as_json: bool) -> None:
    if as_json:
        rows = [
            {"sortie": plan.sortie_id, "night": plan.night_id, "folder": str(plan.job.folder), "done": plan.done}
            for plan in plans
        ]
        click.echo(json.dumps({"schema": "trucewatch-plan/1", "sorties": rows, "failures": _plain(failures)}, indent=1))
        return
    for plan in plans:
        click.echo(f"{plan.night_id}  {plan.sortie_id}  {'done' if plan.done else 'to do'}")
    for failure in failures:
        click.echo(f"            {failure.sortie_id}  would be set aside: {failure.reason}")


def _tell_result(result: BatchResult, out: Path, as_json: bool) -> None:
    if as_json:
        outcomes = [outcome_json(outcome) for outcome in result.outcomes]
        text = {"schema": "trucewatch-batch/1", "sorties": outcomes, "failures": _plain(result.failures)}
        click.echo(json.dumps(text, indent=1))
        return
    total = sum(count for outcome in result.outcomes for _, count in outcome.candidates)
    skipped = sum(outcome.skipped for outcome in result.outcomes)
    blind = [outcome.sortie_id for outcome in result.outcomes if not outcome.frames[1]]
    click.echo(
        f"{len(result.outcomes)} sorties done ({skipped} of them before), {len(result.failures)} set aside; "
        f"{total} candidates for review" + (", the surest first:" if total else ".")
    )
    tell_rows(result.outcomes, out)
    if blind:
        click.echo(f"nothing could be examined in {len(blind)} of them: {', '.join(blind)}")
    for failure in result.failures:
        click.echo(f"set aside: {failure.sortie_id}: {failure.reason}\n  again: {failure.again}")
    click.echo(f"Look at: {out}/candidates/v1/ (rows), {out}/chips/v1/ (pictures), {out}/runs/ (run reports)")


def _plain(failures: "list[Failure] | tuple[Failure, ...]") -> list[dict[str, object]]:
    return [{**asdict(failure), "folder": str(failure.folder)} for failure in failures]
