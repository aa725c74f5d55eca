"""Which files a sortie folder holds, and what the sortie is called. Files are listed, not yet read."""

import hashlib
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.records.dropped import Dropped

STAGE = "ingest"

_SORTIE_ID = re.compile(r"S[A-Za-z0-9_-]*")
_GENERIC = re.compile(r"(frames?|images?|photos?|pictures?|stills?|videos?|media|dcim|\d{3}[A-Z0-9_]{5})", re.I)
_JUNK_NAMES = {"thumbs.db", "desktop.ini", ".ds_store"}
_JUNK_SUFFIXES = {".lrf": "a preview video of the recorder", ".thm": "a thumbnail of the recorder"}
_UNFINISHED = {".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".temp", ".copying"}
"""What programs that copy call a file until it is whole."""


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A regular file.

    Attributes:
        path: Where it lies.
        item: Its path within the folder, with ``/``.
    """

    path: Path
    item: str


def list_files(folder: Path) -> tuple[list[FolderFile], list[Dropped]]:
    """Regular files of a folder and its subfolders in order of their names; what is passed over, and why.

    Raises:
        ConfigError: The folder does not exist or cannot be listed.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; a sortie is a folder that holds the files of one flight")
    files: list[FolderFile] = []
    dropped: list[Dropped] = []

    def refused(error: OSError) -> None:
        where = Path(error.filename or folder)
        if where == folder:
            raise ConfigError(f"{folder}: cannot be listed ({error.strerror}); may this user read it?") from error
        item = where.relative_to(folder).as_posix()
        dropped.append(
            Dropped(STAGE, item, f"cannot be listed ({error.strerror}); may this user read it?", "no_access")
        )

    for parent, names, leaves in os.walk(folder, onerror=refused, followlinks=False):
        here = Path(parent)
        for name in sorted(names):
            if (here / name).is_symlink() or name.startswith("."):
                item = (here / name).relative_to(folder).as_posix()
                dropped.append(Dropped(STAGE, item, "a linked or hidden folder; it is not followed", "not_followed"))
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(leaves):
            path = here / name
            item = _printable(path.relative_to(folder).as_posix())
            why = _passed_over(path)
            if why is None:
                files.append(FolderFile(path, item))
            else:
                dropped.append(Dropped(STAGE, item, *why))
    files.sort(key=lambda file: file.item)
    return files, dropped


def _printable(item: str) -> str:
    """A path that can be written as UTF-8; bytes that are no text are shown by their numbers."""
    return item.encode("utf-8", "backslashreplace").decode("utf-8")


def _passed_over(path: Path) -> tuple[str, str] | None:
    """Reason and code for a file that is never opened; None for one that is."""
    try:
        status = path.lstat()
    except OSError as error:
        return f"cannot be looked at ({error.strerror}); may this user read it?", "no_access"
    if stat.S_ISLNK(status.st_mode):
        return "a link; links are not followed, put the file itself there", "not_followed"
    if not stat.S_ISREG(status.st_mode):
        return "a pipe, socket or device; only recorded files are read", "not_a_file"
    name = path.name.casefold()
    suffix = path.suffix.casefold()
    left = name.startswith("._") or name in _JUNK_NAMES
    if left or suffix in _JUNK_SUFFIXES:
        return "left by an operating system" if left else _JUNK_SUFFIXES[suffix], "junk"
    if suffix in _UNFINISHED:
        return "a copy that was not finished; copy it again, or run again when it is there", "being_copied"
    return ("an empty file; was it copied whole?", "empty_file") if status.st_size == 0 else None


def sortie_id_of(folder: Path, stated: str | None) -> str:
    """The stated id, or one from the folder's name; generic names take the parent's name too.

    Raises:
        ConfigError: The stated id is not one.
    """
    if stated is not None:
        if not _SORTIE_ID.fullmatch(stated):
            raise ConfigError(f"sortie id '{stated}': must begin with S and hold only letters, digits, - and _")
        return stated
    absolute = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would name what a link points to
    parts = [absolute.name]
    for parent in absolute.parents:
        if not _GENERIC.fullmatch(parts[0]) or not parent.name:
            break
        parts.insert(0, parent.name)
    name = "-".join(parts)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_")[:80]
    if sum(character.isalnum() for character in plain) < sum(character.isalnum() for character in name):
        # letters were lost: two names must not become one
        slug = f"{slug}_{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("_")
    return slug if re.match(r"S\d", slug) else f"S{slug}"
