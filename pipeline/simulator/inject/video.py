"""Events into the frames of a video: its pictures are coded anew, everything else in it is carried over."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.inject.frame_work import inject_frame
from pipeline.simulator.inject.happened import Stages
from pipeline.simulator.inject.light import FlightLight
from pipeline.simulator.inject.posed import PosedPicture
from pipeline.simulator.inject.stills import Outcome, outside_db, told

_CODER = "libx264"
_CRF = "16"
"""Constant quality: coding again costs little against what the camera's coder took."""


def inject_video(
    path: Path, copied: Path, pictures: tuple[PosedPicture, ...], stages: Stages, site: SiteFrame, light: FlightLight,
    seed: int,
) -> Iterator[Outcome]:  # fmt: skip
    """Change the posed frames of one video; frames between them stay as they are.

    Time stamps, rotation, metadata, sound, subtitles and data streams keep their bytes; pictures are coded as H.264
    again. Where not one frame shows an event, the copy stays as it was.

    Args:
        path: The original.
        copied: Its copy, which is replaced.
        pictures: Its posed frames.
        stages, site, light, seed: As for stills.

    Yields:
        One outcome a posed frame, while the video is being written.
    """
    wanted = {picture.index: picture for picture in pictures}
    aside = copied.with_name(f".{copied.name}.making{copied.suffix}")
    changed = False
    try:
        with av.open(str(path)) as old, av.open(str(aside), "w", format=_container(path)) as new:
            for outcome in _rewritten(old, new, wanted, stages, site, light, seed):
                changed = changed or outcome.report is not None
                yield outcome
    except FFmpegError as error:
        aside.unlink(missing_ok=True)
        for picture in wanted.values():
            yield Outcome(picture, None, None, f"{path.name} cannot be coded again ({error}); is it damaged?")
        return
    if changed:
        aside.replace(copied)
    else:
        aside.unlink()


def _rewritten(
    old: av.container.InputContainer, new: av.container.OutputContainer, wanted: dict[int, PosedPicture],
    stages: Stages, site: SiteFrame, light: FlightLight, seed: int,
) -> Iterator[Outcome]:  # fmt: skip
    """Decode, change and code; other streams packet by packet."""
    source = old.streams.video[0]
    target = _like(source, new)
    copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams if s.index != source.index}
    new.metadata.update(old.metadata)
    ordinal = 0
    for packet in old.demux():
        if packet.stream.index != source.index:
            if packet.dts is not None and packet.stream.index in copies:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
            continue
        for frame in packet.decode():
            if not isinstance(frame, VideoFrame):
                continue
            picture = wanted.pop(ordinal, None)
            if picture is not None:
                shown, outcome = _changed(frame, picture, stages, site, light, seed + ordinal)
                yield outcome
            else:
                shown = frame
            shown.pict_type = 0  # the coder chooses anew
            new.mux(target.encode(shown))
            ordinal += 1
    new.mux(target.encode(None))
    for picture in wanted.values():
        yield Outcome(picture, None, None, f"the video has no frame {picture.index}; was it cut off?")


def _changed(
    frame: VideoFrame, picture: PosedPicture, stages: Stages, site: SiteFrame, light: FlightLight, seed: int
) -> tuple[VideoFrame, Outcome]:
    if picture.thermal:
        return frame, Outcome(picture, None, None, "thermal frames show warmth, which is not known of the ground")
    rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    made = inject_frame(picture, rgb, stages.at(picture.t_utc_ns), site, light, seed)
    if not made.changed.any():
        return frame, Outcome(picture, made, None)
    value = np.clip(np.rint(made.value), 0, 255).astype(np.uint8)
    fresh = VideoFrame.from_ndarray(value, format="rgb24").reformat(format=frame.format.name)
    fresh.pts, fresh.time_base = frame.pts, frame.time_base
    return fresh, Outcome(picture, made, told(picture, made, outside_db(rgb, value, made.changed)))


def _like(source: VideoStream, new: av.container.OutputContainer) -> VideoStream:
    try:
        target = new.add_stream(_CODER, rate=source.average_rate or Fraction(25))
    except (ValueError, FFmpegError) as error:
        raise ConfigError("PyAV on this machine cannot code H.264; run trucewatch doctor") from error
    if not isinstance(target, VideoStream):
        raise ConfigError("PyAV on this machine cannot code H.264; run trucewatch doctor")
    target.width, target.height = source.width, source.height
    target.pix_fmt = source.pix_fmt if source.pix_fmt in ("yuv420p", "yuv422p", "yuv444p") else "yuv420p"
    target.time_base = source.time_base
    target.options = {"crf": _CRF, "preset": "medium"}
    return target


def _container(path: Path) -> str:
    return {".ts": "mpegts", ".m2ts": "mpegts", ".mpg": "mpegts", ".mkv": "matroska", ".mov": "mov"}.get(
        path.suffix.lower(), "mp4"
    )
