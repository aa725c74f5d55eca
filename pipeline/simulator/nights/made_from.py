"""What a sortie is made from, as one hash: the same hash, the same bytes."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.simulator.nights.night import Night, Sortie

_ROOT = Path(__file__).resolve().parents[1]
_BESIDE = ("geometry", "records")


def world_key(night: Night) -> str:
    """Of what lies beside the sorties: terrain, line, agreement, the log of nights."""
    return _hash(_world(night), repr(night))


def sortie_key(night: Night, sortie: Sortie, begin: int, end: int) -> str:
    """Of one sortie's frames; what is described of other sorties does not matter."""
    return _hash(_world(night), repr(night.weather_of(sortie)), repr(sortie), f"{begin}:{end}", night.folders)


def _world(night: Night) -> str:
    files = [file_sha256(path) for path in (night.world.elevation, night.world.orthophoto) if path is not None]
    bare = replace(night.world, elevation=None, orthophoto=None)
    return f"{night.seed} {night.place!r} {bare!r} {files} {night.events!r} {code_sha256()}"


def file_sha256(path: Path) -> str:
    """Of a file's bytes.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); is this the right path?") from error


@cache
def code_sha256() -> str:
    """Of the code that renders."""
    total = hashlib.sha256()
    folders = [_ROOT, *(_ROOT.parent / name for name in _BESIDE)]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        total.update(path.relative_to(_ROOT.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
