"""The stages of one run: which are fresh, what each took, gave and dropped, and how long it took."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.records.dropped import Dropped
from pipeline.records.report import StageReport
from pipeline.runner.code_version import code_version
from pipeline.runner.progress import Progress
from pipeline.runner.workspace import StageFolder, stage_key


@dataclass(slots=True)
class Timed:
    """What came of a stage that is not kept."""

    given: int = 0
    set_aside: tuple[Dropped, ...] = ()

    def end(self, given: int, set_aside: Iterable[Dropped]) -> None:
        """State the result."""
        self.given, self.set_aside = given, tuple(set_aside)


@dataclass(frozen=True, slots=True)
class Counts:
    """Items that a stage took and gave."""

    taken: int
    given: int


@dataclass(slots=True)
class StageBook:
    """Keeps the accounts of one run.

    Attributes:
        work: ``OUT/work/SORTIE``.
        remake: Stages to be made though they may be fresh.
        progress: Told of every stage.
        reports: One a stage, as they end.
        dropped: By all stages.
        keys: Of the stages so far.
    """

    work: Path
    remake: frozenset[str]
    progress: Progress
    reports: list[StageReport] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def folder(self, name: str, settings: object, inputs: dict[str, str]) -> StageFolder:
        """A stage's folder, under the hash of everything that its result depends on."""
        self.keys[name] = stage_key(name, code_version(), settings, inputs)
        return StageFolder(self.work / name, self.keys[name])

    def kept(
        self,
        name: str,
        settings: object,
        inputs: dict[str, str],
        total: int | None,
        make: Callable[[StageFolder], tuple[int, int]],
    ) -> StageFolder:
        """Make a stage, unless it is fresh; either way count what it took, gave and dropped."""
        stage = self.folder(name, settings, inputs)
        started = time.perf_counter()
        self.progress.start(name, total)
        reused = name not in self.remake and stage.is_fresh()
        if not reused:
            stage.start()
            taken, given = make(stage)
            stage.store("counts", [Counts(taken, given)])
            stage.finish()
        counts = stage.load("counts", Counts)[0]
        seconds = time.perf_counter() - started
        self.close(name, counts.taken, counts.given, stage.load("dropped", Dropped), seconds, reused)
        return stage

    @contextmanager
    def timed(self, name: str, taken: int) -> "Iterator[Timed]":
        """A stage that is never kept: count and time it."""
        started = time.perf_counter()
        self.progress.start(name, taken)
        stage = Timed()
        yield stage
        self.close(name, taken, stage.given, stage.set_aside, time.perf_counter() - started, False)

    def close(
        self, name: str, taken: int, given: int, set_aside: Iterable[Dropped], seconds: float, reused: bool
    ) -> None:
        """Enter a stage that ended."""
        dropped = tuple(set_aside)
        codes = tuple(sorted(Counter(item.code for item in dropped).items()))
        self.dropped += dropped
        self.reports.append(StageReport(name, taken, given, codes, round(seconds, 3), reused))
        lost = f", {len(dropped)} set aside" if dropped else ""
        self.progress.finish(name, f"{given} from {taken}{lost}" + (" (kept from before)" if reused else ""))
