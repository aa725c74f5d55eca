"""Photographs with their tags, as a drone's memory card holds them."""

from pathlib import Path

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.options import WriteOptions
from pipeline.simulator.writers.photo_tags import photo_tags
from pipeline.simulator.writers.picture import eight_bit_rgb, jpeg
from pipeline.simulator.writers.preview import with_preview
from pipeline.simulator.writers.sample import sample_at, samples
from pipeline.simulator.writers.table import write_stream

TABLE = "telemetry.csv"


def still_id(index: int) -> str:
    """Name of a still without its ending: numbers count from 1."""
    return f"DJI_{index + 1:04d}"


class DjiStills:
    """JPEG files with EXIF and XMP; beside them a table where telemetry has a rate of its own.

    The card is in the aircraft: a lost link loses no picture. A sample that was lost on board leaves zeros.
    """

    def __init__(self, folder: Path, facts: FlightFacts, options: WriteOptions) -> None:
        self._folder, self._facts, self._options = folder, facts, options

    def frame_id(self, index: int) -> str:
        """The stem of its file."""
        return still_id(index)

    def add(self, frame: Exposed) -> None:
        """Write a photograph."""
        tags = photo_tags(self._facts, sample_at(self._facts.at_frames, frame.index), frame)
        image = eight_bit_rgb(frame.image)
        whole = tags.in_jpeg(jpeg(image, self._options.jpeg_quality))
        if self._options.preview_px:
            whole = with_preview(whole, image, self._options.preview_px)
        (self._folder / f"{still_id(frame.index)}.JPG").write_bytes(whole)

    def close(self) -> None:
        """Write the table."""
        if self._facts.stream is not None:
            write_stream(self._folder / TABLE, self._facts, samples(self._facts.stream))
