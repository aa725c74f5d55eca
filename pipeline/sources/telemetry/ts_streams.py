"""A recorded video's packets of metadata and the times of its pictures, in the order of the file. Nothing is decoded.

FFmpeg's own raw output of data streams leaves their time stamps out; its demultiplexer, by PyAV, keeps them. Of
synchronous metadata it takes the header of access units off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from pipeline.errors import InputError
from pipeline.sources.regular_file import open_regular
from pipeline.sources.video import container_format

_STAMP_MARK = b"MISPmicrosectime"
_STAMP_WITHIN = 4096
_LATEST_US = 4_102_444_800 * 10**6
"""2100. Some encoders write nanoseconds, and those of another clock."""
MAX_STREAMS = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """A packet of the container.

    Attributes:
        stream: Index of its stream.
        picture: Of the first video stream; else metadata.
        at: Where it begins in the file.
        pts_ns: When it is presented; None where it does not say.
        data: The metadata; empty for pictures.
        stamp_us: The picture's own time since 1970 in microseconds (MISB ST 0604); None for none.
    """

    stream: int
    picture: bool
    at: int
    pts_ns: int | None
    data: bytes
    stamp_us: int | None = None


def pieces(path: Path) -> Iterator[Piece]:
    """Packets of metadata and of pictures; none for a file without metadata streams. A file that breaks off ends.

    Raises:
        InputError: The container is damaged before its first packet.
    """
    kind = container_format(path)
    try:
        with open_regular(path) as file, av.open(file, "r", format=kind) as container:
            data = [stream for stream in container.streams if _is_metadata(stream, kind)][:MAX_STREAMS]
            if not data:
                return
            video = container.streams.video[0] if container.streams.video else None
            wanted = [*data, *([video] if video is not None else [])]
            yield from _demuxed(container, wanted, video.index if video is not None else -1)
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise InputError(f"{path.name}: its metadata cannot be read ({error}); was it copied whole?") from error


def _is_metadata(stream: "av.stream.Stream", kind: str) -> bool:
    """In a transport stream all data may be metadata; other containers name theirs."""
    if stream.type != "data":
        return False
    return kind == "mpegts" or getattr(stream, "name", None) == "klv"


def _demuxed(
    container: "av.container.InputContainer", streams: "list[av.stream.Stream]", video: int
) -> Iterator[Piece]:
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        if not packet.size:
            continue
        picture = packet.stream_index == video
        at = packet.pos if packet.pos is not None else 0
        pts_ns = _ns(packet.pts, packet.time_base)
        if picture:
            head = bytes(memoryview(packet)[:_STAMP_WITHIN])
            yield Piece(packet.stream_index, True, at, pts_ns, b"", _stamp_us(head))
        else:
            yield Piece(packet.stream_index, False, at, pts_ns, bytes(packet))


def _stamp_us(head: bytes) -> int | None:
    """Source: MISB ST 0604: the mark, a status byte, and the time in pairs of bytes with 0xFF between."""
    at = head.find(_STAMP_MARK) + len(_STAMP_MARK)
    stamp = head[at + 1 : at + 12]
    if at < len(_STAMP_MARK) or len(stamp) < 11 or stamp[2::3] != b"\xff\xff\xff":
        return None
    stamp_us = int.from_bytes(stamp[0:2] + stamp[3:5] + stamp[6:8] + stamp[9:11], "big")
    return stamp_us if stamp_us < _LATEST_US else None


def _ns(ticks: int | None, unit: Fraction | None) -> int | None:
    return None if ticks is None or not unit else round(ticks * unit * 10**9)
