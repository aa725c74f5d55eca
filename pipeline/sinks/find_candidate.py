"""A published row by its id, wherever it lies under an output folder."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import ConfigError, PublishError
from pipeline.sinks.account_columns import CHIPS
from pipeline.sinks.candidate_columns import CANDIDATES

LEAST_DIGITS = 6
"""Shorter beginnings of an id are taken for a slip."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row of ``candidates/v1``.

    Attributes:
        table: One row, as published.
        path: Its file, relative to the output folder.
    """

    table: pa.Table
    path: str

    @property
    def values(self) -> dict[str, Any]:
        """The row's columns."""
        values: dict[str, Any] = self.table.to_pylist()[0]
        return values


def find_candidate(out: Path, candidate_id: str) -> PublishedRow:
    """The row with an id, or with one that begins so.

    Raises:
        ConfigError: Nothing is published there, there is no such row (the nearest ids are named), several begin so, or
            a later run replaced it (that row is named).
        PublishError: A published file cannot be read.
    """
    if not (out / CANDIDATES.name).is_dir():
        raise ConfigError(f"{out}: nothing is published here; name the folder that run or batch wrote to (--out)")
    asked = candidate_id.strip().lower()
    if len(asked) < LEAST_DIGITS:
        raise ConfigError(f"'{candidate_id}' is too short for a candidate; give at least {LEAST_DIGITS} digits of it")
    known: dict[str, Path] = {}
    for path in _parts(out / CANDIDATES.name / CANDIDATES.version, "night=*/sortie=*/*.parquet"):
        for row in _read(path, ["candidate_id"]).to_pylist():
            known[row["candidate_id"]] = path
    found = sorted(name for name in known if name.startswith(asked))
    if len(found) > 1:
        raise ConfigError(f"'{candidate_id}' begins {len(found)} candidates: {', '.join(found[:_SHOWN])} …; give more")
    if not found:
        raise _unknown(out, asked, list(known))
    path = known[found[0]]
    table = _read(path)
    row = table.filter(pc.equal(table["candidate_id"], found[0]))
    return PublishedRow(row, path.relative_to(out).as_posix())


def chips_of(out: Path, row: PublishedRow) -> pa.Table:
    """The pictures of a row, in order of role.

    Raises:
        PublishError: They cannot be read.
    """
    values = row.values
    path = out / CHIPS.path(values["night_id"], values["sortie_id"])
    table = _read(path)
    return table.filter(pc.equal(table["candidate_id"], values["candidate_id"]))


def _unknown(out: Path, asked: str, known: list[str]) -> ConfigError:
    replaced = _replaced(out, asked)
    if replaced is not None:
        return replaced
    near = difflib.get_close_matches(asked, [*known, *(name[: len(asked)] for name in known)], _SHOWN, 0.3)
    whole = dict.fromkeys(next(name for name in known if name.startswith(short)) for short in near)
    words = f"the nearest are {', '.join(whole)}" if whole else f"there are {len(known)} candidates, none like it"
    return ConfigError(f"{out}: no candidate '{asked}' is published here; {words}. Ids are in candidates/v1")


def _replaced(out: Path, asked: str) -> ConfigError | None:
    """What to say of a row that a later run replaced or took back."""
    for path in _parts(out / "superseded" / CANDIDATES.name / CANDIDATES.version, "sortie=*/*.parquet"):
        for row in _read(path, ["candidate_id", "event_id", "rule_id"]).to_pylist():
            if row["candidate_id"].startswith(asked):
                now = _now(out, row, path.parent.name)
                told = (
                    f"a later run of its sortie replaced it by {now}: bundle that"
                    if now
                    else ("a later run of its sortie withdrew it, and no row stands in its place")
                )
                where = path.relative_to(out).as_posix()
                return ConfigError(
                    f"candidate {row['candidate_id']} no longer stands: {told}. It can be read in {where}"
                )
    return None


def _now(out: Path, old: dict[str, Any], sortie: str) -> str | None:
    for path in _parts(out / CANDIDATES.name / CANDIDATES.version, f"night=*/{sortie}/*.parquet"):
        rows = _read(path, ["candidate_id", "supersedes", "event_id", "rule_id"]).to_pylist()
        for row in sorted(rows, key=lambda row: bool(row["supersedes"] != old["candidate_id"])):
            same = (row["event_id"], row["rule_id"]) == (old["event_id"], old["rule_id"])
            if row["supersedes"] == old["candidate_id"] or same:
                return str(row["candidate_id"])
    return None


def _parts(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.ParquetFile(path).read(columns=columns)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise PublishError(f"{path}: cannot be read: {error}; restore it, or run its sortie again") from error
