"""Files of one sortie appear together or not at all.

Several renames are not one step, so a journal makes them one. The order:

1. every new file is written to ``staging/NAME/`` and confirmed by the disk;
2. the folders they will lie in are made;
3. the journal ``staging/NAME/commit.json``, which lists every rename and removal, is written aside, confirmed, renamed
   and confirmed: **this rename is the commit**;
4. the files are renamed into place, data first, the last file of the list last, each folder confirmed before that;
5. the journal and the staging folder are removed.

Cut before the commit, nothing was published and `recover` clears the staging folder. Cut after it, `recover` does what
is left of steps 4 and 5; doing a part of them twice does no harm. Between the first and the last rename of step 4
(milliseconds; after a cut, until `recover` ran) a reader can meet new files beside old ones: whoever must not, checks
that the journal is absent and that the hashes in the run report, renamed last, are those of the files.

Callers hold the lock of the name: two processes never commit under one name at once.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PublishError
from pipeline.sinks.disk import Disk

STAGING = "staging"
JOURNAL = "commit.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One rename of a journal: a file in the staging folder, its place relative to the output folder, its content."""

    source: str
    target: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Journal:
    """What a commit has decided to do.

    Attributes:
        steps: Renames, in this order; the last one only when all others are confirmed by the disk.
        removals: Files relative to the output folder that are no longer published; their folders go when empty.
    """

    steps: tuple[Step, ...]
    removals: tuple[str, ...]


def commit(out: Path, name: str, files: Mapping[str, bytes], removals: Sequence[str], disk: Disk) -> None:
    """Publish files together.

    Args:
        out: Output folder; all of it on one file system.
        name: Of the staging folder: the sortie, or another unit that is published at once.
        files: Path relative to `out` → content; the last one is put in place last.
        removals: Paths relative to `out` that this publication replaces.
        disk: Does the writing.

    Raises:
        PublishError: Something could not be written. The message says whether anything was published.
    """
    recover(out, name, disk)
    staging = out / STAGING / name
    try:
        journal = _stage(out, staging, files, tuple(removals), disk)
    except PublishError as error:
        if (staging / JOURNAL).exists():
            raise _unfinished(name, staging, error) from error
        _clear_if_possible(staging, disk)
        raise PublishError(f"{name}: nothing was published, what was there before stands: {error}") from error
    try:
        _roll_forward(out, staging, journal, disk)
    except PublishError as error:
        raise _unfinished(name, staging, error) from error


def recover(out: Path, name: str, disk: Disk) -> bool:
    """Finish or undo what an interrupted commit left.

    Returns:
        Whether a decided commit was finished.

    Raises:
        PublishError: It could not be finished; the message says why.
    """
    staging = out / STAGING / name
    if not staging.is_dir():
        return False
    if not (staging / JOURNAL).exists():
        _clear(staging, disk)
        return False
    journal = _read(staging / JOURNAL)
    try:
        _roll_forward(out, staging, journal, disk)
    except PublishError as error:
        raise _unfinished(name, staging, error) from error
    return True


def unfinished(out: Path) -> tuple[str, ...]:
    """Names whose commit was cut, sorted: each waits for `recover`."""
    folder = out / STAGING
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir())) if folder.is_dir() else ()


def _stage(out: Path, staging: Path, files: Mapping[str, bytes], removals: tuple[str, ...], disk: Disk) -> Journal:
    disk.make_folder(staging)
    steps = []
    for number, (target, data) in enumerate(files.items()):
        source = f"{number:03d}{Path(target).suffix}"
        disk.write(staging / source, data)
        steps.append(Step(source, target, hashlib.sha256(data).hexdigest()))
        disk.make_folder((out / target).parent)
    journal = Journal(tuple(steps), removals)
    disk.write(staging / f"{JOURNAL}.part", _written(journal))
    disk.sync_folder(staging)
    disk.rename(staging / f"{JOURNAL}.part", staging / JOURNAL)
    return journal


def _roll_forward(out: Path, staging: Path, journal: Journal, disk: Disk) -> None:
    # The commit's rename may be seen by us and yet be unknown to the disk: confirm it before building on it.
    disk.sync_folder(staging)
    for step in journal.steps[:-1]:
        _place(out, staging, step, disk)
    for removal in journal.removals:
        disk.remove(out / removal)
    for folder in _folders(out, journal):
        disk.sync_folder(folder)
    for removal in journal.removals:
        disk.remove_folder((out / removal).parent)
    for step in journal.steps[-1:]:
        _place(out, staging, step, disk)
        disk.sync_folder((out / step.target).parent)
    disk.remove(staging / JOURNAL)
    disk.sync_folder(staging)
    _clear(staging, disk)


def _place(out: Path, staging: Path, step: Step, disk: Disk) -> None:
    target = out / step.target
    if (staging / step.source).exists():
        disk.make_folder(target.parent)
        disk.rename(staging / step.source, target)
    elif not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != step.sha256:
        raise PublishError(
            f"{target}: neither there with the content that was decided, nor waiting in {staging};"
            f" was a file removed or changed by hand? remove {staging} and run the sortie again with --force"
        )


def _folders(out: Path, journal: Journal) -> list[Path]:
    """Folders to confirm, those above included: an earlier attempt may have been cut right after it made one.

    One that a finished earlier attempt has removed needs no more.
    """
    targets = [out / step.target for step in journal.steps] + [out / removal for removal in journal.removals]
    above = {folder for target in targets for folder in target.parents if folder.is_relative_to(out)}
    return [folder for folder in sorted(above) if folder.is_dir()]


def _clear(staging: Path, disk: Disk) -> None:
    for entry in sorted(staging.iterdir()):
        disk.remove(entry)
    disk.remove_folder(staging)


def _clear_if_possible(staging: Path, disk: Disk) -> None:
    """After a fault the next start clears what cannot be cleared now; the fault itself is what people must hear of."""
    try:
        if staging.is_dir():
            _clear(staging, disk)
    except PublishError:
        return


def _written(journal: Journal) -> bytes:
    steps = [{"source": step.source, "target": step.target, "sha256": step.sha256} for step in journal.steps]
    content = {"format": _FORMAT, "steps": steps, "removals": list(journal.removals)}
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _read(path: Path) -> Journal:
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']}")
        steps = tuple(Step(step["source"], step["target"], step["sha256"]) for step in content["steps"])
        journal = Journal(steps, tuple(content["removals"]))
        for name in [step.target for step in steps] + list(journal.removals):
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError(f"'{name}' leads out of the output folder")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublishError(
            f"{path}: the journal of an interrupted publication cannot be read: {error}; was it changed by hand, or"
            f" written by another version? remove {path.parent} and run the sortie again with --force"
        ) from error
    return journal


def _unfinished(name: str, staging: Path, error: PublishError) -> PublishError:
    return PublishError(
        f"{name}: the new files are complete in {staging}, but not all are in place yet: {error}."
        " The next run of this sortie puts them in place before anything else"
    )
