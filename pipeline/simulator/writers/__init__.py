"""Flights as files, one format a file."""

from pipeline.simulator.writers.formats import FORMATS, FormatFacts, open_writer
from pipeline.simulator.writers.options import WriteOptions

__all__ = ["FORMATS", "FormatFacts", "WriteOptions", "open_writer"]
