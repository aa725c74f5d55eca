"""Commits one fixed publication and is cut at the N-th call: ``python faulty.py OUT N`` kills itself there."""

import errno
import os
import signal
import sys
from pathlib import Path

CHANGING = ("open", "write", "fsync", "close", "rename", "mkdir", "unlink", "rmdir")

OLD = {
    "data/a.parquet": b"old a" * 50,
    "data/b.parquet": b"old b" * 50,
    "night1/c.parquet": b"old c",
    "runs/S.json": b"1",
}
NEW = {
    "data/a.parquet": b"new a" * 90,
    "night2/c.parquet": b"new c",
    "kept/b.parquet": b"old b" * 50,
    "runs/S.json": b"2",
}
REMOVED = ("night1/c.parquet",)
AFTER = {**OLD, **NEW}
del AFTER["night1/c.parquet"]


class Cut(BaseException):
    """The process is gone: nothing after this runs, as with SIGKILL."""


class FaultySyscalls:
    """Real calls until the N-th, which fails; a write that fails has written half. Fsync is skipped: it takes time."""

    def __init__(self, at: int, fault: int | str) -> None:
        self.at = at
        self.fault = fault
        self.calls: list[str] = []

    def __getattr__(self, name: str):
        def call(*args):
            self.calls.append(name)
            if len(self.calls) == self.at and not (name == "close" and self.fault != "kill"):
                if name == "write":
                    os.write(args[0], args[1][: len(args[1]) // 2])
                self.fail()
            return None if name == "fsync" else getattr(os, name)(*args)

        if name not in CHANGING:
            raise AttributeError(name)
        return call

    def fail(self) -> None:
        if self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "cut":
            raise Cut
        raise OSError(self.fault, os.strerror(int(self.fault)))


class FullDisk(FaultySyscalls):
    """From the N-th call on there is no room: not for a file, a byte or a folder."""

    def __init__(self, full_from: int) -> None:
        super().__init__(at=-1, fault="cut")
        self.full_from = full_from

    def __getattr__(self, name: str):
        inner = super().__getattr__(name)

        def call(*args):
            if len(self.calls) + 1 >= self.full_from and name in ("write", "mkdir"):
                self.calls.append(name)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return inner(*args)

        return call


class Recording:
    """Real calls, written down as (name, path)."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Path]] = []
        self.paths: dict[int, Path] = {}

    def __getattr__(self, name: str):
        if name not in CHANGING:
            raise AttributeError(name)

        def call(*args):
            result = getattr(os, name)(*args)
            if name == "open":
                self.paths[result] = args[0]
            path = self.paths[args[0]] if isinstance(args[0], int) else args[-1] if name == "rename" else args[0]
            self.log.append((name, path))
            return result

        return call


def state(out: Path) -> dict[str, bytes]:
    """What readers see."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.relative_to(out).parts[0] != "staging"
    }


if __name__ == "__main__":
    from pipeline.sinks.commit import commit
    from pipeline.sinks.disk import Disk

    commit(Path(sys.argv[1]), "S", NEW, REMOVED, Disk(FaultySyscalls(int(sys.argv[2]), "kill")))
