"""The end of a night: its ground tiles join the archive, and its candidates are joined to events."""

import json
from pathlib import Path

from pipeline.archive.archive import Archive
from pipeline.errors import InputError
from pipeline.records.report import SortieReport
from pipeline.records.tile import TileEntry
from pipeline.runner.workspace import MANIFEST, StageFolder
from pipeline.sinks.events import publish_events
from pipeline.sinks.run_report import read_report


def close_night(out: Path, night_id: str) -> tuple[str, ...]:
    """Add the tiles of a night's published sorties to the archive and publish the night's events.

    May be called again at any time: what is there already stays as it is.

    Returns:
        Ids of the sorties whose tiles are in the archive now.

    Raises:
        PublishError: The disk is full, or something cannot be written; the archive is as it was.
    """
    archive = Archive(out / "archive")
    added = []
    for report in published(out):
        if report.night_id != night_id:
            continue
        entries = _tiles(out / "work" / report.sortie_id / "mosaic")
        if entries is not None:
            archive.add(report.sortie_id, out / "work" / report.sortie_id / "mosaic", entries)
            added.append(report.sortie_id)
    publish_events(out, night_id)
    return tuple(added)


def published(out: Path) -> tuple[SortieReport, ...]:
    """Run reports of all published sorties, in order of their ids; damaged ones are passed over."""
    reports = []
    for path in sorted((out / "runs").glob("*.json")):
        if path.name.endswith(".failed.json"):
            continue
        try:
            report = read_report(out, path.stem)
        except InputError:
            continue
        if report is not None:
            reports.append(report)
    return tuple(reports)


def _tiles(folder: Path) -> tuple[TileEntry, ...] | None:
    """Tiles that a run left; None when they were cleared away since, or the run was cut short."""
    try:
        key = json.loads((folder / MANIFEST).read_text())["key"]
    except (OSError, ValueError, KeyError):
        return None
    stage = StageFolder(folder, key)
    return stage.load("entries", TileEntry) if stage.is_fresh() else None
