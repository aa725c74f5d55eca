"""Frames of a video by their presentation time stamps."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.sources.regular_file import open_regular
from pipeline.sources.video import container_format

HELD_S = 0.1
"""How long a frame may stand for a time stamp of its second field, or of a neighbour that was lost."""

FORWARD_S = 2.0
"""A frame that is nearer than this is reached by decoding on, a further one by seeking: key frames are 1–2 s apart."""


class OpenVideo:
    """A video that stays open; cheap when frames are asked for in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_regular(path)
        self._format = container_format(path)
        self._previous: av.VideoFrame | None = None
        self._current: av.VideoFrame | None = None
        try:
            self._open()
        except (av.error.FFmpegError, OSError, IndexError, ValueError) as error:
            self._file.close()
            raise InputError(f"{path.name}: cannot be opened as a video ({error}); was it copied whole?") from error

    def _open(self) -> None:
        self._file.seek(0)
        self._container = av.open(self._file, "r", format=self._format)
        self._stream = self._container.streams.video[0]
        if self._stream.codec_context is None:
            raise ValueError("of a kind that cannot be decoded")
        self._stream.thread_type = "AUTO"
        self._unit_s = float(self._stream.time_base or 0)
        self._start_decoding()

    def _start_decoding(self) -> None:
        self._previous = self._current = None
        self._decoded: Iterator[av.VideoFrame] = self._container.decode(self._stream)

    def close(self) -> None:
        """Close the file."""
        with closing(self._file):
            self._container.close()

    def read(self, pts: int, name: str, pixel_format: str) -> NDArray[np.uint8]:
        """The frame that is presented at `pts`: ``rgb24`` as ``(H, W, 3)`` or ``gray`` as ``(H, W)``.

        Raises:
            InputError: There is none, or it cannot be decoded.
        """
        try:
            frame = self._frame_at(pts)
            if frame is not None:
                return np.ascontiguousarray(frame.to_ndarray(format=pixel_format), np.uint8)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._start_decoding()
            raise InputError(f"{name}: cannot be decoded ({error}); is {self.path.name} damaged?") from error
        raise InputError(f"{name}: {self.path.name} shows no frame at its time; is it damaged there?")

    def _frame_at(self, pts: int) -> "av.VideoFrame | None":
        near = self._current is not None and 0 <= (pts - (self._current.pts or 0)) * self._unit_s <= FORWARD_S
        if not near and self._shown(pts) is None and not self._at_start(pts):
            self._container.seek(pts, stream=self._stream, backward=True)
            self._start_decoding()
        frame = self._decode_to(pts)
        if frame is None:
            # transport streams have no index, and seeking may end behind the wanted frame: from the beginning then
            self._container.close()
            self._open()
            frame = self._decode_to(pts)
        return frame

    def _at_start(self, pts: int) -> bool:
        begin = self._stream.start_time or 0
        return self._current is None and (pts - begin) * self._unit_s <= FORWARD_S

    def _decode_to(self, pts: int) -> "av.VideoFrame | None":
        """Decode on until the frame that is shown at `pts` is known."""
        while self._current is None or (self._current.pts or 0) < pts:
            frame = next(self._decoded, None)
            if frame is None:
                self._previous = self._current
                break
            if frame.pts is not None:
                self._previous, self._current = self._current, frame
        return self._shown(pts)

    def _shown(self, pts: int) -> "av.VideoFrame | None":
        """Of the two frames at hand the one that is shown at `pts`."""
        for frame in (self._current, self._previous):
            if frame is not None and frame.pts is not None and 0 <= (pts - frame.pts) * self._unit_s <= HELD_S:
                return frame
        return None
