"""Telemetry as a Parquet table, with the same names of columns as a table in text."""

from pathlib import Path

from pipeline.records.samples import TelemetrySamples
from pipeline.sources.regular_file import open_regular

MAGIC = b"PAR1"


class ParquetReader:
    """Reads Parquet tables. Recognised by their first four bytes."""

    name = "parquet"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it begins as a Parquet file."""
        del path
        return head.startswith(MAGIC)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole file.

        Raises:
            InputError: Damaged, not of telemetry, or larger unpacked than is read.
        """
        from pipeline.sources.telemetry.parquet_columns import read_parquet  # noqa: PLC0415 - Arrow takes 45 MiB

        with open_regular(path) as raw:
            table = read_parquet(raw, path.name)
        return (table.samples(path, self.name),)
