"""Any folder as a sortie: what each file in it is, by its content, and what it says."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.protocols import TelemetryReader
from pipeline.records.contents import SortieContents, Still, Video
from pipeline.records.dropped import Dropped
from pipeline.records.samples import TelemetrySamples
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedFacts
from pipeline.records.strict_toml import read_toml
from pipeline.sources.camera_clues import CameraClues
from pipeline.sources.cameras import CameraTable, camera_of
from pipeline.sources.numbered_stills import named_by_number
from pipeline.sources.regular_file import open_regular, sha256_of
from pipeline.sources.shutters import stated_shutter, still_shutter
from pipeline.sources.sortie_folder import STAGE, FolderFile, list_files, sortie_id_of
from pipeline.sources.stills import StillHead, is_still, read_still_head
from pipeline.sources.telemetry import READERS
from pipeline.sources.telemetry.csv_table import why_no_telemetry
from pipeline.sources.unnamed_places import settle_unnamed
from pipeline.sources.video import is_video, read_video

FACTS_FILE = "sortie.toml"
HEAD_BYTES = 65536

_LENS = re.compile(r"_\d{4}_([A-Z]{1,3})$", re.IGNORECASE)
"""Behind its number a still of a drone with several lenses names one: W wide, Z zoom, T thermal, V visible."""
_COPY = re.compile(r"^Copy of | ?\(\d+\)$|[ _-]copy( \(?\d+\)?)?$", re.IGNORECASE)
"""What file managers and browsers write into the name of a second copy."""


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How a folder is read.

    Attributes:
        video_every_s: Of a video, one frame in this time is used: 0.5 s lets frames overlap at 15 m/s from 40 m, and
            movers be followed.
    """

    video_every_s: float = 0.5

    def __post_init__(self) -> None:
        if not self.video_every_s >= 0:
            raise ValueError("'video_every_s' must not be negative")


def read_sortie(
    folder: Path,
    settings: ReadSettings,
    cameras: CameraTable,
    *,
    sortie_id: str | None = None,
    readers: Sequence[TelemetryReader] = READERS,
    known_sha256: Mapping[str, str] | None = None,
) -> SortieContents:
    """Read everything in a folder but the pixels. Nothing in it is changed.

    Args:
        folder: The sortie.
        settings: How to read it.
        cameras: Known cameras.
        sortie_id: Instead of the one that ``sortie.toml`` or the folder's name gives.
        readers: Telemetry formats, tried in order.
        known_sha256: Hashes that the caller has, by path within the folder with ``/``; the others are computed.

    Raises:
        ConfigError: The folder cannot be listed, ``sortie.toml`` is wrong, or the stated sortie id is not one.
    """
    files, dropped = list_files(folder)
    facts = (
        read_toml(folder / FACTS_FILE).to(StatedFacts) if any(f.item == FACTS_FILE for f in files) else StatedFacts()
    )
    name = sortie_id_of(folder, sortie_id or facts.id)
    reading = _Reading(settings, cameras, facts, readers, known_sha256 or {})
    for file in sorted(files, key=_named_as_copy):
        if file.item == FACTS_FILE:
            continue
        try:
            reading.take(file)
        except InputError as error:
            dropped.append(Dropped(STAGE, file.item, str(error), "unreadable"))
        except _Passed as passed:
            dropped.append(Dropped(STAGE, file.item, passed.reason, passed.code))
    dropped += reading.dropped
    stills = _stills(sorted(reading.heads, key=lambda read: read.file.item), facts, cameras)
    videos = sorted(reading.videos, key=lambda video: video.item)
    told = sorted(reading.telemetry, key=lambda samples: samples.item)
    telemetry = [part for samples in told for part in named_by_number(samples, [still.item for still in stills])]
    stems = _told_apart([FolderFile(video.path, video.item) for video in videos])
    return SortieContents(
        folder,
        name,
        facts,
        stills,
        tuple(replace(video, stem=stem) for video, stem in zip(videos, stems, strict=True)),
        tuple(settle_unnamed(telemetry, stills)),
        tuple(dropped),
    )


def _named_as_copy(file: FolderFile) -> bool:
    """Copies come last, so that of the same bytes the original keeps the name by which others find it."""
    return bool(_COPY.search(PurePosixPath(file.item).stem))


class _Passed(Exception):  # noqa: N818 - not an error: the file is sound but of no use
    """A file that is passed over."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


@dataclass(frozen=True, slots=True)
class _ReadStill:
    file: FolderFile
    head: StillHead
    sha256: str


class _Reading:
    """Files sorted into what they are, while the folder is read."""

    def __init__(
        self,
        settings: ReadSettings,
        cameras: CameraTable,
        facts: StatedFacts,
        readers: Sequence[TelemetryReader],
        known_sha256: Mapping[str, str],
    ) -> None:
        self.known_sha256 = known_sha256
        self.settings, self.cameras, self.facts, self.readers = settings, cameras, facts, readers
        self.heads: list[_ReadStill] = []
        self.videos: list[Video] = []
        self.telemetry: list[TelemetrySamples] = []
        self.dropped: list[Dropped] = []
        self.seen: dict[str, str] = {}

    def take(self, file: FolderFile) -> None:
        """Read one file as what its first bytes say it is."""
        with open_regular(file.path) as opened:
            head = opened.read(HEAD_BYTES)
        if is_still(head):
            still = read_still_head(file.path, file.item)
            self.heads.append(_ReadStill(file, still, self._hash_once(file)))
        elif is_video(head):
            self._take_video(file, head)
        else:
            reader = next((reader for reader in self.readers if reader.recognises(file.path, head)), None)
            if reader is None:
                why = why_no_telemetry(head) or "neither a picture, a video nor telemetry of a known format"
                raise _Passed(why, "not_recognised")
            parts = reader.read(file.path)
            sha256 = self._hash_once(file)
            self.telemetry += [replace(part, item=file.item, sha256=sha256) for part in parts]

    def _take_video(self, file: FolderFile, head: bytes) -> None:
        """A video, and the telemetry in its own streams; either may be there without the other."""
        sha256 = self._hash_once(file)
        parts: list[TelemetrySamples] = []
        damaged: list[Dropped] = []
        for reader in self.readers:
            if reader.recognises(file.path, head):
                try:
                    parts += reader.read(file.path)
                except InputError as error:
                    damaged.append(Dropped(STAGE, f"{file.item} ({reader.name})", str(error), "unreadable"))
        self.telemetry += [replace(part, item=file.item, sha256=sha256, in_video=True) for part in parts]
        try:
            self.videos.append(read_video(file, sha256, self.settings.video_every_s, self.facts, self.cameras))
        except InputError:
            if not parts:
                raise  # nothing of it can be read: it is named once
        self.dropped += damaged

    def _hash_once(self, file: FolderFile) -> str:
        sha256 = self.known_sha256.get(file.item) or sha256_of(file.path)
        first = self.seen.setdefault(sha256, file.item)
        if first != file.item:
            raise _Passed(f"the same bytes as {first}", "duplicate_file")
        return sha256


def _stills(heads: Sequence[_ReadStill], facts: StatedFacts, table: CameraTable) -> tuple[Still, ...]:
    """Stills with their cameras; sensors and frame ids told apart."""
    ids = _told_apart([read.file for read in heads])
    variants: dict[str, set[str]] = {}
    for read in heads:
        variants.setdefault(_model(read.head), set()).add(_variant(read))
    stills = []
    for read, frame_id in zip(heads, ids, strict=True):
        head, file = read.head, read.file
        model = _model(head)
        sensor = model if len(variants[model]) == 1 else f"{model} {_variant(read)}"
        camera, error = camera_of(
            CameraClues(head.tags.make, head.tags.model, head.size_px, head.exif, head.xmp), sensor, facts.camera, table
        )
        entry = table.find(head.tags.make, head.tags.model, head.size_px)
        band = Band.THERMAL if Band.THERMAL in (head.band, entry.band if entry else None) else head.band
        stills.append(
            Still(
                path=file.path,
                item=file.item,
                frame_id=frame_id,
                size_px=head.size_px,
                sha256=read.sha256,
                band=band,
                sensor=sensor,
                tags=head.tags,
                camera=camera,
                camera_error=error,
                counts_from=head.counts_from,
                warmth_c=head.warmth_c,
                shutter=stated_shutter(facts.camera, sensor) or still_shutter(head.exif, head.xmp, entry),
            )
        )
    return tuple(stills)


def _told_apart(files: Sequence[FolderFile]) -> list[str]:
    """Stems where these are unique whatever the case of letters, else whole paths."""
    stems = [PurePosixPath(file.item).stem for file in files]
    counts = Counter(stem.casefold() for stem in stems)
    names = [
        stem if counts[stem.casefold()] == 1 else file.item.replace("/", "-")
        for stem, file in zip(stems, files, strict=True)
    ]
    twice = Counter(name.casefold() for name in names)
    return [
        name if twice[name.casefold()] == 1 else f"{name}-{hashlib.sha256(file.item.encode()).hexdigest()[:8]}"
        for name, file in zip(names, files, strict=True)
    ]


def _model(head: StillHead) -> str:
    return head.tags.model or head.tags.make or "camera"


def _variant(read: _ReadStill) -> str:
    """Lenses of one drone differ in what the name says of them, else in size or focal length.

    A zoom lens is one sensor whatever its focal length, so that the name goes first.
    """
    named = _LENS.search(PurePosixPath(read.file.item).stem)
    if named and read.head.tags.make == "DJI":
        return named[1].upper()
    focal = read.head.exif.number("focal_mm")
    lens = f" {focal:.1f}mm" if focal > 0 else ""
    return f"{read.head.size_px[0]}x{read.head.size_px[1]}{lens}"
