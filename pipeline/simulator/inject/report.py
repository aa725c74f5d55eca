"""What injecting did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameReport:
    """One frame that was changed.

    Attributes:
        frame_id: Which.
        changed_px: Pixels that differ on purpose.
        outside_db: Peak signal-to-noise ratio of all other pixels after coding; infinite where they are the same.
        blur_px, sharpening, noise: Of the frame, as measured: spread of its blur, amount of its sharpening, median
            noise in 8-bit steps.
        white: Linear value that a white surface in the sun has in it.
        shade: Shade against sun.
        shade_measured: Whether that was read from the frame, not assumed.
    """

    frame_id: str
    changed_px: int
    outside_db: float
    blur_px: float
    sharpening: float
    noise: float
    white: float
    shade: float
    shade_measured: bool


@dataclass(frozen=True, slots=True)
class SkippedFrame:
    """A frame that shows events and could not be changed."""

    frame_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class InjectReport:
    """A finished injection.

    Attributes:
        flight: Folder of the changed flight.
        truth: Folder of the truth (`pipeline.simulator.truth.reader.Truth`).
        sorties: Names in the truth of the flight as it was and as it is now.
        frames: Those that were changed.
        untouched: How many frames were copied.
        skipped: Frames that should have been changed and were not.
        sun_offset_s: By how much the frames' clock was put forward to make shadows fit.
        warnings: Sentences for people.
    """

    flight: str
    truth: str
    sorties: tuple[str, str]
    frames: tuple[FrameReport, ...]
    untouched: int
    skipped: tuple[SkippedFrame, ...]
    sun_offset_s: float
    warnings: tuple[str, ...]
