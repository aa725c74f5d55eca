"""Frames without telemetry: a folder of pictures in order of name, or a video."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Image
from pipeline.records.dropped import Dropped
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.sources.frames import FrameReader
from pipeline.sources.regular_file import open_regular
from pipeline.sources.stills import is_still, read_still_head
from pipeline.sources.video import container_format

STILL_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True, eq=False)
class BareFrame:
    """One frame.

    Attributes:
        number: From 1; frames that cannot be read keep their number.
        t_ns: Time since the first frame.
        image: Pixels.
    """

    number: int
    t_ns: int
    image: Image


def read_bare_frames(source: Path, fps: float | None) -> Iterator[BareFrame | Dropped]:
    """Frames in order; what cannot be read is `Dropped`, and the rest goes on.

    Args:
        source: A folder of JPEG, PNG or TIFF files, or a video.
        fps: Frames a second. A video's own times are used when it is None; a folder has none.

    Raises:
        InputError: Nothing there to read, or a folder without `fps`.
    """
    if source.is_dir():
        if fps is None:
            raise InputError(f"{source.name}: pictures in a folder carry no times; give --fps")
        return _stills(source, fps)
    if not source.exists():
        raise InputError(f"{source}: no such folder or video; is the path right?")
    return _video(source, fps)


def _stills(folder: Path, fps: float) -> Iterator[BareFrame | Dropped]:
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in STILL_SUFFIXES)
    if not files:
        raise InputError(f"{folder}: no JPEG, PNG or TIFF in it; is this the folder of the frames?")
    return _read_stills(files, fps)


def _read_stills(files: list[Path], fps: float) -> Iterator[BareFrame | Dropped]:
    first_size: tuple[int, int] | None = None
    with FrameReader() as reader:
        for number, path in enumerate(files, start=1):
            t_ns = round((number - 1) * 1e9 / fps)
            try:
                with open_regular(path) as file:
                    if not is_still(file.read(64)):
                        raise InputError(f"{path.name}: not a JPEG, PNG or TIFF, whatever its name says")
                size = read_still_head(path, path.name).size_px
                if first_size is not None and size != first_size:
                    raise InputError(
                        f"{path.name}: {size[0]} × {size[1]} pixels among frames of {first_size[0]} × {first_size[1]}; "
                        "is it from another camera? put each camera's frames into a folder of their own"
                    )
                ref = FrameRef(path.name, path, FrameKind.STILL, 0, size, t_ns, 0.0, "", Band.VISIBLE, "bare")
                image = reader.read(ref)
            except InputError as error:
                yield Dropped("read", path.name, str(error), "unreadable")
                continue
            first_size = size
            yield BareFrame(number, t_ns, image)


def _video(path: Path, fps: float | None) -> Iterator[BareFrame | Dropped]:
    kind = container_format(path)
    with open_regular(path) as file:
        try:
            with av.open(file, "r", format=kind) as container:
                if not container.streams.video:
                    raise InputError(f"{path.name}: no video in it")
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                unit_s = float(stream.time_base or 0)
                start, last_ns = None, -1
                for number, frame in enumerate(container.decode(stream), start=1):
                    start = frame.pts if start is None else start
                    own_ns = round(((frame.pts or 0) - (start or 0)) * unit_s * 1e9)
                    t_ns = own_ns if fps is None else round((number - 1) * 1e9 / fps)
                    if t_ns <= last_ns:
                        reason = f"{path.name}: frame {number} repeats or precedes the time of the one before"
                        yield Dropped("read", f"{path.name}#{number}", reason, "time_backward")
                        continue
                    last_ns = t_ns
                    yield BareFrame(number, t_ns, np.ascontiguousarray(frame.to_ndarray(format="rgb24"), np.uint8))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            yield Dropped("read", path.name, f"{path.name}: ends early ({error}); was it copied whole?", "damaged")
