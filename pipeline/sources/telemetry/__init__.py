"""Readers of telemetry, one format a file."""

from pipeline.protocols import TelemetryReader
from pipeline.sources.telemetry.csv_table import CsvReader
from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader, DjiTrackReader

READERS: tuple[TelemetryReader, ...] = (CsvReader(), DjiSubtitleReader(), DjiTrackReader())
"""Readers that ship, in the order in which they are asked."""
