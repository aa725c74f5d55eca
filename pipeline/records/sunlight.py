"""Where the sun stood over the two pictures of a pair."""

from dataclasses import dataclass

from pipeline.records.arrays import Float, require_shape


@dataclass(frozen=True, slots=True, eq=False)
class PairLight:
    """Unit vectors towards the sun, in the pictures' own axes.

    Attributes:
        before, after: ``(3,)`` along columns, along rows (downwards), up out of the ground; None where no sun casts
            shadows or where nobody knows.
    """

    before: Float | None
    after: Float | None

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            if getattr(self, name) is not None:
                require_shape(name, getattr(self, name), (3,))
