"""Progress for people: bars on a terminal, plain lines elsewhere."""

import sys
import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from pipeline.runner.progress import Progress, Silent

QUIET_S = 15.0
"""Without a terminal, a stage speaks at most this often."""


class Bars:
    """One bar a stage, by rich."""

    def __init__(self, console: Console) -> None:
        self._rich = RichProgress(
            TextColumn("{task.description:>12}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._rich.start()

    def start(self, stage: str, total: int | None) -> None:
        """Show a new bar."""
        self._tasks[stage] = self._rich.add_task(stage, total=total, note="")

    def advance(self, stage: str, items: int = 1) -> None:
        """Move the bar."""
        self._rich.advance(self._tasks[stage], items)

    def finish(self, stage: str, text: str) -> None:
        """Fill the bar; a stage that never began gets one."""
        if stage not in self._tasks:
            self.start(stage, 1)
        task = self._tasks[stage]
        total = next(known.total for known in self._rich.tasks if known.id == task)
        done = total or 1
        self._rich.update(task, total=done, completed=done, note=text)

    def close(self) -> None:
        """Leave the bars as they are."""
        self._rich.stop()


class Lines:
    """Plain lines on standard error."""

    def __init__(self) -> None:
        self._done: dict[str, int] = {}
        self._total: dict[str, int | None] = {}
        self._spoke_at = 0.0

    def start(self, stage: str, total: int | None) -> None:
        """Note the total."""
        self._done[stage], self._total[stage] = 0, total
        self._spoke_at = time.monotonic()

    def advance(self, stage: str, items: int = 1) -> None:
        """Say how far it is, now and then."""
        self._done[stage] += items
        if time.monotonic() - self._spoke_at > QUIET_S:
            self._spoke_at = time.monotonic()
            total = self._total[stage]
            click.echo(f"{stage}: {self._done[stage]}" + (f" of {total}" if total else ""), err=True)

    def finish(self, stage: str, text: str) -> None:
        """Say what came of it."""
        click.echo(f"{stage}: {text}", err=True)

    def close(self) -> None:
        """Nothing is open."""


def shown(quiet: bool) -> "tuple[Progress, Bars | Lines | None]":
    """What fits the place where standard error goes, and what to close at the end."""
    if quiet:
        return Silent(), None
    view: Bars | Lines = Bars(Console(stderr=True)) if sys.stderr.isatty() else Lines()
    return view, view
