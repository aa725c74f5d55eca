"""Writing so that a power cut leaves the old or the new, and every fault is told with its file and remedy."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.errors import PublishError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space and run again",
    errno.EDQUOT: "the disk quota is used up: free some space and run again",
    errno.EIO: "the disk reports a fault: check it (dmesg, smartctl), or write to another with --out, and run again",
    errno.EROFS: "the disk is mounted read-only: remount it, or write to another with --out",
    errno.EACCES: "not allowed to write there: correct the owner or the permissions, or choose another --out",
    errno.EPERM: "not allowed to write there: correct the owner or the permissions, or choose another --out",
    errno.EXDEV: "the output folder spans several file systems: keep all of it on one",
}


class Syscalls(Protocol):
    """The calls that change a disk; the module `os` is one. Tests inject faults here."""

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        """As `os.open`."""
        ...

    def write(self, fd: int, data: memoryview, /) -> int:
        """As `os.write`."""
        ...

    def fsync(self, fd: int) -> None:
        """As `os.fsync`."""
        ...

    def close(self, fd: int) -> None:
        """As `os.close`."""
        ...

    def rename(self, src: Path, dst: Path) -> None:
        """As `os.rename`."""
        ...

    def mkdir(self, path: Path) -> None:
        """As `os.mkdir`."""
        ...

    def unlink(self, path: Path) -> None:
        """As `os.unlink`."""
        ...

    def rmdir(self, path: Path) -> None:
        """As `os.rmdir`."""
        ...


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being written, as `zipfile` takes one."""

    calls: Syscalls
    fd: int

    def write(self, data: bytes) -> int:
        """Write all of it."""
        left = memoryview(data)
        while left:
            left = left[self.calls.write(self.fd, left) :]
        return len(data)

    def tell(self) -> int:
        """Where the next byte goes."""
        return os.lseek(self.fd, 0, os.SEEK_CUR)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere."""
        return os.lseek(self.fd, offset, whence)

    def flush(self) -> None:
        """Nothing is held back."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Durable file operations. Each raises `PublishError` naming the file, the cause and the remedy."""

    calls: Syscalls = os

    def write(self, path: Path, data: bytes) -> None:
        """Write a whole file and have the disk confirm it."""
        self._put(path, data, os.O_TRUNC)

    def append(self, path: Path, data: bytes) -> None:
        """Add to the end of a file, made when absent, and have the disk confirm it."""
        self._put(path, data, os.O_APPEND)

    def _put(self, path: Path, data: bytes, how: int) -> None:
        with _told("write", path):
            fd = self.calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o644)
            try:
                left = memoryview(data)
                while left:
                    left = left[self.calls.write(fd, left) :]
                self.calls.fsync(fd)
            finally:
                self.calls.close(fd)

    @contextmanager
    def writing(self, path: Path) -> "Iterator[OpenFile]":
        """A new file, for what is too large for memory; the disk has confirmed it at the end of the block."""
        with _told("write", path):
            fd = self.calls.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_TRUNC, 0o644)
            try:
                yield OpenFile(self.calls, fd)
                self.calls.fsync(fd)
            finally:
                self.calls.close(fd)

    def sync_folder(self, folder: Path) -> None:
        """Have the disk confirm the names in a folder."""
        with _told("fsync", folder):
            fd = self.calls.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self.calls.fsync(fd)
            finally:
                self.calls.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in another's place in one step."""
        with _told("rename to", target):
            self.calls.rename(source, target)

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each confirmed by the disk."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        with _told("make folder", folder):
            try:
                self.calls.mkdir(folder)
            except FileExistsError:  # another sortie's process was quicker
                if not folder.is_dir():
                    raise
        self.sync_folder(folder.parent)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is gone already is no error."""
        with _told("remove", path):
            try:
                self.calls.unlink(path)
            except FileNotFoundError:
                return

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder; one that is gone or in use is left as it is."""
        with _told("remove folder", folder):
            try:
                self.calls.rmdir(folder)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                    raise


@contextmanager
def _told(action: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "correct that and run again")
        raise PublishError(f"{path}: cannot {action}: {cause}; {remedy}") from error
