"""What decided about a bundle's row: configuration, agreement, elevation model and the other files they name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config import Settings, config_sha256
from pipeline.errors import ConfigError
from pipeline.records.report import FileHash
from pipeline.records.strict_toml import read_toml
from pipeline.runner.identity import load_named
from pipeline.runner.kept_settings import named_paths, settings_text, with_paths
from pipeline.runner.workspace import file_sha256
from pipeline.sinks.bundle_store import Part
from pipeline.sources.agreement import agreement_sha256
from pipeline.sources.agreement_excerpt import agreement_excerpt

FOLDER = "configuration"
CONFIG = "config.toml"
CAMERAS = "cameras.toml"


@dataclass(frozen=True, slots=True)
class Decided:
    """Files of a bundle's ``configuration/``.

    Attributes:
        parts: The files.
        files: Name in the bundle and hash of each file as the run read it: an excerpt's is that of the whole.
        notifications_left_out: Of the agreement.
    """

    parts: tuple[Part, ...]
    files: tuple[FileHash, ...]
    notifications_left_out: int


def decided_parts(settings: Settings, row: Mapping[str, Any]) -> Decided:
    """The files that decided about a row.

    Raises:
        ConfigError: The settings, or a file that they name, are not those of the row.
    """
    named, agreement, cameras = load_named(settings)
    wrong = [
        words
        for words, now, then in (
            ("configuration", config_sha256(settings, named), row["config_sha256"]),
            ("agreement", agreement.sha256, row["agreement_sha256"]),
        )
        if now != then
    ]
    if wrong:
        raise ConfigError(
            f"{row['candidate_id']}: {' and '.join(wrong)} are not those that decided about this row; was a file that "
            "they name edited since, or the sortie run with others? give those of the run: --config, --agreement, "
            "--terrain"
        )
    names = _names([*named_paths(settings), cameras])
    parts, files, left_out = [], [], 0
    for path, name in names.items():
        files.append(FileHash(name, named.get(path) or file_sha256(path), path.stat().st_size))
        if path != settings.agreement.path:
            parts.append(Part(f"{FOLDER}/{name}", "named by the configuration", path, files[-1].sha256))
            continue
        excerpt = agreement_excerpt(path, row["notification_id"])
        left_out = excerpt.left_out
        geometry = path.parent / _geometry_of(path)
        if excerpt.geometry in names.values():
            raise ConfigError(f"{path}: its {excerpt.geometry} has the name of another file of the configuration")
        files.append(FileHash(excerpt.geometry, file_sha256(geometry), geometry.stat().st_size))
        parts.append(Part(f"{FOLDER}/{name}", _excerpt_words(left_out), excerpt.toml))
        parts.append(Part(f"{FOLDER}/{excerpt.geometry}", "geometry of the agreement", excerpt.geojson))
    moved = with_paths(settings, {path: Path(names[path]) for path in named_paths(settings)})
    parts.append(Part(f"{FOLDER}/{CONFIG}", "every setting of the run", settings_text(moved).encode()))
    return Decided(tuple(parts), tuple(sorted(files)), left_out)


def unbound(settings: Settings, files: Mapping[str, FileHash], row: Mapping[str, Any]) -> tuple[str, ...]:
    """Which of a row's hashes do not follow from a bundle's configuration and the recorded hashes of its files.

    Args:
        settings: As read from the bundle.
        files: By name, as the run read them.
        row: The row.
    """
    wrong = []
    contents = {path: files[path.name].sha256 for path in named_paths(settings) if path.name in files}
    try:
        if config_sha256(settings, contents) != row["config_sha256"]:
            wrong.append("config_sha256")
    except ConfigError:
        wrong.append("config_sha256")
    path, known_at = settings.agreement.path, settings.agreement.known_at
    if path is not None:
        known_ns = round(known_at.timestamp() * 1e9) if known_at is not None else None
        pair = [files.get(name) for name in (path.name, Path(_geometry_of(path)).name)]
        hashes = [file.sha256 for file in pair if file is not None]
        if len(hashes) != 2 or agreement_sha256(hashes[0], hashes[1], known_ns) != row["agreement_sha256"]:
            wrong.append("agreement_sha256")
    return tuple(wrong)


def with_recorded_cameras(settings: Settings, folder: Path) -> Settings:
    """The settings with the camera table of the bundle, where the run took the one that ships."""
    if settings.cameras.path is None and (folder / CAMERAS).is_file():
        return replace(settings, cameras=replace(settings.cameras, path=folder / CAMERAS))
    return settings


def _geometry_of(path: Path) -> str:
    return str(read_toml(path).values["geometry"])


def _names(paths: list[Path]) -> dict[Path, str]:
    """A name of its own for each file."""
    names: dict[Path, str] = {}
    for path in dict.fromkeys(paths):
        name, number = path.name, 2
        while name in {*names.values(), CONFIG}:
            name, number = f"{path.stem}-{number}{path.suffix}", number + 1
        names[path] = name
    return names


def _excerpt_words(left_out: int) -> str:
    return f"the agreement without {left_out} notifications that did not match" if left_out else "the agreement"
