"""Reads an evidence bundle, folder or zip, and checks every hash in it."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import ConfigError, InputError
from pipeline.records.bundle import (
    MANIFEST,
    SCHEMA,
    SUMS,
    Basis,
    BundledFile,
    BundleManifest,
    DecidedBy,
    OnStation,
    Withheld,
)
from pipeline.records.report import FileHash
from pipeline.sinks.bundle_store import sums

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class HashCheck:
    """What checking the hashes gave.

    Attributes:
        files: How many the manifest names, itself and ``SHA256SUMS`` counted.
        failed: Each file that is missing, changed or added, with what is wrong.
        seal: Hash of the manifest.
        manifest: None when it cannot be read.
    """

    files: int
    failed: tuple[tuple[str, str], ...]
    seal: str
    manifest: BundleManifest | None


@contextmanager
def opened(bundle: Path) -> "Iterator[tuple[Path, tuple[tuple[str, str], ...]]]":
    """A bundle as a folder; a zip is unpacked into a temporary one.

    Yields:
        The folder, and members of a zip that could not be unpacked, with the reason.

    Raises:
        ConfigError: There is no such bundle.
        InputError: The zip cannot be read at all.
    """
    if bundle.is_dir():
        yield bundle, ()
    elif bundle.is_file():
        with TemporaryDirectory(prefix="trucewatch-bundle-") as temporary:
            yield _unpacked(bundle, Path(temporary))
    else:
        raise ConfigError(f"{bundle}: no such bundle; name the folder or the zip that `trucewatch bundle` wrote")


def check_hashes(root: Path, spoiled: tuple[tuple[str, str], ...] = ()) -> HashCheck:
    """Check every file of a bundle; nothing is taken for granted but the manifest, whose hash is told.

    Args:
        root: The bundle's folder.
        spoiled: Files that are known to be damaged.

    Raises:
        ConfigError: It is no bundle.
    """
    path = root / MANIFEST
    there = {item.relative_to(root).as_posix() for item in root.rglob("*") if item.is_symlink() or not item.is_dir()}
    if not there & {MANIFEST, SUMS}:
        raise ConfigError(f"{root}: no evidence bundle: it holds no {MANIFEST}")
    failed = dict(spoiled)
    if MANIFEST not in there:
        return HashCheck(0, tuple(sorted({MANIFEST: "missing", **failed}.items())), "", None)
    raw = path.read_bytes()
    seal = hashlib.sha256(raw).hexdigest()
    try:
        manifest = _manifest(json.loads(raw))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        failed.setdefault(MANIFEST, f"cannot be read: {error}")
        return HashCheck(len(there), tuple(sorted(failed.items())), seal, None)
    for file in manifest.files:
        wrong = _wrong(root, file)
        if wrong is not None:
            failed.setdefault(file.path, wrong)
    named = {file.path for file in manifest.files} | {MANIFEST, SUMS}
    for name in there - named:
        failed[name] = "not part of the bundle: added since"
    expected = sums([*((file.path, file.sha256) for file in manifest.files), (MANIFEST, seal)])
    if SUMS not in there:
        failed.setdefault(SUMS, "missing")
    elif (root / SUMS).read_bytes() != expected:
        failed.setdefault(SUMS, f"does not list what {MANIFEST} lists: one of the two was changed")
    return HashCheck(len(named), tuple(sorted(failed.items())), seal, manifest)


def _wrong(root: Path, file: BundledFile) -> str | None:
    path = root / file.path
    if not _inside(file.path) or path.is_symlink():
        return "leads out of the bundle"
    try:
        with path.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if found == file.sha256:
        return None
    return f"changed: its SHA-256 is {found}, not {file.sha256}"


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not PurePosixPath(path).is_absolute() and ".." not in parts and "\\" not in path


def _unpacked(bundle: Path, temporary: Path) -> tuple[Path, tuple[tuple[str, str], ...]]:
    try:
        archive = zipfile.ZipFile(bundle)
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{bundle}: no zip that can be read: {error}; was it cut short or changed?") from error
    failed: dict[str, str] = {}
    with archive:
        tops = {info.filename.partition("/")[0] for info in archive.infolist()}
        if len(tops) != 1 or not _inside(next(iter(tops))):
            raise ConfigError(f"{bundle}: no evidence bundle: its files do not lie in one folder")
        root = temporary / next(iter(tops))
        for info in archive.infolist():
            name = info.filename.partition("/")[2]
            if info.is_dir():
                continue
            if not _inside(info.filename) or not name:
                failed[info.filename] = "leads out of the bundle"
            elif (root / name).exists():
                failed[name] = "is there twice"
            else:
                wrong = _extract(archive, info, root / name)
                if wrong is not None:
                    failed[name] = wrong
    root.mkdir(exist_ok=True)
    return root, tuple(failed.items())


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> str | None:
    """Unpack one member; what is wrong with it, if anything."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as member, path.open("wb") as file:
            while piece := member.read(_PIECE):
                file.write(piece)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        return f"damaged within the zip: {error}"
    return None


def _manifest(content: Any) -> BundleManifest:  # noqa: ANN401  JSON of anybody
    if content["schema"] != SCHEMA:
        raise ValueError(f"schema {content['schema']}, this version reads {SCHEMA}")
    decided, station = content["decided_by"], content["on_station"]
    values = {field.name: content[field.name] for field in fields(BundleManifest)}
    values["basis"] = Basis(content["basis"])
    values["decided_by"] = DecidedBy(
        **{
            **decided,
            "files": tuple(FileHash(**file) for file in decided["files"]),
            "versions": tuple((str(name), str(version)) for name, version in decided["versions"]),
        }
    )
    values["on_station"] = OnStation(**{**station, "notes": tuple(station["notes"])})
    values["withheld"] = tuple(Withheld(**file) for file in content["withheld"])
    values["files"] = tuple(BundledFile(**file) for file in content["files"])
    return BundleManifest(**values)
