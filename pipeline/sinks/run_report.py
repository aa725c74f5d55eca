"""The run report and manifest of a sortie: ``runs/SORTIE.json``."""

import hashlib
import json
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.errors import InputError
from pipeline.records.report import FileHash, SortieReport, StageReport

FORMAT = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS = ("versions", "rows", "unmatched_movers")
"""Pairs that read better as a JSON object."""


def report_path(sortie_id: str) -> str:
    """Where a sortie's report lies, relative to the output folder."""
    return f"runs/{sortie_id}.json"


def sheet_path(sortie_id: str) -> str:
    """Where the picture of a sortie's registration lies."""
    return f"runs/{sortie_id}-registration.jpg"


def report_json(report: SortieReport) -> bytes:
    """A report as JSON for people and machines."""
    content: dict[str, object] = {"format": FORMAT, **asdict(report)}
    for name in _COUNTS:
        content[name] = dict(getattr(report, name))
    content["stages"] = [{**asdict(stage), "dropped": dict(stage.dropped)} for stage in report.stages]
    content["started"] = _iso(report.started_utc_ns)
    content["finished"] = _iso(report.finished_utc_ns)
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_report(out: Path, sortie_id: str) -> SortieReport | None:
    """The report of the latest published run of a sortie, None when it never was.

    Raises:
        InputError: The report cannot be read.
    """
    path = out / report_path(sortie_id)
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}, this version reads {FORMAT}")
        return _record(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not a run report: {error!r}; was it edited, or written by another version? run the sortie again"
            " with --force"
        ) from error


def altered(out: Path, report: SortieReport) -> tuple[str, ...]:
    """Outputs of a report that are missing or not as it says; empty when everything published still stands."""
    return tuple(output.path for output in report.outputs if not stands(out, output))


def stands(out: Path, output: FileHash) -> bool:
    """Whether a file is there with the content stated."""
    path = out / output.path
    try:
        if path.stat().st_size != output.size_bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == output.sha256
    except OSError:
        return False


def _record(content: dict[str, object]) -> SortieReport:
    values = {field.name: content[field.name] for field in fields(SortieReport)}
    stages = content["stages"]
    if not isinstance(stages, list):
        raise TypeError("'stages' is not a list")
    values["stages"] = tuple(StageReport(**{**stage, "dropped": tuple(stage["dropped"].items())}) for stage in stages)
    for name in _COUNTS:
        pairs = content[name]
        if not isinstance(pairs, dict):
            raise TypeError(f"'{name}' is not an object")
        values[name] = tuple(pairs.items())
    for name in ("inputs", "outputs"):
        files = content[name]
        if not isinstance(files, list):
            raise TypeError(f"'{name}' is not a list")
        values[name] = tuple(FileHash(**file) for file in files)
    for name in ("warnings", "superseded", "withdrawn"):
        words = content[name]
        if not isinstance(words, list):
            raise TypeError(f"'{name}' is not a list")
        values[name] = tuple(words)
    return SortieReport(**values)  # type: ignore[arg-type]  # JSON carries no types; the shapes were checked above


def _iso(t_utc_ns: int) -> str:
    return (_EPOCH + timedelta(microseconds=t_utc_ns // 1000)).isoformat()
