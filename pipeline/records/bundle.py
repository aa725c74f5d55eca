"""What lies in an evidence bundle and what was left out of it."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.records.report import FileHash

SCHEMA = "trucewatch-bundle/1"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
SCRIPT = "verify.sh"


class Basis(StrEnum):
    """From where a bundle's row is made again."""

    FOLDER = "folder"
    """From the files of the sortie folder, every stage: all of them are in the bundle."""
    POSES = "poses"
    """From the pixels and the poses of the run: files that show the way from and to the launch place are left out."""


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file of a bundle.

    Attributes:
        path: Relative to the bundle, forward slashes.
        sha256, size_bytes: Content.
        what: What it is, in words.
    """

    path: str
    sha256: str
    size_bytes: int
    what: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A file of the sortie that is not in the bundle: its hash binds it all the same."""

    path: str
    sha256: str
    size_bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """What decided about the row, as the run hashed it.

    Attributes:
        config_sha256, agreement_sha256, archive_snapshot_sha256, code_version: As in the row.
        files: Every file that the settings name, as the run read it, by its name in the bundle.
        versions: Libraries.
    """

    config_sha256: str
    agreement_sha256: str
    archive_snapshot_sha256: str
    code_version: str
    files: tuple[FileHash, ...]
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OnStation:
    """Which part of the flight is in a bundle.

    Attributes:
        start, end: ISO times, UTC, both included.
        frames, frames_left_out: Placed frames within and outside.
        samples, samples_left_out: Telemetry samples.
        notes: Codes of what kept the way from being told apart.
    """

    start: str
    end: str
    frames: int
    frames_left_out: int
    samples: int
    samples_left_out: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """``manifest.json``. It holds no time of running and nobody's name: the same row gives the same bytes.

    Attributes:
        candidate_id, event_id, sortie_id, night_id: Which row.
        security_marking: Highest marking found in the source, or None.
        basis: From where the row is made again.
        decided_by: What decided.
        on_station: Which part of the flight.
        notifications_left_out: Notified movements of the agreement that did not match.
        archive_whole: Whether all tiles and events of earlier flights are in the bundle, not only those around.
        archive_as_then: Whether the archive of earlier flights still is what the run saw.
        withheld: Files of the sortie that are not in the bundle.
        files: All files of the bundle but ``manifest.json`` and ``SHA256SUMS``, sorted by path.
    """

    candidate_id: str
    event_id: str
    sortie_id: str
    night_id: str
    security_marking: str | None
    basis: Basis
    decided_by: DecidedBy
    on_station: OnStation
    notifications_left_out: int
    archive_whole: bool
    archive_as_then: bool
    withheld: tuple[Withheld, ...]
    files: tuple[BundledFile, ...] = ()
