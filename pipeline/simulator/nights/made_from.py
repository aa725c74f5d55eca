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
    return _hash(made_world(night), repr(night))


def sortie_key(made: str, night: Night, sortie: Sortie, begin: int, end: int) -> str:
    """Of one sortie's frames; what is described of other sorties does not matter.

    Args:
        made: Of `made_world`, which all sorties share.
        night: The description.
        sortie: One of its sorties.
        begin, end: First and one past the last frame.
    """
    return _hash(made, repr(night.weather_of(sortie)), repr(sortie), f"{begin}:{end}", night.folders)


def made_world(night: Night) -> str:
    """What every sortie of a description depends on: its ground, its events, and the code.

    Raises:
        ConfigError: A raster of the user's cannot be read.
    """
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
