"""Publishing one sortie: every data set, the run report last, all or nothing."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.errors import PublishError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.candidate import Candidate, Chip, CoverageRow
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, Track
from pipeline.records.frame import GroundFrame
from pipeline.records.mover_sight import FrameSight
from pipeline.records.report import FileHash, SortieReport
from pipeline.sinks.account_columns import CHIPS, COVERAGE, DROPPED
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import Dataset, Record, RowContext
from pipeline.sinks.commit import commit, recover
from pipeline.sinks.disk import Disk
from pipeline.sinks.evidence_columns import CHANGES, TRACKS
from pipeline.sinks.frame_columns import FRAMES
from pipeline.sinks.geoparquet import encode
from pipeline.sinks.run_report import report_json, report_path, sheet_path, stands

SORTIE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""A sortie id begins with a letter: readers take ``sortie=0012`` for the number 12."""

_DATASET_DEPTH = 4
"""Folders above a file of a data set."""

_KEPT_WHEN_SUPERSEDED = (CANDIDATES.name, CHIPS.name)
"""What verdicts refer to. Tracks of movers are not kept: no pattern of life."""


@dataclass(frozen=True, slots=True, eq=False)
class Publication:
    """Everything that one run of one sortie gives.

    Attributes:
        site: The plane in which the metres of tracks, changes and frames are.
        candidates: `Candidate.supersedes` is set by publishing.
        tracks: All of them; those that no candidate speaks of are counted, never published.
        changes, frames, coverage, dropped: All of them.
        chips: Of these candidates.
        report: Without outputs; publishing fills them in.
        registration_jpeg: The picture by which people judge the registration; None for none.
        sights: What movers had to be like to be seen, of the frames that were looked at.
    """

    site: SiteFrame | None
    candidates: Sequence[Candidate]
    tracks: Sequence[Track]
    changes: Sequence[Change]
    frames: Sequence[GroundFrame]
    coverage: Sequence[CoverageRow]
    dropped: Sequence[Dropped]
    chips: Sequence[Chip]
    report: SortieReport
    registration_jpeg: bytes | None = None
    sights: Sequence[FrameSight] = ()


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """What stands after publishing.

    Attributes:
        report: As written.
        changed: Files written or replaced, relative to the output folder; empty when the rows were the same.
        removed: Files of an earlier run of the sortie that no longer stand.
    """

    report: SortieReport
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Earlier:
    """Candidates of the previous run."""

    by_event: dict[tuple[str, str | None], str]
    supersedes: dict[str, str | None]


def publish(out: Path, bundle: Publication, disk: Disk | None = None) -> PublishedFiles:
    """Publish a sortie's results together, in place of those of an earlier run.

    A file whose bytes would be the same is left alone; the run report is written anew, since it tells of this run.
    The rows of candidates and chips that are replaced stay readable under ``superseded/``.

    Args:
        out: Output folder.
        bundle: What to publish. The caller holds the sortie's lock.
        disk: Does the writing; the real one unless a test hands in another.

    Raises:
        PublishError: Nothing was published, or, when the message says so, the next start finishes it.
    """
    disk = disk or Disk()
    report = bundle.report
    _check(bundle)
    recover(out, report.sortie_id, disk)
    standing = _standing(out, report.sortie_id)
    earlier = _earlier_candidates(out, standing)
    candidates = _superseding(bundle.candidates, earlier)
    data, rows = _render(bundle, candidates)
    superseded, withdrawn = _gone(candidates, earlier)
    outputs = tuple(sorted(FileHash(path, hashlib.sha256(file).hexdigest(), len(file)) for path, file in data.items()))
    complete = replace(
        report,
        outputs=outputs,
        rows=rows,
        superseded=superseded,
        withdrawn=withdrawn,
        unmatched_movers=_unmatched(bundle),
    )
    changed = {output.path: data[output.path] for output in outputs if not stands(out, output)}
    removed = tuple(path for path in standing if path not in data)
    kept = _kept(out, [path for path in standing if path in changed or path in removed])
    commit(
        out,
        report.sortie_id,
        {**kept, **changed, report_path(report.sortie_id): report_json(complete)},
        removed,
        disk,
    )
    return PublishedFiles(complete, tuple(changed), removed)


def _check(bundle: Publication) -> None:
    report = bundle.report
    if not SORTIE_ID.fullmatch(report.sortie_id):
        raise PublishError(
            f"'{report.sortie_id}' is no sortie id: it must begin with a letter and hold letters, digits, - and _ only;"
            " set sortie_id in sortie.toml"
        )
    try:
        if date.fromisoformat(report.night_id).isoformat() != report.night_id:
            raise ValueError("not written as YYYY-MM-DD")
    except ValueError as error:
        raise PublishError(f"{report.sortie_id}: '{report.night_id}' is no night id: {error}") from error
    flights = {(row.sortie_id, row.night_id) for row in bundle.candidates}
    flights |= {(row.sortie_id, row.night_id) for row in bundle.coverage}
    others = flights - {(report.sortie_id, report.night_id)}
    if others:
        raise PublishError(
            f"{report.sortie_id}, night {report.night_id}: rows of {', night '.join(min(others))} were handed over;"
            " the stage that made them has a defect"
        )
    strangers = {chip.candidate_id for chip in bundle.chips} - {row.candidate_id for row in bundle.candidates}
    if strangers:
        raise PublishError(
            f"{report.sortie_id}: a chip shows {min(strangers)}, which is no candidate of this run;"
            " chips must be made after judging"
        )


def _render(
    bundle: Publication, candidates: Sequence[Candidate]
) -> tuple[dict[str, bytes], tuple[tuple[str, int], ...]]:
    context = RowContext(
        bundle.report.sortie_id, bundle.report.night_id, bundle.site, {s.frame_id: s for s in bundle.sights}
    )
    files: dict[str, bytes] = {}
    rows: dict[str, int] = {}

    def add(dataset: Dataset[Record], records: Sequence[Record]) -> None:
        table = dataset.table(records, context)
        files[dataset.path(context.night_id, context.sortie_id)] = encode(dataset, table)
        rows[dataset.name] = table.num_rows

    spoken_of = _spoken_of(candidates)
    add(FRAMES, bundle.frames)
    add(CHANGES, bundle.changes)
    add(TRACKS, [track for track in bundle.tracks if track.track_id in spoken_of])
    add(COVERAGE, bundle.coverage)
    add(DROPPED, bundle.dropped)
    add(CHIPS, bundle.chips)
    add(CANDIDATES, candidates)
    if bundle.registration_jpeg is not None:
        files[sheet_path(context.sortie_id)] = bundle.registration_jpeg
    return files, tuple(sorted(rows.items()))


def _spoken_of(candidates: Sequence[Candidate]) -> set[str | None]:
    """Tracks and changes that candidates rest on."""
    return {candidate.evidence_id for candidate in candidates}.union(*(row.member_ids for row in candidates))


def _unmatched(bundle: Publication) -> tuple[tuple[str, int], ...]:
    spoken_of = _spoken_of(bundle.candidates)
    return tuple(sorted(Counter(str(t.kind) for t in bundle.tracks if t.track_id not in spoken_of).items()))


def _standing(out: Path, sortie_id: str) -> tuple[str, ...]:
    """Files of earlier runs of a sortie, in whatever night they were, relative to the output folder."""
    datasets = (CANDIDATES, TRACKS, CHANGES, FRAMES, COVERAGE, DROPPED, CHIPS)
    found = [
        path.relative_to(out).as_posix()
        for dataset in datasets
        for path in (out / dataset.name / dataset.version).glob(f"night=*/sortie={sortie_id}/*.parquet")
    ]
    sheet = sheet_path(sortie_id)
    return tuple(sorted([*found, sheet] if (out / sheet).exists() else found))


def _earlier_candidates(out: Path, standing: Sequence[str]) -> _Earlier:
    earlier = _Earlier({}, {})
    for path in standing:
        if not path.startswith(f"{CANDIDATES.name}/"):
            continue
        try:
            table = pq.read_table(
                out / path, columns=["event_id", "rule_id", "candidate_id", "supersedes"], partitioning=None
            )
        except (OSError, ValueError):
            continue  # damaged since: nothing in it can be superseded, and what is published now replaces it
        for row in table.to_pylist():
            earlier.by_event.setdefault((row["event_id"], row["rule_id"]), row["candidate_id"])
            earlier.supersedes[row["candidate_id"]] = row["supersedes"]
    return earlier


def _superseding(candidates: Sequence[Candidate], earlier: _Earlier) -> list[Candidate]:
    """Rows that say which row of the previous run they replace; an unchanged row keeps what it said."""
    rows = []
    for candidate in candidates:
        if candidate.candidate_id in earlier.supersedes:
            before = earlier.supersedes[candidate.candidate_id]
        else:
            before = earlier.by_event.get((candidate.event_id, candidate.rule_id)) or candidate.supersedes
        rows.append(replace(candidate, supersedes=before))
    return rows


def _gone(candidates: Sequence[Candidate], earlier: _Earlier) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the previous run that are replaced, and those that nothing replaces."""
    gone = set(earlier.supersedes) - {candidate.candidate_id for candidate in candidates}
    replaced = gone & {candidate.supersedes for candidate in candidates}
    return tuple(sorted(replaced)), tuple(sorted(gone - replaced))


def _kept(out: Path, leaving: Sequence[str]) -> dict[str, bytes]:
    """Where the files that verdicts may refer to stay readable, named by their content."""
    kept = {}
    for path in leaving:
        if path.count("/") != _DATASET_DEPTH:
            continue
        dataset, version, _, sortie, _ = path.split("/")
        if dataset in _KEPT_WHEN_SUPERSEDED:
            data = _read(out / path)
            kept[f"superseded/{dataset}/{version}/{sortie}/{hashlib.sha256(data).hexdigest()[:16]}.parquet"] = data
    return kept


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PublishError(f"{path}: cannot read what was published before: {error.strerror}; restore it") from error
