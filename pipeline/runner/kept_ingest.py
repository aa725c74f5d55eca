"""What ingest made, kept between runs."""

from pipeline.geometry.projection import SiteFrame
from pipeline.records.clock import ClockFinding
from pipeline.records.dropped import Dropped
from pipeline.records.frame import PosedFrame
from pipeline.records.samples import ReportedStream
from pipeline.records.sortie import Sortie
from pipeline.records.telemetry import TelemetryTrack
from pipeline.runner.workspace import StageFolder
from pipeline.stages.ingest import Ingested


def store_ingested(stage: StageFolder, made: Ingested) -> None:
    """Write all of it."""
    stage.store("sortie", [made.sortie])
    stage.store("site", [made.site])
    stage.store("frames", made.frames)
    stage.store("telemetry", made.tracks)
    stage.store("dropped", made.dropped)
    stage.store("clocks", made.clocks)
    stage.store("reported", made.reported)


def load_ingested(stage: StageFolder) -> Ingested:
    """Read what `store_ingested` wrote.

    Raises:
        InputError: A file was damaged or written by another version.
    """
    return Ingested(
        stage.load("sortie", Sortie)[0],
        stage.load("site", SiteFrame)[0],
        stage.load("frames", PosedFrame),
        stage.load("telemetry", TelemetryTrack),
        stage.load("dropped", Dropped),
        stage.load("clocks", ClockFinding),
        reported=stage.load("reported", ReportedStream),
    )
