"""The look: every placed frame is decoded once and feeds the mosaic and the movement detector from the same pixels."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import GeometryError, InputError
from pipeline.protocols import FrameSource, MovementDetector, MovementSession
from pipeline.records.arrays import Image
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageTrack
from pipeline.records.frame import GroundFrame
from pipeline.records.sortie import Band, FrameKind
from pipeline.records.triage import FLAW_WORDS
from pipeline.runner.progress import Progress
from pipeline.stages.empty_picture import emptiness
from pipeline.stages.mosaic import Mosaic
from pipeline.stages.triage import TriageSettings


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Frames of one sensor and what moved in them.

    Attributes:
        frames: In the order in which they were pushed.
        tracks: Of which `ImageTrack.frames` counts these frames.
        assessable: Ids of frames in which movers could have been seen.
    """

    frames: tuple[GroundFrame, ...]
    tracks: tuple[ImageTrack, ...]
    assessable: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What one pass over the frames gave.

    Attributes:
        streams: One a sensor and frame size; none when movement was not asked.
        dropped: Frames that could not be decoded or laid on the ground.
        seconds: Spent on decoding, on the mosaic and on movement.
    """

    streams: tuple[Stream, ...]
    dropped: tuple[Dropped, ...]
    seconds: tuple[float, float, float]


class _Watching:
    """A movement session and the frames that it has seen."""

    def __init__(self, session: MovementSession) -> None:
        self.session = session
        self.frames: list[GroundFrame] = []

    def end(self) -> Stream:
        tracks = tuple(self.session.finish())
        seen = self.session.assessable()
        names = tuple(frame.ref.frame_id for frame, good in zip(self.frames, seen, strict=True) if good)
        return Stream(tuple(self.frames), tracks, names)


def mosaic_band(frames: Sequence[GroundFrame]) -> Band:
    """Pictures of one band make the mosaic: daylight where there is any."""
    return Band.VISIBLE if any(frame.ref.band == Band.VISIBLE for frame in frames) else Band.THERMAL


def look(
    frames: Sequence[GroundFrame],
    source: FrameSource,
    mosaic: Mosaic | None,
    detector: MovementDetector | None,
    progress: Progress,
    stage: str,
    triage: TriageSettings,
) -> Looked:
    """Decode each frame once.

    Args:
        frames: In order of time.
        source: Decodes.
        mosaic: Takes the frames of one band; None: not now.
        detector: None: not now.
        progress: Told of every frame.
        stage: Under this name.
        triage: When a frame of a video shows nothing and is not laid.

    Raises:
        OSError: The disk is full.
    """
    band = mosaic_band(frames)
    watching: dict[tuple[str, tuple[int, int]], _Watching] = {}
    dropped: list[Dropped] = []
    spent = [0.0, 0.0, 0.0]
    for frame in frames:
        progress.advance(stage)
        name = frame.ref.frame_id
        started = time.perf_counter()
        try:
            image = source.read(frame.ref)
        except InputError as error:
            dropped.append(Dropped("mosaic", name, str(error), "unreadable"))
            continue
        decoded = time.perf_counter()
        if mosaic is not None:
            dropped += _lay(mosaic, frame, image, band, triage)
        laid = time.perf_counter()
        if detector is not None:
            key = (frame.ref.sensor, frame.ref.size_px)
            if key not in watching:
                watching[key] = _Watching(detector.session())
            watching[key].frames.append(frame)
            watching[key].session.push(frame.ref.t_utc_ns, image)
        spent = [spent[0] + decoded - started, spent[1] + laid - decoded, spent[2] + time.perf_counter() - laid]
    started = time.perf_counter()
    streams = tuple(one.end() for _, one in sorted(watching.items()))
    return Looked(streams, tuple(dropped), (spent[0], spent[1], spent[2] + time.perf_counter() - started))


def _lay(mosaic: Mosaic, frame: GroundFrame, image: Image, band: Band, triage: TriageSettings) -> list[Dropped]:
    name = frame.ref.frame_id
    if frame.ref.band != band:
        reason = f"{name}: the mosaic is made of {band} frames; thermal ones would hide them"
        return [Dropped("mosaic", name, reason, "other_band")]
    if frame.ref.kind is FrameKind.VIDEO and frame.ref.band is Band.VISIBLE:
        flaw = emptiness(image, triage)
        if flaw is not None:
            return [Dropped("mosaic", name, f"{name}: {FLAW_WORDS[flaw]}", flaw.value)]
    try:
        if mosaic.add(frame, image):
            return []
    except GeometryError as error:
        return [Dropped("mosaic", name, f"{name}: {error}", "no_ground")]
    reason = f"{name}: known to {frame.ellipse_m[0]:.0f} m only, too vague for the mosaic"
    return [Dropped("mosaic", name, reason, "place_too_vague")]
