"""The stages of one sortie, each taken from the work folder when it is fresh and made when it is not."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.archive.archive import Archive
from pipeline.archive.snapshot import Snapshot
from pipeline.archive.snapshot_picture import SnapshotPicture
from pipeline.archive.tile_file import read_tile, write_tile
from pipeline.config import Settings
from pipeline.plugins import telemetry_readers
from pipeline.protocols import GroundPicture
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, Track
from pipeline.records.frame import GroundFrame
from pipeline.records.mover_sight import FrameSight
from pipeline.records.tile import Tile, TileEntry
from pipeline.runner.flight_extent import beyond_terrain
from pipeline.runner.kept_ingest import load_ingested, store_ingested
from pipeline.runner.look import look
from pipeline.runner.progress import counted
from pipeline.runner.sentences import SENTENCES, clock_off, clock_sentence, skewed, unknown_ground, worth_telling
from pipeline.runner.settled_ground import settled_ground
from pipeline.runner.shown_registration import kept_sheet, leave_sheet
from pipeline.runner.stage_book import StageBook
from pipeline.runner.workspace import StageFolder
from pipeline.sources.cameras import read_camera_table
from pipeline.sources.frames import FrameReader
from pipeline.sources.orthophoto import open_orthophoto
from pipeline.sources.previews import PreviewReader
from pipeline.sources.sortie import read_sortie
from pipeline.stages.change import FindChanges
from pipeline.stages.georeference import Georeference
from pipeline.stages.ingest import Ingest, Ingested
from pipeline.stages.mosaic import Mosaic, choose_gsd_mm
from pipeline.stages.movement import PlaceTracks
from pipeline.stages.mover_sight import on_ground
from pipeline.stages.register import Register
from pipeline.stages.registration_overlay import Overlays
from pipeline.stages.reported_tracks import CompareReported
from pipeline.stages.settle_heights import SettledHeights


@dataclass(frozen=True, slots=True)
class FileHashes:
    """Content of the files that a run reads; empty for those that the settings do not name."""

    sortie: str
    cameras: str
    terrain: str
    reference: str


@dataclass(slots=True)
class SortieWork:
    """One run of one sortie. Call its stages in order.

    Attributes:
        folder: The sortie.
        archive: Ground tiles of earlier flights.
        sortie_id: Its id.
        settings: Everything that decides.
        cameras: The camera table.
        hashes: Of the files that it reads.
        known_sha256: Hash of each file in the folder, by its path there.
        book: Accounts of the stages.
        warnings: Sentences for people.
    """

    folder: Path
    archive: Archive
    sortie_id: str
    settings: Settings
    cameras: Path
    hashes: FileHashes
    known_sha256: Mapping[str, str]
    book: StageBook
    warnings: list[str] = field(default_factory=list)

    def ingest(self) -> Ingested:
        """Read the folder; frames with their poses from telemetry.

        Raises:
            InputError: Not one frame can be placed.
        """
        settings = (self.settings.read, self.settings.ingest, self.settings.decode)
        inputs = {"sortie": self.hashes.sortie, "cameras": self.hashes.cameras, "folder": str(self.folder.resolve())}

        def read(stage: StageFolder) -> tuple[int, int]:
            table = read_camera_table(self.cameras)
            readers = telemetry_readers()
            contents = read_sortie(
                self.folder,
                self.settings.read,
                table,
                sortie_id=self.sortie_id,
                readers=readers,
                known_sha256=self.known_sha256,
            )
            with FrameReader(self.settings.decode) as pixels:
                made = Ingest(self.settings.ingest)(contents, pixels, PreviewReader(pixels))
            store_ingested(stage, made)
            chosen = len(contents.stills) + sum(len(video.indices) for video in contents.videos)
            return chosen, len(made.frames)

        stage = self.book.kept("ingest", settings, inputs, None, read)
        made = load_ingested(stage)
        self.warnings += [clock_sentence(found) for found in made.clocks if worth_telling(found)]
        return made

    def settle(self, ingested: Ingested) -> SettledHeights:
        """Heights of cameras and ground in one datum. Quick, so it is never kept.

        Raises:
            DatumError: Nothing says how the two go together.
            InputError: The elevation model cannot be used.
        """
        settled = settled_ground(ingested.frames, ingested.site, self.settings)
        self.warnings += [SENTENCES[note] for note in settled.notes if note in SENTENCES]
        return settled

    def georeference(self, ingested: Ingested, settled: SettledHeights) -> tuple[GroundFrame, ...]:
        """Frames on the ground by telemetry alone."""
        settings = (
            self.settings.terrain.vertical_datum,
            self.settings.terrain.sigma_m,
            self.settings.terrain.reach_m,
            self.settings.heights,
            self.settings.georeference,
        )
        inputs = {"ingest": self.book.keys["ingest"], "terrain": self.hashes.terrain}

        def make(stage: StageFolder) -> tuple[int, int]:
            step = Georeference(ingested.site, settled.terrain, self.settings.georeference)
            return self._run(
                stage, step(counted(settled.frames, "georeference", self.book.progress)), len(settled.frames)
            )

        stage = self.book.kept("georeference", settings, inputs, len(settled.frames), make)
        frames = stage.load("frames", GroundFrame)
        beyond = beyond_terrain(frames, settled.terrain)
        if beyond:
            self.warnings.append(unknown_ground(beyond, len(frames)))
        self.warnings += skewed(frames)
        return frames

    def register(
        self, ingested: Ingested, settled: SettledHeights, frames: tuple[GroundFrame, ...], snapshot: Snapshot
    ) -> tuple[GroundFrame, ...]:
        """Frames where their pixels say that they are."""
        picture = self._picture(ingested, snapshot)
        matcher = self.settings.picture_matcher()
        inputs = {"georeference": self.book.keys["georeference"], "picture": picture.sha256 if picture else ""}
        if matcher is not None:
            inputs["matcher"] = f"{matcher.name} {matcher.version}"

        def make(stage: StageFolder) -> tuple[int, int]:
            with FrameReader(self.settings.decode) as reader:
                step = Register(ingested.site, settled.terrain, reader, picture, self.settings.register, matcher)
                done = self._run(stage, step(counted(frames, "register", self.book.progress)), len(frames))
                if self.settings.register.show:
                    overlays = Overlays(settled.terrain, reader, picture, self.settings.chips.finest_gsd_m)
                    leave_sheet(stage, ingested.sortie, overlays, frames)
                return done

        finest = self.settings.chips.finest_gsd_m
        settings = (
            self.settings.register,
            self.settings.reference.trust,
            self.settings.decode,
            finest,
            self.settings.matcher,
        )
        stage = self.book.kept("register", settings, inputs, len(frames), make)
        registered = stage.load("frames", GroundFrame)
        self.warnings += clock_off(frames, registered, settled.terrain)
        return registered

    def look(
        self, ingested: Ingested, settled: SettledHeights, frames: tuple[GroundFrame, ...], snapshot: Snapshot
    ) -> tuple[tuple[TileEntry, ...], tuple[Track, ...], tuple[FrameSight, ...]]:
        """One pass over the pixels: tonight's tiles, tracks, and frames in which movers could have been seen."""
        gsd_mm = choose_gsd_mm(frames, self.settings.mosaic, snapshot.gsds_mm(ingested.site.epsg)) if frames else 0
        upstream = {"register": self.book.keys["register"], "gsd_mm": str(gsd_mm)}
        mosaic_settings = (self.settings.mosaic, self.settings.decode)
        watch_settings = (self.settings.movement, self.settings.tracks, self.settings.reported, self.settings.decode)
        tiles = self.book.folder("mosaic", mosaic_settings, upstream)
        tracks = self.book.folder("tracks", watch_settings, upstream)
        need_tiles = "mosaic" in self.book.remake or not tiles.is_fresh()
        need_tracks = "detect" in self.book.remake or not tracks.is_fresh()
        self.book.progress.start("look", len(frames))
        seconds = (0.0, 0.0, 0.0)
        if need_tiles or need_tracks:
            seconds = self._pass(
                ingested, settled, frames, gsd_mm, tiles if need_tiles else None, tracks if need_tracks else None
            )
        self.book.progress.finish("look", f"{len(frames)} frames" if need_tiles or need_tracks else "not needed")
        entries = tiles.load("entries", TileEntry)
        found = tracks.load("tracks", Track)
        if need_tiles or need_tracks:
            self.book.close("decode", len(frames), len(frames), (), seconds[0], False)
        self.book.close("mosaic", len(frames), len(entries), tiles.load("dropped", Dropped), seconds[1], not need_tiles)
        self.book.close(
            "movement", len(frames), len(found), tracks.load("dropped", Dropped), seconds[2], not need_tracks
        )
        return entries, found, tracks.load("sights", FrameSight)

    def _pass(
        self,
        ingested: Ingested,
        settled: SettledHeights,
        frames: tuple[GroundFrame, ...],
        gsd_mm: int,
        tiles: StageFolder | None,
        tracks: StageFolder | None,
    ) -> tuple[float, float, float]:
        """Seconds spent on decoding, the mosaic and movement."""
        mosaic = None
        if tiles is not None:
            mosaic = Mosaic(
                ingested.site,
                settled.terrain,
                self.settings.mosaic,
                tiles.start(),
                self.sortie_id,
                flight=frames,
                gsd_mm=gsd_mm,
                write_tile=write_tile,
            )
        detector = self.settings.movement_detector() if tracks is not None else None
        with FrameReader(self.settings.decode) as reader:
            triage, progress = self.settings.ingest.triage, self.book.progress
            looked = look(frames, reader, mosaic, detector, progress, "look", triage, settled.terrain)
        decoded, laid, watched = looked.seconds
        started = time.perf_counter()
        if tiles is not None and mosaic is not None:
            tiles.store("entries", mosaic.finish())
            tiles.store("dropped", looked.dropped)
            tiles.finish()
        written = time.perf_counter()
        if tracks is not None:
            tracks.start()
            place = PlaceTracks(ingested.site, settled.terrain, self.settings.tracks)
            compare = CompareReported(self.settings.reported)
            placed: list[Track | Dropped] = []
            for stream in looked.streams:
                movers = compare(stream.tracks, ingested.reported, stream.frames, stream.sights)
                placed += [*place(movers.tracks, stream.frames), *movers.dropped]
            tracks.store("tracks", number_tracks(item for item in placed if isinstance(item, Track)))
            tracks.store("dropped", [item for item in placed if isinstance(item, Dropped)])
            share, sigmas = self.settings.tracks.jitter_share, self.settings.tracks.min_displacement_sigmas
            told = [sight for s in looked.streams for sight in on_ground(s.sights, s.frames, share, sigmas)]
            tracks.store("sights", told)
            tracks.finish()
        return decoded, laid + written - started, watched + time.perf_counter() - written

    def changes(
        self, ingested: Ingested, pairs: tuple[tuple[TileEntry, TileEntry], ...], snapshot: Snapshot
    ) -> tuple[Change, ...]:
        """Tonight's tiles against the earlier ones that they are paired with."""
        inputs = {"mosaic": self.book.keys["mosaic"], "snapshot": snapshot.sha256}

        def make(stage: StageFolder) -> tuple[int, int]:
            detector = self.settings.change_detector()
            step = FindChanges(detector, ingested.site, self.settings.changes)
            tiles = self.book.work / "mosaic"
            read = ((snapshot.read(before), read_tile(tiles, after)) for before, after in pairs)
            found = list(step(counted(read, "detect", self.book.progress)))
            changes = [item for item in found if isinstance(item, Change)]
            stage.store("changes", changes)
            stage.store("dropped", [item for item in found if isinstance(item, Dropped)])
            return len(pairs), len(changes)

        stage = self.book.kept("detect", (self.settings.change, self.settings.changes), inputs, len(pairs), make)
        return stage.load("changes", Change)

    def read_tile(self, entry: TileEntry) -> Tile:
        """One of tonight's tiles."""
        return read_tile(self.book.work / "mosaic", entry)

    def registration_sheet(self) -> bytes | None:
        """The picture by which people judge the registration; None where there is none."""
        return kept_sheet(self.book.work / "register")

    def _picture(self, ingested: Ingested, snapshot: Snapshot) -> GroundPicture | None:
        choice = self.settings.reference
        if choice.path is not None:
            return open_orthophoto(choice.path, ingested.site, choice.trust)
        first = min(frame.ref.t_utc_ns for frame in ingested.frames)
        archived = SnapshotPicture(snapshot, ingested.site, first, self.sortie_id)
        return archived if len(archived) else None

    @staticmethod
    def _run(stage: StageFolder, items: Iterator[GroundFrame | Dropped], taken: int) -> tuple[int, int]:
        """Store a stage over frames."""
        made = list(items)
        frames = [item for item in made if isinstance(item, GroundFrame)]
        stage.store("frames", frames)
        stage.store("dropped", [item for item in made if isinstance(item, Dropped)])
        return taken, len(frames)


def number_tracks(tracks: Iterable[Track]) -> list[Track]:
    """Tracks of all streams under ids that are unique in the sortie, in order of time."""
    ordered = sorted(tracks, key=lambda track: (int(track.t_utc_ns[0]), track.frame_ids[0], track.boxes_px[0].tolist()))
    return [replace(track, track_id=f"T{number:04d}") for number, track in enumerate(ordered, 1)]
