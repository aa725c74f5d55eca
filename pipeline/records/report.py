"""What a run did with one sortie: the run report and manifest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage of one run.

    Attributes:
        name: Of the stage.
        items_in, items_out: Counts of items.
        dropped: Count of items set aside, by code, sorted by code.
        seconds: Wall time.
        reused: The result of an earlier run was fresh and was taken.
    """

    name: str
    items_in: int
    items_out: int
    dropped: tuple[tuple[str, int], ...]
    seconds: float
    reused: bool = False


@dataclass(frozen=True, slots=True, order=True)
class FileHash:
    """A file by its content.

    Attributes:
        path: For inputs as the sortie names it, for outputs relative to the output folder; forward slashes.
        sha256: Of its bytes.
        size_bytes: Length.
    """

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SortieReport:
    """The canonical account of one run of one sortie; the only place where times of running are written.

    Attributes:
        sortie_id, night_id: Which flight.
        started_utc_ns, finished_utc_ns: When the run began and when its results were handed to publishing.
        stages: In the order of running.
        inputs: Files read, sorted by path.
        versions: Name and version of the software and of the libraries that decide, sorted by name.
        config_sha256, agreement_sha256, archive_snapshot_sha256: What decided.
        warnings: Sentences for people.
        outputs: Files published, sorted by path; filled in by publishing.
        rows: Rows per data set, sorted by name; filled in by publishing.
        superseded: Candidate ids that rows of this run replace, sorted; filled in by publishing.
        withdrawn: Candidate ids of the previous run that no row of this run replaces, sorted; filled in by publishing.
        unmatched_movers: Movers that matched no rule, by kind: kept as counts only; filled in by publishing.
    """

    sortie_id: str
    night_id: str
    started_utc_ns: int
    finished_utc_ns: int
    stages: tuple[StageReport, ...]
    inputs: tuple[FileHash, ...]
    versions: tuple[tuple[str, str], ...]
    config_sha256: str
    agreement_sha256: str
    archive_snapshot_sha256: str
    warnings: tuple[str, ...] = ()
    outputs: tuple[FileHash, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    superseded: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    unmatched_movers: tuple[tuple[str, int], ...] = ()
