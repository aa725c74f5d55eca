"""What a model's answer about a mover's pictures does to its track: a reason more, seldom a kind, never a track."""

from dataclasses import dataclass, replace

from pipeline.records.confirmation import ClassOdds, SeenClass
from pipeline.records.evidence import KIND_BY_MODEL, MoverKind, Reason, Track

KINDS = {
    SeenClass.VEHICLE: MoverKind.VEHICLE_SIZE,
    SeenClass.PERSON: MoverKind.PERSON_SIZE,
    SeenClass.ANIMAL: MoverKind.ANIMAL,
}
"""What is `SeenClass.OTHER` is no kind."""


@dataclass(frozen=True, slots=True)
class ConfirmSettings:
    """How a model is asked, and from when it is heard.

    Attributes:
        min_probability: Below this for its likeliest class the model has said nothing.
        crops: Pictures of a mover that are shown: those with the largest boxes.
        margin_share: Ground around the box, in sides of the box.
        largest_px: Pictures are reduced to this side.
    """

    min_probability: float = 0.8
    crops: int = 4
    margin_share: float = 0.25
    largest_px: int = 256

    def __post_init__(self) -> None:
        if not 0.5 < self.min_probability <= 1:
            raise ValueError("'min_probability' must lie above 0.5 and at most at 1")
        if self.crops < 1 or self.largest_px < 8 or self.margin_share < 0:
            raise ValueError("'crops' must be at least 1, 'largest_px' at least 8, 'margin_share' not negative")


def weighed(track: Track, odds: ClassOdds, settings: ConfirmSettings) -> Track:
    """The track with what a model says of it.

    A model that agrees is a reason, one that sees something else stands against. Where measures leave the kind open, a
    model that is sure says it, and the reason says that a model did.
    """
    seen, probability = odds.likeliest
    if probability < settings.min_probability:
        return track
    kind = KINDS.get(seen)
    figures = (("probability", round(probability, 4)),)
    if kind is None or (track.kind is not MoverKind.UNKNOWN and kind is not track.kind):
        return replace(track, against=(*track.against, Reason("model_sees_something_else", figures)))
    reasons = (*track.reasons, Reason("confirmed_by_model", figures))
    if track.kind is MoverKind.UNKNOWN:
        reasons = (*reasons, Reason(KIND_BY_MODEL))
    return replace(track, kind=kind, reasons=reasons)
