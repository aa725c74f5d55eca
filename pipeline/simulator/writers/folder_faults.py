"""What happens to a flight's folder on its way from the card to the desk."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.errors import ConfigError

FaultKind = Literal["missing", "truncated", "empty", "duplicated", "junk", "moved"]
STATED = "sortie.toml"
"""Written by people, on the desk: nothing happens to it."""

NESTED = "DCIM/100MEDIA"
_STREAM = 63
_PREVIEWS = {".mp4": ".LRF", ".ts": ".LRF", ".jpg": ".THM"}


@dataclass(frozen=True, slots=True)
class FolderFaults:
    """What is to happen. Shares are of the files that are still whole when it happens, in this order.

    Attributes:
        missing_share: Copying broke off: so much of the folder's end is missing, and the last file there is cut.
        truncated_share: Files cut somewhere.
        empty_share: Files of no bytes.
        duplicated_share: Files that are there twice. The copy's name comes after the first one's.
        junk: What operating systems and recorders leave: ``._NAME``, previews ``.LRF`` and ``.THM``, ``.DS_Store``.
        nested: Everything lies in ``DCIM/100MEDIA``, as on the card.
    """

    missing_share: float = 0.0
    truncated_share: float = 0.0
    empty_share: float = 0.0
    duplicated_share: float = 0.0
    junk: bool = False
    nested: bool = False

    def __post_init__(self) -> None:
        for name in ("missing_share", "truncated_share", "empty_share", "duplicated_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a share from 0 to 1")


@dataclass(frozen=True, slots=True)
class FileFault:
    """What was done to one file.

    Attributes:
        kind: What.
        item: The file, by its path in the folder as it was before anything was moved, with ``/``.
        bytes_before, bytes_after: Its size; 0 where it was not there.
        other: The file it was made from (a copy, a preview), or where it was moved to.
    """

    kind: FaultKind
    item: str
    bytes_before: int
    bytes_after: int
    other: str = ""


def spoil_folder(folder: Path, faults: FolderFaults, seed: int) -> tuple[FileFault, ...]:
    """Let it happen to a finished folder.

    Args:
        folder: A flight's; its files are changed.
        faults: What is to happen.
        seed: To which files, and where they are cut.

    Returns:
        What was done, in order; the same for the same folder, faults and seed.
    """
    random = np.random.default_rng([seed, _STREAM])
    whole = sorted((p for p in folder.iterdir() if p.is_file() and p.name != STATED), key=lambda p: p.name)
    done: list[FileFault] = []
    whole = _break_off(whole, faults.missing_share, random, done)
    chosen = _pick(whole, faults.truncated_share, random)
    done += [_cut(path, random) for path in chosen]
    whole = [path for path in whole if path not in chosen]
    chosen = _pick(whole, faults.empty_share, random)
    done += [_resize(path, 0, "empty") for path in chosen]
    whole = [path for path in whole if path not in chosen]
    done += [_copy(path) for path in _pick(whole, faults.duplicated_share, random)]
    if faults.junk:
        done += _leave_junk(folder, whole, random)
    if faults.nested:
        done += _nest(folder)
    return tuple(done)


def _pick(paths: list[Path], share: float, random: np.random.Generator) -> list[Path]:
    """A share of the files, rounded, at least one where any is asked for."""
    if not paths or share == 0:
        return []
    count = min(max(round(share * len(paths)), 1), len(paths))
    return [paths[place] for place in np.sort(random.permutation(len(paths))[:count])]


def _break_off(paths: list[Path], share: float, random: np.random.Generator, done: list[FileFault]) -> list[Path]:
    """The files that came over whole."""
    if not paths or share == 0:
        return paths
    kept = max(len(paths) - max(round(share * len(paths)), 1), 1)
    done.append(_cut(paths[kept - 1], random))
    for path in paths[kept:]:
        done.append(FileFault("missing", path.name, path.stat().st_size, 0))
        path.unlink()
    return paths[: kept - 1]


def _cut(path: Path, random: np.random.Generator) -> FileFault:
    """Somewhere between a twentieth and nineteen twentieths."""
    return _resize(path, int(path.stat().st_size * random.uniform(0.05, 0.95)), "truncated")


def _resize(path: Path, size: int, kind: FaultKind) -> FileFault:
    before = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size)
    return FileFault(kind, path.name, before, size)


def _copy(path: Path) -> FileFault:
    # named so that it sorts behind the first one, which then keeps its frame id
    other = path.with_name(f"{path.stem}_copy{path.suffix}")
    shutil.copyfile(path, other)
    return FileFault("duplicated", other.name, 0, other.stat().st_size, path.name)


def _leave_junk(folder: Path, paths: list[Path], random: np.random.Generator) -> list[FileFault]:
    """AppleDouble files for some, previews for pictures and videos, and what a desktop leaves."""
    done = []
    for path in _pick(paths, 0.5, random):
        body = bytes.fromhex("0005160700020000") + b"Mac OS X".ljust(16) + random.bytes(4072)
        done.append(_put(folder / f"._{path.name}", body, path.name))
        suffix = _PREVIEWS.get(path.suffix.lower())
        if suffix:
            head = b"\xff\xd8\xff\xdb" if suffix == ".THM" else b"\0\0\0\x18ftypisom"
            done.append(_put(path.with_suffix(suffix), head + random.bytes(2000), path.name))
    done.append(_put(folder / ".DS_Store", b"\0\0\0\1Bud1" + bytes(4088), ""))
    return done


def _put(path: Path, body: bytes, other: str) -> FileFault:
    path.write_bytes(body)
    return FileFault("junk", path.name, 0, len(body), other)


def _nest(folder: Path) -> list[FileFault]:
    inner = folder / NESTED
    inner.mkdir(parents=True)
    done = []
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.name != STATED):
        size = path.stat().st_size
        path.rename(inner / path.name)
        done.append(FileFault("moved", path.name, size, size, f"{NESTED}/{path.name}"))
    return done
