"""What the words of drones' subtitles say, as columns. Every family is read by the names that its cues use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.sources.telemetry.cue_clock import NO_CLOCK, clocks_ns
from pipeline.sources.telemetry.dji_words import (
    ANY_TUPLE,
    APERTURE,
    BRACKETED,
    CLOCK,
    LABELLED,
    LISTED,
    TOGETHER,
    TUPLE,
)
from pipeline.sources.telemetry.srt_cues import CueBlock

_LOOKED_AT = 200
"""Numbers of a block by which their decimals are told."""


@dataclass(frozen=True, slots=True, eq=False)
class CueFields:
    """What the cues of a block say.

    Attributes:
        columns: ``(N,)`` each, NaN where a cue does not say it, absent where none does. ``first``, ``second``,
            ``third`` are the members of ``GPS(a,b,c)``, ``third_metres`` is 1 where the third names metres, ``no_fix``
            where the cue says that it has none; the others carry their names.
        clock_ns: ``(N,)`` clock without a zone as if it were UTC; `NO_CLOCK` where there is none.
        clock_step_ns: Finest step of that clock.
        place_step_deg: Finest step of the positions, 0 without positions.
    """

    columns: dict[str, Float]
    clock_ns: Int
    clock_step_ns: int
    place_step_deg: float


def read_fields(block: CueBlock) -> CueFields:
    """Read all fields of a block; of several values for one field in a cue the first counts."""
    columns: dict[str, Float] = {}
    decimals = 0
    complete: set[str] = set()
    for words in (*TOGETHER, *BRACKETED, *(LISTED if "GPS" in block.text else ())):
        if complete.issuperset(words.fields) or words.literal not in block.text:
            continue
        matches = list(words.pattern.finditer(block.text))
        places = np.fromiter([match.start() for match in matches], np.int64, len(matches))
        for group, field in enumerate(words.fields, 1):
            values = [match[group] for match in matches]
            _put(columns, field, block, places, _numbers(values))
            if field == "latitude":
                decimals = max(decimals, _decimals(values))
        if words in TOGETHER and len(matches) == len(block.at) == block.text.count(words.literal):
            complete.update(words.fields)
    if "GPS" in block.text:
        decimals = max(decimals, _read_tuples(columns, block))
    if "focal_len" in columns and _in_tenths(block.text):
        columns["focal_len"] /= 10
    clock_ns, step_ns = _read_clocks(block)
    return CueFields(columns, clock_ns, step_ns, 10.0**-decimals if decimals else 0.0)


def _read_clocks(block: CueBlock) -> tuple[Int, int]:
    matches = list(CLOCK.finditer(block.text))
    times, step_ns = clocks_ns([match[0] for match in matches])
    clock = np.full(len(block.at), NO_CLOCK, np.int64)
    rows, first = _rows(block, np.fromiter([match.start() for match in matches], np.int64, len(matches)))
    clock[rows] = times[first]
    return clock, step_ns


def _numbers(words: Sequence[str]) -> Float:
    try:
        return np.fromiter(map(float, words), np.float64, len(words))
    except ValueError:  # decimal commas
        return np.fromiter([float(word.replace(",", ".")) for word in words], np.float64, len(words))


def _decimals(words: Sequence[str]) -> int:
    return max(
        (len(re.split("[.,]", word)[-1]) for word in words[:_LOOKED_AT] if "." in word or "," in word), default=0
    )


def _in_tenths(text: str) -> bool:
    """Until about 2021 f/2.8 was written 280, and 28 mm likewise 280."""
    aperture = APERTURE.search(text)
    return aperture is not None and "." not in aperture[1] and len(aperture[1]) >= 3


def _rows(block: CueBlock, places: Int) -> tuple[Int, Int]:
    """Cue of each place, once for each cue: rows of cues, and which of the places."""
    rows = np.searchsorted(block.at, places, side="right") - 1
    new = np.ones(len(rows), np.bool_)
    new[1:] = np.diff(rows) > 0
    new &= rows >= 0
    return rows[new], np.flatnonzero(new)


def _put(columns: dict[str, Float], field: str, block: CueBlock, places: Int, numbers: Float) -> None:
    if not len(places):
        return
    rows, first = _rows(block, places)
    column = columns.get(field)
    if column is None:
        column = columns[field] = np.full(len(block.at), np.nan)
    empty = np.isnan(column[rows])
    column[rows[empty]] = numbers[first[empty]]


def _read_tuples(columns: dict[str, Float], block: CueBlock) -> int:
    """``GPS(a,b,c)``; the decimals of the positions."""
    matches = list(TUPLE.finditer(block.text))
    places = np.fromiter([match.start() for match in matches], np.int64, len(matches))
    for group, field in enumerate(("first", "second", "third"), 1):
        _put(columns, field, block, places, _numbers([match[group] for match in matches]))
    metres = np.fromiter([match[4] is not None for match in matches], np.float64, len(matches))
    _put(columns, "third_metres", block, places, metres)
    if block.text.count("GPS") > len(matches):
        _read_odd_tuples(columns, block, set(places.tolist()))
    looked_at = matches[:_LOOKED_AT]
    return _decimals([match[1] for match in looked_at] + [match[2] for match in looked_at])


def _read_odd_tuples(columns: dict[str, Float], block: CueBlock, known: set[int]) -> None:
    said: dict[str, list[tuple[int, float]]] = {}
    for match in ANY_TUPLE.finditer(block.text):
        if match.start() not in known:
            for field, value in _odd_tuple(match[1]).items():
                said.setdefault(field, []).append((match.start(), value))
    for field, pairs in said.items():
        places = np.fromiter([place for place, _ in pairs], np.int64, len(pairs))
        _put(columns, field, block, places, np.fromiter([value for _, value in pairs], np.float64, len(pairs)))


def _odd_tuple(inner: str) -> dict[str, float]:
    """A tuple without a fix (``N/A``), with hemispheres (``W:6.1``), with two members, or with decimal commas."""
    labelled = LABELLED.findall(inner)
    if labelled:
        return {
            ("latitude" if side in "NS" else "longitude"): abs(float(value)) * (-1 if side in "SW" else 1)
            for side, value in labelled
        }
    parts = [part.strip() for part in (re.split(r";|,\s+", inner) if re.search(r";|,\s", inner) else inner.split(","))]
    if len(parts) in (4, 5, 6) and all(re.fullmatch(r"[-+]?\d{1,12}", part, re.ASCII) for part in parts):
        parts = [f"{parts[0]}.{parts[1]}", f"{parts[2]}.{parts[3]}", ".".join(parts[4:])]
    values = [_number_or_nan(part) for part in parts if part]
    if len(values) not in (2, 3):
        return {}
    if np.isnan(values[0]) and np.isnan(values[1]):
        return {"no_fix": 1.0, "third": values[-1]}
    metres = {"third_metres": float(parts[2][-1:] in "mM")} if len(values) == 3 else {}
    said = zip(("first", "second", "third"), values, strict=False)
    return {field: value for field, value in said if not np.isnan(value)} | metres


def _number_or_nan(word: str) -> float:
    found = re.fullmatch(r"([-+]?\d{1,9}(?:[.,]\d{0,12})?)\s?[mM]?", word, re.ASCII)
    return float(found[1].replace(",", ".")) if found else float("nan")
