"""What the runner is asked, and what it answers. All of it can be sent to another process."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Settings

STAGES = ("ingest", "georeference", "register", "mosaic", "detect", "judge")
"""In order; ``--from`` names one of them."""


@dataclass(frozen=True, slots=True)
class Job:
    """One sortie to be run.

    Attributes:
        folder: The sortie. Nothing in it is changed.
        out: Output folder.
        settings: Everything that decides.
        sortie_id: Instead of the one that ``sortie.toml`` or the folder's name gives.
        start: Make this stage and those after it anew, though they may be fresh.
        force: Make everything anew.
        words: Options of the command line that give these settings, for telling people how to run it again.
    """

    folder: Path
    out: Path
    settings: Settings
    sortie_id: str | None = None
    start: str | None = None
    force: bool = False
    words: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What runs this sortie again."""
        return shlex.join(["trucewatch", "run", str(self.folder), *self.words, "--out", str(self.out)])


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch knows of a sortie before it runs it.

    Attributes:
        job: To be run.
        sortie_id, night_id: Which.
        done: Its results stand and everything that they depend on is as it was.
    """

    job: Job
    sortie_id: str
    night_id: str
    done: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        sortie_id, night_id: Which.
        skipped: Everything was done already.
        candidates: Rows by event class and confidence word, sorted.
        rows: Rows by data set, sorted.
        frames: Frames found, placed, and placed by their pixels.
        dropped: What was set aside, by stage and code, sorted.
        seconds: By stage, in order.
        warnings: Sentences for people.
        report: Where the run report lies.
        left_nights: Nights to which the sortie belonged by an earlier run and no longer does; to be closed again.
    """

    sortie_id: str
    night_id: str
    skipped: bool
    candidates: tuple[tuple[str, int], ...]
    rows: tuple[tuple[str, int], ...]
    frames: tuple[int, int, int]
    dropped: tuple[tuple[str, int], ...]
    seconds: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]
    report: Path
    left_nights: tuple[str, ...] = ()
