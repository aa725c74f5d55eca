"""The custody log: who did what with which item. Lines are only ever added, each bound to the one before it.

Whoever changes, removes or inserts a line breaks the chain after it. Removing lines at the end does not break it: note
the last line's hash elsewhere (in a report that leaves the house) where that matters.
"""

import hashlib
import json
from collections.abc import Iterator
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
    disk = disk or Disk()
    disk.make_folder(out)
    path = out / LOG
    # Beside the output's data sets, not in one: only .parquet files lie there.
    with FileLock(out / f".{LOG}.lock"):
        entries, check = _walk(path)
        if check.fault is not None:
            raise InputError(f"{path}: {check.fault}; keep this file as evidence, find out who changed it, restore it")
        number, previous = (entries[-1].number + 1, entries[-1].sha256) if entries else (1, FIRST_PREVIOUS)
        at = (_EPOCH + timedelta(microseconds=at_utc_ns // 1000)).isoformat()
        unsigned = CustodyEntry(number, at, who, what, item, previous, "")
        entry = replace(unsigned, sha256=_hash(unsigned))
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        disk.append(path, (line if _ends_whole(path) else "\n" + line).encode())
        disk.sync_folder(out)
    return entry


def verify(out: Path) -> CustodyCheck:
    """Check the whole chain; a log that does not exist yet is whole and empty."""
    return _walk(out / LOG)[1]


def read(out: Path) -> tuple[CustodyEntry, ...]:
    """All intact lines up to the first fault."""
    return tuple(_walk(out / LOG)[0])


def _walk(path: Path) -> tuple[list[CustodyEntry], CustodyCheck]:
    entries: list[CustodyEntry] = []
    cut: list[int] = []
    previous = FIRST_PREVIOUS
    for number, line in _lines(path):
        entry = _parsed(line)
        if entry is None:
            cut.append(number)
            continue
        fault = _fault(entry, len(entries) + 1, previous)
        if fault is not None:
            return entries, CustodyCheck(len(entries), tuple(cut), f"line {number}: {fault}")
        entries.append(entry)
        previous = entry.sha256
    return entries, CustodyCheck(len(entries), tuple(cut), None)


def _fault(entry: CustodyEntry, number: int, previous: str) -> str | None:
    if entry.sha256 != _hash(entry):
        return "its values are not those it was written with"
    if entry.number != number or entry.previous != previous:
        return f"it does not follow entry {number - 1}: lines are missing, inserted or in another order"
    return None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    if path.exists():
        with path.open("rb") as file:
            yield from enumerate(file, start=1)


def _parsed(line: bytes) -> CustodyEntry | None:
    try:
        return CustodyEntry(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _ends_whole(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _hash(entry: CustodyEntry) -> str:
    values = [entry.number, entry.at, entry.who, entry.what, entry.item, entry.previous]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
