"""A configuration: TOML to frozen, validated settings. An unknown key is an error."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import pipeline
from pipeline.errors import ConfigError
from pipeline.plugins import DetectorPlugin, change_detectors, movement_detectors, picture_matchers, track_confirmers
from pipeline.protocols import ChangeDetector, MovementDetector, PictureMatcher, TrackConfirmer
from pipeline.records.strict_toml import TomlTable, parse_toml, read_toml
from pipeline.sinks.chips import ChipSettings
from pipeline.sources.frames import DecodeSettings
from pipeline.sources.orthophoto import OrthophotoSettings
from pipeline.sources.sortie import ReadSettings
from pipeline.stages.candidate_row import JudgeSettings
from pipeline.stages.change import FindChangesSettings
from pipeline.stages.confirm import ConfirmSettings
from pipeline.stages.coverage import CoverageSettings
from pipeline.stages.georeference import GeoreferenceSettings
from pipeline.stages.ingest import IngestSettings
from pipeline.stages.mosaic import MosaicSettings
from pipeline.stages.movement import TrackSettings
from pipeline.stages.register import RegisterSettings
from pipeline.stages.reported_tracks import ReportedSettings
from pipeline.stages.settle_heights import SettleSettings

T = TypeVar("T")

SHIPPED = Path(pipeline.__file__).parent / "shipped_configs"
"""Where an installed package keeps ``configs/``."""


def configs_folder() -> Path:
    """``configs/`` of the checkout, or its copy in the installed package."""
    beside = Path(pipeline.__file__).parent.parent / "configs"
    return beside if (beside / "cameras.toml").is_file() else SHIPPED


@dataclass(frozen=True, slots=True)
class AgreementChoice:
    """What sorties are judged by.

    Attributes:
        path: Agreement file; None: nothing is judged, and the report says so.
        known_at: Judge with what was known then; without it, with all that is known.
    """

    path: Path | None = None
    known_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class TerrainChoice:
    """The elevation model.

    Attributes:
        path: GeoTIFF; None: flat ground, see ``[heights]``.
        vertical_datum: ``ellipsoidal``, ``egm96`` or ``egm2008``, instead of what the file states.
        sigma_m: Standard deviation of a height; by default a fifth of a cell, between 0.3 m and 6 m.
        reach_m: How far from the cameras ground may be looked at, beyond what heights and attitudes suggest.
    """

    path: Path | None = None
    vertical_datum: str | None = None
    sigma_m: float | None = None
    reach_m: float = 30.0


@dataclass(frozen=True, slots=True)
class ReferenceChoice:
    """A picture of known place to register frames to.

    Attributes:
        path: GeoTIFF orthophoto; None: the archive's tiles where there are any.
        trust: How far it is trusted.
    """

    path: Path | None = None
    trust: OrthophotoSettings = field(default_factory=OrthophotoSettings)


@dataclass(frozen=True, slots=True)
class CamerasChoice:
    """The camera table; by default the one that comes with the software."""

    path: Path | None = None


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How a night is run.

    Attributes:
        sortie_timeout_s: A sortie that takes longer is ended and set aside.
        attempts: How often a sortie is tried.
    """

    sortie_timeout_s: float = 6 * 3600.0
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class DetectorChoice:
    """A detector, matcher or confirmer by name, with its settings."""

    name: str
    settings: Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides. One field a table of the configuration."""

    agreement: AgreementChoice = field(default_factory=AgreementChoice)
    terrain: TerrainChoice = field(default_factory=TerrainChoice)
    reference: ReferenceChoice = field(default_factory=ReferenceChoice)
    cameras: CamerasChoice = field(default_factory=CamerasChoice)
    read: ReadSettings = field(default_factory=ReadSettings)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    heights: SettleSettings = field(default_factory=SettleSettings)
    georeference: GeoreferenceSettings = field(default_factory=GeoreferenceSettings)
    register: RegisterSettings = field(default_factory=RegisterSettings)
    decode: DecodeSettings = field(default_factory=DecodeSettings)
    mosaic: MosaicSettings = field(default_factory=MosaicSettings)
    tracks: TrackSettings = field(default_factory=TrackSettings)
    reported: ReportedSettings = field(default_factory=ReportedSettings)
    changes: FindChangesSettings = field(default_factory=FindChangesSettings)
    confirm: ConfirmSettings = field(default_factory=ConfirmSettings)
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    coverage: CoverageSettings = field(default_factory=CoverageSettings)
    chips: ChipSettings = field(default_factory=ChipSettings)
    batch: BatchSettings = field(default_factory=BatchSettings)
    movement: DetectorChoice = field(default_factory=lambda: _default_choice(movement_detectors(), "motion"))
    change: DetectorChoice = field(default_factory=lambda: _default_choice(change_detectors(), "pair"))
    matcher: DetectorChoice | None = field(default_factory=lambda: _default_choice(picture_matchers(), "structure"))
    confirmer: DetectorChoice | None = None

    def movement_detector(self) -> MovementDetector:
        """The movement detector that was chosen."""
        return movement_detectors()[self.movement.name].make(self.movement.settings)

    def change_detector(self) -> ChangeDetector:
        """The change detector that was chosen."""
        return change_detectors()[self.change.name].make(self.change.settings)

    def picture_matcher(self) -> PictureMatcher | None:
        """The picture matcher that was chosen; None when there is none."""
        if self.matcher is None:
            return None
        return picture_matchers()[self.matcher.name].make(self.matcher.settings)

    def track_confirmer(self) -> TrackConfirmer | None:
        """The confirmer that was chosen; None when there is none.

        Raises:
            ConfigError: Its weights are missing or cannot be used.
        """
        if self.confirmer is None:
            return None
        return track_confirmers()[self.confirmer.name].make(self.confirmer.settings)


DETECTORS = ("movement", "change", "matcher", "confirmer")


def load_config(path: Path | None) -> Settings:
    """Read a configuration; without one, the defaults.

    Raises:
        ConfigError: Names file, line, key and the likely one.
    """
    if path is None:
        return Settings()
    return settings_of(read_toml(path))


def parse_config(text: str, path: Path) -> Settings:
    """Read a configuration from text; paths in it count from the folder of `path`."""
    return settings_of(parse_toml(text.encode(), path))


def settings_of(table: TomlTable) -> Settings:
    """The settings that a file states, over the defaults."""
    plain = {item.name: item for item in fields(Settings) if item.name not in DETECTORS}
    table.only([*plain, "detectors"])
    given: dict[str, Any] = {}
    base = Settings()
    for name in plain:
        if name in table.values:
            default = getattr(base, name)
            given[name] = table.table(name).to(type(default), default)
    detectors = table.table("detectors")
    detectors.only(DETECTORS)
    if "movement" in detectors.values:
        given["movement"] = _choice(detectors.table("movement"), movement_detectors(), "motion")
    if "change" in detectors.values:
        given["change"] = _choice(detectors.table("change"), change_detectors(), "pair")
    if "matcher" in detectors.values:
        table = detectors.table("matcher")
        none = table.values == {"name": "none"}
        given["matcher"] = None if none else _choice(table, picture_matchers(), "structure", "matcher")
    if "confirmer" in detectors.values:
        table = detectors.table("confirmer")
        none = table.values == {"name": "none"}
        given["confirmer"] = None if none else _choice(table, track_confirmers(), "onnx", "confirmer")
    return replace(base, **given)


def _default_choice(known: Mapping[str, DetectorPlugin[Any]], name: str) -> DetectorChoice:
    return DetectorChoice(name, known[name].settings())


def _choice(
    table: TomlTable, known: Mapping[str, DetectorPlugin[Any]], usual: str, kind: str = "detector"
) -> DetectorChoice:
    name = table.values.get("name", usual)
    if name not in known:
        raise table.error("name", f"no {kind} '{name}'; known are {', '.join(sorted(known))}")
    rest = {key: value for key, value in table.values.items() if key != "name"}
    settings = known[name].settings
    return DetectorChoice(name, replace(table, values=rest).to(settings, settings()))


def config_sha256(settings: Settings, contents: Mapping[Path, str]) -> str:
    """Hash of everything that decides. A file counts by its content, not by where it lies.

    Args:
        settings: The settings.
        contents: Hash of each file that they name.

    Raises:
        ConfigError: A file that they name was not hashed.
    """
    return hashlib.sha256(json.dumps(_plain(asdict(settings), contents), sort_keys=True).encode()).hexdigest()


def _plain(value: object, contents: Mapping[Path, str]) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item, contents) for key, item in value.items() if key != "batch"}
    if isinstance(value, list | tuple):
        return [_plain(item, contents) for item in value]
    if isinstance(value, Path):
        if value not in contents:
            raise ConfigError(f"{value}: does not exist or cannot be read; correct the configuration")
        return contents[value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value
