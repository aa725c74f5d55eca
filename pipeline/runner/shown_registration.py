"""The picture by which people judge a sortie's registration, kept with the stage."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.records.frame import GroundFrame
from pipeline.records.sortie import Sortie
from pipeline.runner.workspace import StageFolder
from pipeline.sinks.registration_sheet import registration_sheet
from pipeline.stages.registration_overlay import Overlays

_FILE = "sheet.jpg"


def leave_sheet(stage: StageFolder, sortie: Sortie, overlays: Overlays, told: Sequence[GroundFrame]) -> None:
    """Draw the registered frames of a stage against telemetry's, where there is anything to show."""
    drawn = overlays(told, stage.load("frames", GroundFrame))
    if drawn:
        title = f"{sortie.sortie_id}, night of {sortie.night_id}"
        (stage.folder / _FILE).write_bytes(registration_sheet(title, sortie.security_marking, drawn))


def kept_sheet(register: Path) -> bytes | None:
    """The picture out of the stage's folder; None where there is none."""
    path = register / _FILE
    return path.read_bytes() if path.is_file() else None
