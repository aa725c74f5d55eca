"""Makes the row of an evidence bundle again from what lies in it, and compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from pipeline.config import Settings, load_config
from pipeline.records.bundle import Basis, BundleManifest
from pipeline.records.candidate import Candidate, Chip
from pipeline.runner import bundle_baseline, bundle_decided, bundle_originals, bundle_poses
from pipeline.runner.baselines import snapshot_before
from pipeline.runner.bundle_poses import read_poses
from pipeline.runner.bundle_row import ROW
from pipeline.runner.code_version import code_version
from pipeline.runner.identity import identify, versions
from pipeline.runner.job import Job
from pipeline.runner.progress import Progress, Silent
from pipeline.runner.publication import Found, cut_chips, judge
from pipeline.runner.run import evidence_of_frames, find_evidence, open_work
from pipeline.runner.sortie_work import SortieWork
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import RowContext
from pipeline.sinks.compare_rows import Difference, Likeness, apart_m, compare_rows
from pipeline.sinks.events import read_known_events
from pipeline.stages.settle_heights import SettledHeights


class Outcome(StrEnum):
    """What making a row again gave."""

    IDENTICAL = "identical"
    """Every column but those that may differ."""
    WITHIN_ERRORS = "within_errors"
    """The same finding, its figures within the row's own errors."""
    DIFFERS = "differs"
    NOT_FOUND = "not_found"
    """No such finding came out."""
    UNBOUND = "unbound"
    """The bundle's configuration or agreement is not that of the row: nothing was made again."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How a row came out again.

    Attributes:
        outcome: In a word.
        basis: From where it was made.
        differences: Columns that are not as published.
        unbound: Hashes of the row that do not follow from the bundle's configuration.
        pictures: Pictures that came out byte by byte, and their number.
        other_versions: Software that is not of the version that published the row: name, then and now.
    """

    outcome: Outcome
    basis: Basis
    differences: tuple[Difference, ...] = ()
    unbound: tuple[str, ...] = ()
    pictures: tuple[int, int] = (0, 0)
    other_versions: tuple[tuple[str, str, str], ...] = ()


def reproduce(root: Path, manifest: BundleManifest, progress: Progress | None = None) -> Reproduction:
    """Make a bundle's row again. Its hashes were checked before.

    Args:
        root: The bundle's folder; nothing in it is changed.
        manifest: Its manifest.
        progress: Told of every stage.

    Raises:
        TrucewatchError: Something in the bundle cannot be used; the message says what.
    """
    row: dict[str, Any] = pq.ParquetFile(root / ROW).read().to_pylist()[0]
    folder = root / bundle_decided.FOLDER
    settings = load_config(folder / bundle_decided.CONFIG)
    unbound = bundle_decided.unbound(settings, {file.path: file for file in manifest.decided_by.files}, row)
    if unbound:
        return Reproduction(Outcome.UNBOUND, manifest.basis, unbound=unbound)
    settings = bundle_decided.with_recorded_cameras(settings, folder)
    now = dict(versions())
    then = manifest.decided_by.versions
    other = tuple((name, was, now.get(name, "none")) for name, was in then if now.get(name) != was)
    with TemporaryDirectory(prefix="trucewatch-again-") as temporary:
        out = Path(temporary)
        for name in ("archive", "events"):
            if (root / bundle_baseline.FOLDER / name).is_dir():
                (out / name).symlink_to((root / bundle_baseline.FOLDER / name).resolve(), target_is_directory=True)
        candidates, chips = _again(root.resolve(), out, settings, manifest, progress or Silent())
    rows = CANDIDATES.table(candidates, RowContext(manifest.sortie_id, manifest.night_id, None)).to_pylist()
    best = _counterpart(row, rows)
    if best is None:
        return Reproduction(Outcome.NOT_FOUND, manifest.basis, other_versions=other)
    whole = manifest.basis is Basis.FOLDER
    differences = compare_rows(row, best, same_software=manifest.decided_by.code_version == code_version(), whole=whole)
    return Reproduction(
        _outcome(differences),
        manifest.basis,
        differences,
        pictures=_pictures(root, [chip for chip in chips if chip.candidate_id == best["candidate_id"]]),
        other_versions=other,
    )


def _again(
    root: Path, out: Path, settings: Settings, manifest: BundleManifest, progress: Progress
) -> tuple[tuple[Candidate, ...], tuple[Chip, ...]]:
    """Rows and pictures of the sortie, from what is in the bundle, under the hashes that the row was decided by."""
    originals = root / bundle_originals.FOLDER
    if not originals.is_dir():
        originals = root / bundle_originals.PICTURES
    job = Job(originals, out, settings, manifest.sortie_id)
    decided = manifest.decided_by
    who = identify(job, manifest.sortie_id)
    who = replace(
        who,
        config_sha256=decided.config_sha256,
        agreement=replace(who.agreement, sha256=decided.agreement_sha256),
    )
    work = open_work(job, who, progress)
    found = _from_folder(work, out) if manifest.basis is Basis.FOLDER else _from_poses(work, root, out)
    candidates = judge(work, found, who, decided.archive_snapshot_sha256)
    return candidates, cut_chips(work, found, candidates, out)


def _from_folder(work: SortieWork, out: Path) -> Found:
    """Every stage, from the files of the sortie."""
    ingested = work.ingest()
    snapshot = snapshot_before(work.archive, ingested.sortie)
    return find_evidence(work, ingested, snapshot, read_known_events(out, ingested.sortie.night_id))


def _from_poses(work: SortieWork, root: Path, out: Path) -> Found:
    """The stages after registration, on the grid of the run's ground tiles."""
    kept = read_poses(root)
    work.settings = replace(work.settings, mosaic=replace(work.settings.mosaic, gsd_mm=kept.gsd_mm))
    work.book.keys["register"] = bundle_poses.FOLDER
    snapshot = snapshot_before(work.archive, kept.ingested.sortie)
    known = read_known_events(out, kept.ingested.sortie.night_id)
    settled = SettledHeights(kept.terrain, (), "", "", float("nan"), ())
    return evidence_of_frames(work, kept.ingested, settled, kept.frames, snapshot, known)


def _counterpart(row: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The row of the same thing by the same rule: by its id, else the nearest within its error."""
    same = [r for r in rows if (r["event_class"], r["rule_id"]) == (row["event_class"], row["rule_id"])]
    exact = [r for r in same if r["event_id"] == row["event_id"]]
    if exact:
        return min(exact, key=lambda r: (r["candidate_id"] != row["candidate_id"], r["candidate_id"]))
    away = [(apart_m(row["geometry"], r["geometry"]), r["candidate_id"], r) for r in same]
    near = [item for item in away if item[0] <= (row["err95_major_m"] or 0.0)]
    return min(near, key=lambda item: item[:2])[2] if near else None


def _outcome(differences: Sequence[Difference]) -> Outcome:
    found = {difference.likeness for difference in differences}
    if Likeness.DIFFERS in found:
        return Outcome.DIFFERS
    return Outcome.WITHIN_ERRORS if Likeness.WITHIN_ERRORS in found else Outcome.IDENTICAL


def _pictures(root: Path, chips: Sequence[Chip]) -> tuple[int, int]:
    published = {path.stem: path.read_bytes() for path in (root / "chips").glob("*.jpg")}
    again = {chip.role: chip.jpeg for chip in chips}
    return sum(again.get(role) == jpeg for role, jpeg in published.items()), len(published)
