"""Frames as an MP4 file, with telemetry in a track of subtitles where asked for."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.subtitles.codeccontext import SubtitleCodecContext
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.simulator.scene.told import FlightFacts
from pipeline.simulator.writers.h264 import TICKS_PER_S, encoder_options, rate_of, video_frame
from pipeline.simulator.writers.sample import utc
from pipeline.simulator.writers.subtitles import Cue

_TICK = Fraction(1, TICKS_PER_S)

_STYLE = (
    b"[Script Info]\nScriptType: v4.00+\nPlayResX: 384\nPlayResY: 288\n\n[V4+ Styles]\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    b"Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, "
    b"MarginV, Encoding\n"
    b"Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1\n\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)
"""How cues look: without it players find no font in the track's header."""


class Mp4:
    """One video file, written frame by frame. The container states the flight's begin, not the time of writing."""

    def __init__(self, path: Path, facts: FlightFacts, crf: int, *, subtitles: bool) -> None:
        self._interval_s = facts.interval_s
        try:
            self._file = av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"})
            self._video = self._file.add_stream("libx264", rate=rate_of(facts.interval_s))
            self._text = self._file.add_stream("mov_text") if subtitles else None
        except (av.FFmpegError, ValueError) as error:
            raise ConfigError(
                f"{path.name}: this machine's PyAV cannot write H.264 in MP4 ({error}); write stills instead"
            ) from error
        self._file.metadata["creation_time"] = f"{utc(facts.start_utc_ns):%Y-%m-%dT%H:%M:%SZ}"
        self._video.width, self._video.height = facts.lens.size_px
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = 1 / rate_of(facts.interval_s)
        self._video.codec_context.thread_count = 1
        self._video.codec_context.options = encoder_options(crf, live=False)
        if self._text is not None:
            self._text.time_base = self._text.codec_context.time_base = _TICK
            give_style(self._text.codec_context, path.name)

    def add(self, image: NDArray[np.uint8], index: int) -> None:
        """Append ``(H, W, 3)`` RGB at the time of its index."""
        for packet in self._video.encode(video_frame(image, index, self._interval_s)):
            self._file.mux(packet)

    def add_cue(self, cue: Cue) -> None:
        """Append a subtitle; cues ascend. Nothing where the file has no such track."""
        if self._text is None:
            return
        text = cue.text.encode()
        packet = av.Packet(len(text).to_bytes(2, "big") + text)
        packet.stream, packet.time_base = self._text, _TICK
        packet.pts = packet.dts = round(cue.start_s * TICKS_PER_S)
        packet.duration = max(round(cue.end_s * TICKS_PER_S) - packet.pts, 1)
        self._file.mux(packet)

    def close(self) -> None:
        """Finish the file."""
        for packet in self._video.encode():
            self._file.mux(packet)
        self._file.close()


def give_style(context: SubtitleCodecContext, name: str) -> None:
    """Tell the encoder of a track how its cues look.

    Raises:
        ConfigError: PyAV is too old for that.
    """
    if not hasattr(context, "subtitle_header"):
        raise ConfigError(
            f"{name}: this machine's PyAV {av.__version__} cannot write subtitles into MP4; install 16.1 or later, or "
            "write them beside it (format dji_video)"
        )
    context.subtitle_header = _STYLE
