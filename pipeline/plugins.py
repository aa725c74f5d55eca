"""Plug-ins by name: those that come with the software, and those of other packages by entry points.

Groups: ``trucewatch.movement_detectors``, ``trucewatch.change_detectors``, ``trucewatch.picture_matchers`` and
``trucewatch.track_confirmers`` give a `DetectorPlugin`, ``trucewatch.telemetry_readers`` a `TelemetryReader`,
``trucewatch.rules`` a `Rule`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from detectors.change import ChangeSettings, PairDetector
from detectors.confirm import OnnxConfirmer, OnnxSettings
from detectors.matching import StructureMatcher, StructureSettings
from detectors.movement import MotionDetector, MovementSettings
from pipeline.errors import ConfigError
from pipeline.protocols import ChangeDetector, MovementDetector, PictureMatcher, Rule, TelemetryReader, TrackConfirmer
from pipeline.rules.shipped import shipped_rules
from pipeline.sources.model_file import read_model
from pipeline.sources.telemetry import READERS

Made_co = TypeVar("Made_co", covariant=True)
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class DetectorPlugin(Generic[Made_co]):
    """A detector or matcher that a configuration can name.

    Attributes:
        settings: Frozen dataclass with a default for every field; the keys of its table in the configuration.
        make: Settings to detector.
    """

    settings: type[Any]
    make: Callable[[Any], Made_co]


def movement_detectors() -> dict[str, DetectorPlugin[MovementDetector]]:
    """Movement detectors by name."""
    shipped: dict[str, DetectorPlugin[MovementDetector]] = {"motion": DetectorPlugin(MovementSettings, MotionDetector)}
    return shipped | _others("trucewatch.movement_detectors", DetectorPlugin)


def change_detectors() -> dict[str, DetectorPlugin[ChangeDetector]]:
    """Change detectors by name."""
    shipped: dict[str, DetectorPlugin[ChangeDetector]] = {"pair": DetectorPlugin(ChangeSettings, PairDetector)}
    return shipped | _others("trucewatch.change_detectors", DetectorPlugin)


def picture_matchers() -> dict[str, DetectorPlugin[PictureMatcher]]:
    """Picture matchers by name."""
    shipped: dict[str, DetectorPlugin[PictureMatcher]] = {
        "structure": DetectorPlugin(StructureSettings, StructureMatcher)
    }
    return shipped | _others("trucewatch.picture_matchers", DetectorPlugin)


def track_confirmers() -> dict[str, DetectorPlugin[TrackConfirmer]]:
    """Confirmers of tracks by name; none is used unless the configuration names it."""
    shipped: dict[str, DetectorPlugin[TrackConfirmer]] = {"onnx": DetectorPlugin(OnnxSettings, _onnx_confirmer)}
    return shipped | _others("trucewatch.track_confirmers", DetectorPlugin)


def _onnx_confirmer(settings: OnnxSettings) -> OnnxConfirmer:
    """Detectors read no files: their weights are handed to them."""
    return OnnxConfirmer(settings, read_model(settings.weights))


def telemetry_readers() -> tuple[TelemetryReader, ...]:
    """Telemetry formats: others' first, so that a mission can mend a reading without touching this package."""
    return (*_others("trucewatch.telemetry_readers", object).values(), *READERS)


def rules() -> dict[str, Rule]:
    """Rules by kind."""
    others = _others("trucewatch.rules", object)
    return shipped_rules() | {rule.kind: rule for rule in others.values()}


def _others(group: str, kind: type[Kind]) -> dict[str, Any]:
    found = {}
    for entry in sorted(entry_points(group=group), key=lambda point: point.name):
        loaded = _load(entry, group)
        if not isinstance(loaded, kind):
            raise ConfigError(f"plug-in '{entry.name}' of {group} ({entry.value}) is not a {kind.__name__}")
        found[entry.name] = loaded
    return found


def _load(entry: EntryPoint, group: str) -> object:
    try:
        return entry.load()
    except Exception as error:
        package = entry.dist.name if entry.dist else "an unknown package"
        raise ConfigError(
            f"plug-in '{entry.name}' of {group}, from {package}, does not load ({error}); mend or uninstall it"
        ) from error
