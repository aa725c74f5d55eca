"""Frames as TIFF files: bare beside a table, or with tags of their own."""

from pathlib import Path

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.dji_stills import TABLE, still_id
from pipeline.simulator.writers.photo_tags import photo_tags
from pipeline.simulator.writers.sample import sample_at, samples
from pipeline.simulator.writers.table import TelemetryTable, write_stream
from pipeline.simulator.writers.tiff_file import tiff


class TiffCsv:
    """TIFF files that say nothing, and a table whose rows name them.

    Written on the ground: a frame whose sample was lost has no row, and one while the link was lost is not there.
    """

    def __init__(self, folder: Path, facts: FlightFacts) -> None:
        self._folder, self._facts = folder, facts
        self._table = TelemetryTable(folder / TABLE, facts, extra=("frame",))

    def frame_id(self, index: int) -> str:
        """The stem of its file."""
        return f"frame_{index:06d}"

    def add(self, frame: Exposed) -> None:
        """Write a frame and its row."""
        sample = sample_at(self._facts.at_frames, frame.index)
        if not sample.linked:
            return
        name = f"{self.frame_id(frame.index)}.tif"
        (self._folder / name).write_bytes(tiff(frame.image))
        self._table.add(sample, name)

    def close(self) -> None:
        """Finish the table."""
        self._table.close()


class ThermalStills:
    """TIFF files with 16-bit counts and the tags of a drone's photographs; a table where telemetry has its own rate."""

    def __init__(self, folder: Path, facts: FlightFacts) -> None:
        self._folder, self._facts = folder, facts

    def frame_id(self, index: int) -> str:
        """The stem of its file."""
        return still_id(index)

    def add(self, frame: Exposed) -> None:
        """Write a frame."""
        tags = photo_tags(self._facts, sample_at(self._facts.at_frames, frame.index), frame)
        (self._folder / f"{still_id(frame.index)}.tif").write_bytes(tiff(frame.image, tags))

    def close(self) -> None:
        """Write the table."""
        if self._facts.stream is not None:
            write_stream(self._folder / TABLE, self._facts, samples(self._facts.stream))
