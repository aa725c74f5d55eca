"""A video's head: its size and the presentation times of the frames to use. Pictures are not decoded."""

import datetime as dt
import math
from pathlib import Path

import av
import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Int
from pipeline.records.contents import Video
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedFacts
from pipeline.sources.camera_clues import CameraClues
from pipeline.sources.cameras import CameraTable, camera_of
from pipeline.sources.exif import Exif
from pipeline.sources.regular_file import open_regular
from pipeline.sources.shutters import stated_shutter, video_shutter
from pipeline.sources.sortie_folder import FolderFile
from pipeline.sources.transport_sync import LOOKED_AT, holds_transport_stream

MAX_SIDE_PX = 16_384
FIELDS = 1.7
"""Packets per frame from which on a packet is taken for a field."""


def is_video(head: bytes) -> bool:
    """Whether a file that begins with `head` claims to be MP4/MOV, Matroska, AVI or MPEG-TS."""
    if _is_mov(head) or head.startswith(b"\x1a\x45\xdf\xa3"):
        return True
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return True
    return _is_transport_stream(head)


def _is_mov(head: bytes) -> bool:
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")


def _is_transport_stream(head: bytes) -> bool:
    at_once = len(head) > 188 * 3 and all(head[188 * packet] == 0x47 for packet in range(4))
    return at_once or holds_transport_stream(head)


def container_format(path: Path) -> str:
    """The demuxer for a file's first bytes: named, so that no playlist or script in disguise is followed.

    Raises:
        InputError: None of those that are read.
    """
    with open_regular(path) as file:
        head = file.read(LOOKED_AT)
    if not is_video(head):
        raise InputError(f"{path.name}: not a video of a known format")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF"):
        return "avi"
    return "mov" if _is_mov(head) else "mpegts"


def read_video(
    file: FolderFile,
    sha256: str,
    every_s: float,
    facts: StatedFacts,
    table: CameraTable,
) -> Video:
    """Read size and times; choose one frame every `every_s` (0: all).

    Raises:
        InputError: Not a video that can be read.
    """
    try:
        kind = container_format(file.path)
        with open_regular(file.path) as opened, av.open(opened, "r", format=kind) as container:
            if not container.streams.video:
                raise InputError(f"{file.item}: no video in it")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise InputError(f"{file.item}: its video is of a kind that cannot be decoded; is the file damaged?")
            size = (int(stream.codec_context.width), int(stream.codec_context.height))
            if not (0 < size[0] <= MAX_SIDE_PX and 0 < size[1] <= MAX_SIDE_PX):
                raise InputError(f"{file.item}: a video of {size[0]} × {size[1]} pixels is not decoded")
            pts = np.sort(np.array([p.pts for p in container.demux(stream) if p.pts is not None], np.int64))
            unit_s = float(stream.time_base or 0)
            rate = float(stream.guessed_rate or 0)
            created = _created(container.metadata.get("creation_time", ""))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{file.item}: cannot be read as a video ({error}); was it copied whole?") from error
    if not len(pts) or not unit_s > 0:
        raise InputError(f"{file.item}: a video without frames or times; was it copied whole?")
    pts = np.unique(pts)
    seconds = float(pts[-1] - pts[0]) * unit_s
    if kind == "mpegts" and rate > 0 and seconds > 0 and len(pts) / seconds > FIELDS * rate:
        pts = pts[::2]  # each field is a packet of its own; two make a frame
    t_ns = np.round((pts - pts[0]) * (unit_s * 1e9)).astype(np.int64)
    chosen = _apart(t_ns, round(every_s * 1e9))
    interval_ns = int(np.median(np.diff(t_ns))) if len(t_ns) > 1 else 0
    sensor = f"video {size[0]}x{size[1]}"
    camera, trouble = camera_of(CameraClues("", "", size, Exif({}), {}), sensor, facts.camera, table)
    start_utc = next((v.start_utc for v in facts.videos if v.file in (file.item, file.path.name)), None)
    return Video(
        path=file.path,
        item=file.item,
        stem=file.path.stem,
        size_px=size,
        sha256=sha256,
        band=Band.VISIBLE,
        sensor=sensor,
        camera=camera,
        camera_error=trouble,
        indices=chosen,
        pts=pts[chosen],
        t_ns=t_ns[chosen],
        frame_count=len(pts),
        created_utc=created,
        shutter=stated_shutter(facts.camera, sensor) or video_shutter(1 / rate if rate > 0 else math.nan),
        lasts_ns=int(t_ns[-1]) + interval_ns,
        file_bytes=file.path.stat().st_size,
        start_utc=start_utc if start_utc is None or start_utc.tzinfo else start_utc.replace(tzinfo=dt.UTC),
    )


def _apart(t_ns: Int, every_ns: int) -> Int:
    """Ordinals of frames nearest to every whole step, from the first."""
    if every_ns <= 0 or len(t_ns) == 1:
        return np.arange(len(t_ns))
    wanted = np.arange(0, t_ns[-1] + 1, every_ns)
    after = np.clip(np.searchsorted(t_ns, wanted), 1, len(t_ns) - 1)
    nearer = np.where(wanted - t_ns[after - 1] <= t_ns[after] - wanted, after - 1, after)
    return np.unique(nearer).astype(np.int64)


def _created(text: str) -> dt.datetime | None:
    try:
        created = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    created = created if created.tzinfo else created.replace(tzinfo=dt.UTC)
    return created.astimezone(dt.UTC) if created.year > 2000 else None  # recorders without a clock write 1904 or 1970
