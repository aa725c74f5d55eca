"""The highest security marking of a flight's sources. It goes with every row; none is dropped without a word."""

from collections.abc import Iterable

LEVELS = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET")
"""In order; MISB ST 0102 numbers them from 1. Other words count as higher: nobody here can say that they are less."""


def highest_marking(markings: Iterable[str | None]) -> str | None:
    """The highest of several markings in words; where several of that rank differ, all of them. None for none."""
    stated = {marking.strip() for marking in markings if marking and marking.strip()}
    if not stated:
        return None
    top = max(_rank(marking) for marking in stated)
    return " / ".join(sorted(marking for marking in stated if _rank(marking) == top))


def _rank(marking: str) -> int:
    level = marking.split("//", maxsplit=1)[0].strip().upper()
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)
