"""The evidence bundle of one candidate: everything that shows where its row comes from, and nothing beside it."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.archive.archive import Archive
from pipeline.archive.tile_file import read_frame_times
from pipeline.config import Settings
from pipeline.errors import ConfigError, InputError, PublishError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.bundle import BundleManifest, DecidedBy, OnStation
from pipeline.records.frame import GroundFrame
from pipeline.records.report import SortieReport
from pipeline.records.tile import TileEntry
from pipeline.runner.baselines import snapshot_before, tile_square
from pipeline.runner.bundle_baseline import earlier_ground
from pipeline.runner.bundle_decided import decided_parts
from pipeline.runner.bundle_originals import original_parts
from pipeline.runner.bundle_row import frame_rows, row_parts
from pipeline.runner.identity import locked, refuse_out_within
from pipeline.runner.kept_ingest import load_ingested
from pipeline.runner.kept_settings import kept_settings
from pipeline.runner.publication import combined_sha256
from pipeline.runner.workspace import MANIFEST, StageFolder
from pipeline.sinks.bundle_store import Part, refuse_existing, write_bundle
from pipeline.sinks.custody import note
from pipeline.sinks.events import read_known_events
from pipeline.sinks.find_candidate import PublishedRow, find_candidate
from pipeline.sinks.run_report import read_report, stands
from pipeline.sinks.telemetry_table import telemetry_csv
from pipeline.stages.ingest import Ingested
from pipeline.stages.on_station import OnStationSettings, Span, clipped, on_station

WAIT_S = 30.0
"""How long a run of the same sortie may hold a bundle up."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for which bundle.

    Attributes:
        candidate_id: Or its beginning.
        out: Output folder of the runs.
        target: Folder or zip to write; None: ``bundle-ID.zip`` in the current folder.
        who, purpose: For the custody log: who asks, and for whom or what.
        settings: Those of the run; None: as it left them.
        folder: Where the sortie's originals lie now; None: where the run read them.
        station: What counts as on station.
    """

    candidate_id: str
    out: Path
    target: Path | None
    who: str
    purpose: str
    settings: Settings | None = None
    folder: Path | None = None
    station: OnStationSettings = field(default_factory=OnStationSettings)


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was written.

    Attributes:
        target: Where.
        seal: Hash of its manifest, as noted in the custody log.
        manifest: Without the list of files.
        size_bytes: Of all files.
        files: Their number.
    """

    target: Path
    seal: str
    manifest: BundleManifest
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a run left about one row.

    Attributes:
        row: As published.
        report: Of the run.
        settings: Of the run.
        folder: The sortie's originals.
        ingested, frames: As kept by the run.
        gsd_mm: Ground sample distance of the run's tiles; None where it made none.
        span: The part of the flight that a bundle shows.
    """

    row: PublishedRow
    report: SortieReport
    settings: Settings
    folder: Path
    ingested: Ingested
    frames: tuple[GroundFrame, ...]
    gsd_mm: int | None
    span: Span

    @property
    def shown(self) -> tuple[GroundFrame, ...]:
        """Placed frames on station."""
        return tuple(frame for frame in self.frames if self.span.holds(frame.ref.t_utc_ns))


def make_bundle(asking: Asking, clock: Callable[[], int] = time.time_ns) -> Made:
    """Write the bundle of a candidate. That it was asked for is noted first, its hash before it appears.

    Raises:
        ConfigError: No such candidate, or the settings are not those of its run.
        InputError: Originals are missing or changed, or the run's work folder was cleared; nothing is written.
        PublishError: The bundle or the custody log could not be written.
    """
    row = find_candidate(asking.out, asking.candidate_id)
    values = row.values
    name = str(values["candidate_id"])
    target = asking.target or Path(f"bundle-{name[:12]}.zip")
    refuse_existing(target)
    note(asking.out, asking.who, "asked for a bundle", f"{name} for {asking.purpose}", clock())
    with locked(asking.out, values["sortie_id"], WAIT_S), TemporaryDirectory(prefix="trucewatch-bundle-") as scratch:
        found = _evidence(asking, row)
        refuse_out_within(target, found.folder)
        manifest, parts = _gather(asking, found, Path(scratch))

        def sealed(seal: str) -> None:
            note(asking.out, asking.who, "bundled", f"{name} for {asking.purpose}: manifest {seal}", clock())

        written = write_bundle(target, manifest, parts, sealed)
    return Made(target, written.seal, manifest, written.files, written.size_bytes)


def _gather(asking: Asking, found: Evidence, scratch: Path) -> tuple[BundleManifest, list[Part]]:
    values, ingested = found.row.values, found.ingested
    decided = decided_parts(found.settings, values)
    snapshot = snapshot_before(Archive(asking.out / "archive"), ingested.sortie)
    known = read_known_events(asking.out, ingested.sortie.night_id)
    as_then = combined_sha256(snapshot, known) == values["archive_snapshot_sha256"]
    ground = earlier_ground(asking.out, snapshot, found.shown, ingested, scratch)
    originals = original_parts(found, may_be_whole=as_then and ground.registers_alike, scratch=scratch)
    samples = sum(len(track) for track in ingested.tracks)
    tracks = [clipped(track, found.span) for track in ingested.tracks]
    parts = [
        *row_parts(asking.out, found.row),
        frame_rows(asking.out, found.row, {frame.ref.frame_id for frame in found.shown}),
        *decided.parts,
        *ground.parts,
        *originals.parts,
    ]
    for number, track in enumerate((track for track in tracks if len(track)), start=1):
        parts.append(Part(f"telemetry/{number}.csv", "telemetry on station", telemetry_csv(track)))
    manifest = BundleManifest(
        candidate_id=values["candidate_id"],
        event_id=values["event_id"],
        sortie_id=values["sortie_id"],
        night_id=values["night_id"],
        security_marking=values["security_marking"],
        basis=originals.basis,
        decided_by=DecidedBy(
            config_sha256=values["config_sha256"],
            agreement_sha256=values["agreement_sha256"],
            archive_snapshot_sha256=values["archive_snapshot_sha256"],
            code_version=values["code_version"],
            files=decided.files,
            versions=found.report.versions,
        ),
        on_station=OnStation(
            _iso(found.span.start_utc_ns),
            _iso(found.span.end_utc_ns),
            len(found.shown),
            len(found.frames) - len(found.shown),
            sum(len(track) for track in tracks),
            samples - sum(len(track) for track in tracks),
            found.span.notes,
        ),
        notifications_left_out=decided.notifications_left_out,
        archive_whole=ground.whole,
        archive_as_then=as_then,
        withheld=originals.withheld,
    )
    return manifest, parts


def _evidence(asking: Asking, row: PublishedRow) -> Evidence:
    """What the run left, checked against what it published."""
    values = row.values
    sortie_id = values["sortie_id"]
    report = read_report(asking.out, sortie_id)
    published = next((file for file in report.outputs if file.path == row.path), None) if report else None
    if report is None or published is None or not stands(asking.out, published):
        raise PublishError(
            f"{asking.out / row.path}: not what the run report of {sortie_id} says was published; was it edited? run "
            "the sortie again with --force"
        )
    work = asking.out / "work" / sortie_id
    ingested = load_ingested(_kept(work / "ingest", sortie_id))
    frames = _kept(work / "register", sortie_id).load("frames", GroundFrame)
    site = ingested.site
    mosaic = work / "mosaic"
    tiles = _kept(mosaic, sortie_id).load("entries", TileEntry)
    place_m = None if values["geometry"] is None else _place_m(shapely.from_wkb(values["geometry"]), tiles, site)
    named = set(values["frame_ids"])
    times = [frame.ref.t_utc_ns for frame in frames if frame.ref.frame_id in named]
    own = [_ns(values["t_start"]), _ns(values["t_end"]) + 999, *times]
    laid = sorted({t for entry in tiles for t in read_frame_times(mosaic, entry)})
    span = on_station((min(own), max(own)), place_m, frames, ingested.tracks, site, asking.station, laid)
    gsd_mm = tiles[0].key.gsd_mm if tiles else None
    settings = asking.settings or kept_settings(work)
    return Evidence(row, report, settings, asking.folder or _source(work), ingested, frames, gsd_mm, span)


def _place_m(place: BaseGeometry, tiles: Sequence[TileEntry], site: SiteFrame) -> BaseGeometry:
    """A finding with the whole tiles that it lies in: a change is told by all of a tile."""
    metres = shapely.transform(place, lambda at: np.asarray(site.from_lonlat(at[:, 0], at[:, 1])))
    squares = [square for entry in tiles if (square := tile_square(entry.key, site)).intersects(metres)]
    return shapely.union_all([metres, *squares])


def _kept(folder: Path, sortie_id: str) -> StageFolder:
    try:
        key = json.loads((folder / MANIFEST).read_text())["key"]
    except (OSError, ValueError, KeyError):
        key = ""
    stage = StageFolder(folder, key)
    if not key or not stage.is_fresh():
        raise InputError(
            f"{folder}: what the run of {sortie_id} left is gone or was changed, so its poses are not known; run the "
            "sortie again, then bundle"
        )
    return stage


def _source(work: Path) -> Path:
    try:
        folder = Path(json.loads((work / "source.json").read_text())["folder"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{work}/source.json: cannot be read; say where the originals lie with --sortie") from error
    if not folder.is_dir():
        raise ConfigError(f"{folder}: the folder that the run read is gone; say where it lies now with --sortie")
    return folder


def _ns(at: Any) -> int:  # noqa: ANN401  a datetime, as Arrow gives it
    return int((at - _EPOCH) // timedelta(microseconds=1)) * 1000


def _iso(t_utc_ns: int) -> str:
    return (_EPOCH + timedelta(microseconds=t_utc_ns // 1000)).isoformat()
