"""A bundle's originals, unchanged, and what stands in for those that also show the way to the launch place."""

import stat
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.records.bundle import Basis, Withheld
from pipeline.records.frame import GroundFrame, PosedFrame
from pipeline.records.report import FileHash
from pipeline.records.sortie import FrameKind
from pipeline.runner.bundle_poses import pose_parts
from pipeline.runner.workspace import file_sha256
from pipeline.sinks.bundle_store import Part
from pipeline.sources.frames import FrameReader
from pipeline.sources.sortie import FACTS_FILE

if TYPE_CHECKING:
    from pipeline.runner.bundle import Evidence

FOLDER = "originals"
PICTURES = "pictures"

_SETTINGS = "settings/"
"""Begins the path of inputs that are not files of the sortie."""

WAY = "shows the way from or to the launch place, or may"
NO_USE = "not one of the frames on station, and not needed for them"


@dataclass(frozen=True, slots=True)
class Originals:
    """Originals of a bundle.

    Attributes:
        parts: They, and with `Basis.POSES` what their poses were.
        basis: From where the row is made again.
        withheld: Files of the sortie that are not in the bundle.
    """

    parts: tuple[Part, ...]
    basis: Basis
    withheld: tuple[Withheld, ...]


def original_parts(found: "Evidence", *, may_be_whole: bool, scratch: Path) -> Originals:
    """Frames on station, and the whole folder where all of it is.

    Args:
        found: What the run left.
        may_be_whole: Nothing else stands against making the row again from the folder.
        scratch: For files on the way.

    Raises:
        InputError: An original is missing or was changed since the run; all of them are named.
    """
    inputs = {file.path: file for file in found.report.inputs if not file.path.startswith(_SETTINGS)}
    stays = _on_station(found, inputs)
    whole = may_be_whole and stays.keys() == inputs.keys() and all(file.sha256 for file in inputs.values())
    own = set(found.row.values["frame_sha256"])
    lost = own - {file.sha256 for file in inputs.values()}
    if lost:
        raise InputError(
            f"{found.report.sortie_id}: the row names frames that its run report does not list, such as {min(lost)}; "
            "was one of them edited? run the sortie again with --force"
        )
    chosen = [inputs[path] for path in sorted(inputs if whole else stays)]
    videos = _cut_videos(found, set(stays)) if not whole else {}
    _require_unchanged(found.folder, [*chosen, *(inputs[path] for path in videos if path in inputs)])
    parts = [Part(f"{FOLDER}/{f.path}", "original, unchanged", found.folder / f.path, f.sha256) for f in chosen]
    pictures: dict[str, str] = {}
    for path, frames in videos.items():
        for frame, name in _pictures(found.folder / path, frames, found.settings, scratch):
            pictures[frame.ref.frame_id] = name
            words = f"frame {frame.ref.index} of {path}, its pixels unchanged; the recording itself is withheld"
            parts.append(Part(name, words, scratch / name))
    if not whole:
        places = {f.ref.frame_id: pictures.get(f.ref.frame_id, f"{FOLDER}/{_path_of(f, found)}") for f in found.shown}
        parts += pose_parts(found.ingested, found.settings, found.shown, places, found.gsd_mm, found.span, scratch)
    kept = {file.path for file in chosen}
    withheld = tuple(
        Withheld(file.path, file.sha256, file.size_bytes, NO_USE if _is_still(file.path, found) else WAY)
        for path, file in sorted(inputs.items())
        if path not in kept
    )
    return Originals(tuple(parts), Basis.FOLDER if whole else Basis.POSES, withheld)


def _on_station(found: "Evidence", inputs: dict[str, FileHash]) -> dict[str, None]:
    """Files of the sortie that show nothing but the part of the flight on station."""
    by_file: dict[str, list[int]] = defaultdict(list)
    for frame in found.ingested.frames:
        by_file[_path_of(frame, found)].append(frame.ref.t_utc_ns)
    aside = {item.item.partition("#")[0] for item in found.ingested.dropped}
    outside = [
        track
        for track in found.ingested.tracks
        if len(track) and not (found.span.holds(int(track.t_utc_ns[0])) and found.span.holds(int(track.t_utc_ns[-1])))
    ]
    stays: dict[str, None] = {}
    for path in inputs:
        name = Path(path).name
        unknown = path in aside or name in aside or Path(path).stem in aside
        if path in by_file:
            told = any(name in track.source for track in outside)
            if all(found.span.holds(t) for t in by_file[path]) and (not (unknown or told) or _is_still(path, found)):
                stays[path] = None
        elif path == FACTS_FILE or not (unknown or outside):
            stays[path] = None
    return stays


def _cut_videos(found: "Evidence", stays: set[str]) -> dict[str, list[GroundFrame]]:
    """Recordings that do not stay, with their frames on station."""
    videos: dict[str, list[GroundFrame]] = defaultdict(list)
    for frame in found.shown:
        path = _path_of(frame, found)
        if frame.ref.kind is FrameKind.VIDEO and path not in stays:
            videos[path].append(frame)
    return videos


def _pictures(
    video: Path, frames: Sequence[GroundFrame], settings: Settings, scratch: Path
) -> list[tuple[GroundFrame, str]]:
    """Frames of a recording as pictures of the same pixels."""
    made = []
    (scratch / PICTURES).mkdir(exist_ok=True)
    with FrameReader(settings.decode) as reader:
        for frame in frames:
            image = reader.read(replace(frame.ref, path=video))
            name = f"{PICTURES}/{frame.ref.frame_id.replace('#', '_').replace('/', '_')}.png"
            stored = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
            (scratch / name).write_bytes(cv2.imencode(".png", np.asarray(stored))[1].tobytes())
            made.append((frame, name))
    return made


def _require_unchanged(folder: Path, files: Sequence[FileHash]) -> None:
    wrong = [words for file in files if (words := _wrong(folder, file)) is not None]
    if wrong:
        raise InputError(
            f"{folder}: {len(wrong)} of {len(files)} originals are not those that the run read, so no bundle was made: "
            f"{'; '.join(wrong)}. Restore them, or say with --sortie where they lie unchanged"
        )


def _wrong(folder: Path, file: FileHash) -> str | None:
    path = folder / file.path
    if not file.path.isprintable() or "\\" in file.path:
        return f"{file.path!r} has a name that sha256sum cannot list"
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return f"{file.path} is no regular file"
        found = file_sha256(path)
    except FileNotFoundError:
        return f"{file.path} is missing"
    except OSError as error:
        return f"{file.path} cannot be read ({error.strerror})"
    return None if found == file.sha256 else f"{file.path} was changed since"


def _path_of(frame: GroundFrame | PosedFrame, found: "Evidence") -> str:
    return str(frame.ref.path.relative_to(found.ingested.sortie.folder).as_posix())


def _is_still(path: str, found: "Evidence") -> bool:
    return any(f.ref.kind is FrameKind.STILL and _path_of(f, found) == path for f in found.ingested.frames)
