"""One sortie, from its folder to published rows: resumes what is fresh, publishes all or nothing."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline import __version__
from pipeline.archive.archive import Archive
from pipeline.archive.snapshot import Snapshot
from pipeline.errors import InputError
from pipeline.records.event import KnownEvent
from pipeline.records.frame import GroundFrame
from pipeline.records.report import SortieReport
from pipeline.runner.baselines import baseline_pairs, snapshot_before
from pipeline.runner.confirm import confirmed
from pipeline.runner.identity import Identity, claim, identify, locked, sortie_id_of_job, versions
from pipeline.runner.job import STAGES, Job, Outcome, Plan
from pipeline.runner.kept_settings import keep_settings
from pipeline.runner.outcome import outcome_of
from pipeline.runner.progress import Progress, Silent
from pipeline.runner.publication import Found, combined_sha256, cut_chips, judge, make_publication
from pipeline.runner.sentences import doubts
from pipeline.runner.sortie_work import SortieWork
from pipeline.runner.stage_book import StageBook
from pipeline.sinks.commit import recover
from pipeline.sinks.custody import note
from pipeline.sinks.disk import Disk
from pipeline.sinks.events import read_known_events
from pipeline.sinks.publish import PublishedFiles, publish
from pipeline.sinks.run_report import altered, read_report
from pipeline.stages.ingest import Ingested
from pipeline.stages.settle_heights import SettledHeights

Clock = Callable[[], int]
"""UTC nanoseconds; for run reports and the custody log only."""

WHO = f"trucewatch {__version__}"
"""How this software signs the custody log."""

PLANNING_WAIT_S = 30.0
"""Two folders of one id may be planned at once; the second one then says so."""

NO_AGREEMENT_WORDS = "No agreement was given, so nothing was judged: name one with --agreement or in the configuration."


def plan_sortie(job: Job) -> Plan:
    """Find a sortie's night, and whether it is done. Reads its telemetry unless that was kept.

    Raises:
        TrucewatchError: As for `run_sortie`.
    """
    sortie_id = sortie_id_of_job(job)
    with locked(job.out, sortie_id, PLANNING_WAIT_S):
        recover(job.out, sortie_id, Disk())
        who = identify(job, sortie_id)
        work = open_work(job, who, Silent())
        claim(work.book.work, job.folder, who.inputs)
        ingested = work.ingest()
        snapshot = snapshot_before(work.archive, ingested.sortie)
        known = read_known_events(job.out, ingested.sortie.night_id)
        done = not _to_remake(job) and _is_done(job.out, who, combined_sha256(snapshot, known))
        return Plan(job, sortie_id, ingested.sortie.night_id, done)


def run_sortie(job: Job, progress: Progress | None = None, clock: Clock = time.time_ns) -> Outcome:
    """Run one sortie and publish its results. What is fresh is not made again.

    The archive is read as it was before the sortie's night and is not changed: see `pipeline.runner.night.close_night`.

    Args:
        job: What to do.
        progress: Told of every stage.
        clock: Now.

    Raises:
        BusyError: Another process runs it.
        ConfigError: Wrong use or configuration.
        InputError, GeometryError: The sortie cannot be used; the message says why.
        PublishError: The results could not be written whole.
    """
    telling = progress or Silent()
    sortie_id = sortie_id_of_job(job)
    with locked(job.out, sortie_id):
        recover(job.out, sortie_id, Disk())
        started = clock()
        who = identify(job, sortie_id)
        work = open_work(job, who, telling)
        claim(work.book.work, job.folder, who.inputs)
        ingested = work.ingest()
        snapshot = snapshot_before(work.archive, ingested.sortie)
        known = read_known_events(job.out, ingested.sortie.night_id)
        seen_sha256 = combined_sha256(snapshot, known)
        if not _to_remake(job) and _is_done(job.out, who, seen_sha256):
            keep_settings(work.book.work, job.settings)
            return outcome_of(job.out, sortie_id, skipped=True)
        note(job.out, WHO, "ingested", sortie_id, started)
        confirmer = job.settings.track_confirmer()
        if confirmer is not None:
            model = f"{sortie_id}: {confirmer.name} {confirmer.version}, weights {confirmer.model_sha256}"
            note(job.out, WHO, "asked a model", model, clock())
        found = find_evidence(work, ingested, snapshot, known)
        if job.settings.agreement.path is None:
            work.warnings.append(NO_AGREEMENT_WORDS)
        work.warnings += doubts(ingested, found.frames)
        candidates = judge(work, found, who, seen_sha256)
        chips = cut_chips(work, found, candidates, job.out)
        report = SortieReport(
            sortie_id=sortie_id,
            night_id=ingested.sortie.night_id,
            started_utc_ns=started,
            finished_utc_ns=clock(),
            stages=tuple(work.book.reports),
            inputs=who.files,
            versions=versions(),
            config_sha256=who.config_sha256,
            agreement_sha256=who.agreement.sha256,
            archive_snapshot_sha256=seen_sha256,
            warnings=tuple(work.warnings),
        )
        keep_settings(work.book.work, job.settings)
        published = publish(job.out, make_publication(work, found, who, candidates, chips, report))
        note(job.out, WHO, "published", f"{sortie_id}: {_total(published)} candidates", clock())
        return replace(outcome_of(job.out, sortie_id, skipped=False), left_nights=_left_nights(published))


def find_evidence(work: SortieWork, ingested: Ingested, snapshot: Snapshot, known: tuple[KnownEvent, ...]) -> Found:
    """The stages from telemetry to evidence."""
    settled = work.settle(ingested)
    by_telemetry = work.georeference(ingested, settled)
    frames = work.register(ingested, settled, by_telemetry, snapshot)
    return evidence_of_frames(work, ingested, settled, frames, snapshot, known)


def evidence_of_frames(
    work: SortieWork,
    ingested: Ingested,
    settled: SettledHeights,
    frames: tuple[GroundFrame, ...],
    snapshot: Snapshot,
    known: tuple[KnownEvent, ...],
) -> Found:
    """The stages from placed frames to evidence."""
    entries, tracks, sights = work.look(ingested, settled, frames, snapshot)
    tracks = confirmed(work, tracks, frames)
    pairs, pinned = baseline_pairs(snapshot, entries, ingested.sortie)
    changes = work.changes(ingested, pairs, snapshot)
    return Found(ingested, frames, entries, tracks, changes, sights, pairs, pinned, snapshot, known, settled.terrain)


def _to_remake(job: Job) -> frozenset[str]:
    """Stages that were asked to be made anew."""
    if job.force:
        return frozenset(STAGES)
    return frozenset(STAGES[STAGES.index(job.start) :]) if job.start is not None else frozenset()


def open_work(job: Job, who: Identity, progress: Progress) -> SortieWork:
    """The stages of a job."""
    return SortieWork(
        folder=job.folder,
        archive=Archive(job.out / "archive"),
        sortie_id=who.sortie_id,
        settings=job.settings,
        cameras=who.cameras,
        hashes=who.hashes,
        known_sha256={item.path: item.sha256 for item in who.inputs if item.sha256},
        book=StageBook(job.out / "work" / who.sortie_id, _to_remake(job), progress),
    )


def _is_done(out: Path, who: Identity, seen_sha256: str) -> bool:
    """The published results stand, and all that they depend on is as it was."""
    try:
        report = read_report(out, who.sortie_id)
    except InputError:
        return False
    return (
        report is not None
        and report.inputs == who.files
        and report.versions == versions()
        and report.config_sha256 == who.config_sha256
        and report.agreement_sha256 == who.agreement.sha256
        and report.archive_snapshot_sha256 == seen_sha256
        and not altered(out, report)
    )


def _left_nights(published: PublishedFiles) -> tuple[str, ...]:
    nights = {part.removeprefix("night=") for path in published.removed for part in path.split("/") if "night=" in part}
    return tuple(sorted(nights - {published.report.night_id}))


def _total(published: PublishedFiles) -> int:
    return dict(published.report.rows).get("candidates", 0)
