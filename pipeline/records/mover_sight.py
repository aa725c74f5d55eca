"""How well movers could have been seen: "no movers" means nothing without it."""

from dataclasses import dataclass
from enum import StrEnum


class SightGrade(StrEnum):
    """Whether a mover of the stated size and speed would have been found."""

    ASSESSABLE = "assessable"
    DEGRADED = "degraded"
    NOT_ASSESSABLE = "not_assessable"


class SightFlaw(StrEnum):
    """What stood in the way."""

    NO_TEXTURE = "no_texture"
    REGISTRATION_LOST = "registration_lost"
    TOO_FEW_REFERENCES = "too_few_references"
    RESTLESS = "restless"
    PARTLY_RESTLESS = "partly_restless"
    ONE_SIDED = "one_sided"
    NO_GROUND = "no_ground"
    PARALLAX_NOT_UNDERSTOOD = "parallax_not_understood"


@dataclass(frozen=True, slots=True)
class PixelSight:
    """One frame's view of movers, in its pixels.

    Attributes:
        grade: Of the frame.
        flaws: Why it is no better; empty for an assessable one.
        least_px: Shortest side of a mover that would have been found, if it stands out from the ground by a tenth of
            the range of grey levels; NaN where not assessable.
        slowest_px_s, fastest_px_s: Speeds against the ground between which it would have been.
    """

    grade: SightGrade
    flaws: tuple[SightFlaw, ...] = ()
    least_px: float = float("nan")
    slowest_px_s: float = float("nan")
    fastest_px_s: float = float("nan")


@dataclass(frozen=True, slots=True)
class FrameSight:
    """The same on the ground.

    Attributes:
        frame_id: Of the frame.
        grade, flaws: As in `PixelSight`.
        least_m: Shortest side of a mover that would have been found.
        slowest_mps, fastest_mps: Speeds between which it would have been.
    """

    frame_id: str
    grade: SightGrade
    flaws: tuple[SightFlaw, ...]
    least_m: float
    slowest_mps: float
    fastest_mps: float
