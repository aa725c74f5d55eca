"""How probable it is that a person would agree that a region changed."""

from dataclasses import dataclass

import numpy as np

from detectors.change.verify import Sight

BIAS = -22.05
WEIGHTS = np.array([1.37, 0.0, 6.07, 1.60, 1.71, 3.22, 0.43, 0.31])
"""Of `evidence`, none of them negative: a logistic regression over regions of registered drone pairs, rendered objects
against what parallax and light do on unchanged ground. Judged on sites left out of the fit (docs/change.md)."""

SHADOW_COST = 2.5
"""Logits taken off where a moved shadow would explain the region."""


@dataclass(frozen=True, slots=True)
class Magnitude:
    """How large and how strong a region is.

    Attributes:
        area_m2: Size.
        peak, mean: Strength at the strongest cell, and on average.
        cut: Share of its outline at the edge of what may be judged.
    """

    area_m2: float
    peak: float
    mean: float
    cut: float


CUT_COST = 6.0
"""Logits taken off, times the cut share: at the edge, displacement is guessed from one side only."""


def evidence(size: Magnitude, sight: Sight) -> tuple[float, ...]:
    """What speaks for a change; more is always more.

    Size (beyond 30 m² it says nothing more), strength, a border in one picture only, calm ground in the picture
    without the thing, no twin near by, standing out in one picture only, and being large without any twin.
    """
    steps = sight.before.step + 0.01, sight.after.step + 0.01
    return (
        float(np.log(min(size.area_m2, 30.0))),
        float(np.log(size.peak)),
        float(np.log(size.mean)),
        float(abs(np.log(steps[1] / steps[0]))),
        float(-np.log(min(steps))),
        -max(sight.twin, 0.3),
        abs(sight.after.contrast - sight.before.contrast),
        _alone(size.area_m2, sight.twin),
    )


def _alone(area_m2: float, twin: float) -> float:
    """Large, and with no twin at all: on rough ground, where borders say little, that says much."""
    return float(np.log(np.clip(area_m2, 1.0, 30.0)) * np.clip(0.6 - twin, 0.0, 0.3) / 0.3)


def probability(size: Magnitude, sight: Sight) -> float:
    """0 to 1."""
    logit = (
        BIAS + float(WEIGHTS @ np.array(evidence(size, sight))) - SHADOW_COST * sight.shadow_like - CUT_COST * size.cut
    )
    return float(1 / (1 + np.exp(-logit)))


EXPLAINED_SHARE = 0.05
"""What is left of the score of a region that is explained away: below any threshold that one would report from."""


def explained_away(score: float) -> float:
    """Score of a region whose cause is known and is no change."""
    return EXPLAINED_SHARE * score
