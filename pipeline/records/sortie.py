"""What lies in a sortie folder, before anything is decoded."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class FrameKind(StrEnum):
    """How a frame is stored."""

    STILL = "still"
    VIDEO = "video"


class Band(StrEnum):
    """What a sensor sees."""

    VISIBLE = "visible"
    THERMAL = "thermal"


@dataclass(frozen=True, slots=True)
class FrameRef:
    """One frame that can be decoded.

    Attributes:
        frame_id: Unique in the sortie: the file's stem, for video ``stem#000123``.
        path: File that holds it.
        kind: Still or frame of a video.
        index: Ordinal of the frame in its video; 0 for a still.
        size_px: Width, height as stored; EXIF orientation is never applied.
        t_utc_ns: Time of exposure, UTC nanoseconds.
        t_sigma_s: Standard deviation of the time.
        sha256: Of the file's bytes (for video: of the whole file).
        band: Visible or thermal.
        sensor: Name of the camera stream, e.g. ``FC300S``; frames of one sensor form one stream.
        pts: Presentation time stamp in the video stream's own unit; 0 for a still.
    """

    frame_id: str
    path: Path
    kind: FrameKind
    index: int
    size_px: tuple[int, int]
    t_utc_ns: int
    t_sigma_s: float
    sha256: str
    band: Band
    sensor: str
    pts: int = 0


@dataclass(frozen=True, slots=True)
class Sortie:
    """A folder that was recognised as one flight.

    Attributes:
        sortie_id: Starts with ``S``; letters, digits, ``-`` and ``_`` only.
        folder: Where it lies. Nothing in it is ever changed.
        night_id: Date (ISO) of the local noon before the first frame.
        operating_cell: The cell that flew it, or None when not stated.
        means: What it was flown with, in words.
        security_marking: Highest marking found in the source, or None.
        telemetry_sha256: Over all telemetry that was read.
        night_offset_h: Hours from UTC to the local time of that noon.
    """

    sortie_id: str
    folder: Path
    night_id: str
    operating_cell: str | None
    means: str
    security_marking: str | None
    telemetry_sha256: str
    night_offset_h: float = 0.0

    @property
    def night_start_utc_ns(self) -> int:
        """The noon at which its night begins."""
        noon = dt.datetime.fromisoformat(f"{self.night_id}T12:00:00+00:00")
        return round((noon.timestamp() - self.night_offset_h * 3600) * 1e9)
