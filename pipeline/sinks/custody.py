"""The custody log: who did what with which item. Lines are only ever added, each bound to the one before it.

Whoever changes, removes or inserts a line breaks the chain after it. Removing lines at the end does not break it: note
the last line's hash elsewhere (in a report that leaves the house) where that matters.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock

from pipeline.errors import InputError
from pipeline.sinks.disk import Disk

LOG = "custody.jsonl"
FIRST_PREVIOUS = "0" * 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """One line.

    Attributes:
        number: From 1.
        at: ISO time, UTC.
        who: Person, cell or process.
        what: ``ingested``, ``derived``, ``published``, ``viewed``, ``located``, ``exported`` …
        item: File, sortie, candidate or place, in words.
        previous: Hash of the line before; 64 zeros for the first.
        sha256: Hash of this line's other values.
    """

    number: int
    at: str
    who: str
    what: str
    item: str
    previous: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CustodyCheck:
    """What checking the log gave.

    Attributes:
        entries: Intact lines up to the fault, or all of them.
        cut_lines: Lines, counted from 1, that a power cut left unfinished; they say nothing and break nothing.
        fault: The first break of the chain, in words; None when it is whole.
    """

    entries: int
    cut_lines: tuple[int, ...]
    fault: str | None


def note(out: Path, who: str, what: str, item: str, at_utc_ns: int, *, disk: Disk | None = None) -> CustodyEntry:
    """Add a line; safe from several processes at once. Returns when the disk has confirmed it.

    Raises:
        PublishError: The line could not be written.
        InputError: The chain is broken: adding to it would hide that.
    """
    return CustodyLog(out, disk).note(who, what, item, at_utc_ns)


class CustodyLog:
    """The log of an output folder, for one who adds many lines: what was checked once is not checked again.

    Args:
        out: Output folder.
        disk: Where it lies.
    """

    def __init__(self, out: Path, disk: Disk | None = None) -> None:
        self._out, self._disk = out, disk or Disk()
        self._walk = _Walk()

    def note(self, who: str, what: str, item: str, at_utc_ns: int) -> CustodyEntry:
        """Add a line; see `note`."""
        self._disk.make_folder(self._out)
        path = self._out / LOG
        # Beside the output's data sets, not in one: only .parquet files lie there.
        with FileLock(self._out / f".{LOG}.lock"):
            self._walk = walk = self._walk.on(path)
            if walk.fault is not None:
                raise InputError(
                    f"{path}: {walk.fault}; keep this file as evidence, find out who changed it, restore it"
                )
            at = (_EPOCH + timedelta(microseconds=at_utc_ns // 1000)).isoformat()
            unsigned = CustodyEntry(walk.entries + 1, at, who, what, item, walk.previous, "")
            entry = replace(unsigned, sha256=_hash(unsigned))
            line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
            self._disk.append(path, (line if walk.last.endswith(b"\n") else "\n" + line).encode())
            if walk.end == 0:
                self._disk.sync_folder(self._out)  # the name is new
        return entry


def verify(out: Path) -> CustodyCheck:
    """Check the whole chain; a log that does not exist yet is whole and empty."""
    walk = _Walk().on(out / LOG)
    return CustodyCheck(walk.entries, walk.cut_lines, walk.fault)


def read(out: Path) -> tuple[CustodyEntry, ...]:
    """All intact lines up to the first fault."""
    found: list[CustodyEntry] = []
    _Walk().on(out / LOG, found)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Walk:
    """How far a log was checked.

    Attributes:
        end: Bytes.
        lines, entries: Their number, and that of intact ones.
        previous: Hash of the last entry.
        last: The last line.
        cut_lines, fault: As in `CustodyCheck`.
    """

    end: int = 0
    lines: int = 0
    entries: int = 0
    previous: str = FIRST_PREVIOUS
    last: bytes = b"\n"
    cut_lines: tuple[int, ...] = ()
    fault: str | None = None

    def on(self, path: Path, found: list[CustodyEntry] | None = None) -> "_Walk":
        """To the end of the file, or to the first fault; from its beginning where it isn't the file that was walked.

        Args:
            path: The log.
            found: Takes up the entries.
        """
        if not path.exists():
            return _Walk()
        with path.open("rb") as file:
            if self.end:
                file.seek(self.end - len(self.last))
                if file.read(len(self.last)) != self.last or not self.last.endswith(b"\n"):
                    return _Walk().on(path, found)
            walk = replace(self, fault=None)
            for line in file:
                walk = walk._over(line, found)
                if walk.fault is not None:
                    break
        return walk

    def _over(self, line: bytes, found: list[CustodyEntry] | None) -> "_Walk":
        number = self.lines + 1
        there = replace(self, end=self.end + len(line), lines=number, last=line)
        entry = _parsed(line)
        if entry is None:
            return replace(there, cut_lines=(*self.cut_lines, number))
        fault = _fault(entry, self.entries + 1, self.previous)
        if fault is not None:
            return replace(self, fault=f"line {number}: {fault}")
        if found is not None:
            found.append(entry)
        return replace(there, entries=self.entries + 1, previous=entry.sha256)


def _fault(entry: CustodyEntry, number: int, previous: str) -> str | None:
    if entry.sha256 != _hash(entry):
        return "its values are not those it was written with"
    if entry.number != number or entry.previous != previous:
        return f"it does not follow entry {number - 1}: lines are missing, inserted or in another order"
    return None


def _parsed(line: bytes) -> CustodyEntry | None:
    try:
        return CustodyEntry(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _hash(entry: CustodyEntry) -> str:
    values = [entry.number, entry.at, entry.who, entry.what, entry.item, entry.previous]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
