"""Many sorties: night by night, each in a process of its own, and nothing that one of them does ends the rest."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, TrucewatchError
from pipeline.runner.job import Job, Outcome, Plan
from pipeline.runner.night import close_night
from pipeline.runner.process_executor import TaskDied, TaskFailed
from pipeline.runner.run import plan_sortie, run_sortie
from pipeline.sinks.custody import LOG

PLANS_PER_TASK = 20
"""Reading the telemetry of a sortie takes a fraction of what starting a process takes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A sortie that was set aside.

    Attributes:
        folder: The sortie.
        sortie_id: Its id, or the folder's name when none could be found.
        reason: A sentence.
        attempts: How often it was tried.
        again: The command that runs it again.
    """

    folder: Path
    sortie_id: str
    reason: str
    attempts: int
    again: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of a batch.

    Attributes:
        outcomes: Sorties that are done, in order of night and id.
        failures: Sorties that were set aside, in order of their folders.
        nights: Nights that were closed.
    """

    outcomes: tuple[Outcome, ...]
    failures: tuple[Failure, ...]
    nights: tuple[str, ...]


Tell = Callable[[str, Outcome | Failure | int], None]
"""Told ``planned`` with a count, ``done`` with an `Outcome`, ``failed`` with a `Failure`."""


def sortie_folders(flights: Path) -> tuple[Path, ...]:
    """The sorties of a folder of flights: its subfolders but output folders of earlier runs, in order of their names.

    Raises:
        ConfigError: There is no such folder, or it holds no subfolder.
    """
    if not flights.is_dir():
        raise ConfigError(f"{flights}: no such folder; name the folder that holds the night's sorties")
    folders = (path for path in flights.iterdir() if path.is_dir() and not path.is_symlink())
    found = sorted(path for path in folders if not path.name.startswith(".") and not (path / LOG).is_file())
    if not found:
        raise ConfigError(
            f"{flights} holds no subfolders; batch takes a folder of sorties. For one sortie: trucewatch run {flights}"
        )
    return tuple(found)


def plan_batch(jobs: Sequence[Job], executor: Executor) -> tuple[list[Plan], list[Failure]]:
    """Find the night of every sortie, and whether it is done.

    A folder that ends its process is asked again alone, so that only it is lost.
    """
    plans: list[Plan] = []
    failures: list[Failure] = []
    chunks = [list(jobs[i : i + PLANS_PER_TASK]) for i in range(0, len(jobs), PLANS_PER_TASK)]
    again: list[Job] = []
    for chunk, future in [(chunk, executor.submit(_plan_chunk, chunk)) for chunk in chunks]:
        try:
            _sort_plans(future.result(), plans, failures)
        except TrucewatchError:
            again += chunk
    for job, future in [(job, executor.submit(_plan_chunk, [job])) for job in again]:
        try:
            _sort_plans(future.result(), plans, failures)
        except TrucewatchError as error:
            failures.append(Failure(job.folder, job.folder.name, str(error), 1, job.command))
    return _without_twins(sorted(plans, key=lambda plan: (plan.night_id, plan.sortie_id, plan.job.folder)), failures)


def _plan_chunk(jobs: list[Job]) -> list[Plan | Failure]:
    """Runs in a worker."""
    found: list[Plan | Failure] = []
    for job in jobs:
        try:
            found.append(plan_sortie(job))
        except (TrucewatchError, OSError) as error:
            found.append(Failure(job.folder, job.folder.name, str(error), 1, job.command))
    return found


def _sort_plans(found: Iterable[Plan | Failure], plans: list[Plan], failures: list[Failure]) -> None:
    for item in found:
        if isinstance(item, Plan):
            plans.append(item)
        else:
            failures.append(item)


def _without_twins(plans: Iterable[Plan], failures: list[Failure]) -> tuple[list[Plan], list[Failure]]:
    """Two folders with one sortie id would overwrite each other's results."""
    kept: dict[str, Plan] = {}
    for plan in plans:
        first = kept.setdefault(plan.sortie_id, plan)
        if first is not plan:
            reason = (
                f"{plan.job.folder}: has the sortie id {plan.sortie_id} like {first.job.folder.name}; "
                "is it a copy? else give it an id of its own in sortie.toml"
            )
            failures.append(Failure(plan.job.folder, plan.sortie_id, reason, 1, plan.job.command))
    return list(kept.values()), failures


def run_batch(
    plans: Sequence[Plan], failures: Sequence[Failure], out: Path, executor: Executor, attempts: int, tell: Tell
) -> BatchResult:
    """Run what is not done, night after night; after each night its tiles join the archive and its events are joined.

    Args:
        plans: In order of night.
        failures: From planning.
        out: Output folder.
        executor: Runs the sorties.
        attempts: A sortie that dies is tried this often.
        tell: Told of every sortie as it ends.
    """
    outcomes: list[Outcome] = []
    lost = list(failures)
    nights = sorted({plan.night_id for plan in plans})
    for failure in failures:
        note_failure(out, failure)
        tell("failed", failure)
    for night in nights:
        tonight = [plan for plan in plans if plan.night_id == night]
        waiting = {executor.submit(run_sortie, plan.job): (plan, 1) for plan in tonight}
        while waiting:
            _collect_one(waiting, outcomes, lost, executor, out, attempts, tell)
        left = {other for outcome in outcomes for other in outcome.left_nights}
        for each in sorted({night} | {other for other in left if other < night}):
            close_night(out, each)
    return BatchResult(
        tuple(sorted(outcomes, key=lambda outcome: (outcome.night_id, outcome.sortie_id))),
        tuple(sorted(lost, key=lambda failure: failure.folder)),
        tuple(nights),
    )


def _collect_one(
    waiting: "dict[Future[Outcome], tuple[Plan, int]]",
    outcomes: list[Outcome],
    lost: list[Failure],
    executor: Executor,
    out: Path,
    attempts: int,
    tell: Tell,
) -> None:
    """Take the next sortie that ended: done, to be tried again, or set aside."""
    future = next(as_completed(waiting))
    plan, tried = waiting.pop(future)
    try:
        outcome = future.result()
    except Exception as error:  # noqa: BLE001  whatever a sortie does, the night goes on
        if _worth_another_try(error) and tried < attempts:
            waiting[executor.submit(run_sortie, plan.job)] = (plan, tried + 1)
            return
        failure = Failure(plan.job.folder, plan.sortie_id, str(error) or type(error).__name__, tried, plan.job.command)
        lost.append(failure)
        note_failure(out, failure)
        tell("failed", failure)
        return
    outcomes.append(outcome)
    failure_path(out, plan.sortie_id).unlink(missing_ok=True)
    tell("done", outcome)


def _worth_another_try(error: Exception) -> bool:
    """A process that died may have been unlucky; a clear refusal stays one."""
    if isinstance(error, TaskFailed):
        return not error.refused
    return isinstance(error, TaskDied | OSError) or not isinstance(error, TrucewatchError)


def failure_path(out: Path, sortie_id: str) -> Path:
    """Where the reason lies for which a sortie was set aside."""
    return out / "runs" / f"{sortie_id}.failed.json"


def note_failure(out: Path, failure: Failure) -> None:
    """Write down why a sortie was set aside, and the command that runs it again."""
    path = failure_path(out, failure.sortie_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    text = {
        "sortie": failure.sortie_id,
        "folder": str(failure.folder),
        "reason": failure.reason,
        "attempts": failure.attempts,
        "run_again": failure.again,
    }
    with aside.open("w") as handle:
        json.dump(text, handle, indent=1)
        handle.flush()
        os.fsync(handle.fileno())
    aside.rename(path)
