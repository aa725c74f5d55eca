"""Writes an evidence bundle, a folder or a zip of the same files: whole, or not at all."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from pipeline.errors import ConfigError, InputError
from pipeline.records.bundle import MANIFEST, SCHEMA, SCRIPT, SUMS, BundledFile, BundleManifest
from pipeline.sinks.disk import Disk

_PIECE = 1 << 20
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""A zip can tell no earlier time; all files have it, so that the same files give the same zip."""
_REGULAR, _PROGRAM = 0o100644, 0o100755

_SCRIPT = """#!/bin/sh
# Checks every file of this evidence bundle against SHA256SUMS. Needs only a POSIX shell, find, sed, grep and sha256sum.
# Leaves with 0: every file is as it was written. 1: a file was changed, is missing or was added; each is named.
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 2
failed=0
told=$(sha256sum -c SHA256SUMS 2>&1) || failed=1
printf '%s\\n' "$told" | grep -v ': OK$'
listed=$(sed 's/^[0-9a-f]*  //' SHA256SUMS)
added=$(find . ! -type d ! -path ./SHA256SUMS | sed 's|^\\./||' | while IFS= read -r name; do
    printf '%s\\n' "$listed" | grep -Fqx -e "$name" || printf '%s: not part of the bundle\\n' "$name"
done)
[ -z "$added" ] || { printf '%s\\n' "$added"; failed=1; }
echo "SHA-256 of manifest.json: $(sha256sum manifest.json | cut -c1-64)"
if [ "$failed" = 0 ]; then
    echo "Every file is as it was written. Compare the hash above with that in the custody log."
else
    echo "NOT as it was written: see above."
fi
exit "$failed"
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be.

    Attributes:
        path: In the bundle.
        what: What it is, in words.
        source: Its bytes, or a file to copy.
        sha256: What the copy must have; None for bytes made just now.
    """

    path: str
    what: str
    source: bytes | Path
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle that stands.

    Attributes:
        seal: Hash of ``manifest.json``: who knows it can tell whether anything at all was changed.
        files, size_bytes: Number and size of all files.
    """

    seal: str
    files: int
    size_bytes: int


class _Store(Protocol):
    def put(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None: ...


def write_bundle(
    target: Path,
    manifest: BundleManifest,
    parts: Sequence[Part],
    sealed: Callable[[str], object],
    disk: Disk | None = None,
) -> Written:
    """Write a bundle; it appears under its name by one rename, at the end.

    Args:
        target: A zip if it ends so, else a folder; it does not exist yet.
        manifest: Without files.
        parts: Files, in any order.
        sealed: Told of the manifest's hash before the bundle appears.
        disk: Does the writing.

    Raises:
        ConfigError: The target exists.
        InputError: A file to copy is not, or no longer, what it should be.
        PublishError: It could not be written. In each case nothing stands under the name, unless all that failed was
            the disk's confirmation of that name.
    """
    disk = disk or Disk()
    refuse_existing(target)
    place = target.resolve()
    disk.make_folder(place.parent)
    aside = place.parent / f".{place.name}.part"
    _clear(aside)
    try:
        if is_zip(target):
            written = _write_zip(aside, f"bundle-{manifest.candidate_id[:12]}", manifest, parts, disk)
        else:
            written = _fill(_Folder(aside, disk), manifest, parts)
            _sync_all(aside, disk)
        sealed(written.seal)
        refuse_existing(target)
        disk.rename(aside, place)
        disk.sync_folder(place.parent)
    except BaseException:
        _clear(aside)
        raise
    return written


def is_zip(target: Path) -> bool:
    """Whether a name is that of a zip, and not of a folder."""
    return target.suffix.lower() == ".zip"


def refuse_existing(target: Path) -> None:
    """A bundle is never written over something else.

    Raises:
        ConfigError: There is something under that name.
    """
    if target.exists() or target.is_symlink():
        raise ConfigError(f"{target} exists; name another place with --to, or move it away: bundles are never replaced")


def manifest_json(manifest: BundleManifest) -> bytes:
    """A manifest for people and machines."""
    return (json.dumps({"schema": SCHEMA, **asdict(manifest)}, indent=1, ensure_ascii=False) + "\n").encode()


def sums(files: Sequence[tuple[str, str]]) -> bytes:
    """``SHA256SUMS``: path and hash of each file, as ``sha256sum -c`` reads them."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(files)).encode()


def _fill(store: _Store, manifest: BundleManifest, parts: Sequence[Part]) -> Written:
    files = []
    script = Part(SCRIPT, "checks every hash with sha256sum alone", _SCRIPT.encode())
    for part in sorted([*parts, script], key=lambda part: part.path):
        files.append(_put(store, part))
    told = manifest_json(replace(manifest, files=tuple(files)))
    _put(store, Part(MANIFEST, "", told))
    seal = hashlib.sha256(told).hexdigest()
    _put(store, Part(SUMS, "", sums([*((file.path, file.sha256) for file in files), (MANIFEST, seal)])))
    return Written(seal, len(files) + 2, sum(file.size_bytes for file in files))


def _put(store: _Store, part: Part) -> BundledFile:
    digest = hashlib.sha256()
    size = len(part.source) if isinstance(part.source, bytes) else _size(part.source)
    count = 0

    def told() -> Iterator[bytes]:
        nonlocal count
        for piece in _pieces(part.source):
            digest.update(piece)
            count += len(piece)
            yield piece

    store.put(part.path, told(), size)
    if count != size or part.sha256 not in (None, digest.hexdigest()):
        raise InputError(f"{part.source!s}: changes while it is copied into the bundle; try again when it is at rest")
    return BundledFile(part.path, digest.hexdigest(), size, part.what)


def _pieces(source: bytes | Path) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; was it moved? nothing was bundled") from error


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path
    disk: Disk

    def put(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None:
        """Write one file below the folder."""
        del size_bytes
        self.disk.make_folder((self.root / path).parent)
        with self.disk.writing(self.root / path) as file:
            for piece in pieces:
                file.write(piece)
        if path == SCRIPT:
            (self.root / path).chmod(0o755)


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile
    top: str

    def put(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None:
        """Write one member: stored, since pictures don't get smaller, and zlib's versions differ."""
        info = zipfile.ZipInfo(f"{self.top}/{path}", _OLDEST)
        info.create_system = 3
        info.external_attr = (_PROGRAM if path == SCRIPT else _REGULAR) << 16
        info.file_size = size_bytes
        with self.archive.open(info, "w") as member:
            for piece in pieces:
                member.write(piece)


def _write_zip(aside: Path, top: str, manifest: BundleManifest, parts: Sequence[Part], disk: Disk) -> Written:
    with disk.writing(aside) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        return _fill(_Zip(archive, top), manifest, parts)


def _sync_all(root: Path, disk: Disk) -> None:
    """Have the disk confirm every name, the deepest first."""
    for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        disk.sync_folder(folder)
    disk.sync_folder(root)


def _clear(aside: Path) -> None:
    """What a bundle that was cut short left."""
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)
