"""Readers of telemetry, one format a file."""

from pipeline.protocols import TelemetryReader
from pipeline.sources.telemetry.csv_table import CsvReader
from pipeline.sources.telemetry.dataflash import DataflashReader
from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader, DjiTrackReader
from pipeline.sources.telemetry.djmd import DjmdReader
from pipeline.sources.telemetry.gpx import GpxReader
from pipeline.sources.telemetry.misb import MisbReader
from pipeline.sources.telemetry.mrk import MrkReader
from pipeline.sources.telemetry.parquet_table import ParquetReader
from pipeline.sources.telemetry.tlog import TlogReader
from pipeline.sources.telemetry.ulog import ULogReader

READERS: tuple[TelemetryReader, ...] = (
    CsvReader(),
    DjiSubtitleReader(),
    DjiTrackReader(),
    DjmdReader(),
    MrkReader(),
    MisbReader(),
    ULogReader(),
    ParquetReader(),
    GpxReader(),
    DataflashReader(),
    TlogReader(),
)
"""Readers that ship, in the order in which they are asked."""
