"""Which files a run depends on, by their content.

Hashing a night of flights means reading all of it, so a file whose size and time of change are as they were keeps the
hash that was computed then.
"""

import hashlib
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.runner.workspace import file_sha256

LOOK_AGAIN_S = 2.0
"""Between two looks at a folder that is still being copied."""

PATIENCE_S = 120.0
"""How long a folder may go on changing before its sortie is set aside."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One regular file.

    Attributes:
        path: Relative to the folder, forward slashes.
        size_bytes, mtime_ns: As the file system says.
        sha256: Of its bytes; empty when it could not be read.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    sha256: str


def list_inputs(folder: Path, known: Iterable[InputFile] = ()) -> tuple[InputFile, ...]:
    """All regular files below a folder, sorted by path; links, pipes and devices are never opened."""
    before = {(item.path, item.size_bytes, item.mtime_ns): item for item in known}
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            status = path.lstat()
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):
            continue
        raw = path.relative_to(folder).as_posix()
        name = raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        same = before.get((name, status.st_size, status.st_mtime_ns))
        found.append(same or InputFile(name, status.st_size, status.st_mtime_ns, _hash_or_nothing(path)))
    return tuple(found)


def settled_inputs(
    folder: Path,
    known: Iterable[InputFile] = (),
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[InputFile, ...]:
    """The files of a folder once none of them changes while it is read: flights arrive while a batch runs.

    Raises:
        InputError: They go on changing for longer than `patience_s`.
    """
    files = list_inputs(folder, known)
    waited_s = 0.0
    while True:
        now = {(item.path, item.size_bytes, item.mtime_ns) for item in list_inputs(folder, files)}
        moving = now ^ {(item.path, item.size_bytes, item.mtime_ns) for item in files}
        if not moving:
            return files
        if waited_s >= patience_s:
            example = min(path for path, _, _ in moving)
            raise InputError(
                f"{folder}: still changes after {patience_s:.0f} s, for example {example}; is the flight being copied? "
                "run it again when it is there"
            )
        sleep(LOOK_AGAIN_S)
        waited_s += LOOK_AGAIN_S
        files = list_inputs(folder, files)


def inputs_sha256(files: Iterable[InputFile]) -> str:
    """One hash over names and contents, whatever the times."""
    total = hashlib.sha256()
    for item in sorted(files, key=lambda file: file.path):
        total.update(f"{item.path}\0{item.sha256}\n".encode())
    return total.hexdigest()


def _hash_or_nothing(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError:
        return ""
