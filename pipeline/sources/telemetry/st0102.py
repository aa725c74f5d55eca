"""Security marks of metadata: what is read is carried on, and what cannot be read counts as the highest.

Source: MISB ST 0102.12, local and universal set.
"""

from pipeline.records.marking import LEVELS
from pipeline.sources.telemetry.klv_bytes import walk_local, walk_universal

UNREADABLE = "MARKING UNREADABLE"
"""No known level, so that it counts as the highest."""
_COMPARTMENTS, _CAVEATS, _RELEASE = 4, 5, 6
_UNIVERSAL = {
    bytes.fromhex("060e2b34010101030208020100000000"): 1,
    bytes.fromhex("060e2b340101010101010e0102050300"): _COMPARTMENTS,
    bytes.fromhex("060e2b34010101030208020200000000"): _CAVEATS,
    bytes.fromhex("060e2b34010101030701200102090000"): _RELEASE,
}
_MAX_TEXT = 256


def read_local(value: bytes) -> str:
    """The mark of a local set in words, with compartments, caveats and whom it may be given to."""
    items = walk_local(value, 0, len(value))
    return UNREADABLE if not items else _marking({tag: value[at : at + size] for tag, at, size in items})


def read_universal(value: bytes) -> str:
    """The mark of a universal set."""
    items = walk_universal(value, 0, len(value))
    if not items:
        return UNREADABLE
    return _marking({_UNIVERSAL[key]: value[at : at + size] for key, at, size in items if key in _UNIVERSAL})


def _marking(items: dict[int, bytes]) -> str:
    level = items.get(1, b"")
    word = _text(level).strip("/ ").upper()
    if len(level) == 1 and 1 <= level[0] <= len(LEVELS):
        word = LEVELS[level[0] - 1]
    if word not in LEVELS:
        return UNREADABLE
    more = [_text(items.get(tag, b"")).strip("/ ") for tag in (_COMPARTMENTS, _CAVEATS)]
    release = _text(items.get(_RELEASE, b"")).strip("/ ")
    if release:
        more.append(release if release.upper().startswith("REL") else f"REL TO {release}")
    return "//".join([word, *(part for part in more if part)])


def _text(value: bytes) -> str:
    text = value[:_MAX_TEXT].decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip()
