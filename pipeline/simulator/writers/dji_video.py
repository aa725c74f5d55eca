"""Videos with telemetry in subtitles, as drones record them."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.mp4 import Mp4
from pipeline.simulator.writers.options import WriteOptions
from pipeline.simulator.writers.ordinals import Ordinals, video_frame_id
from pipeline.simulator.writers.picture import eight_bit_rgb
from pipeline.simulator.writers.sample import samples
from pipeline.simulator.writers.subtitles import Cue, CueText, slots, srt_block
from pipeline.simulator.writers.table import TelemetryTable

STEM = "DJI_0001"


class DjiVideo:
    """An MP4 file with an ``.SRT`` file beside it, or with the same cues as a track inside."""

    def __init__(self, folder: Path, facts: FlightFacts, options: WriteOptions, *, track: bool) -> None:
        self._facts = facts
        self._ordinals = Ordinals(facts.at_frames.linked)
        self._video = Mp4(folder / f"{STEM}.MP4", facts, options.crf, subtitles=track)
        self._sidecar: TextIO | None = (
            None if track else (folder / f"{STEM}.SRT").open("w", encoding="utf-8", newline="")
        )
        self._text = CueText(facts, options.subtitle_style)
        self._waiting = deque(slots(facts, options.subtitle_style))
        self._cues = 0
        self._last: Exposed | None = None

    def frame_id(self, index: int) -> str:
        """The file's stem and the frame's ordinal in it."""
        return video_frame_id(STEM, self._ordinals.of(index))

    def add(self, frame: Exposed) -> None:
        """Append a frame and the cues up to it."""
        if not self._ordinals.add(frame.index):
            return
        self._last = frame
        self._video.add(eight_bit_rgb(frame.image), frame.index)
        self._say(lambda start_s: start_s < (frame.index + 1) * self._facts.interval_s - 1e-6)

    def close(self) -> None:
        """Finish both files; cues after the last frame are never shown and not written."""
        self._video.close()
        if self._sidecar is not None:
            self._sidecar.close()

    def _say(self, due: Callable[[float], bool]) -> None:
        while self._waiting and due(self._waiting[0].start_s):
            slot = self._waiting.popleft()
            self._cues += 1
            text = self._text.of(slot.sample, self._cues, slot.end_s - slot.start_s, self._last)
            cue = Cue(slot.start_s, slot.end_s, text)
            self._video.add_cue(cue)
            if self._sidecar is not None:
                self._sidecar.write(srt_block(cue, self._cues))


class VideoCsv:
    """An MP4 file and a table that says times by both clocks."""

    def __init__(self, folder: Path, facts: FlightFacts, options: WriteOptions) -> None:
        self._facts = facts
        self._ordinals = Ordinals(facts.at_frames.linked)
        self._video = Mp4(folder / "flight.mp4", facts, options.crf, subtitles=False)
        self._table = TelemetryTable(folder / "telemetry.csv", facts, extra=("video_time_s",))

    def frame_id(self, index: int) -> str:
        """The file's stem and the frame's ordinal in it."""
        return video_frame_id("flight", self._ordinals.of(index))

    def add(self, frame: Exposed) -> None:
        """Append a frame."""
        if self._ordinals.add(frame.index):
            self._video.add(eight_bit_rgb(frame.image), frame.index)

    def close(self) -> None:
        """Finish the video and write the table."""
        self._video.close()
        told = self._facts.stream if self._facts.stream is not None else self._facts.at_frames
        for sample in samples(told):
            self._table.add(sample, f"{(sample.t_utc_ns - self._facts.start_utc_ns) / 1e9:.4f}")
        self._table.close()
