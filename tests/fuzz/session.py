"""Fuzzing of one parser in this process, until time is up: Hypothesis draws edits and makes failures small."""

import hashlib
import random
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError, InputError
from tests.fuzz.guard import Guard
from tests.fuzz.mutation import FULL, KINDS, Edit, mutated
from tests.fuzz.targets import TARGETS, Target

ROUND = 200
REAL_BYTES = 200_000
"""Of a real file only the beginning is damaged, in memory."""

edits = st.lists(
    st.builds(
        Edit, st.integers(0, len(KINDS) - 1), st.integers(0, FULL - 1), st.integers(0, FULL - 1), st.integers(0, 255)
    ),
    min_size=1,
    max_size=6,
)


@dataclass(slots=True)
class Outcome:
    """What a session came to.

    Attributes:
        examples: Files that were read.
        refused: Of those, how many with an error of the project.
        failures: Smallest file of each failure, by where it failed.
    """

    examples: int = 0
    refused: int = 0
    peak_bytes: int = 0
    failures: dict[str, Path] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def run_one(target: Target, path: Path) -> bool:
    """Read a file; whether the reader refused it as it should."""
    try:
        target.run(path)
    except (InputError, ConfigError) as error:
        if not str(error).strip():
            raise AssertionError("an error without a message") from error
        return True
    return False


def real_seeds(target: Target, folder: Path | None) -> list[bytes]:
    """Beginnings of real files; empty where there are none."""
    paths = [path for pattern in target.real for path in sorted(folder.glob(pattern))] if folder else []
    return [path.read_bytes()[:REAL_BYTES] for path in paths if path.is_file()]


def fuzz(name: str, seconds: float, first_seed: int, keep: Path, real: Path | None) -> Outcome:
    """Damage files and read them.

    Args:
        name: Of the target.
        seconds: Net of preparation.
        first_seed: Of the first round; every round has its own, which is told with a failure.
        keep: Folder for files that fail. Those made from real data get ``real-`` before their names.
        real: Folder of real data.
    """
    target = TARGETS[name]
    made, real_files = target.seeds(), real_seeds(target, real)
    outcome = Outcome()
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keep, prefix=f"now-{name}-") as place:  # left there by a crash
        path = Path(place) / f"x{target.suffix}"
        for data in made:
            path.write_bytes(data)
            run_one(target, path)
        guard = Guard()
        end = time.monotonic() + seconds
        number = first_seed
        while time.monotonic() < end:
            from_real = bool(real_files) and number % 3 == 0
            _round(target, path, real_files if from_real else made, number, end, guard, outcome, keep, name, from_real)
            number += 1
        outcome.peak_bytes = guard.peak_bytes
    return outcome


def _round(
    target: Target,
    path: Path,
    files: list[bytes],
    number: int,
    end: float,
    guard: Guard,
    outcome: Outcome,
    keep: Path,
    name: str,
    from_real: bool,
) -> None:
    failed: list[tuple[bytes, str]] = []

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(st.integers(0, len(files) - 1), edits, st.booleans())
    def example(which: int, changes: list[Edit], mend: bool) -> None:
        if time.monotonic() > end + (20 if failed else 0):
            return
        data = mutated(files[which], changes, files, target.tokens)
        if mend and target.mend is not None:
            data = target.mend(data)
        path.write_bytes(data)
        outcome.examples += 1
        try:
            with guard.call():
                outcome.refused += run_one(target, path)
        except Exception as error:
            where = _where(error)
            if where in outcome.failures:
                return
            failed.append((data, where))
            raise

    try:
        example()
    except BaseException as error:
        if not failed or isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        data, where = min(failed, key=lambda one: len(one[0]))
        prefix = "real-" if from_real else ""
        kept = keep / f"{name}-{prefix}{hashlib.sha256(data).hexdigest()[:10]}{target.suffix}"
        kept.write_bytes(data)
        outcome.failures[where] = kept
        outcome.told.append(f"{name}, seed {number}: {where}\n  {kept}")


def _where(error: BaseException) -> str:
    """Kind of error and the last line of the project that was at work."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/pipeline/" in f.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "outside the project"
    return (
        f"{type(error).__name__} at {place} ({str(error)[:120]!r})"
        if not frames
        else f"{type(error).__name__} at {place}"
    )


def drawn(rng: random.Random, most: int = 6) -> list[Edit]:
    """Edits for a fuzzer that brings its own randomness."""
    return [
        Edit(rng.randrange(len(KINDS)), rng.randrange(FULL), rng.randrange(FULL), rng.randrange(256))
        for _ in range(rng.randint(1, most))
    ]
