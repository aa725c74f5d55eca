"""The seams: what a stage, a detector, a telemetry reader and a rule must be.

Every implementation must be safe to use from several processes; none needs to be safe for threads: it may be called
from another thread than the one that made it, but never from two at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.records.agreement import RuleSpec
from pipeline.records.arrays import Bool, Float, Image
from pipeline.records.candidate import EventClass
from pipeline.records.confirmation import ClassOdds, TrackCrop
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageChange, ImageTrack
from pipeline.records.judgement import Abstention, Finding, Situation
from pipeline.records.mover_sight import PixelSight
from pipeline.records.preview import Preview
from pipeline.records.samples import TelemetrySamples
from pipeline.records.sortie import FrameRef
from pipeline.records.sunlight import PairLight
from pipeline.records.terrain_view import TerrainView

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class Stage(Protocol[In_contra, Out_co]):
    """A pure step over a stream of items. What it can't use it yields as `Dropped`."""

    def __call__(self, items: Iterable[In_contra], /) -> Iterator[Out_co | Dropped]:
        """Yield results in the order of the items."""
        ...


class TelemetryReader(Protocol):
    """Reads one format of telemetry. Content decides, never the extension alone.

    Videos are offered to every reader too: telemetry may lie in a stream of its own.
    """

    name: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file, of which `head` are the first 64 KiB, is of this format."""
        ...

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole file, in its own order and with its faults; ingest sorts, gates and flags.

        Returns:
            One member for each stream and each continuous clip of it, in the order of the file; none for a video
            that carries no telemetry of this format.

        Raises:
            InputError: The file cannot be used; the message says why.
        """
        ...


class MovementSession(Protocol):
    """One stream of frames of one sensor, pushed in order of time."""

    def push(self, t_utc_ns: int, image: Image, view: TerrainView | None = None) -> None:
        """Look at the next frame: ``(H, W, 3)`` uint8 RGB, ``(H, W)`` uint8 or uint16. All of one size.

        `view` is its camera over the terrain, where both are known.
        """
        ...

    def finish(self) -> list[ImageTrack]:
        """All movers, after the last frame. `ImageTrack.frames` counts pushes from 0."""
        ...

    def assessable(self) -> Bool:
        """``(N,)`` per pushed frame: whether a mover could have been seen then."""
        ...

    def sights(self) -> list[PixelSight]:
        """Per pushed frame what a mover had to be like to be seen; assessable and degraded ones can be."""
        ...


class MovementDetector(Protocol):
    """Finds movers in frames from a moving camera."""

    @property
    def name(self) -> str:
        """Name in configurations and rows."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever results may."""
        ...

    def session(self) -> MovementSession:
        """Start on a new stream."""
        ...


class ChangeDetector(Protocol):
    """Finds changes between two registered pictures of the same ground."""

    @property
    def name(self) -> str:
        """Name in configurations and rows."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever results may."""
        ...

    def compare(
        self,
        before: NDArray[np.uint8],
        after: NDArray[np.uint8],
        gsd_m: float,
        before_valid: Bool | None = None,
        after_valid: Bool | None = None,
        light: PairLight | None = None,
        *,
        part_of_more: bool = False,
    ) -> list[ImageChange]:
        """Compare ``(H, W, 3)`` RGB pictures of one size, registered to a few pixels.

        Nothing is said where either mask is False; without masks everything is valid. Where the sun is known, a
        change that a shadow's wandering explains carries the code ``moved_shadow`` in `ImageChange.against`. With
        `part_of_more` the ground goes on beyond the pictures' borders, as it does for tiles: what these cut is told,
        for others to join, and not distrusted.
        """
        ...


class GroundPicture(Protocol):
    """A picture whose place is known: a reference orthophoto, or the archive's tiles."""

    @property
    def name(self) -> str:
        """``reference`` or ``archive``."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""
        ...

    @property
    def sigma_m(self) -> float:
        """Standard deviation of its place, one axis: the whole picture may be off by that much."""
        ...

    @property
    def gsd_m(self) -> float:
        """Its own ground sample distance, site metres: reading finer shows nothing more."""
        ...

    def read(
        self, west_m: float, south_m: float, east_m: float, north_m: float, gsd_m: float
    ) -> tuple[NDArray[np.uint8], Bool]:
        """A window in site metres, resampled.

        Returns:
            ``(H, W, 3)`` RGB and ``(H, W)`` validity; row 0 in the north; the centre of pixel (0, 0) lies at
            ``(west_m + gsd_m / 2, north_m - gsd_m / 2)``; H and W are the extents over gsd_m, rounded up.
        """
        ...


class PictureMatcher(Protocol):
    """Finds the same places in two pictures of one ground, where the pipeline's own features fail.

    A learned one brings its weights inside its package: nothing is fetched. It may be wrong about most places: a pose
    is believed only after the proof that matches against telemetry must give.
    """

    @property
    def name(self) -> str:
        """Name in configurations."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever results may."""
        ...

    @property
    def sigma_px(self) -> float:
        """Standard deviation of a right match, one axis, in pixels of the compared pictures."""
        ...

    @property
    def shared_px(self) -> float:
        """Standard deviation, one axis, of what all matches of a frame may be off by together (moved shadows)."""
        ...

    def match(
        self, frame: NDArray[np.uint8], expected: NDArray[np.uint8], reach_px: float, turn_deg: float
    ) -> tuple[Float, Float]:
        """Match two ``(h, w)`` grey pictures of one size. The same input gives the same output.

        Args:
            frame: Reduced; thermal counts are stretched.
            expected: The picture of known place as the frame should see it by telemetry: like scale, heading and
                perspective, shifted by what telemetry errs. Black where nothing is known.
            reach_px, turn_deg: The farthest that telemetry may have it shifted and turned.

        Returns:
            Two ``(N, 2)`` of column and row, the centre of the first pixel at (0, 0): in `frame`, and in `expected`.
        """
        ...


class TrackConfirmer(Protocol):
    """Is shown pictures of a mover and says what it takes it for, or abstains. It never makes or removes a track.

    Its weights are the user's: none are fetched. The same crops give the same answer.
    """

    @property
    def name(self) -> str:
        """Name in configurations."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever results may."""
        ...

    @property
    def model_sha256(self) -> str | None:
        """Hash of its weights, written into the rows that it had a say in; None where it has none."""
        ...

    def confirm(self, crops: Sequence[TrackCrop]) -> ClassOdds | None:
        """Probabilities for one mover, seen in at least one frame; None to abstain, also where a crop fails."""
        ...


class FrameSource(Protocol):
    """Decodes frames."""

    def read(self, ref: FrameRef) -> Image:
        """Full-resolution pixels: RGB uint8, or uint16 counts.

        Raises:
            InputError: The frame cannot be decoded.
        """
        ...

    def read_grey(self, ref: FrameRef, max_side_px: int) -> tuple[NDArray[np.uint8], float]:
        """A reduced grey picture, quicker than `read`: for features.

        Returns:
            ``(h, w)`` uint8 with no side longer than `max_side_px` (thermal counts are stretched), and its size as a
            fraction of the frame's (at most 1, the same along both sides up to rounding).

        Raises:
            InputError: The frame cannot be decoded.
        """
        ...


class PreviewSource(Protocol):
    """Small grey pictures of stills, quicker than any decoding in full."""

    def preview(self, ref: FrameRef) -> Preview:
        """The preview that the camera embedded where it can be used, else as `picture`.

        Raises:
            InputError: Neither can be decoded.
        """
        ...

    def picture(self, ref: FrameRef) -> Preview:
        """The picture itself, decoded reduced.

        Raises:
            InputError: It cannot be decoded.
        """
        ...


class Rule(Protocol):
    """Assesses one kind of rule of an agreement. Labels ``a`` and ``b`` must be treated alike."""

    @property
    def kind(self) -> str:
        """Name by which agreements ask for it."""
        ...

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Names of thresholds that it understands."""
        ...

    @property
    def event_classes(self) -> tuple[EventClass, ...]:
        """Classes that it can give."""
        ...

    def assess(self, spec: RuleSpec, situations: Sequence[Situation]) -> Iterator[Finding | Abstention]:
        """Answer for all evidence of a sortie that falls into the rule's window.

        Args:
            spec: The rule as the agreement states it; thresholds are read from it.
            situations: In order of evidence id; `Situation.p_ground` already speaks of this rule's zones and
                exceptions.
        """
        ...
