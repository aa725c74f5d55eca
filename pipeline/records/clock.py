"""What was found about two clocks of a flight."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClockFinding:
    """By how much telemetry runs before or after the frames of one stream, as the pictures show it.

    Attributes:
        stream: Video, or sensor of stills.
        offset_s: Telemetry was to be read that much later than the frames' times.
        sigma_s: Standard deviation.
        gain: Share of the pictures' motion that was unexplained without it and is explained with it.
        pairs: Pairs of frames looked at.
        applied: Telemetry was read at the shifted time; otherwise it is only told.
        turned: The pictures move as if they were turned by 180° against their attitude.
    """

    stream: str
    offset_s: float
    sigma_s: float
    gain: float
    pairs: int
    applied: bool
    turned: bool
