"""From what the stages found to what is published."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.archive.snapshot import Snapshot
from pipeline.errors import InputError
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.plugins import rules
from pipeline.records.candidate import Candidate, Chip, DetectorId, Provenance
from pipeline.records.content_hash import hash_of
from pipeline.records.dropped import Dropped
from pipeline.records.event import KnownEvent
from pipeline.records.evidence import Change, Track
from pipeline.records.frame import GroundFrame
from pipeline.records.mover_sight import FrameSight
from pipeline.records.report import SortieReport
from pipeline.records.tile import TileEntry
from pipeline.runner.baselines import tile_square
from pipeline.runner.code_version import code_version
from pipeline.runner.gallery import Gallery
from pipeline.runner.identity import Identity
from pipeline.runner.sortie_work import SortieWork
from pipeline.sinks.chips import ChipCutter, best_moment
from pipeline.sinks.frame_columns import FRAMES
from pipeline.sinks.publish import Publication
from pipeline.sources.frames import FrameReader
from pipeline.stages.coverage import coverage
from pipeline.stages.ingest import Ingested
from pipeline.stages.judge import Judge


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the stages of one run found.

    Attributes:
        ingested: Sortie, site and posed frames.
        frames: Placed.
        entries: Tonight's tiles.
        tracks, changes: Evidence.
        sights: What movers had to be like to be seen, of the frames that were looked at.
        pairs: Earlier and tonight's tile of every comparison.
        pinned: Flights whose ground is a pinned baseline.
        snapshot: The archive before the night.
        known_events: Events of earlier nights.
        terrain: The ground's height, in the datum of the poses.
    """

    ingested: Ingested
    frames: tuple[GroundFrame, ...]
    entries: tuple[TileEntry, ...]
    tracks: tuple[Track, ...]
    changes: tuple[Change, ...]
    sights: tuple[FrameSight, ...]
    pairs: tuple[tuple[TileEntry, TileEntry], ...]
    pinned: frozenset[str]
    snapshot: Snapshot
    known_events: tuple[KnownEvent, ...]
    terrain: HeightGrid


def combined_sha256(snapshot: Snapshot, known_events: Sequence[KnownEvent]) -> str:
    """Hash of all that earlier nights left and that decides: ground tiles and events."""
    events = hash_of(list(known_events))
    return hashlib.sha256(f"{snapshot.sha256}\n{events}".encode()).hexdigest()


def judge(work: SortieWork, found: Found, who: Identity, seen_sha256: str) -> tuple[Candidate, ...]:
    """Evidence by the agreement; what no rule speaks of joins what was set aside."""
    settings = work.settings
    movement, change = settings.movement_detector(), settings.change_detector()
    confirmer = settings.track_confirmer()
    provenance = Provenance(
        config_sha256=who.config_sha256,
        archive_snapshot_sha256=seen_sha256,
        code_version=code_version(),
        movement=DetectorId(movement.name, movement.version, None if confirmer is None else confirmer.model_sha256),
        change=DetectorId(change.name, change.version, None),
        pinned_sortie_ids=found.pinned,
    )
    ingested = found.ingested
    step = Judge(
        agreement=who.agreement,
        sortie=ingested.sortie,
        site=ingested.site,
        provenance=provenance,
        known_events=found.known_events,
        rules=rules(),
        settings=settings.judge,
        telemetry=ingested.tracks,
    )
    with work.book.timed("judge", len(found.tracks) + len(found.changes)) as stage:
        made = list(step([*found.tracks, *found.changes], found.frames))
        candidates = tuple(item for item in made if isinstance(item, Candidate))
        stage.end(len(candidates), [item for item in made if isinstance(item, Dropped)])
    return candidates


def cut_chips(work: SortieWork, found: Found, candidates: Sequence[Candidate], out: Path) -> tuple[Chip, ...]:
    """Pictures of every candidate."""
    site = found.ingested.site
    hashes = {(work.sortie_id, frame.ref.frame_id): frame.ref.sha256 for frame in found.frames}
    hashes |= earlier_frame_hashes(out, {change.baseline_sortie_id for change in found.changes})
    cutter = ChipCutter(work.sortie_id, site, found.tracks, hashes, found.terrain.height_at, work.settings.chips)
    gallery = Gallery(site, found.entries, found.pairs, work.read_tile, found.snapshot)
    tracks = {track.track_id: track for track in found.tracks}
    changes = {change.change_id: change for change in found.changes}
    frames = {frame.ref.frame_id: frame for frame in found.frames}
    chips: list[Chip] = []
    set_aside: list[Dropped] = []
    with work.book.timed("chips", len(candidates)) as stage, FrameReader(work.settings.decode) as reader:
        for candidate in candidates:
            made: Iterator[Chip | Dropped] = iter(())
            if candidate.evidence_id in changes:
                change = changes[candidate.evidence_id]
                before = gallery.before(change)
                made = cutter.change(candidate.candidate_id, change, before, gallery.tonight(change))
            elif candidate.evidence_id in tracks:
                track = tracks[candidate.evidence_id]
                best = best_moment(track, frames)
                baseline = None if best is None else gallery.earlier_at(track.xy_m[best])
                made = cutter.track(
                    candidate.candidate_id, track, frames, lambda frame: reader.read(frame.ref), baseline
                )
            for item in _surviving(made, candidate.candidate_id):
                if isinstance(item, Chip):
                    chips.append(item)
                else:
                    set_aside.append(item)
            work.book.progress.advance("chips")
        stage.end(len(chips), set_aside)
    return tuple(chips)


def _surviving(items: Iterator[Chip | Dropped], candidate_id: str) -> Iterator[Chip | Dropped]:
    """A picture that can't be made costs no row."""
    try:
        yield from items
    except InputError as error:
        yield Dropped("chips", candidate_id, str(error), "unreadable")


def earlier_frame_hashes(out: Path, sortie_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """Hash of each frame of flights that were published here."""
    found = {}
    for sortie_id in sorted(sortie_ids):
        for path in sorted((out / FRAMES.name / FRAMES.version).glob(f"night=*/sortie={sortie_id}/part-0.parquet")):
            table = pq.ParquetFile(path).read(columns=["frame_id", "frame_sha256"])
            for frame_id, sha256 in zip(*(column.to_pylist() for column in table.columns), strict=True):
                found[sortie_id, frame_id] = sha256
    return found


def make_publication(
    work: SortieWork,
    found: Found,
    who: Identity,
    candidates: Sequence[Candidate],
    chips: Sequence[Chip],
    report: SortieReport,
) -> Publication:
    """Everything that one run gives."""
    ingested = found.ingested
    compared = [tile_square(after.key, ingested.site) for _, after in found.pairs]
    rows = coverage(
        who.agreement,
        ingested.sortie,
        ingested.site,
        found.frames,
        compared_m=compared,
        sights=found.sights,
        settings=work.settings.coverage,
    )
    return Publication(
        site=ingested.site,
        candidates=candidates,
        tracks=found.tracks,
        changes=found.changes,
        frames=found.frames,
        coverage=rows,
        dropped=tuple(work.book.dropped),
        chips=chips,
        report=report,
        registration_jpeg=work.registration_sheet(),
        sights=found.sights,
    )
