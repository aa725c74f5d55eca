"""The look: every placed frame is decoded once and feeds the mosaic and the movement detector from the same pixels."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.errors import GeometryError, InputError
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.protocols import FrameSource, MovementDetector, MovementSession
from pipeline.records.arrays import Image
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageTrack
from pipeline.records.frame import GroundFrame
from pipeline.records.mover_sight import PixelSight
from pipeline.records.sortie import Band, FrameKind
from pipeline.records.terrain_view import TerrainView
from pipeline.records.triage import FLAW_WORDS
from pipeline.runner.progress import Progress
from pipeline.stages.empty_picture import emptiness
from pipeline.stages.mosaic import Mosaic
from pipeline.stages.side_by_side import read_ahead
from pipeline.stages.triage import TriageSettings


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Frames of one sensor and what moved in them.

    Attributes:
        frames: In the order in which they were pushed.
        tracks: Of which `ImageTrack.frames` counts these frames.
        sights: What movers had to be like to be seen, per frame.
    """

    frames: tuple[GroundFrame, ...]
    tracks: tuple[ImageTrack, ...]
    sights: tuple[PixelSight, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What one pass over the frames gave.

    Attributes:
        streams: One a sensor and frame size; none when movement was not asked.
        dropped: Frames that could not be decoded or laid on the ground.
        seconds: Spent on decoding, on the mosaic and on movement; where there are several processors, at once.
    """

    streams: tuple[Stream, ...]
    dropped: tuple[Dropped, ...]
    seconds: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Decoded:
    """A frame and its pixels."""

    frame: GroundFrame
    image: Image


@dataclass(slots=True, eq=False)
class _Spent:
    """Seconds spent on each part of the work, of which several go on at once; each part is done by one thread."""

    seconds: dict[str, float] = field(default_factory=lambda: {"decode": 0.0, "mosaic": 0.0, "movement": 0.0})

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Count the time until the block ends."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - started


class _Watch:
    """Movement sessions of all sensors and frame sizes, and the frames that each has seen."""

    def __init__(self, detector: MovementDetector, terrain: HeightGrid | None) -> None:
        self._detector = detector
        self._terrain = terrain
        self._sessions: dict[tuple[str, tuple[int, int]], tuple[MovementSession, list[GroundFrame]]] = {}

    def push(self, item: _Decoded) -> None:
        """The next frame of one of them."""
        ref = item.frame.ref
        key = (ref.sensor, ref.size_px)
        if key not in self._sessions:
            self._sessions[key] = self._detector.session(), []
        session, frames = self._sessions[key]
        frames.append(item.frame)
        view = None if self._terrain is None else TerrainView.of(item.frame, self._terrain)
        session.push(ref.t_utc_ns, item.image, view)

    def end(self) -> tuple[Stream, ...]:
        """What each has seen, in order of their sensors."""
        return tuple(_stream(*seen) for _, seen in sorted(self._sessions.items(), key=lambda one: one[0]))


def _stream(session: MovementSession, frames: list[GroundFrame]) -> Stream:
    tracks = tuple(session.finish())
    return Stream(tuple(frames), tracks, tuple(session.sights()))


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
    terrain: HeightGrid | None = None,
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
        terrain: That the frames were placed on; foretells parallax.

    Raises:
        OSError: The disk is full.
    """
    band = mosaic_band(frames)
    watch = None if detector is None else _Watch(detector, terrain)
    dropped: list[Dropped] = []
    spent = _Spent()

    def read(frame: GroundFrame) -> _Decoded | Dropped:
        with spent.on("decode"):
            try:
                item = _Decoded(frame, source.read(frame.ref))
            except InputError as error:
                return Dropped("mosaic", frame.ref.frame_id, str(error), "unreadable")
        if watch is not None:
            with spent.on("movement"):
                watch.push(item)
        return item

    # decoding and movement go a frame ahead of the mosaic: never more than three pictures at once
    for item in read_ahead(read, frames):
        progress.advance(stage)
        if isinstance(item, Dropped):
            dropped.append(item)
        elif mosaic is not None:
            with spent.on("mosaic"):
                dropped += _lay(mosaic, item.frame, item.image, band, triage)
    with spent.on("movement"):
        streams = () if watch is None else watch.end()
    return Looked(
        streams, tuple(dropped), (spent.seconds["decode"], spent.seconds["mosaic"], spent.seconds["movement"])
    )


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
