"""Security marks of metadata: what is read is carried on, and what cannot be read counts as the highest.

Source: MISB ST 0102.12, local and universal set.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.sources.telemetry.klv_bytes import walk_local, walk_universal

LEVELS = {1: "UNCLASSIFIED", 2: "RESTRICTED", 3: "CONFIDENTIAL", 4: "SECRET", 5: "TOP SECRET"}
"""Of item 1."""
_UNREADABLE = 9
_COMPARTMENTS, _CAVEATS, _RELEASE = 4, 5, 6
_UNIVERSAL = {
    bytes.fromhex("060e2b34010101030208020100000000"): 1,
    bytes.fromhex("060e2b340101010101010e0102050300"): _COMPARTMENTS,
    bytes.fromhex("060e2b34010101030208020200000000"): _CAVEATS,
    bytes.fromhex("060e2b34010101030701200102090000"): _RELEASE,
}
_MAX_TEXT = 256


@dataclass(frozen=True, slots=True)
class Marking:
    """A security mark.

    Attributes:
        rank: 1 to 5 as in `LEVELS`, more where it cannot be read.
        words: The mark in words, with compartments, caveats and whom it may be given to.
    """

    rank: int
    words: str


UNREADABLE = Marking(_UNREADABLE, "MARKING UNREADABLE")


def read_local(value: bytes) -> Marking:
    """The mark of a local set."""
    items = walk_local(value, 0, len(value))
    return UNREADABLE if not items else _marking({tag: value[at : at + size] for tag, at, size in items})


def read_universal(value: bytes) -> Marking:
    """The mark of a universal set."""
    items = walk_universal(value, 0, len(value))
    if not items:
        return UNREADABLE
    return _marking({_UNIVERSAL[key]: value[at : at + size] for key, at, size in items if key in _UNIVERSAL})


def highest(markings: Iterable[Marking]) -> str | None:
    """Highest mark in words; where several of that rank differ, all of them. None for none."""
    every = list(dict.fromkeys(markings))
    if not every:
        return None
    top = max(marking.rank for marking in every)
    return " / ".join(sorted(marking.words for marking in every if marking.rank == top))


def _marking(items: dict[int, bytes]) -> Marking:
    level = items.get(1, b"")
    if len(level) == 1 and level[0] in LEVELS:
        rank, word = level[0], LEVELS[level[0]]
    else:
        text = _text(level).strip("/ ").upper()
        known = {name: number for number, name in LEVELS.items()}
        if text not in known:
            return UNREADABLE
        rank, word = known[text], text
    more = [_text(items.get(tag, b"")).strip("/ ") for tag in (_COMPARTMENTS, _CAVEATS)]
    release = _text(items.get(_RELEASE, b"")).strip("/ ")
    if release:
        more.append(release if release.upper().startswith("REL") else f"REL TO {release}")
    return Marking(rank, "//".join([word, *(part for part in more if part)]))


def _text(value: bytes) -> str:
    text = value[:_MAX_TEXT].decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip()
