"""Frames without a word about themselves, beside the log of a PX4 autopilot."""

from collections import deque
from pathlib import Path

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.mp4 import Mp4
from pipeline.simulator.writers.options import WriteOptions
from pipeline.simulator.writers.ordinals import Ordinals, video_frame_id
from pipeline.simulator.writers.picture import eight_bit_rgb, jpeg
from pipeline.simulator.writers.sample import Sample, sample_at, samples
from pipeline.simulator.writers.ulog_file import ULogFile
from pipeline.simulator.writers.ulog_topics import BOOT_BEFORE_US, TOPICS, log_capture, log_sample

LOG = "log_0001.ulg"
STEM = "flight"


class _FlightLog:
    """The log: telemetry at its own rate, captures as they come."""

    def __init__(self, path: Path, facts: FlightFacts, *, trigger_mode: int) -> None:
        self._facts = facts
        self._file = path.open("wb")
        self._log = ULogFile(self._file, BOOT_BEFORE_US - 1_000_000)
        self._log.inform("sys_name", "PX4")
        self._log.inform("ver_hw", "SIMULATED")
        self._log.inform("time_ref_utc", facts.utc_offset_h * 3600)
        self._log.declare(*TOPICS)
        self._log.parameter("TRIG_MODE", trigger_mode)
        self._log.subscribe(*TOPICS)
        self._waiting: deque[Sample] = deque(samples(facts.stream) if facts.stream is not None else ())
        self._gap_from_ns: int | None = None

    def telemetry(self, until_ns: int | None) -> None:
        """Samples of the stream up to a time; None: all that are left."""
        while self._waiting and (until_ns is None or self._waiting[0].t_utc_ns <= until_ns):
            self.sample(self._waiting.popleft())

    def sample(self, sample: Sample) -> None:
        """One sample; after some that were lost, the log says for how long."""
        if not sample.recorded:
            self._gap_from_ns = sample.t_utc_ns if self._gap_from_ns is None else self._gap_from_ns
            return
        if self._gap_from_ns is not None:
            self._log.dropout(max((sample.t_utc_ns - self._gap_from_ns) // 1_000_000, 0))
            self._gap_from_ns = None
        log_sample(self._log, self._facts, sample)

    def frame(self, index: int, number: int, *, fed_back: bool, triggered: bool) -> None:
        """A frame, after the telemetry up to it."""
        sample = sample_at(self._facts.at_frames, index)
        if self._facts.stream is None:
            self.sample(sample)
        else:
            self.telemetry(sample.t_utc_ns)
        if triggered and sample.recorded:
            log_capture(self._log, self._facts, sample, number, fed_back=fed_back)

    def close(self) -> None:
        """Finish the file."""
        self.telemetry(None)
        self._file.close()


class UlogStills:
    """JPEG files without tags; the log says when the shutter opened, frame by frame."""

    def __init__(self, folder: Path, facts: FlightFacts, options: WriteOptions) -> None:
        self._folder, self._quality = folder, options.jpeg_quality
        self._log = _FlightLog(folder / LOG, facts, trigger_mode=4)

    def frame_id(self, index: int) -> str:
        """The stem of its file."""
        return f"IMG_{index + 1:04d}"

    def add(self, frame: Exposed) -> None:
        """Write a frame and its capture."""
        picture = jpeg(eight_bit_rgb(frame.image), self._quality)
        (self._folder / f"{self.frame_id(frame.index)}.jpg").write_bytes(picture)
        self._log.frame(frame.index, frame.index, fed_back=True, triggered=True)

    def close(self) -> None:
        """Finish the log."""
        self._log.close()


class UlogVideo:
    """An MP4 file; the log says when it began."""

    def __init__(self, folder: Path, facts: FlightFacts, options: WriteOptions) -> None:
        self._ordinals = Ordinals(facts.at_frames.linked)
        self._video = Mp4(folder / f"{STEM}.mp4", facts, options.crf, subtitles=False)
        self._log = _FlightLog(folder / LOG, facts, trigger_mode=0)

    def frame_id(self, index: int) -> str:
        """The file's stem and the frame's ordinal in it."""
        return video_frame_id(STEM, self._ordinals.of(index))

    def add(self, frame: Exposed) -> None:
        """Append a frame."""
        first = self._ordinals.empty
        if not self._ordinals.add(frame.index):
            return
        self._video.add(eight_bit_rgb(frame.image), frame.index)
        self._log.frame(frame.index, 0, fed_back=False, triggered=first)

    def close(self) -> None:
        """Finish both files."""
        self._video.close()
        self._log.close()
