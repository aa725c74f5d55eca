"""Telemetry in the subtitles of drones' videos: files beside the video, and tracks inside it."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import av

from pipeline.records.samples import TelemetrySamples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.cue_samples import CueSource, samples_of
from pipeline.sources.telemetry.dji_words import MARKERS
from pipeline.sources.telemetry.srt_cues import begins_with_cue, decode_head, in_blocks, read_cues

TRACK_CODECS = ("mov_text", "subrip", "text", "srt")
MAX_TEXT = 4096
"""Bytes of a cue; what stands behind in a packet is style."""


class DjiSubtitleReader:
    """Reads ``.SRT`` files of all families of drones. Recognised by cues that say what recorders say."""

    name = "dji_srt"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file begins with a cue, and a drone's words stand in one."""
        del path
        text = decode_head(head)
        return begins_with_cue(text) and any(marker in text for marker in MARKERS)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole file: a member for each clip that was joined into it.

        Raises:
            InputError: No cue of it can be read.
        """
        with open_regular(path) as file:
            return samples_of(read_cues(file), CueSource(path, self.name))


class DjiTrackReader:
    """Reads tracks of subtitles in MP4 and Matroska, as drones' recorders and editors embed them."""

    name = "dji_subtitle_track"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is MP4, MOV or Matroska; whether it has such a track `read` finds out."""
        del path
        return _container(head) is not None

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read all tracks of subtitles that hold a drone's words; ``()`` without any.

        A container that cannot be opened has none either: that it is damaged is told by whoever reads its pictures.

        Raises:
            InputError: A drone's words are there, but no cue can be read.
        """
        with open_regular(path) as file:
            kind = _container(file.read(64))
            file.seek(0)
            try:
                with av.open(file, "r", format=kind) as container:
                    return _read_tracks(container, path, self.name)
            except (av.error.FFmpegError, OSError, ValueError, IndexError):
                return ()


def _container(head: bytes) -> str | None:
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    return "matroska" if head.startswith(b"\x1a\x45\xdf\xa3") else None


def _read_tracks(container: "av.container.InputContainer", path: Path, name: str) -> tuple[TelemetrySamples, ...]:
    tracks = [
        stream
        for stream in container.streams.subtitles
        if stream.codec_context is not None and stream.codec_context.name in TRACK_CODECS
    ]
    video = container.streams.video[0] if container.streams.video else None
    begin_ns = _ns(video.start_time, video.time_base) if video is not None else 0
    found: list[TelemetrySamples] = []
    for number, track in enumerate(tracks, 1):
        _only(container, track)
        container.seek(0)
        cues = _cues(container, track)
        words = list(islice(cues, 20))
        if not any(marker in text for text, _, _ in words for marker in MARKERS):
            continue
        stream = f"subtitles {number}" if len(tracks) > 1 else ""
        found += samples_of(in_blocks(chain(words, cues)), CueSource(path, name, stream, -begin_ns))
    return tuple(found)


def _only(container: "av.container.InputContainer", track: "av.subtitles.stream.SubtitleStream") -> None:
    """Pass the pictures over instead of reading them, where this PyAV can."""
    for stream in container.streams:
        if hasattr(stream, "discard"):
            stream.discard = av.stream.Discard.default if stream is track else av.stream.Discard.all


def _cues(
    container: "av.container.InputContainer", track: "av.subtitles.stream.SubtitleStream"
) -> Iterator[tuple[str, int, int]]:
    """Words and times of a track; a track that breaks off ends there."""
    counted = track.codec_context.name == "mov_text"
    try:
        for packet in container.demux(track):
            if packet.pts is None or not packet.size:
                continue
            raw = bytes(packet)
            if counted:  # 3GPP TS 26.245, section 5.17: two bytes of length, the text, then boxes of style
                raw = raw[2 : 2 + int.from_bytes(raw[:2], "big")]
            if not raw.strip():
                continue  # nothing is shown
            start_ns = _ns(packet.pts, packet.time_base)
            yield raw[:MAX_TEXT].decode("latin-1"), start_ns, start_ns + _ns(packet.duration or 0, packet.time_base)
    except av.error.FFmpegError:
        return


def _ns(ticks: int | None, unit: Fraction | None) -> int:
    return round((ticks or 0) * (unit or Fraction(0)) * 10**9)
