"""H.264 whose bytes depend on nothing but the frames."""

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError

TICKS_PER_S = 90_000
"""Of subtitles and transport streams: MPEG's own clock."""


def encoder_options(crf: int, *, live: bool) -> dict[str, str]:
    """Options of x264: one thread, because the threads' timing would show in the bytes.

    Args:
        crf: Quality.
        live: For transport streams: no frame waits for a later one, and each begins with a delimiter.
    """
    common = {"crf": str(crf), "preset": "medium", "flags": "+bitexact", "threads": "1"}
    if live:
        return common | {"tune": "zerolatency", "x264-params": "aud=1:keyint=30:sliced-threads=0"}
    # x264's macroblock tree reads beyond its rows: about one small video in ten came out with other bytes
    return common | {"x264-params": "mbtree=0"}


def video_frame(image: NDArray[np.uint8], index: int, interval_s: float) -> av.VideoFrame:
    """A frame of ``(H, W, 3)`` RGB at the time of its index; indices may leave gaps.

    Raises:
        ConfigError: Odd width or height: H.264 halves its colours.
    """
    height, width = image.shape[:2]
    if width % 2 or height % 2:
        raise ConfigError(f"a video of {width} × {height} pixels cannot be written; both must be even")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    frame.pts, frame.time_base = index, 1 / rate_of(interval_s)
    return frame


def ticks_at(index: int, interval_s: float) -> int:
    """When a frame is shown: recorders count by their own steady clock, from the first frame."""
    return round(index * interval_s * TICKS_PER_S)


def rate_of(interval_s: float) -> Fraction:
    """Frames a second."""
    return Fraction(1 / interval_s).limit_denominator(1001)


class LiveEncoder:
    """H.264 as a byte stream (Annex B), for transport streams."""

    def __init__(self, size_px: tuple[int, int], interval_s: float, crf: int) -> None:
        try:
            self._context = av.CodecContext.create("libx264", "w")
        except (av.FFmpegError, ValueError) as error:
            raise ConfigError(f"this machine's PyAV cannot write H.264 ({error}); write stills instead") from error
        self._interval_s = interval_s
        self._context.width, self._context.height = size_px
        self._context.pix_fmt = "yuv420p"
        self._context.framerate = rate_of(interval_s)
        self._context.time_base = 1 / rate_of(interval_s)
        self._context.thread_count = 1
        self._context.options = encoder_options(crf, live=True)

    def encode(self, image: NDArray[np.uint8], index: int) -> list[tuple[int, bytes, bool]]:
        """Access units that are ready: their index, their bytes, whether one can begin to decode there."""
        return _units(self._context.encode(video_frame(image, index, self._interval_s)))

    def finish(self) -> list[tuple[int, bytes, bool]]:
        """Those that were still under way."""
        return _units(self._context.encode(None))


def _units(packets: "Sequence[av.Packet[av.VideoStream]]") -> list[tuple[int, bytes, bool]]:
    return [(packet.pts or 0, bytes(packet), bool(packet.is_keyframe)) for packet in packets]
