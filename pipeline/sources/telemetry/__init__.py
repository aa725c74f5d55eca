"""Readers of telemetry, one format a file."""

from pipeline.protocols import TelemetryReader
from pipeline.sources.telemetry.csv_table import CsvReader

READERS: tuple[TelemetryReader, ...] = (CsvReader(),)
"""Readers that ship, in the order in which they are asked."""
