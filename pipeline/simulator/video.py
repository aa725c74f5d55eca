"""Frames as a video file whose bytes depend on nothing but the frames."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError


class VideoWriter:
    """H.264 in MP4, encoded on one thread: the threads' timing must not show in the bytes."""

    def __init__(self, path: Path, size_px: tuple[int, int], fps: float) -> None:
        try:
            self._file = av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"})
            self._stream = self._file.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        except (av.FFmpegError, ValueError) as error:
            raise InputError(
                f"{path.name}: this machine's PyAV cannot write H.264 ({error}); simulate stills"
            ) from error
        self._stream.width, self._stream.height = size_px
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.options = {"crf": "20", "preset": "medium", "flags": "+bitexact", "threads": "1"}

    def add(self, image: NDArray[np.uint8]) -> None:
        """Append ``(H, W, 3)`` RGB."""
        for packet in self._stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
            self._file.mux(packet)

    def close(self) -> None:
        """Finish the file."""
        for packet in self._stream.encode():
            self._file.mux(packet)
        self._file.close()
