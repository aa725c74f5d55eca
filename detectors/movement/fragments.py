"""Tracks that are parts of others: the front of a lorry that was told apart from its body."""

import numpy as np

from detectors.movement.life import Life, Moment

NEAR = 0.75
"""A part's centre lies within this share of the whole's width and height from its middle, and `NEAR_PX` more."""

NEAR_PX = 4.0

COMPANY = 0.6
"""Share of a part's life that it spends there."""

SMALLER = 0.5
"""Largest size of a part, as a share of the whole's area."""


def without_fragments(lives: list[Life]) -> list[Life]:
    """Tracks that do not go along with a larger one all their life."""
    by_picture = [{moment.index: moment for moment in life.moments} for life in lives]
    return [
        life
        for k, life in enumerate(lives)
        if not any(_part_of(life, by_picture[j]) for j, other in enumerate(lives) if j != k and _larger(other, life))
    ]


def _larger(whole: Life, part: Life) -> bool:
    sizes = (np.median([m.size.prod() for m in life.moments]) for life in (part, whole))
    small, large = sizes
    return bool(small < SMALLER * large)


def _part_of(part: Life, whole: dict[int, Moment]) -> bool:
    near = 0
    for moment in part.moments:
        there = whole.get(moment.index)
        if there is not None:
            near += bool(np.all(np.abs(moment.centre - there.centre) <= NEAR * there.size + NEAR_PX))
    return near >= COMPANY * len(part.moments)
