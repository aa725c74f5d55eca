"""Video and metadata of military and larger civil aircraft: MPEG-TS with H.264 and MISB ST 0601."""

from collections import deque
from pathlib import Path

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.h264 import TICKS_PER_S, LiveEncoder, ticks_at
from pipeline.simulator.writers.options import WriteOptions
from pipeline.simulator.writers.ordinals import Ordinals, video_frame_id
from pipeline.simulator.writers.picture import eight_bit_rgb
from pipeline.simulator.writers.sample import Sample, sample_at, samples
from pipeline.simulator.writers.transport_stream import TransportStream
from pipeline.simulator.writers.uas_set import packet

STEM = "flight"
_MARK = b"MISPmicrosectime"
_EARLIEST_S = -0.5


class MisbTs:
    """A transport stream, recorded on the ground: what the link lost is not in it, neither pictures nor metadata.

    Metadata come at the stream's own rate, else one packet a frame; the targets of the latest frame
    ride on the next packet. Each picture carries the camera's time (MISB ST 0604).
    """

    def __init__(self, folder: Path, facts: FlightFacts, options: WriteOptions) -> None:
        self._facts, self._options = facts, options
        self._ordinals = Ordinals(facts.at_frames.linked)
        self._file = (folder / f"{STEM}.ts").open("wb")
        self._stream = TransportStream(self._file, options.klv_timing)
        self._encoder = LiveEncoder(facts.lens.size_px, facts.interval_s, options.crf)
        self._times: dict[int, int] = {}
        self._waiting = deque(self._stream_samples())
        self._targets: deque[Exposed] = deque()
        self._last_ticks = 0

    def frame_id(self, index: int) -> str:
        """The file's stem and the frame's ordinal in it."""
        return video_frame_id(STEM, self._ordinals.of(index))

    def add(self, frame: Exposed) -> None:
        """Append a frame and the metadata up to its time."""
        if not self._ordinals.add(frame.index):
            return
        self._times[frame.index] = frame.t_utc_ns
        if frame.targets:
            self._targets.append(frame)
        if self._facts.stream is None:
            sample = sample_at(self._facts.at_frames, frame.index)
            if sample.recorded:
                self._waiting.append((sample, ticks_at(frame.index, self._facts.interval_s)))
        self._show(self._encoder.encode(eight_bit_rgb(frame.image), frame.index))

    def close(self) -> None:
        """Finish the file. Metadata after the last frame are left out but for those of its own time on show."""
        self._show(self._encoder.finish())
        self._send_metadata(self._last_ticks + ticks_at(1, self._facts.interval_s) - 1)
        self._file.close()

    def _stream_samples(self) -> list[tuple[Sample, int]]:
        """Recorded samples with their times in the video. A clock that steps back does not turn the stream back."""
        told: list[tuple[Sample, int]] = []
        latest = round(_EARLIEST_S * TICKS_PER_S)
        for sample in samples(self._facts.stream) if self._facts.stream is not None else ():
            ticks = round((sample.t_utc_ns - self._facts.start_utc_ns) / 1e9 * TICKS_PER_S)
            if sample.recorded and ticks >= round(_EARLIEST_S * TICKS_PER_S):
                latest = max(latest, ticks)
                told.append((sample, latest))
        return told

    def _show(self, units: list[tuple[int, bytes, bool]]) -> None:
        """Send pictures as the encoder gives them out, metadata of their time and before ahead of them."""
        for index, unit, key in units:
            self._last_ticks = ticks_at(index, self._facts.interval_s)
            self._send_metadata(self._last_ticks)
            self._stream.video(self._last_ticks, with_time(unit, self._times.pop(index)), key=key)

    def _send_metadata(self, until_ticks: int) -> None:
        while self._waiting and self._waiting[0][1] <= until_ticks:
            sample, ticks = self._waiting.popleft()
            frame = None
            while self._targets and ticks_at(self._targets[0].index, self._facts.interval_s) <= ticks:
                frame = self._targets.popleft()
            self._stream.klv(ticks, packet(self._facts, self._options, sample, frame))


def with_time(unit: bytes, t_utc_ns: int) -> bytes:
    """An access unit (Annex B) with its time in a message before its first slice.

    Source: MISB ST 0604: user data "MISPmicrosectime", a status byte, and the time in pairs of bytes with 0xFF between.
    """
    stamp = (t_utc_ns // 1000).to_bytes(8, "big")
    pairs = b"\xff".join(stamp[at : at + 2] for at in (0, 2, 4, 6))
    body = _MARK + b"\x1f" + pairs
    message = b"\0\0\0\1\x06\x05" + bytes([len(body)]) + body + b"\x80"
    at = _first_slice(unit)
    return unit[:at] + message + unit[at:]


def _first_slice(unit: bytes) -> int:
    """Where the start code of the first coded slice begins."""
    at = unit.find(b"\0\0\1")
    while at >= 0:
        if unit[at + 3] & 0x1F in (1, 5):
            return at - 1 if at and unit[at - 1] == 0 else at
        at = unit.find(b"\0\0\1", at + 3)
    return len(unit)
