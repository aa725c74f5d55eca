"""Opening recorded files only: no link, pipe, device or socket is followed, and nothing waits."""

import hashlib
import os
import stat
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from pipeline.errors import InputError


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises:
        InputError: It is something else, or cannot be opened.
    """
    try:
        # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be opened ({error.strerror}); may this user read it?") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        with suppress(OSError):
            os.close(descriptor)
        raise InputError(f"{path.name}: not a regular file; only recorded files are read")
    return os.fdopen(descriptor, "rb")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises:
        InputError: It cannot be read, or it grew meanwhile.
    """
    with open_regular(path) as file:
        before = os.fstat(file.fileno())
        try:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"{path.name}: cannot be read ({error.strerror}); is the medium damaged?") from error
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(f"{path.name}: changed while it was read; run again when copying has finished")
    return digest
