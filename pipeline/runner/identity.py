"""Which sortie a folder is, what its results depend on, and whether they still stand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
from filelock import FileLock, Timeout

from pipeline.config import Settings, config_sha256, configs_folder
from pipeline.errors import BusyError, ConfigError, InputError
from pipeline.plugins import rules
from pipeline.records.agreement import Agreement
from pipeline.records.contents import StatedFacts
from pipeline.records.report import FileHash
from pipeline.records.strict_toml import read_toml
from pipeline.runner.code_version import code_version
from pipeline.runner.inputs import InputFile, inputs_sha256, settled_inputs
from pipeline.runner.job import Job
from pipeline.runner.sortie_work import FileHashes
from pipeline.runner.workspace import file_sha256
from pipeline.sources.agreement import load_agreement
from pipeline.sources.sortie import FACTS_FILE
from pipeline.sources.sortie_folder import sortie_id_of
from pipeline.stages.judge import check_rules

NO_AGREEMENT = Agreement("none", (), (), (), (), None, "0" * 64)
"""Judges nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A sortie and everything that decides about it, besides the archive.

    Attributes:
        sortie_id: Its id.
        inputs: Files of the folder.
        hashes: Of everything that it reads.
        files: The same, for the run report.
        config_sha256: Over all settings; a file counts by its content.
        agreement: What it is judged by.
        cameras: The camera table.
    """

    sortie_id: str
    inputs: tuple[InputFile, ...]
    hashes: FileHashes
    files: tuple[FileHash, ...]
    config_sha256: str
    agreement: Agreement
    cameras: Path


def load_named(settings: Settings) -> tuple[dict[Path, str], Agreement, Path]:
    """Hash of each file that the settings name, the agreement, and the camera table.

    Raises:
        ConfigError: A file is missing, or the agreement or the confirmer's model is wrong. Worth knowing before a night
            begins.
    """
    cameras = settings.cameras.path or configs_folder() / "cameras.toml"
    named = {path: _hash_of_named(path) for path in _named_files(settings, cameras)}
    settings.track_confirmer()  # a model that can't be used is told now, not after hours
    known_at = settings.agreement.known_at
    agreement = NO_AGREEMENT
    if settings.agreement.path is not None:
        known_ns = round(known_at.timestamp() * 1e9) if known_at is not None else None
        agreement = load_agreement(settings.agreement.path, known_ns)
        check_rules(agreement, rules())
    return named, agreement, cameras


def identify(job: Job, sortie_id: str) -> Identity:
    """Hash what a sortie depends on.

    Raises:
        ConfigError: A file that the settings name is missing, or the agreement is wrong.
        InputError: The id belongs to another folder, or the folder is still being copied.
    """
    work = job.out / "work" / sortie_id
    inputs = settled_inputs(job.folder, _known_inputs(work, job.folder))
    settings = job.settings
    named, agreement, cameras = load_named(settings)
    hashes = FileHashes(
        inputs_sha256(inputs),
        named[cameras],
        named.get(settings.terrain.path, "") if settings.terrain.path else "",
        named.get(settings.reference.path, "") if settings.reference.path else "",
    )
    files = [FileHash(item.path, item.sha256, item.size_bytes) for item in inputs]
    files += [FileHash(f"settings/{path.name}", sha, path.stat().st_size) for path, sha in named.items()]
    return Identity(sortie_id, inputs, hashes, tuple(sorted(files)), config_sha256(settings, named), agreement, cameras)


def sortie_id_of_job(job: Job) -> str:
    """The id that a folder's results will have.

    Raises:
        ConfigError: There is no such folder, or ``sortie.toml`` is wrong.
    """
    if not job.folder.is_dir():
        raise ConfigError(f"{job.folder}: no such folder; name the folder that holds the sortie's frames")
    refuse_out_within(job.out, job.folder)
    stated = job.sortie_id
    facts = job.folder / FACTS_FILE
    if stated is None and facts.is_file():
        stated = read_toml(facts).to(StatedFacts).id
    return sortie_id_of(job.folder, stated)


def refuse_out_within(out: Path, folder: Path) -> None:
    """Results never go in among the originals, where the next run would read them as input.

    Raises:
        ConfigError: The output folder is the folder of originals, or lies in it.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"--out {out} lies in {folder}, among the originals; name a folder outside it")


@contextmanager
def locked(out: Path, sortie_id: str, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a sortie for one process. The lock ends with the process, however that ends.

    Args:
        out: Output folder.
        sortie_id: Which.
        wait_s: How long to wait for another process.

    Raises:
        BusyError: Another process holds it.
    """
    path = out / "work" / f"{sortie_id}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise BusyError(
            f"{sortie_id}: another process is running this sortie into {out}; wait for it, or end it and run again"
        ) from error
    try:
        yield
    finally:
        lock.release()


def claim(work: Path, folder: Path, inputs: tuple[InputFile, ...]) -> None:
    """Write down which folder a sortie id stands for, and the hashes of its files for the next time.

    Raises:
        InputError: The id stands for another folder with other content.
    """
    path = work / "source.json"
    before = _source(path)
    same_place = before is None or before["folder"] == str(folder.resolve())
    if before is not None and not same_place:
        then = tuple(InputFile(**item) for item in before["inputs"])
        if inputs_sha256(then) != inputs_sha256(inputs):
            raise InputError(
                f"{folder}: the sortie id of this folder already stands for {before['folder']}; give this one an id "
                "of its own with --sortie-id or in sortie.toml"
            )
    work.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps({"folder": str(folder.resolve()), "inputs": [asdict(item) for item in inputs]}))
    aside.rename(path)


def versions() -> tuple[tuple[str, str], ...]:
    """Software that decides what comes out."""
    names = ("numpy", "pyarrow", "rasterio", "scipy", "shapely", "pyproj")
    found = [("trucewatch", code_version()), ("opencv", cv2.__version__), *((name, version(name)) for name in names)]
    if find_spec("onnxruntime") is not None:
        found.append(("onnxruntime", version("onnxruntime")))
    return tuple(sorted(found))


def _named_files(settings: Settings, cameras: Path) -> tuple[Path, ...]:
    named = [settings.agreement.path, settings.terrain.path, settings.reference.path, cameras]
    if settings.confirmer is not None:
        chosen = settings.confirmer.settings
        named += [value for item in fields(chosen) if isinstance(value := getattr(chosen, item.name), Path)]
    return tuple(dict.fromkeys(path for path in named if path is not None))


def _hash_of_named(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); correct the configuration or the option"
        ) from error


def _known_inputs(work: Path, folder: Path) -> tuple[InputFile, ...]:
    before = _source(work / "source.json")
    if before is None or before["folder"] != str(folder.resolve()):
        return ()
    return tuple(InputFile(**item) for item in before["inputs"])


def _source(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
        return found if isinstance(found, dict) and {"folder", "inputs"} <= found.keys() else None
    except (OSError, ValueError):
        return None
